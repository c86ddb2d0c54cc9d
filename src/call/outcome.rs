//! The outcome of a tool call, and its size limit.

/// Maximum number of bytes of all remarks on an answer.
pub(super) const ROOM: usize = 3_000;

/// A longer remark is cut.
const LONGEST: usize = 800;

/// The result of a tool call, as the model reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it failed.
    pub is_error: bool,
    /// JSON of the API, or what went wrong.
    pub text: String,
    /// Remarks, one line each.
    pub remarks: Vec<String>,
}

impl Outcome {
    /// A failure.
    pub fn error(text: impl Into<String>) -> Self {
        Self {
            is_error: true,
            text: text.into(),
            remarks: Vec::new(),
        }
    }
}

impl Outcome {
    /// The same, cut where it exceeds the limit of results.
    pub(super) fn within(mut self, limit: usize) -> Self {
        const CUT: &str = " [cut]";
        self.remarks = within_room(self.remarks);
        let room = limit.saturating_sub(ROOM);
        if self.text.len() > room {
            let mut end = room.saturating_sub(CUT.len());
            while !self.text.is_char_boundary(end) {
                end -= 1;
            }
            self.text.truncate(end);
            self.text.push_str(CUT);
        }
        self
    }
}

/// How answers are shown, whatever the tool.
#[derive(Clone, Copy, Debug)]
pub struct Display {
    /// Maximum number of bytes of a result.
    pub limit: usize,
    /// Whether secrets are shown.
    pub open: bool,
}

impl Display {
    /// A limit below this leaves too little beside the remarks.
    pub const LEAST: usize = 2 * ROOM;
}

impl Default for Display {
    fn default() -> Self {
        Self {
            limit: 45_000,
            open: false,
        }
    }
}

/// A remark is one line, whatever the texts in it hold.
pub(super) fn line(remark: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    remark.replace(breaks, " ")
}

/// The lines that there is room for, however long the texts of Vapi and of the caller in them are.
pub(super) fn within_room(lines: Vec<String>) -> Vec<String> {
    const MORE: &str = "Further remarks do not fit here.";
    let mut room = ROOM.saturating_sub(MORE.len());
    let mut kept = Vec::new();
    for mut line in lines {
        if line.len() > LONGEST {
            line = line.chars().take(LONGEST / 4).chain(['…']).collect();
        }
        if line.len() >= room {
            kept.push(MORE.to_owned());
            break;
        }
        room = room.saturating_sub(line.len()).saturating_sub(1);
        kept.push(line);
    }
    kept
}
