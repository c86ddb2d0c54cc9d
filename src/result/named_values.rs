//! Values within texts that follow the name of a secret, as in `apiKey: …` or `?token=…`.

use super::{
    caller_key::percent_decoded,
    redact::{holds_secrets, is_secret, is_secret_in_query},
    text_patterns::{is_auth_scheme, is_end, is_header, is_probably_key, is_word},
    text_secrets::Scanner,
};

impl Scanner<'_> {
    /// Hides the value after this word if it is the name of a secret. Returns where to continue.
    pub(super) fn value_of(&mut self, at: usize, word: &str, end: usize) -> Option<usize> {
        let slashes = self.while_in(end, |byte| byte == b'\\');
        let quote = self.byte(slashes);
        let is_quoted = matches!(quote, b'"' | b'\'' | b'`') && self.byte_before(at) == quote;
        let after = if is_quoted { slashes + 1 } else { end };
        let sign = self.while_in(after, |byte| byte == b' ');
        let separator = self.byte(sign);
        if !matches!(separator, b':' | b'=') || separator == b':' && sign > after + 1 {
            return None;
        }
        let in_query =
            separator == b'=' && matches!(self.byte_before(at), b'?' | b'&' | b'#' | b';');
        let name = percent_decoded(word);
        let is_secret = match in_query {
            true => is_secret_in_query(&name),
            // A name may consist of two words: `API key: …`
            false => is_secret(&name) || is_secret(&self.with_word_before(at, &name)),
        };
        let holds_secrets = !is_secret && !in_query && holds_secrets(&name);
        if !is_secret && !holds_secrets {
            return None;
        }
        // `==` compares, and `=>` maps.
        let from = self.while_in(sign + 1, |byte| matches!(byte, b'=' | b'>'));
        let from = match in_query {
            true => from,
            false => self.while_in(from, |byte| byte == b' '),
        };
        if holds_secrets {
            // Without a bracket, the name is a word in a sentence.
            let bracket = self.while_in(from, |byte| matches!(byte, b'\\' | b'"' | b'\''));
            return matches!(self.byte(bracket), b'{' | b'[').then(|| self.container(bracket));
        }
        Some(self.value(from, separator == b'=', in_query, &name))
    }

    /// The name together with the previous word, separated by one space.
    fn with_word_before(&self, at: usize, name: &str) -> String {
        let Some(space) = at.checked_sub(1).filter(|at| self.byte(*at) == b' ') else {
            return String::new();
        };
        const LONGEST: usize = 16;
        let before = self.bytes.get(..space).unwrap_or_default();
        let length = before
            .iter()
            .rev()
            .take(LONGEST)
            .take_while(|byte| is_word(**byte))
            .count();
        format!("{}{name}", self.part(space - length..space))
    }

    /// Hides the value that starts here, and returns its end.
    fn value(&mut self, at: usize, assigned: bool, in_query: bool, name: &str) -> usize {
        let slashes = self.while_in(at, |byte| byte == b'\\');
        let first = self.byte(slashes);
        if matches!(first, b'"' | b'\'' | b'`') {
            let end = self.closing(slashes + 1, first, slashes - at);
            self.hide(slashes + 1..end);
            return end;
        }
        let rest = self.bytes.get(at..).unwrap_or_default();
        // A placeholder for a value.
        if rest.starts_with(b"{{") || rest.starts_with(b"${") {
            return at;
        }
        if matches!(first, b'{' | b'[') && !in_query {
            return self.container(slashes);
        }
        let is_part = |byte: u8| {
            !is_end(byte)
                && byte != b'&'
                && !(in_query && byte == b'#')
                && (in_query || byte != b';')
        };
        let is_line = !assigned && is_header(name);
        let end = match is_line {
            true => self.while_in(at, |byte| {
                !matches!(byte, b'\n' | b'\r' | b'"' | b'\'' | b'\\' | b'}')
            }),
            false => self.while_in(at, is_part),
        };
        let value = self.part(at..end);
        let value = match in_query {
            true => value,
            false => value.trim_end_matches([')', ']', '}', ',', '.', ' ']),
        };
        let end = at + value.len();
        if !is_line && is_auth_scheme(value) {
            // The value follows the scheme.
            let (mut from, mut to) = (at, end);
            while is_auth_scheme(self.part(from..to)) {
                from = self.while_in(to, |byte| byte == b' ');
                to = self.while_in(from, is_part);
            }
            self.hide(from..to);
            return to;
        }
        if assigned || is_line || is_probably_key(value) {
            self.hide(at..end);
            return end;
        }
        // The word belongs to a sentence; it may itself be the name of a secret.
        at
    }

    /// Hides everything in the brackets that open here. Returns their end.
    fn container(&mut self, at: usize) -> usize {
        let end = self.bracketed(at);
        self.hide(at..end);
        end
    }

    /// The end of the quoted text that starts here. Its quotation marks follow this many
    /// backslashes.
    fn closing(&self, at: usize, quote: u8, slashes: usize) -> usize {
        let mut count = 0;
        let rest = self.bytes.get(at..).unwrap_or_default();
        for (index, byte) in rest.iter().enumerate() {
            match *byte {
                b'\\' => count += 1,
                byte if byte == quote && count <= slashes => return at + index - count,
                _ => count = 0,
            }
        }
        self.bytes.len()
    }

    /// The end of the brackets that open here, or of the text.
    fn bracketed(&self, at: usize) -> usize {
        let mut depth = 0_usize;
        for (index, byte) in self.bytes.iter().enumerate().skip(at) {
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return index + 1;
            }
        }
        self.bytes.len()
    }
}
