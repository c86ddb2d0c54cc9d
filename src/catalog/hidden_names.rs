//! Texts without sentences about tools that are not exposed.

/// The names of the tools that are not exposed.
#[derive(Clone, Debug)]
pub struct HiddenNames(Vec<&'static str>);

impl HiddenNames {
    pub(super) fn new(names: Vec<&'static str>) -> Self {
        Self(names)
    }

    /// The text without the sentences that name one of them.
    pub fn removed_from(&self, text: &str) -> String {
        let lines = text.split_inclusive('\n');
        let kept: String = lines
            .flat_map(|line| line.split_inclusive(". "))
            .filter(|sentence| !self.are_named_in(sentence))
            .collect();
        kept.trim_end().to_owned()
    }

    /// Whether the text names one of them.
    pub fn are_named_in(&self, text: &str) -> bool {
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| self.0.contains(&word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_about_a_hidden_tool_is_left_out() {
        let hidden = HiddenNames::new(vec!["list_bakers"]);
        assert_eq!(
            hidden.removed_from("One. Use list_bakersx. Use `list_bakers`: it helps. Three."),
            "One. Use list_bakersx. Three."
        );
        assert_eq!(hidden.removed_from("One.\nUse list_bakers."), "One.");
        assert_eq!(hidden.removed_from("From list_bakers."), "");
    }
}
