//! The part of a row that describes the result.

use crate::{List, Text, row_types};

row_types! {
    /// The parts of a response that are shown, or of each element if the response is a list.
    #[cfg_attr(feature = "table", serde(default))]
    pub struct View {
        /// Whether the response is a list, according to the document.
        #[cfg_attr(feature = "table", serde(skip))]
        pub list: bool,
        /// The pointer to the rows of a list, if they are neither the response itself nor a page.
        pub rows: Option<Text>,
        /// The pointers that are shown; by default, everything.
        pub keep: Option<List<Text>>,
        /// Values that are shown under an additional name, unless the response already has that
        /// key. They are then omitted from their original location, unless the caller selects it.
        pub add: List<Added>,
        /// Durations between two times of the response, unless the response already has the key.
        pub derive: List<Derived>,
        /// Top-level keys, original or added, whose texts were spoken or written by people. Results
        /// tell models to treat these as data.
        pub untrusted: List<Text>,
        /// Top-level keys that are shown although their names look secret, because the tool call
        /// created the values for the caller.
        pub reveal: List<Text>,
        /// The pointers that are truncated last if a result is too long; the segment `*` matches
        /// every element of a list.
        pub truncate_last: List<Text>,
        /// The pagination of the list by time.
        pub page: Option<&'static Page>,
        /// The pagination of a list that is not paged by time.
        #[cfg_attr(feature = "table", serde(skip))]
        pub pages: Option<&'static Pages>,
        /// The tool that shows a single object, if it is another tool.
        pub show_tool: Option<&'static ToolRef>,
        /// The tool to call next with the id of the created object.
        pub next_tool: Option<&'static ToolRef>,
        /// The properties of created objects in the response.
        pub created: Option<&'static CreatedSpec>,
        /// The pointer to the `endedReason` of a call, which the remarks explain; in a list, once
        /// for each distinct reason.
        pub explain: Option<Text>,
    }

    /// The properties of created objects in a response. All locations are JSON pointers, below the
    /// response itself or below an element of its list of results.
    pub struct CreatedSpec {
        /// The id of the object.
        pub id: Text,
        /// The state of the object, a text.
        pub state: Text,
        /// The final states.
        pub finished: List<Text>,
        /// The possible states of a new object that is about to start.
        pub queued: List<Text>,
        /// The states of an object that starts at a later time.
        pub scheduled: List<Text>,
        /// The time at which the object starts.
        pub starts_at: Text,
        /// The recipient of the call: the first of these pointers with a value.
        pub recipient: List<Text>,
        /// The list of created objects, in the response to a batch.
        pub results: Text,
        /// The list of errors, one for each object that was not created.
        pub errors: Text,
        /// The reason, below an element of the list of errors.
        pub error: Text,
    }

    /// The pagination of a list, newest first.
    pub struct Page {
        /// The pointer to the time of a row.
        pub at: Text,
        /// The query parameter for the maximum time, inclusive.
        pub until: Text,
        /// The query parameter for the maximum number of rows.
        pub limit: Text,
    }

    /// The pagination of a list by the numbers of its pages. A list without these query parameters
    /// is always sent as a whole.
    pub struct Pages {
        /// The query parameter for the number of the page; the first page is 1.
        pub page: Option<Text>,
        /// The query parameter for the maximum number of rows.
        pub limit: Option<Text>,
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
        /// The keys of the value to show; by default, all.
        #[cfg_attr(feature = "table", serde(default))]
        pub keep: Option<List<Text>>,
    }

    /// The seconds between two times of a response, shown under an additional name.
    pub struct Derived {
        /// The name, a key of the shown object.
        pub name: Text,
        /// The pointer to the earlier time.
        pub from: Text,
        /// The pointer to the later time.
        pub to: Text,
    }

    /// The state for which a tool waits: the request is repeated until the response has this state
    /// or the timeout of the caller has expired.
    pub struct Wait {
        /// The states that end the wait.
        pub until: State,
        /// A value that becomes available some time after such a state, for which the tool also
        /// waits.
        #[cfg_attr(feature = "table", serde(default))]
        pub delayed: Option<Delayed>,
        /// States that end at a known, possibly distant time. The tool does not wait for their end.
        #[cfg_attr(feature = "table", serde(default))]
        pub scheduled: Option<Scheduled>,
    }

    /// Some states of an object.
    pub struct State {
        /// The pointer to the state, a text.
        pub at: Text,
        /// The values that mean one of these states.
        pub states: List<Text>,
    }

    /// A value that the response contains only some time after the state was reached.
    pub struct Delayed {
        /// The pointer to the value.
        pub at: Text,
        /// The pointer to a value without which the delayed value is never set.
        pub requires: Text,
        /// The pointer to the time at which the state was reached.
        pub since: Text,
        /// The maximum wait after that time, in seconds.
        pub seconds: u64,
    }

    /// States that end at a known time.
    pub struct Scheduled {
        /// The values that mean one of these states.
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
        pages: None,
        show_tool: None,
        next_tool: None,
        created: None,
        explain: None,
    };

    /// Shows the URL of a file, with its signature.
    pub const LINK: Self = Self {
        reveal: &["url"],
        ..Self::WHOLE
    };
}

impl Default for View {
    fn default() -> Self {
        Self::WHOLE
    }
}
