//! The files of calls: the operations redirect to addresses of the sandbox, which serves them.

use miniz_oxide::deflate::compress_to_vec;
use serde_json::json;

use super::{
    answer::{Answer, Served},
    request::{Request, unknown},
    store::{CALLS, Store},
};

/// The files by the last segment of the operation's path.
const FILES: [(&str, &str); 7] = [
    ("assistant-recording", "assistant-recording.wav"),
    ("call-logs", "call-logs.jsonl.gz"),
    ("customer-recording", "customer-recording.wav"),
    ("mono-recording", "mono-recording.wav"),
    ("pcap", "call.pcap"),
    ("stereo-recording", "stereo-recording.wav"),
    ("video-recording", "video-recording.mp4"),
];

/// The folder of the files.
const FOLDER: &str = "/artifact/";

/// The path of the recording in a call's `recordingUrl`.
const RECORDING: &str = "/recording.wav";

/// The time for which an address is valid, in seconds.
const EXPIRES: u32 = 3_600;

/// Samples per second of a recording.
const RATE: u32 = 8_000;

/// Redirects to a file, which exists when the call has been analyzed.
pub(super) fn redirect(store: &Store, request: &Request<'_>) -> Answer {
    let id = request.route.param("id");
    let Some(timeline) = store.timeline(id) else {
        return unknown(CALLS, id);
    };
    let operation = request
        .route
        .operation
        .path
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let file = FILES.iter().find(|(name, _)| *name == operation);
    let Some((_, file)) = file.filter(|_| timeline.is_recorded(request.now)) else {
        return Answer::refusal(404, format!("The call has no {operation}."));
    };
    let date = request.now.format("%Y%m%dT%H%M%SZ");
    let path = format!("{FOLDER}{id}/{file}?X-Amz-Date={date}&X-Amz-Expires={EXPIRES}");
    match request.url.join(&path) {
        Ok(location) => Answer::redirect(location.into()),
        Err(error) => Answer::refusal(400, error.to_string()),
    }
}

/// The file of a path, if there is one.
pub(super) fn serve(path: &str) -> Option<Answer> {
    let file = match path {
        RECORDING => "recording.wav",
        path => path.strip_prefix(FOLDER)?.split_once('/')?.1,
    };
    let known = FILES.iter().any(|(_, known)| *known == file) || path == RECORDING;
    let (media_type, bytes) = match file.rsplit('.').next().filter(|_| known)? {
        "wav" => (
            "audio/wav",
            wav(if file.starts_with("stereo") { 2 } else { 1 }),
        ),
        "mp4" => ("video/mp4", MP4.to_vec()),
        "pcap" => ("application/vnd.tcpdump.pcap", PCAP.to_vec()),
        _ => ("application/gzip", log()),
    };
    Some(Answer::file(Served { media_type, bytes }))
}

/// An MP4 file without a track: the brand, and no media.
const MP4: &[u8] = b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x08mdat";

/// A capture without a packet: version 2.4, packets of at most 65,535 bytes, Ethernet.
const PCAP: &[u8] = b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0";

/// A second of a tone as PCM with 16 bits.
fn wav(channels: u16) -> Vec<u8> {
    let frame = u32::from(channels) * 2;
    let length = RATE * frame;
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + length).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend(1_u16.to_le_bytes());
    wav.extend(channels.to_le_bytes());
    wav.extend(RATE.to_le_bytes());
    wav.extend((RATE * frame).to_le_bytes());
    wav.extend((channels * 2).to_le_bytes());
    wav.extend(16_u16.to_le_bytes());
    wav.extend(b"data");
    wav.extend(length.to_le_bytes());
    for sample in 0..RATE {
        // A square wave of 400 hertz.
        let high = sample % 20 < 10;
        let level: i16 = if high { 2_000 } else { -2_000 };
        for _ in 0..channels {
            wav.extend(level.to_le_bytes());
        }
    }
    wav
}

/// A log of one line, compressed with gzip (RFC 1952).
fn log() -> Vec<u8> {
    let line = json!({ "level": "info", "body": "The sandbox placed no real call." });
    let text = format!("{line}\n");
    let mut gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
    gzip.extend(compress_to_vec(text.as_bytes(), 6));
    gzip.extend(crc32(text.as_bytes()).to_le_bytes());
    gzip.extend(u32::try_from(text.len()).unwrap_or_default().to_le_bytes());
    gzip
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let mask = if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
            crc = (crc >> 1) ^ mask;
        }
    }
    !crc
}
