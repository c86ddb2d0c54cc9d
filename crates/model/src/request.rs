//! The part of a row that describes the request.

use crate::{List, Text, ToolRef, row_types};

/// An argument, checked against the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "table", derive(databake::Bake), databake(path = model))]
pub struct Arg {
    /// The name that clients use.
    pub name: Text,
    /// The target in the request.
    pub at: ArgTarget,
    /// Whether a tool call without this argument is refused.
    pub required: bool,
    /// Whether the value must be a date and time.
    pub date_time: bool,
    /// The JSON that is sent if neither the argument nor a value at its target is given.
    pub default: Option<Text>,
    /// JSON that is set together with the argument: pointer into the body, value.
    pub constants: List<(Text, Text)>,
    /// JSON that is set together with the argument if there is no value: pointer into the body,
    /// value.
    pub fill: List<(Text, Text)>,
    /// Members of the argument that are set elsewhere: name, pointer into the body.
    pub moved: List<(Text, Text)>,
    /// Texts that lists in the body must contain if the argument is given: pointer into the body,
    /// text.
    pub append: List<(Text, Text)>,
    /// Pointers below the argument whose empty strings and lists count as not given; `""` is the
    /// argument itself.
    pub omit_empty: List<Text>,
    /// Whether the argument may be given as a string that contains JSON.
    pub json_string: bool,
    /// Other accepted names.
    pub aliases: List<Text>,
    /// The tool whose argument names are accepted inside this argument.
    pub arguments_of: Option<Text>,
}

/// The target of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "table", derive(databake::Bake), databake(path = model))]
pub enum ArgTarget {
    /// A path parameter.
    Path(Text),
    /// A query parameter.
    Query(Text),
    /// A header parameter.
    Header(Text),
    /// A JSON pointer into the body.
    Body(Text),
    /// Not sent: the server filters the rows of the response by the value at this pointer.
    Filter(Text),
    /// Not sent: the server searches the rows of the response for the text.
    Search(&'static Search),
    /// A part of the uploaded file.
    File(FilePart),
}

/// The part of an uploaded file that an argument gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "table",
    derive(serde::Deserialize, schemars::JsonSchema, databake::Bake),
    serde(rename_all = "lowercase"),
    databake(path = model)
)]
pub enum FilePart {
    /// The name of the file.
    Name,
    /// The content as text.
    Text,
    /// The content in base64.
    Base64,
    /// The path of a file of the machine that runs the server.
    Path,
}

row_types! {
    /// A case-insensitive search in the rows of a list.
    pub struct Search {
        /// The pointers that are searched in a row; the segment `*` matches every element of a
        /// list.
        pub at: List<Text>,
        /// The pointers that are shown for each match, in addition to a snippet around the text.
        pub keep: List<Text>,
    }

    /// Overrides of parts of an existing object in a body, for which the argument names of another
    /// tool are accepted. All locations are JSON pointers into the body.
    pub struct Overrides {
        /// The tool whose argument names are accepted.
        pub arguments_of: Text,
        /// The tool that shows the existing object.
        pub show_tool: ToolRef,
        /// The overrides; the segment `*` matches every element of a list.
        pub at: List<Text>,
        /// The id of the existing object.
        pub id: Text,
        /// The object itself, if it is given inline instead of by id.
        pub inline: Text,
        /// If one of these is given, the body refers to several objects, so the short argument
        /// names are refused.
        pub ambiguous: List<Text>,
        /// The alternative in that case, for the error message.
        pub alternative: Text,
    }

    /// The properties of a body that the guard checks before a call is placed. All locations are
    /// JSON pointers into the body.
    pub struct DialSpec {
        /// The destinations; the segment `*` matches every element of a list.
        pub to: List<Text>,
        /// The key of a destination's phone number.
        pub number: Text,
        /// The key of the extension of a destination's phone number.
        pub extension: Text,
        /// The key of a destination's SIP address.
        pub sip: Text,
        /// The key of a destination that turns off the E.164 check of its number if its value is
        /// `false`.
        pub e164_check: Text,
        /// Ids of stored destinations, whose numbers the body does not contain. All ids of a
        /// request refer to the same recipient.
        #[cfg_attr(feature = "table", serde(default))]
        pub by_id: List<Text>,
        /// Properties that let any number of stored destinations be called, such as the id of a
        /// copied campaign.
        #[cfg_attr(feature = "table", serde(default))]
        pub many_by_id: List<Text>,
        /// What to do instead if stored destinations must not be called, as an imperative;
        /// `None` if giving the number itself is all there is.
        #[cfg_attr(feature = "table", serde(default))]
        pub instead: Option<Text>,
        /// The maximum number of destinations per request; 400 if `None`.
        #[cfg_attr(feature = "table", serde(default))]
        pub most: Option<u64>,
        /// The speaker: the assistant, or a squad or workflow instead of one.
        pub speaker: List<Text>,
        /// The number to call from. Every other value in the same top-level property also counts as
        /// a number.
        pub from: List<Text>,
        /// A transport that replaces the phone. If one is given, neither a number to call from nor
        /// a destination is required.
        #[cfg_attr(feature = "table", serde(default))]
        pub transport: List<Text>,
        /// The call times. The first is the time at which the call is placed.
        pub when: List<Text>,
        /// What the recipient is told. Two requests with different contents are not duplicates.
        #[cfg_attr(feature = "table", serde(default))]
        pub content: List<Text>,
        /// The request calls people only if its body has one of these properties; if the list is
        /// empty, it always does.
        #[cfg_attr(feature = "table", serde(default))]
        pub given: List<Text>,
    }
}

/// A location in a body at or below which a destination can occur. Nodes refer to each other by
/// their index in the tool's list of nodes, in which the first node is the body itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "table", derive(databake::Bake), databake(path = model))]
pub struct BodyNode {
    /// The kind of this location.
    pub holds: DestinationKind,
    /// The properties below which a destination can occur, sorted, each with its node.
    pub below: List<(Text, u16)>,
    /// The other properties that the document declares, sorted.
    pub plain: List<Text>,
    /// The node of the elements of a list.
    pub items: Option<u16>,
    /// The node of the properties that the document does not declare.
    pub others: Option<u16>,
}

/// The kind of a location in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "table", derive(databake::Bake), databake(path = model))]
pub enum DestinationKind {
    /// No destination, but one can occur below.
    Nothing,
    /// A destination that `dial.to` names.
    Called,
    /// A destination that the row does not declare.
    Undeclared,
    /// A destination to which a call can be transferred.
    Transfer,
}
