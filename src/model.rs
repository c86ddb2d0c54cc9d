//! The types of the generated catalogue `OUT_DIR/catalog.rs`: rows of the tool table as constants.

/// Where a body overrides parts of an existing object, and may use the argument names of
/// another tool for them: JSON pointers into the body.
#[derive(Debug)]
pub struct Over {
    /// The tool whose names are understood.
    pub like: &'static str,
    /// The tool that shows the existing object.
    pub read: Rest,
    /// The overrides; the segment `*` is every element of a list.
    pub places: &'static [&'static str],
    /// The id of the existing object.
    pub id: &'static str,
    /// Where the object is given inline instead.
    pub whole: &'static str,
    /// If one of these is given, there are several, and the names are refused.
    pub several: &'static [&'static str],
    /// What to give instead.
    pub instead: &'static str,
}

/// The effect of a tool call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Creates something.
    Write,
    /// Overwrites something.
    Update,
    /// Removes something.
    Delete,
    /// Costs money.
    Spend,
    /// Calls a person and costs money.
    Dial,
}

/// Where the body of a call has what the guard needs: JSON pointers into it.
#[derive(Debug)]
pub struct Dial {
    /// The destinations; the segment `*` is every element of a list.
    pub to: &'static [&'static str],
    /// The key of a destination's telephone number.
    pub number: &'static str,
    /// The key of the extension behind a destination's telephone number.
    pub extension: &'static str,
    /// The key of a destination's SIP address.
    pub sip: &'static str,
    /// The key of a destination that is false when its number may have another form than E.164.
    pub exempt: &'static str,
    /// References to destinations that the body does not show.
    pub unseen: &'static [&'static str],
    /// Who speaks.
    pub who: &'static [&'static str],
    /// From which number.
    pub from: &'static [&'static str],
    /// Another way to carry the call, which needs no number to call from.
    pub transport: &'static [&'static str],
    /// The times: the first is when it rings.
    pub when: &'static [&'static str],
}

/// A place of a body at or below which a destination can stand. Other nodes are named by their
/// index in `places` of a tool.
#[derive(Debug)]
pub struct BodyNode {
    /// The kind of this place.
    pub holds: Holds,
    /// The properties below which a destination can stand, sorted, each with its node.
    pub below: &'static [(&'static str, u16)],
    /// The other properties that the document knows, sorted.
    pub plain: &'static [&'static str],
    /// The node of the elements of a list.
    pub items: Option<u16>,
    /// The node of the properties that the document does not name.
    pub others: Option<u16>,
}

/// The kind of a place of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// No destination, but one can stand below.
    Nothing,
    /// A destination that `dial.to` names.
    Called,
    /// A destination that no key of the row names.
    Undeclared,
    /// A destination to which a call can be transferred.
    Transfer,
}

/// One argument.
#[derive(Debug)]
pub struct Arg {
    /// Its name.
    pub name: &'static str,
    /// The place in the request that it fills.
    pub at: At,
    /// Whether a call without it is refused.
    pub required: bool,
    /// Whether its text must be a date and time.
    pub date_time: bool,
    /// JSON that is sent when neither it nor its place is given.
    pub default: Option<&'static str>,
    /// JSON that is set with it: pointer into the body, value.
    pub beside: &'static [(&'static str, &'static str)],
    /// Texts that lists of the body must hold when it is given: pointer into the body, text.
    pub append: &'static [(&'static str, &'static str)],
    /// Pointers below it whose empty strings and lists count as not given; `""` is itself.
    pub omit_empty: &'static [&'static str],
    /// Whether it may come as a string that holds JSON.
    pub json_string: bool,
    /// Other names that it is accepted under.
    pub aliases: &'static [&'static str],
    /// The tool whose names for parts of its body are understood inside it.
    pub like: Option<&'static str>,
}

/// A place in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// A path parameter.
    Path(&'static str),
    /// A query parameter.
    Query(&'static str),
    /// A JSON pointer into the body.
    Body(&'static str),
    /// None: its value chooses rows of the answer by what stands at this JSON pointer in them.
    Filter(&'static str),
    /// None: the text is looked for in the rows of the answer.
    Search(&'static Search),
}

/// A search through the rows of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Search {
    /// Pointers to the texts of a row that are searched; the segment `*` is every element of a
    /// list.
    pub at: &'static [&'static str],
    /// Pointers to what is shown of a row that is found.
    pub keep: &'static [&'static str],
}

/// What is shown of an answer.
#[derive(Debug)]
pub struct View {
    /// Whether the answer is a list, so that what follows is meant for each element.
    pub list: bool,
    /// The pointer to the rows of a list, where they stand neither at the top nor in a page.
    pub rows: Option<&'static str>,
    /// Pointers to what is shown; everything when `None`.
    pub keep: Option<&'static [&'static str]>,
    /// Values that are shown under an added name, unless the answer has the key. By default,
    /// they are then not repeated in their own place.
    pub add: &'static [Added],
    /// Durations that are derived from two times, unless the answer has the key.
    pub derive: &'static [Derived],
    /// Keys whose texts are spoken words.
    pub said: &'static [&'static str],
    /// Keys that are shown although they are named like secrets, because this call created them.
    pub show: &'static [&'static str],
    /// Pointers to what is cut last where not everything fits.
    pub last: &'static [&'static str],
    /// How a list is paged.
    pub page: Option<&'static Page>,
    /// The tool that shows one of these by its id, where that is another one.
    pub rest: Option<&'static Rest>,
    /// The tool that is called next with the id of what was just created.
    pub follow: Option<&'static Rest>,
    /// What an answer tells of each thing that was created.
    pub placed: Option<&'static Placed>,
    /// The pointer to the reason why a call ended, which is explained.
    pub explain: Option<&'static str>,
}

/// What the answer of a tool that creates tells of each thing: JSON pointers, below the answer
/// itself or below an element of its list of results.
#[derive(Debug)]
pub struct Placed {
    /// The id.
    pub id: &'static str,
    /// The state, a text.
    pub state: &'static str,
    /// The states in which it is over.
    pub over: &'static [&'static str],
    /// The states in which it has not begun and will begin at once.
    pub soon: &'static [&'static str],
    /// The states in which it begins at a later time.
    pub later: &'static [&'static str],
    /// That time.
    pub rings: &'static str,
    /// Whom it is for: the first that is there.
    pub to: &'static [&'static str],
    /// The list of what was created, in the answer to a batch.
    pub results: &'static str,
    /// The list of what was not created.
    pub errors: &'static str,
    /// The reason, below an element of that list.
    pub error: &'static str,
}

/// The tool that shows one object by its id.
#[derive(Debug)]
pub struct Rest {
    /// Its name.
    pub tool: &'static str,
    /// Its argument for the id.
    pub arg: &'static str,
}

impl View {
    /// Shows everything.
    pub const WHOLE: Self = Self {
        list: false,
        rows: None,
        keep: None,
        add: &[],
        derive: &[],
        said: &[],
        show: &[],
        last: &[],
        page: None,
        rest: None,
        follow: None,
        placed: None,
        explain: None,
    };
}

/// What a tool waits for.
#[derive(Debug)]
pub struct Wait {
    /// The pointer to the answer's state, a text.
    pub at: &'static str,
    /// The states that end the wait.
    pub is: &'static [&'static str],
    /// What arrives some time after such a state and is waited for as well.
    pub late: Option<Late>,
    /// A state whose end may be far off and is not waited for, such as a scheduled call.
    pub far: Option<Far>,
}

/// A state that is left at a time which the answer tells.
#[derive(Debug)]
pub struct Far {
    /// The texts that are this state.
    pub is: &'static [&'static str],
    /// The pointer to the time.
    pub at: &'static str,
}

/// What an answer contains some time after it has reached its state.
#[derive(Debug)]
pub struct Late {
    /// The pointer to it.
    pub at: &'static str,
    /// The pointer to a value without which it never arrives.
    pub needs: &'static str,
    /// The pointer to the time at which the state was reached.
    pub since: &'static str,
    /// How many seconds after that time it is waited for.
    pub seconds: u64,
}

/// How a list goes on, newest first.
#[derive(Debug)]
pub struct Page {
    /// The pointer to a row's time.
    pub at: &'static str,
    /// The query parameter that bounds it, the bound included.
    pub until: &'static str,
    /// The query parameter for the number of rows.
    pub limit: &'static str,
}

/// A place of an answer that is shown under an added name.
#[derive(Debug)]
pub struct Added {
    /// The added name.
    pub name: &'static str,
    /// The pointer to the value.
    pub at: &'static str,
    /// The keys of the value that are shown; all when `None`.
    pub keep: Option<&'static [&'static str]>,
}

/// The seconds between two times of an answer, shown under an added name.
#[derive(Debug)]
pub struct Derived {
    /// The added name.
    pub name: &'static str,
    /// The pointer to the earlier time.
    pub from: &'static str,
    /// The pointer to the later time.
    pub to: &'static str,
}
