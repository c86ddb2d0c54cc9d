//! What a row says about the request that its tool sends.

use crate::{List, Text, ToolRef, row_types};

/// An argument, checked against the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "table", derive(databake::Bake), databake(path = model))]
pub struct Arg {
    /// The name that clients use.
    pub name: Text,
    /// The place in the request that it fills.
    pub at: At,
    /// Whether a call without it is refused.
    pub required: bool,
    /// Whether its text must be a date and time.
    pub date_time: bool,
    /// The JSON that is sent when neither the argument nor a value at its place is given.
    pub default: Option<Text>,
    /// JSON that is set with it: pointer into the body, value.
    pub constants: List<(Text, Text)>,
    /// Texts that lists of the body must contain when it is given: pointer into the body, text.
    pub append: List<(Text, Text)>,
    /// Pointers below the argument whose empty strings and lists count as not given; `""` is the
    /// argument itself.
    pub omit_empty: List<Text>,
    /// Whether it may be given as a string that contains JSON.
    pub json_string: bool,
    /// Other accepted names.
    pub aliases: List<Text>,
    /// The tool whose argument names are accepted inside it.
    pub arguments_of: Option<Text>,
}

/// The place that an argument fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "table", derive(databake::Bake), databake(path = model))]
pub enum At {
    /// A path parameter.
    Path(Text),
    /// A query parameter.
    Query(Text),
    /// A JSON pointer into the body.
    Body(Text),
    /// No place in the request: the server filters the rows of the answer by the value at this
    /// pointer.
    Filter(Text),
    /// No place in the request: the server searches the rows of the answer for the text.
    Search(&'static Search),
}

row_types! {
    /// A case-insensitive search through the rows of a list.
    pub struct Search {
        /// The pointers that are searched in a row; the segment `*` is every element of a list.
        pub at: List<Text>,
        /// The pointers that are shown of each match, beside a snippet around the text.
        pub keep: List<Text>,
    }

    /// Where a body overrides parts of an existing object, and accepts the argument names of
    /// another tool for them. All places are JSON pointers into the body.
    pub struct Overrides {
        /// The tool whose argument names are accepted.
        pub arguments_of: Text,
        /// The tool that shows the existing object.
        pub show_tool: ToolRef,
        /// The overrides; the segment `*` is every element of a list.
        pub at: List<Text>,
        /// The id of the existing object.
        pub id: Text,
        /// The object itself, if it is given inline instead of by id.
        pub inline: Text,
        /// If one of these is given, the body refers to several objects, and the argument names
        /// are refused.
        pub ambiguous: List<Text>,
        /// What to give in that case, for the error message.
        pub alternative: Text,
    }

    /// Where the body of a call states what the guard checks before the call is placed. All places
    /// are JSON pointers into the body.
    pub struct DialSpec {
        /// The destinations; the segment `*` is every element of a list.
        pub to: List<Text>,
        /// The key of a destination's telephone number.
        pub number: Text,
        /// The key of the extension of a destination's telephone number.
        pub extension: Text,
        /// The key of a destination's SIP address.
        pub sip: Text,
        /// The key of a destination that is `false` if its number need not have the E.164 format.
        pub e164_check: Text,
        /// Ids of stored destinations, whose numbers the body does not contain.
        #[cfg_attr(feature = "table", serde(default))]
        pub by_id: List<Text>,
        /// Who speaks: the assistant, or what stands for one.
        pub speaker: List<Text>,
        /// The number to call from. Every other value in the same property of the body counts as a
        /// number too.
        pub from: List<Text>,
        /// A transport that replaces the telephone. If one is given, neither a number to call from
        /// nor a destination is required.
        #[cfg_attr(feature = "table", serde(default))]
        pub transport: List<Text>,
        /// The times. The first is when the call is placed.
        pub when: List<Text>,
    }
}

/// A place of a body at or below which a destination can occur. Nodes refer to each other by
/// their index in the list of a tool, whose first node is the body itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "table", derive(databake::Bake), databake(path = model))]
pub struct BodyNode {
    /// The kind of this place.
    pub holds: Holds,
    /// The properties below which a destination can occur, sorted, each with its node.
    pub below: List<(Text, u16)>,
    /// The other properties that the document declares, sorted.
    pub plain: List<Text>,
    /// The node of the elements of a list.
    pub items: Option<u16>,
    /// The node of the properties that the document does not declare.
    pub others: Option<u16>,
}

/// The kind of a place of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "table", derive(databake::Bake), databake(path = model))]
pub enum Holds {
    /// No destination, but one can occur below.
    Nothing,
    /// A destination that `dial.to` names.
    Called,
    /// A destination that no key of the row names.
    Undeclared,
    /// A destination to which a call can be transferred.
    Transfer,
}
