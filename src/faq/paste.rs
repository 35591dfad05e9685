//! Pasted text as a fingerprint sees it: lower case, whitespace folded, without colours, escapes and curly quotes,
//! with the way back to the very words that stand in the paste.
//!
//! Never: no meaning; [`diagnose`](super::diagnose) knows what the words say.

use std::ops::Range;

/// A paste, folded for comparison.
pub(super) struct Paste<'a> {
    original: &'a str,
    /// The folded text; one line runs into the next with a single space, so that a wrapped sentence is still found.
    pub(super) text: String,
    /// For each byte of `text`, where its character starts in the original.
    origin: Vec<u32>,
    /// Where each line of the original starts in `text`.
    lines: Vec<u32>,
}

impl<'a> Paste<'a> {
    /// Folds a paste.
    pub(super) fn read(original: &'a str) -> Self {
        let mut paste = Self {
            original,
            text: String::with_capacity(original.len()),
            origin: Vec::with_capacity(original.len()),
            lines: vec![0],
        };
        let bytes = original.as_bytes();
        let mut at = 0;
        while let Some(c) = original.get(at..).and_then(|rest| rest.chars().next()) {
            let next = at + c.len_utf8();
            let rest = &bytes[next..];
            match c {
                '\u{1b}' | '[' if colour(c, rest) > 0 => {
                    at = next + colour(c, rest);
                    continue;
                }
                '\u{200b}'..='\u{200d}' | '\u{feff}' | '\u{ad}' => {}
                '\n' => {
                    paste.space(at);
                    paste.lines.push(u32_of(paste.text.len()));
                }
                '\\' => match rest.first() {
                    Some(b'n' | b't' | b'r') => {
                        paste.space(at);
                        at = next + 1;
                        continue;
                    }
                    Some(b'"' | b'\'' | b'/' | b'\\') => {}
                    _ => paste.push(c, at),
                },
                '“' | '”' | '„' | '«' | '»' => paste.push('"', at),
                '‘' | '’' => paste.push('\'', at),
                _ if c.is_ascii() && !c.is_ascii_whitespace() => paste.push(c.to_ascii_lowercase(), at),
                _ if c.is_whitespace() => paste.space(at),
                _ => c.to_lowercase().for_each(|lower| paste.push(lower, at)),
            }
            at = next;
        }
        paste
    }

    fn push(&mut self, c: char, at: usize) {
        self.text.push(c);
        self.origin.resize(self.text.len(), u32_of(at));
    }

    fn space(&mut self, at: usize) {
        if !self.text.ends_with(' ') {
            self.push(' ', at);
        }
    }

    /// The line of the original, from 0, on which this place of the folded text stands.
    pub(super) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start as usize <= at).saturating_sub(1)
    }

    /// The folded text of these lines.
    pub(super) fn window(&self, lines: Range<usize>) -> &str {
        let start = self.lines.get(lines.start).map_or(self.text.len(), |start| *start as usize);
        let end = self.lines.get(lines.end).map_or(self.text.len(), |end| *end as usize);
        self.text.get(start..end).unwrap_or_default()
    }

    /// The words of the original behind a part of the folded text.
    pub(super) fn original(&self, part: Range<usize>) -> &'a str {
        let Some(&start) = self.origin.get(part.start) else { return "" };
        let last = part
            .end
            .checked_sub(1)
            .and_then(|end| self.origin.get(end))
            .map_or(start as usize, |at| *at as usize);
        let end =
            last + self.original.get(last..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        self.original.get(start as usize..end).unwrap_or_default().trim()
    }
}

/// The length of a terminal colour that starts here: `ESC [ 3 1 m`, or `[31m` where copying lost the escape.
fn colour(c: char, rest: &[u8]) -> usize {
    let (body, lead) = match (c, rest.first()) {
        ('\u{1b}', Some(b'[')) => (&rest[1..], 1),
        ('\u{1b}', _) => return 0,
        _ => (rest, 0),
    };
    let digits = body.iter().take(12).take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
    match body.get(digits) {
        Some(b'm') if digits > 0 || lead > 0 => lead + digits + 1,
        Some(byte) if lead > 0 && byte.is_ascii_alphabetic() => lead + digits + 1,
        _ => 0,
    }
}

/// Pastes are at most some MiB; one past 4 GiB would only lose its quotes.
fn u32_of(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
