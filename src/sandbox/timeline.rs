//! The timeline of a call: its state is computed whenever the call is read.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{
    clock::{self, written},
    outcome::Outcome,
};

/// The speed of a simulated call compared with a real one. Seconds in this file are those of a real
/// call.
const SPEED: f64 = 8.0;

/// The time at which the call is no longer queued, in seconds.
const QUEUED: f64 = 1.0;

/// The time at which the call is answered, in seconds.
const PICKED_UP: f64 = 6.0;

/// The time from the end of a call to its analysis, in seconds.
const ANALYSED: f64 = 5.0;

/// Maximum length of a line of a conversation, in seconds.
const MAX_LINE: f64 = 5.0;

/// Prices in dollars per minute: transport, transcriber, voice, Vapi.
const PRICES: [f64; 4] = [0.01, 0.01, 0.036, 0.05];

/// The timeline of one call.
#[derive(Debug)]
pub(super) struct Timeline {
    outcome: Outcome,
    /// The time at which the call is dialled.
    dialled: DateTime<Utc>,
    script: Script,
}

/// The conversation of a call.
#[derive(Debug)]
pub(super) struct Script {
    /// The assistant's prompt.
    system: Option<String>,
    /// Whether the assistant speaks, and the text.
    lines: Vec<(bool, String)>,
}

/// The conversation, with values for the variables in the assistant's texts. Earlier overrides take
/// precedence over later ones.
pub(super) fn script(assistant: Option<&Map<String, Value>>, overrides: &[&Value]) -> Script {
    let overridden = |pointer: &str| {
        let mut overrides = overrides.iter();
        overrides.find_map(|overrides| overrides.pointer(pointer)?.as_str())
    };
    let assistant = assistant.cloned().map(Value::Object).unwrap_or_default();
    let text = |pointer: &str| {
        let own = || assistant.pointer(pointer).and_then(Value::as_str);
        overridden(pointer)
            .or_else(own)
            .map(|text| with_variables(text, overrides))
    };
    let name = text("/name").unwrap_or_else(|| "an assistant".to_owned());
    let mut lines = vec![
        (false, "Hello. Who is calling, please?".to_owned()),
        (
            true,
            format!("This is {name}, in the sandbox. Nobody is really on this line."),
        ),
        (
            false,
            "I see. So this is what a transcript looks like?".to_owned(),
        ),
        (true, "It is. Thank you, and goodbye!".to_owned()),
        (false, "Goodbye.".to_owned()),
    ];
    if let Some(first) = text("/firstMessage").filter(|first| !first.is_empty()) {
        lines.insert(0, (true, first));
    }
    Script {
        system: text("/model/messages/0/content"),
        lines,
    }
}

/// The text with `{{name}}` replaced by values, with or without spaces in the braces. A variable
/// without a value stays.
fn with_variables(text: &str, overrides: &[&Value]) -> String {
    let value = |name: &str| {
        let mut overrides = overrides.iter();
        overrides.find_map(|overrides| overrides.get("variableValues")?.get(name))
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let found = after
            .split_once("}}")
            .and_then(|(name, after)| Some((value(name.trim())?, after)));
        match found {
            Some((Value::String(text), after)) => {
                out.push_str(text);
                rest = after;
            }
            Some((value, after)) => {
                out.push_str(&value.to_string());
                rest = after;
            }
            None => {
                out.push_str("{{");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

impl Script {
    /// For each line, its start in seconds from the start of the conversation, and its length in
    /// seconds.
    fn times(&self) -> Vec<(f64, f64)> {
        let mut at = 0.0;
        let mut times = Vec::new();
        for (_, text) in &self.lines {
            // About fifteen characters per second.
            let length = (text.chars().count() as f64 / 15.0).clamp(1.0, MAX_LINE);
            times.push((at, length));
            at += length + 0.4;
        }
        times
    }

    fn length(&self) -> f64 {
        self.times()
            .last()
            .map_or(0.0, |(at, length)| at + length + 0.4)
    }

    fn transcript(&self) -> String {
        let line = |(bot, text): &(bool, String)| {
            format!("{}: {text}\n", if *bot { "AI" } else { "User" })
        };
        self.lines.iter().map(line).collect()
    }

    /// The messages of a conversation that began at this time.
    fn messages(&self, started: DateTime<Utc>) -> Vec<Value> {
        let began = started.timestamp_millis() as f64;
        let system = self.system.iter().map(|text| {
            json!({ "role": "system", "message": text, "time": began, "secondsFromStart": 0 })
        });
        let said = self
            .lines
            .iter()
            .zip(self.times())
            .map(|((bot, text), (at, length))| {
                let (at, length) = (at / SPEED, length / SPEED);
                let time = began + (at * 1000.0).round();
                let duration = (length * 1000.0).round();
                json!({
                    "role": if *bot { "bot" } else { "user" },
                    "message": text,
                    "time": time,
                    "endTime": time + duration,
                    "secondsFromStart": at,
                    "duration": duration,
                })
            });
        system.chain(said).collect()
    }

    fn formatted(&self) -> Vec<Value> {
        let system = self.system.iter().map(|text| ("system", text));
        let said = self
            .lines
            .iter()
            .map(|(bot, text)| (if *bot { "assistant" } else { "user" }, text));
        let message =
            |(role, content): (&str, &String)| json!({ "role": role, "content": content });
        system.chain(said).map(message).collect()
    }
}

impl Timeline {
    pub(super) fn new(outcome: Outcome, dialled: DateTime<Utc>, script: Script) -> Self {
        Self {
            outcome,
            dialled,
            script,
        }
    }

    pub(super) fn is_active(&self, now: DateTime<Utc>) -> bool {
        (self.dialled..self.at(self.end())).contains(&now)
    }

    /// Seconds from the first dialling to the end.
    fn end(&self) -> f64 {
        match self.outcome {
            Outcome::Ended { after, .. } => f64::from(after),
            _ => PICKED_UP + self.script.length(),
        }
    }

    /// The time of day this many seconds after the call was dialled.
    fn at(&self, seconds: f64) -> DateTime<Utc> {
        let passed = TimeDelta::milliseconds((seconds / SPEED * 1000.0).round() as i64);
        clock::saturating_add(self.dialled, passed)
    }

    /// The status, and the time at which it began in seconds, unless it began with the call.
    pub(super) fn status(&self, now: DateTime<Utc>) -> (&'static str, Option<f64>) {
        let reached = |seconds| now >= self.at(seconds);
        let end = self.end();
        let rings = !matches!(self.outcome, Outcome::Ended { rings: false, .. });
        if now < self.dialled {
            ("scheduled", None)
        } else if reached(end) {
            ("ended", Some(end))
        } else if self.is_talked() && reached(PICKED_UP) {
            ("in-progress", Some(PICKED_UP))
        } else if rings && reached(QUEUED) {
            ("ringing", Some(QUEUED))
        } else {
            ("queued", None)
        }
    }

    /// The `endedReason` of the call when it has ended.
    pub(super) fn reason(&self) -> &'static str {
        match self.outcome {
            Outcome::Ended { reason, .. } => reason,
            _ => "customer-ended-call",
        }
    }

    /// Whether somebody answers.
    pub(super) fn is_talked(&self) -> bool {
        !matches!(self.outcome, Outcome::Ended { .. })
    }

    /// Whether the recordings are available.
    pub(super) fn is_recorded(&self, now: DateTime<Utc>) -> bool {
        self.is_talked() && now >= self.at(self.end() + ANALYSED)
    }

    /// Adds the current state to a call.
    pub(super) fn show(&self, call: &mut Map<String, Value>, now: DateTime<Utc>) {
        let reached = |seconds| now >= self.at(seconds);
        let mut set = |name: &str, value: Value| {
            call.insert(name.to_owned(), value);
        };
        let end = self.end();
        let (status, since) = self.status(now);
        set("status", json!(status));
        if let Some(since) = since {
            set("updatedAt", json!(written(self.at(since))));
        }
        if self.is_talked() && reached(PICKED_UP) {
            set("startedAt", json!(written(self.at(PICKED_UP))));
        }
        if !reached(end) {
            return;
        }
        if let Outcome::Ended {
            reason, message, ..
        } = self.outcome
        {
            set("endedReason", json!(reason));
            if let Some(message) = message {
                set("endedMessage", json!(message));
            }
            return;
        }
        set("endedReason", json!(self.reason()));
        set("endedAt", json!(written(self.at(end))));
        if reached(end + ANALYSED) {
            set("updatedAt", json!(written(self.at(end + ANALYSED))));
            self.add_artifacts(call);
        }
    }

    /// Adds the artifacts of a call that was answered.
    fn add_artifacts(&self, call: &mut Map<String, Value>) {
        const RECORDING: &str = "https://sandbox.invalid/recording.wav";
        const SUMMARY: &str = "The customer asked who was calling. The assistant said that this is the sandbox, and both said goodbye.";
        let transcript = self.script.transcript();
        let messages = self.script.messages(self.at(PICKED_UP));
        let (costs, breakdown, total) = self.costs();
        call.extend([
            ("transcript".to_owned(), json!(transcript)),
            ("recordingUrl".to_owned(), json!(RECORDING)),
            ("summary".to_owned(), json!(SUMMARY)),
            ("messages".to_owned(), json!(messages)),
            ("cost".to_owned(), json!(total)),
            ("costs".to_owned(), costs),
            ("costBreakdown".to_owned(), breakdown),
            (
                "analysis".to_owned(),
                json!({ "summary": SUMMARY, "successEvaluation": "true" }),
            ),
            (
                "artifact".to_owned(),
                json!({
                    "transcript": transcript,
                    "recordingUrl": RECORDING,
                    "messages": messages,
                    "messagesOpenAIFormatted": self.script.formatted(),
                }),
            ),
        ]);
    }

    /// The list of costs, the sums by kind, and the total.
    fn costs(&self) -> (Value, Value, f64) {
        let minutes = rounded(self.script.length() / 60.0);
        let [transport, stt, tts, vapi] = PRICES.map(|price| rounded(price * minutes));
        let characters: usize = self.script.lines.iter().map(|(_, text)| text.len()).sum();
        let (llm, summary) = (0.0012, 0.0004);
        let total = rounded(transport + stt + tts + vapi + llm + summary);
        let costs = json!([
            { "type": "transport", "provider": "twilio", "minutes": minutes, "cost": transport },
            { "type": "transcriber", "transcriber": {}, "minutes": minutes, "cost": stt },
            { "type": "model", "model": {}, "promptTokens": 300, "completionTokens": 60, "cost": llm },
            { "type": "voice", "voice": {}, "characters": characters, "cost": tts },
            { "type": "vapi", "subType": "normal", "minutes": minutes, "cost": vapi },
            {
                "type": "analysis", "analysisType": "summary", "model": {},
                "promptTokens": 200, "completionTokens": 30, "cost": summary,
            },
        ]);
        let breakdown = json!({
            "transport": transport, "stt": stt, "llm": llm, "tts": tts, "vapi": vapi,
            "total": total, "llmPromptTokens": 300, "llmCompletionTokens": 60,
            "ttsCharacters": characters, "analysisCostBreakdown": { "summary": summary },
        });
        (costs, breakdown, total)
    }
}

/// Rounds to four decimal places.
fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}
