//! Folds names so that they compare equal regardless of case and separators.

/// Maximum number of bytes; of a longer name, only the end is compared.
const MAX_LENGTH: usize = 48;

/// The ASCII letters of a name in lower case, and its digits.
pub(super) struct NormalizedName {
    buffer: [u8; MAX_LENGTH],
    length: usize,
    /// Whether the name was not shortened.
    pub is_whole: bool,
}

impl NormalizedName {
    pub(super) fn of(name: &str) -> Self {
        let mut folded = Self {
            buffer: [0; MAX_LENGTH],
            length: 0,
            is_whole: true,
        };
        for c in name.chars() {
            if c.is_ascii_alphanumeric() {
                folded.push(c.to_ascii_lowercase());
            } else if !c.is_ascii() {
                // Full-width forms, and letters that fold to ASCII.
                let narrow = match c {
                    '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
                    c => c,
                };
                let folds = narrow.to_uppercase().flat_map(char::to_lowercase);
                folds
                    .filter(char::is_ascii_alphanumeric)
                    .for_each(|c| folded.push(c));
            }
        }
        folded
    }

    fn push(&mut self, c: char) {
        let Ok(byte) = u8::try_from(c) else { return };
        if self.length == MAX_LENGTH {
            self.buffer.copy_within(MAX_LENGTH / 2.., 0);
            self.length = MAX_LENGTH - MAX_LENGTH / 2;
            self.is_whole = false;
        }
        if let Some(slot) = self.buffer.get_mut(self.length) {
            *slot = byte;
            self.length += 1;
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}
