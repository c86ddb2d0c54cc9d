//! The people in a body who are called.

use serde_json::{Value, json};

/// The problems with their numbers; the document does not mention this check.
pub(super) fn problems(body: &Value) -> Vec<String> {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let mut all = Vec::new();
    let mut add = |place: String, customers: Vec<Value>| {
        let customers = customers.into_iter().enumerate();
        all.extend(customers.map(|(index, it)| (format!("{place}.{index}"), it)));
    };
    add("customers".to_owned(), list(body.get("customers")));
    for (index, entry) in list(body.get("dialPlan")).iter().enumerate() {
        add(
            format!("dialPlan.{index}.customers"),
            list(entry.get("customers")),
        );
    }
    all.extend(
        body.get("customer")
            .map(|one| ("customer".to_owned(), one.clone())),
    );
    let wrong = all.into_iter().filter(|(_, customer)| {
        let number = customer.get("number").and_then(Value::as_str);
        let free = customer.get("numberE164CheckEnabled") == Some(&json!(false));
        number.is_some_and(|number| !free && !is_e164(number))
    });
    wrong
        .map(|(place, _)| {
            format!("{place}.number must be a valid phone number in the E.164 format.")
        })
        .collect()
}

fn is_e164(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}
