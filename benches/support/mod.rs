//! What the benchmarks work on: values invented, sizes and shapes those of real answers.

use serde_json::{Value, json};
use vapi_mcp::catalog::{TOOLS, Tool};

/// A body of `GET /call` with `count` ended calls of about 42 kB each, as real ones have: the
/// conversation stands in it four times.
pub fn calls(count: usize) -> Vec<u8> {
    let calls: Vec<Value> = (0..count).map(call).collect();
    serde_json::to_vec(&calls).unwrap_or_default()
}

fn call(number: usize) -> Value {
    let said = "Thank you for calling; let me look that up for you, it will take only a moment. ";
    let messages: Vec<Value> = (0..42)
        .map(|turn| {
            json!({
                "role": if turn % 2 == 0 { "bot" } else { "user" },
                "time": 1_741_082_406_100_u64 + turn,
                "endTime": 1_741_082_409_100_u64 + turn,
                "message": said.repeat(2),
                "secondsFromStart": 1.44,
                "duration": 3_440.000_244_140_625,
            })
        })
        .collect();
    let formatted: Vec<Value> = (0..42)
        .map(|_| json!({ "role": "user", "content": said.repeat(2) }))
        .collect();
    let transcript = format!("AI: {said}\nUser: {said}\n").repeat(21);
    json!({
        "id": format!("cccccccc-0000-4000-8000-{number:012}"),
        "assistantId": "aaaaaaaa-0000-4000-8000-000000000001",
        "phoneNumberId": "bbbbbbbb-0000-4000-8000-000000000001",
        "type": "outboundPhoneCall",
        "startedAt": "2026-03-04T10:00:06.100Z",
        "endedAt": "2026-03-04T10:01:10.500Z",
        "transcript": transcript,
        "recordingUrl": "https://storage.example.com/r.wav",
        "summary": said,
        "createdAt": "2026-03-04T10:00:00.000Z",
        "updatedAt": "2026-03-04T10:01:15.000Z",
        "orgId": "eeeeeeee-0000-4000-8000-000000000001",
        "cost": 0.1067,
        "customer": { "number": "+15550100123" },
        "status": "ended",
        "endedReason": "customer-ended-call",
        "messages": messages,
        "analysis": { "summary": said, "successEvaluation": "true" },
        "artifact": {
            "messages": messages,
            "messagesOpenAIFormatted": formatted,
            "transcript": transcript,
            "variableValues": { "name": "Jeremy", "said": said },
        },
        "monitor": { "listenUrl": "wss://listen.example.com/x", "controlUrl": "https://control.example.com/x" },
        "transport": { "provider": "twilio", "accountSid": "x" },
    })
}

/// The tool that shows the most of a list's elements.
pub fn widest_list() -> Option<&'static Tool> {
    TOOLS
        .iter()
        .filter(|tool| tool.view.list)
        .max_by_key(|tool| tool.view.keep.map_or(0, <[_]>::len))
}

/// The tool with the most arguments.
pub fn widest_tool() -> Option<&'static Tool> {
    TOOLS.iter().max_by_key(|tool| tool.args.len())
}
