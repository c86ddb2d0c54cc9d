//! Reads from and writes to the terminal.

use std::io::{self, BufRead, Read, Write};

/// The longest line that is read, in bytes.
const MAX_ANSWER: u64 = 1 << 10;

/// Reads a line from standard input.
pub(super) fn read_line() -> Result<String, String> {
    let mut line = String::new();
    let read = io::stdin().lock().take(MAX_ANSWER).read_line(&mut line);
    read.map(|_| line).map_err(|error| error.to_string())
}

/// Prints a text and a line end, or nothing if the text is empty. A closed pipe (`| head`) is not
/// an error.
pub(super) fn print(mut to: impl Write, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    match writeln!(to, "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}
