//! From the bytes of an answer to what a model reads, in one pass: the JSON is checked, the parts
//! to show are chosen, secrets are hidden, and what does not fit is cut and marked. Values keep
//! their bytes; only white space goes.

mod cut;
mod json;
mod pass;
mod secrets;
mod selection;
mod words;

pub use cut::Cut;
use cut::{Entry, entries};
pub use json::JsonError;
use json::Reader;
use pass::{Pass, Place, Stop, decode, enter};
use secrets::rule;
pub use selection::BadPointer;
use selection::{Selection, Shown};

use super::{Added, View};

/// Why an answer cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResultError {
    /// It is not JSON.
    #[error("{0}")]
    Json(#[from] JsonError),
    /// It is not Unicode.
    #[error("the text is not UTF-8")]
    Encoding,
    /// The caller chose by something else than pointers.
    #[error("{0}")]
    Fields(#[from] BadPointer),
}

/// How an answer is shown.
#[derive(Debug)]
pub struct Showing<'a> {
    /// What the row says.
    pub view: &'a View,
    /// The pointers that the caller chose; the row's own choice when there are none.
    pub fields: Option<&'a [String]>,
    /// The most bytes to write.
    pub limit: usize,
    /// Whether secrets are shown.
    pub open: bool,
    /// Rows that were shown before: how many at this time.
    pub seen: Option<(&'a str, usize)>,
}

/// An answer as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// JSON.
    pub text: String,
    /// What was cut.
    pub cuts: Vec<Cut>,
    /// How many invisible characters were taken out of what people said.
    pub taken_out: usize,
    /// Whether anything that people said is shown.
    pub said: bool,
    /// The pointers that led to nothing, and the keys that are there instead.
    pub unmet: Vec<(String, Vec<String>)>,
    /// For a list, how far it is shown.
    pub rows: Option<Rows>,
}

/// How far a list is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// The rows shown.
    pub shown: usize,
    /// The rows that the API sent.
    pub received: usize,
    /// The time of the last row shown, and how many rows at this time have been shown up to it.
    pub last: Option<(String, usize)>,
}

/// The key of the rows in a page.
const PAGE: &str = "results";

/// The answer as the tool's view shows it.
pub fn show(body: &[u8], showing: &Showing<'_>) -> Result<Answer, ResultError> {
    let selection = match (showing.fields, showing.view.keep) {
        (Some(fields), _) => Selection::of(fields.iter().map(String::as_str))?,
        (None, Some(keep)) => Selection::of(keep.iter().copied())?,
        (None, None) => Selection::everything(),
    };
    let added: Vec<Selection> = showing
        .view
        .add
        .iter()
        .map(|added| match added.keep {
            Some(keys) => Selection::of_keys(keys),
            None => Selection::everything(),
        })
        .collect();
    let mut show = Show {
        pass: Pass::new(showing.limit, showing.open),
        showing,
        shown: selection.shown(),
        added: &added,
        said: false,
    };
    let mut reader = Reader::new(body);
    let whole = reader.value()?;
    reader.end()?;
    let rows = if showing.view.list {
        show.rows(whole)?
    } else {
        None
    };
    if rows.is_none() {
        if showing.view.list && showing.fields.is_none() {
            // What is no list is shown as it is: the row's choice is meant for rows.
            show.shown = Shown::Whole;
        }
        show.root(whole, "", showing.limit)?;
    }
    let Show { pass, said, .. } = show;
    let unmet = match showing.fields {
        Some(_) => selection
            .unmet()
            .into_iter()
            .map(|pointer| {
                let near = keys_near(whole, &pointer, showing.view.list);
                (pointer, near)
            })
            .collect(),
        None => Vec::new(),
    };
    Ok(Answer {
        text: String::from_utf8(pass.out).map_err(|_| ResultError::Encoding)?,
        cuts: pass.cuts,
        taken_out: pass.taken_out,
        said,
        unmet,
        rows,
    })
}

/// Whether these are pointers that can be followed.
pub fn check_fields(fields: &[String]) -> Result<(), BadPointer> {
    Selection::of(fields.iter().map(String::as_str)).map(|_| ())
}

/// Any JSON, whole, with its secrets hidden.
pub fn hide_secrets(body: &[u8]) -> Result<String, ResultError> {
    show(
        body,
        &Showing {
            view: &View::WHOLE,
            fields: None,
            limit: usize::MAX,
            open: false,
            seen: None,
        },
    )
    .map(|answer| answer.text)
}

/// The text at a pointer of plain keys, when there is one.
pub fn text_at(body: &[u8], pointer: &str) -> Option<String> {
    let found = below(body, pointer).ok()??.0;
    serde_json::from_slice(found).ok()
}

/// What the view asks for, put into the pass.
struct Show<'a> {
    pass: Pass,
    showing: &'a Showing<'a>,
    shown: Shown<'a>,
    added: &'a [Selection],
    said: bool,
}

impl<'a> Show<'a> {
    /// The rows of a list: the elements of an array, or of `results` where the API answers by
    /// pages; nothing when the answer is neither.
    fn rows(&mut self, body: &'a [u8]) -> Result<Option<Rows>, JsonError> {
        let mut reader = Reader::new(body);
        if reader.peek()? == b'{' && !(enter(&mut reader, PAGE)? && reader.peek()? == b'[') {
            return Ok(None);
        }
        if reader.peek()? != b'[' {
            return Ok(None);
        }
        let mut rows = Rows::default();
        let mut to_skip = self.showing.seen.map_or(0, |(_, count)| count);
        let mut full = false;
        self.pass.out.push(b'[');
        reader.open(b'[')?;
        while reader.next_element()? {
            let row = reader.value()?;
            rows.received += 1;
            let time = self
                .showing
                .view
                .page
                .and_then(|page| text_at(row, page.at));
            let seen = self
                .showing
                .seen
                .filter(|(at, _)| time.as_deref() == Some(at));
            if to_skip > 0 && seen.is_some() {
                to_skip -= 1;
                continue;
            }
            if full {
                continue;
            }
            full = !self.row(row, rows.shown)?;
            if !full {
                rows.shown += 1;
                let before = match &rows.last {
                    Some((last, count)) if Some(last) == time.as_ref() => *count,
                    _ => seen.map_or(0, |(_, count)| count),
                };
                rows.last = time.map(|time| (time, before + 1));
            }
        }
        self.pass.out.push(b']');
        Ok(Some(rows))
    }

    /// Writes a row, unless there is no room for it. The first is cut rather than left out.
    fn row(&mut self, row: &'a [u8], index: usize) -> Result<bool, JsonError> {
        let start = self.pass.out.len();
        let room = self.showing.limit.saturating_sub(start + 2);
        if index > 0 {
            self.pass.out.push(b',');
        }
        let cuts = self.pass.cuts.len();
        self.root(row, &format!("/{index}"), room)?;
        let fits =
            index == 0 || (self.pass.out.len() - start <= room && self.pass.cuts.len() == cuts);
        if !fits {
            self.pass.out.truncate(start);
            self.pass.cuts.truncate(cuts);
        }
        Ok(fits)
    }

    /// A value that the view is about: what is chosen of it, and our names where it is an object.
    fn root(&mut self, value: &'a [u8], at: &str, room: usize) -> Result<(), JsonError> {
        let top = Place {
            name: "",
            said: false,
        };
        if Reader::new(value).peek()? != b'{' {
            let shown = self.shown.clone();
            return self.pass.fit(value, &shown, top, at, room);
        }
        let mut found = entries(value, &self.shown, top, at)?;
        for entry in &mut found {
            entry.said = self.showing.view.said.contains(&entry.name.as_str());
        }
        self.add(value, at, &mut found)?;
        self.said |= found.iter().any(|entry| entry.said);
        let fold = self
            .showing
            .view
            .fold
            .filter(|_| self.showing.fields.is_none());
        let (start, cuts) = (self.pass.out.len(), self.pass.cuts.len());
        let fits = self.pass.within(room, |pass| {
            pass.push(b"{")?;
            for entry in &found {
                pass.key(&entry.key)?;
                match fold {
                    Some(fold) if entry.value.len() > fold && !entry.is_whole(pass) => {
                        entry.fit(pass, fold)?;
                        if pass.out.len() > pass.limit {
                            return Err(Stop::Full);
                        }
                    }
                    _ => entry.write(pass)?,
                }
            }
            pass.push(b"}")
        })?;
        if fits {
            return Ok(());
        }
        self.pass.out.truncate(start);
        self.pass.cuts.truncate(cuts);
        let of = found.len();
        self.pass.fit_entries(&found, of, at, room)
    }

    /// Adds the names of ours that the object does not have.
    fn add(&self, value: &'a [u8], at: &str, found: &mut Vec<Entry<'a>>) -> Result<(), JsonError> {
        for (added, selection) in self.showing.view.add.iter().zip(self.added) {
            let chosen = match self.showing.fields {
                Some(_) => self.shown.member(added.name, usize::MAX),
                None => Some(selection.shown()),
            };
            let raw = below(value, &format!("/{}", added.name))?;
            let (Some(shown), None | Some((b"null", _))) = (chosen, raw) else {
                continue;
            };
            if let Some((source, hide)) = below(value, added.at)? {
                found.retain(|entry| entry.name != added.name);
                found.push(entry_of(
                    added,
                    source,
                    hide.filter(|_| !self.showing.open),
                    shown,
                    at,
                    self.showing.view,
                ));
            }
        }
        Ok(())
    }
}

fn entry_of<'a>(
    added: &Added,
    value: &'a [u8],
    hide: Option<secrets::Rule>,
    shown: Shown<'a>,
    at: &str,
    view: &View,
) -> Entry<'a> {
    let mut keys = added.at.split('/').skip(1);
    let top = keys.next().unwrap_or_default();
    Entry {
        key: format!("\"{}\"", added.name).into_bytes(),
        name: added.at.rsplit('/').next().unwrap_or_default().to_owned(),
        at: format!("{at}{}", added.at),
        index: usize::MAX,
        parent: String::new(),
        said: view.said.contains(&top) || view.said.contains(&added.name),
        value,
        shown,
        hide,
    }
}

/// A value, and how a key on the way to it hides it.
type Found<'a> = (&'a [u8], Option<secrets::Rule>);

/// The value at a pointer of plain keys, with the rule of the first key on the way that hides it.
fn below<'a>(value: &'a [u8], pointer: &str) -> Result<Option<Found<'a>>, JsonError> {
    let mut reader = Reader::new(value);
    let mut parent = "";
    let mut hide = None;
    for segment in pointer.split('/').skip(1) {
        if reader.peek()? != b'{' || !enter(&mut reader, segment)? {
            return Ok(None);
        }
        hide = hide.or_else(|| rule(parent, segment));
        parent = segment;
    }
    Ok(Some((reader.value()?, hide)))
}

/// The keys beside the first key of a pointer that the answer does not have: those much like it, or
/// the first few.
fn keys_near(body: &[u8], pointer: &str, list: bool) -> Vec<String> {
    let mut reader = Reader::new(body);
    let mut descend = || -> Result<Vec<String>, JsonError> {
        if list && reader.peek()? == b'[' {
            reader.open(b'[')?;
            reader.next_element()?;
        }
        for segment in pointer.split('/').skip(1) {
            let mut inside = reader.clone();
            if inside.peek()? == b'{' && enter(&mut inside, segment)? {
                reader = inside;
                continue;
            }
            return keys_like(&mut reader, segment);
        }
        Ok(Vec::new())
    };
    descend().unwrap_or_default()
}

fn keys_like(reader: &mut Reader<'_>, wanted: &str) -> Result<Vec<String>, JsonError> {
    const ALIKE: f64 = 0.75;
    const MOST: usize = 3;
    if reader.peek()? != b'{' {
        return Ok(Vec::new());
    }
    let mut keys = Vec::new();
    reader.open(b'{')?;
    while let Some(key) = reader.next_key()? {
        let name = decode(key).into_owned();
        keys.push((strsim::jaro_winkler(wanted, &name), name));
        reader.value()?;
    }
    keys.retain(|(score, _)| *score >= ALIKE);
    keys.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(keys.into_iter().take(MOST).map(|(_, key)| key).collect())
}

/// The bytes of the value at a key of an object, when the text is one, whatever is in it otherwise.
pub(crate) fn value_at<'a>(object: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let mut reader = Reader::new(object);
    if pass::enter(&mut reader, key).ok()? {
        reader.value().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::tools::Added;

    /// What is shown when nothing has to be cut.
    fn shown(body: &str, view: &View) -> String {
        show(body.as_bytes(), &showing(view)).unwrap().text
    }

    fn showing(view: &View) -> Showing<'_> {
        Showing {
            view,
            fields: None,
            limit: usize::MAX,
            open: false,
            seen: None,
        }
    }

    const WHOLE: View = View::WHOLE;

    #[test]
    fn a_whole_answer_keeps_every_byte_but_white_space() {
        let body = r#" { "n" : 1e3 , "big": 123456789012345678901234567890, "s":"\u00e9\ud83d", "a":[ ], "a":[{ }] } "#;
        let compact =
            r#"{"n":1e3,"big":123456789012345678901234567890,"s":"\u00e9\ud83d","a":[],"a":[{}]}"#;
        assert_eq!(shown(body, &WHOLE), compact);
    }

    #[test]
    fn only_what_the_view_keeps_is_shown() {
        let view = View {
            list: true,
            keep: Some(&["/id", "/model/name", "/list/x"]),
            add: &[],
            ..View::WHOLE
        };
        let body = r#"[{"id":1,"model":{"name":"a","key":[1,{"b":2}]},"no":{}},{"list":[{"x":1,"y":2},{"y":3}],"id":null}]"#;
        let rows = r#"[{"id":1,"model":{"name":"a"}},{"list":[{"x":1},{}],"id":null}]"#;
        assert_eq!(shown(body, &view), rows);
    }

    #[test]
    fn a_page_of_a_list_is_shown_as_its_rows() {
        let view = View {
            list: true,
            keep: Some(&["/id"]),
            add: &[],
            ..View::WHOLE
        };
        let page = r#"{"metadata":{"totalItems":9},"results":[{"id":1,"x":2}],"more":1}"#;
        assert_eq!(shown(page, &view), r#"[{"id":1}]"#);
        let other = r#"{"results":null,"message":"x"}"#;
        assert_eq!(shown(other, &view), other);
    }

    #[test]
    fn a_name_of_ours_is_added_only_where_the_answer_has_none() {
        const ADD: &[Added] = &[
            Added {
                name: "at",
                at: "/plan/start",
                keep: None,
            },
            Added {
                name: "llm",
                at: "/model",
                keep: Some(&["name"]),
            },
        ];
        let view = View {
            list: false,
            keep: None,
            add: ADD,
            ..View::WHOLE
        };
        assert_eq!(
            shown(
                r#"{"plan":{"start":1},"model":{"name":"m","more":2}}"#,
                &view
            ),
            r#"{"plan":{"start":1},"model":{"name":"m","more":2},"at":1,"llm":{"name":"m"}}"#
        );
        assert_eq!(
            shown(r#"{"at":0,"plan":{"start":1}}"#, &view),
            r#"{"at":0,"plan":{"start":1}}"#
        );
        assert_eq!(shown(r#"{"plan":null}"#, &view), r#"{"plan":null}"#);
        assert_eq!(shown(r#"{}"#, &view), "{}");
        assert_eq!(shown(r#"[1]"#, &view), "[1]");
    }

    #[test]
    fn a_secret_stays_hidden_under_a_name_of_ours() {
        const ADD: &[Added] = &[
            Added {
                name: "where",
                at: "/server/headers/X",
                keep: None,
            },
            Added {
                name: "listen",
                at: "/monitor/listenUrl",
                keep: None,
            },
        ];
        let view = View {
            list: false,
            keep: Some(&["/id"]),
            add: ADD,
            ..View::WHOLE
        };
        assert_eq!(
            shown(
                r#"{"server":{"headers":{"X":"s3cret"}},"monitor":{"listenUrl":"wss://s3cret"}}"#,
                &view
            ),
            r#"{"where":"[redacted]","listen":"[redacted]"}"#
        );
    }

    #[test]
    fn every_name_of_the_table_is_hidden_at_any_depth() {
        for (name, rule) in secrets::TABLE {
            let value = match rule {
                secrets::Rule::Url => json!("https://user:s3cret@example.com/path?key=s3cret"),
                secrets::Rule::Each | secrets::Rule::Headers => {
                    json!({ "Some": ["s3cret", { "x": "s3cret" }] })
                }
                secrets::Rule::Value | secrets::Rule::Text => json!("s3cret"),
            };
            let mut object = json!({ "id": 1 });
            let mut place = &mut object;
            for key in name.split('/') {
                place[key] = json!({});
                place = &mut place[key];
            }
            *place = value;
            for body in [object.clone(), json!({ "a": [{ "b": object }] })] {
                let text = shown(&body.to_string(), &WHOLE);
                assert!(!text.contains("s3cret"), "{name}: {text}");
                assert!(text.contains("[redacted]"), "{name}: {text}");
                serde_json::from_str::<Value>(&text).unwrap();
            }
        }
    }

    #[test]
    fn what_only_looks_like_a_secret_is_shown() {
        let body = json!({
            "maxTokens": 250, "credentialId": "c", "credentialIds": ["c"], "tokenCount": 3,
            "totalPromptTokens": 1, "secretIsBase64": true, "headerName": "x", "token": { "limit": 1 },
            "recordingUrl": "https://example.com/r.wav", "stereoRecordingUrl": "https://example.com/s.wav",
            "recording": { "mono": { "combinedUrl": "https://example.com/c.wav" } }, "apiKey": null,
            "url": "https://example.com/hook", "sip": "sip:me@example.com", "monitorPlan": { "listenEnabled": true },
        });
        assert_eq!(shown(&body.to_string(), &WHOLE), body.to_string());
    }

    #[test]
    fn a_key_written_with_escapes_is_the_same_key() {
        assert_eq!(
            shown(r#"{"api\u004bey":"s3cret"}"#, &WHOLE),
            r#"{"api\u004bey":"[redacted]"}"#
        );
    }

    #[test]
    fn headers_that_are_a_schema_show_their_form_and_no_value() {
        let body = json!({ "headers": {
            "type": "object",
            "properties": { "Authorization": { "type": "string", "value": "s3cret", "enum": ["s3cret"], "default": "s3cret" }, "odd": "s3cret" },
            "required": ["Authorization"],
        } });
        let text = shown(&body.to_string(), &WHOLE);
        assert!(!text.contains("s3cret"), "{text}");
        let shown: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            shown["headers"]["properties"]["Authorization"]["type"],
            "string"
        );
        assert_eq!(shown["headers"]["required"], json!(["Authorization"]));
    }

    #[test]
    fn a_property_that_a_schema_calls_by_a_secrets_name_keeps_its_schema() {
        let body = json!({ "parameters": { "type": "object", "properties": {
            "password": { "type": "string", "description": "what the caller says", "const": "s3cret" },
        } } });
        let hidden = body.to_string().replace("s3cret", "[redacted]");
        assert_eq!(shown(&body.to_string(), &WHOLE), hidden);
    }

    #[test]
    fn a_url_keeps_what_tells_where_it_leads() {
        for (url, hidden) in [
            ("https://example.com/a/b", "https://example.com/a/b"),
            (
                "https://example.com?key=1",
                "https://example.com?[redacted]",
            ),
            (
                "https://me:pw@example.com/a@b",
                "https://[redacted]@example.com/a@b",
            ),
            ("wss://example.com/#key", "wss://example.com/?[redacted]"),
            ("example.com/x", "example.com/x"),
            ("", ""),
        ] {
            assert_eq!(secrets::hide_url(url), hidden);
        }
    }

    #[test]
    fn an_answer_that_is_not_text_is_refused() {
        assert_eq!(
            show(b"{\"a\":\"\xff\"}", &showing(&WHOLE)),
            Err(ResultError::Encoding)
        );
        assert!(show(b"{\"a\":1}}", &showing(&WHOLE)).is_err());
    }

    mod properties {
        use proptest::prelude::*;

        use super::*;

        const SECRET: &str = "s3cret";

        /// JSON of every shape, with secrets in it and texts of every length.
        fn json() -> impl Strategy<Value = Value> {
            let leaf = prop_oneof![
                Just(Value::Null),
                any::<bool>().prop_map(Value::from),
                any::<i64>().prop_map(Value::from),
                any::<f64>().prop_map(Value::from),
                "[a-zé😀\"\\\\\u{202e}\n]{0,40}".prop_map(Value::from),
                (1_usize..2000).prop_map(|n| Value::from("word ".repeat(n))),
            ];
            leaf.prop_recursive(5, 200, 12, |inner| {
                let key = prop_oneof![
                    "[a-z]{1,6}",
                    Just("transcript".to_owned()),
                    Just("a/b~c".to_owned()),
                ];
                prop_oneof![
                    prop::collection::vec(inner.clone(), 0..12).prop_map(Value::from),
                    prop::collection::vec((key, inner), 0..12).prop_map(|members| {
                        let mut map: serde_json::Map<_, _> = members.into_iter().collect();
                        map.insert("apiKey".to_owned(), SECRET.into());
                        map.insert("headers".to_owned(), json!({ "X": [SECRET] }));
                        Value::Object(map)
                    }),
                ]
            })
        }

        fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
            found.push(at.to_owned());
            match value {
                Value::Object(map) => {
                    for (key, value) in map {
                        let key = key.replace('~', "~0").replace('/', "~1");
                        pointers(value, &format!("{at}/{key}"), found);
                    }
                }
                Value::Array(items) => {
                    for (index, value) in items.iter().enumerate() {
                        pointers(value, &format!("{at}/{index}"), found);
                    }
                }
                _ => {}
            }
        }

        proptest! {
            #[test]
            fn whatever_is_shown_is_json_within_its_limit_and_holds_no_secret(
                body in json(), limit in 400_usize..8000, picks in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
                list in any::<bool>(), fold in prop::option::of(200_usize..2000),
            ) {
                let mut all = Vec::new();
                pointers(&body, "", &mut all);
                let fields: Vec<String> = picks.iter().map(|pick| pick.get(&all).clone()).collect();
                let view = View { list, fold, said: &["transcript"], ..View::WHOLE };
                let answer = show(body.to_string().as_bytes(), &Showing {
                    view: &view,
                    fields: (!fields.is_empty()).then_some(&fields),
                    limit,
                    open: false,
                    seen: None,
                }).unwrap();
                prop_assert!(answer.text.len() <= limit, "{} bytes of {limit}", answer.text.len());
                prop_assert!(!answer.text.contains(SECRET));
                let shown: Result<Value, _> = serde_json::from_str(&answer.text);
                prop_assert!(shown.is_ok(), "{}", answer.text);
                if answer.cuts.is_empty() && fields.is_empty() && answer.rows.is_none() {
                    let whole = body.to_string();
                    let redactions = whole.matches(SECRET).count() * "[redacted]".len();
                    let room = whole.len() + redactions <= limit && fold.is_none_or(|fold| whole.len() <= fold);
                    prop_assert!(!room || shown.unwrap().to_string().len() + 8 * answer.taken_out >= whole.len() - whole.matches(SECRET).count() * SECRET.len());
                }
            }
        }
    }
}
