//! What a row says about the answer that its tool shows.

use crate::{List, Text, row_types};

row_types! {
    /// What is shown of an answer, or of each element if the answer is a list.
    #[cfg_attr(feature = "table", serde(default))]
    pub struct View {
        /// Whether the answer is a list; the generator finds out.
        #[cfg_attr(feature = "table", serde(skip))]
        pub list: bool,
        /// The pointer to the rows of a list, if they are neither the answer itself nor a page.
        pub rows: Option<Text>,
        /// The pointers that are shown; by default, everything.
        pub keep: Option<List<Text>>,
        /// Values that are shown under an additional name, unless the answer has that key. They
        /// are then not repeated at their own place, unless the caller selects it.
        pub add: List<Added>,
        /// Durations between two times of the answer, unless the answer has the key.
        pub derive: List<Derived>,
        /// Top-level keys, of the answer or added, whose texts people said or wrote. Models are
        /// told to treat them as data.
        pub untrusted: List<Text>,
        /// Top-level keys that are shown although they are named like secrets, because this call
        /// created them for the caller.
        pub reveal: List<Text>,
        /// The pointers that are truncated last if an answer is too long; the segment `*` is every
        /// element of a list.
        pub truncate_last: List<Text>,
        /// How the list is paged.
        pub page: Option<&'static Page>,
        /// The tool that shows one of these objects, if it is another tool.
        pub show_tool: Option<&'static ToolRef>,
        /// The tool to call next with the id of what was created.
        pub next_tool: Option<&'static ToolRef>,
        /// What the answer says about each object that was created.
        pub created: Option<&'static CreatedSpec>,
        /// The pointer to the reason why a call ended, which is explained; in a list, once for
        /// each distinct reason.
        pub explain: Option<Text>,
    }

    /// What an answer says about each object that was created. The places are JSON pointers, below
    /// the answer itself or below an element of its list of results.
    pub struct CreatedSpec {
        /// The id.
        pub id: Text,
        /// The state, a text.
        pub state: Text,
        /// The final states.
        pub finished: List<Text>,
        /// The states in which it starts at once.
        pub queued: List<Text>,
        /// The states in which it starts at a later time.
        pub scheduled: List<Text>,
        /// That time.
        pub starts_at: Text,
        /// Who is called: the first of these that has a value.
        pub recipient: List<Text>,
        /// The list of what was created, in the answer to a batch.
        pub results: Text,
        /// The list of what was not created.
        pub errors: Text,
        /// The reason, below an element of that list.
        pub error: Text,
    }

    /// How a list, newest first, is paged.
    pub struct Page {
        /// The pointer to the time of a row.
        pub at: Text,
        /// The query parameter for the latest time, inclusive.
        pub until: Text,
        /// The query parameter for the number of rows.
        pub limit: Text,
    }

    /// A tool that takes the id of an object.
    pub struct ToolRef {
        /// The name of the tool.
        pub tool: Text,
        /// The argument for the id.
        pub arg: Text,
    }

    /// A value that is shown under an additional name.
    pub struct Added {
        /// The name, a key of the shown object.
        pub name: Text,
        /// The pointer to the value.
        pub at: Text,
        /// The keys of the value that are shown; by default, all.
        #[cfg_attr(feature = "table", serde(default))]
        pub keep: Option<List<Text>>,
    }

    /// The seconds between two times of an answer, shown under an additional name.
    pub struct Derived {
        /// The name, a key of the shown object.
        pub name: Text,
        /// The pointer to the earlier time.
        pub from: Text,
        /// The pointer to the later time.
        pub to: Text,
    }

    /// What a tool waits for: it repeats its request until the answer has this state or the time
    /// that the caller allows has passed.
    pub struct Wait {
        /// The states that end the wait.
        pub until: State,
        /// A value that arrives some time after such a state, and is waited for as well.
        #[cfg_attr(feature = "table", serde(default))]
        pub delayed: Option<Delayed>,
        /// States that end at a known time, which may be far off. They are not waited for.
        #[cfg_attr(feature = "table", serde(default))]
        pub scheduled: Option<Scheduled>,
    }

    /// Some states of an object.
    pub struct State {
        /// The pointer to the state, a text.
        pub at: Text,
        /// The texts that mean one of these states.
        pub states: List<Text>,
    }

    /// A value that an answer has some time after it has reached its state.
    pub struct Delayed {
        /// The pointer to the value.
        pub at: Text,
        /// The pointer to another value, without which it never arrives.
        pub requires: Text,
        /// The pointer to the time at which the state was reached.
        pub since: Text,
        /// How many seconds after that time it is waited for.
        pub seconds: u64,
    }

    /// States that end at a known time.
    pub struct Scheduled {
        /// The texts that mean one of these states.
        pub states: List<Text>,
        /// The pointer to the time.
        pub at: Text,
    }
}

impl View {
    /// Shows everything.
    pub const WHOLE: Self = Self {
        list: false,
        rows: None,
        keep: None,
        add: &[],
        derive: &[],
        untrusted: &[],
        reveal: &[],
        truncate_last: &[],
        page: None,
        show_tool: None,
        next_tool: None,
        created: None,
        explain: None,
    };
}

impl Default for View {
    fn default() -> Self {
        Self::WHOLE
    }
}
