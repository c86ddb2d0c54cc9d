//! The comparison as JSON, for programs.

use serde_json::{Value, json};

use super::{ChangeKind, Class, ClassifiedChange, Diff};

impl Diff {
    /// An object with the changes of each class, the broken rows, and the parts that are left out.
    pub fn json(&self) -> Value {
        let of = |class| -> Vec<Value> {
            let shown = self.changes.iter().filter(|it| !it.acknowledged);
            let changes = shown.filter(|it| it.class == class);
            changes.map(change).collect()
        };
        let acknowledged = self.changes.iter().filter(|it| it.acknowledged);
        let left_out = self.left_out.iter();
        let left_out = left_out.map(|it| json!({ "at": it.at, "reason": it.reason }));
        json!({
            "breaking": of(Class::Breaking),
            "look": of(Class::Look),
            "harmless": of(Class::Harmless),
            "broken_rows": self.problems,
            "broken_before": self.earlier,
            "acknowledged": acknowledged.map(change).collect::<Vec<_>>(),
            "left_out": left_out.collect::<Vec<_>>(),
        })
    }
}

fn change(judged: &ClassifiedChange) -> Value {
    let (kind, old, new) = match &judged.change.what {
        ChangeKind::Added(new) => ("added", None, Some(new.clone())),
        ChangeKind::Removed(old) => ("removed", Some(old.clone()), None),
        ChangeKind::Changed(old, new) => ("changed", Some(old.clone()), Some(new.clone())),
        ChangeKind::Moved(old, new) => (
            "moved",
            Some(Value::from(old.as_str())),
            Some(Value::from(new.as_str())),
        ),
    };
    let named = judged.named.iter().map(|named| {
        let parts = named.parts.iter();
        let parts = parts.map(|(part, line)| json!({ "part": part, "line": line }));
        json!({
            "kind": named.row.kind,
            "row": named.row.row,
            "file": named.row.file,
            "line": named.row.line,
            "class": named.class,
            "parts": parts.collect::<Vec<_>>(),
        })
    });
    json!({
        "location": judged.change.location.to_string(),
        "change": kind,
        "old": old,
        "new": new,
        "rows": named.collect::<Vec<_>>(),
        "reached": judged.reached,
    })
}
