//! Which parts of an answer are shown: JSON pointers as a tree.

/// A tree of keys; a leaf shows all that is below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    keys: Vec<(String, Selection)>,
}

impl Selection {
    /// Shows everything.
    pub const ALL: &'static Self = &Self { keys: Vec::new() };

    /// Shows what the pointers lead to; everything when there are none given.
    pub fn of(pointers: Option<&[&str]>) -> Self {
        let mut root = Self::default();
        for pointer in pointers.into_iter().flatten() {
            let mut node = &mut root;
            for key in pointer.split('/').skip(1) {
                node = node.entry(key);
            }
        }
        root
    }

    /// Shows the values of the keys; everything when there are none given.
    pub fn of_keys(keys: Option<&[&str]>) -> Self {
        let mut root = Self::default();
        for key in keys.into_iter().flatten() {
            root.entry(key);
        }
        root
    }

    fn entry(&mut self, key: &str) -> &mut Self {
        let index = match self.keys.iter().position(|(known, _)| known == key) {
            Some(index) => index,
            None => {
                self.keys.push((key.to_owned(), Self::default()));
                self.keys.len() - 1
            }
        };
        #[expect(clippy::indexing_slicing, reason = "the index was found or made above")]
        &mut self.keys[index].1
    }

    /// What is shown of the value at `key`; nothing when the key is not shown.
    pub fn child(&self, key: &str) -> Option<&Self> {
        if self.keys.is_empty() {
            return Some(Self::ALL);
        }
        self.keys
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, child)| child)
    }
}
