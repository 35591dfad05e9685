//! Pasted text as a fingerprint matches it: lower case, whitespace folded, without colours, escapes and curly quotes,
//! with a mapping back to the original words of the paste.

use std::ops::Range;

use super::seams::{Seams, u32_of};

/// A paste, folded for comparison.
pub(super) struct Paste<'a> {
    original: &'a str,
    /// The folded text. Lines are joined with a single space, so that a wrapped sentence is still found.
    pub(super) text: String,
    seams: Seams,
    /// Where each line of the original starts in `text`.
    lines: Vec<u32>,
}

/// Which bytes stay unchanged, except for their case.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0x21;
    while byte < 0x7f {
        plain[byte] = byte != b'[' as usize && byte != b'\\' as usize;
        byte += 1;
    }
    plain
};

impl<'a> Paste<'a> {
    /// Folds a paste.
    pub(super) fn read(original: &'a str) -> Self {
        let mut paste = Self {
            original,
            text: String::with_capacity(original.len()),
            seams: Seams::new(),
            lines: vec![0],
        };
        let bytes = original.as_bytes();
        let mut at = 0;
        loop {
            at = paste.copy(at);
            let Some(c) = original.get(at..).and_then(|rest| rest.chars().next()) else { break };
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
                _ if c.is_whitespace() && spaced_colon(bytes, at) => {}
                _ if c.is_whitespace() => paste.space(at),
                _ if c.is_ascii() => paste.push(c, at),
                _ => c.to_lowercase().for_each(|lower| paste.push(lower, at)),
            }
            at = next;
        }
        paste.text.make_ascii_lowercase();
        paste
    }

    /// Takes over what stays unchanged, with the single spaces in it, and returns where that ends.
    fn copy(&mut self, from: usize) -> usize {
        let bytes = self.original.as_bytes();
        let plain = |at: usize| bytes.get(at).is_some_and(|byte| PLAIN[usize::from(*byte)]);
        let mut end = from;
        while plain(end) {
            end += 1;
            if bytes.get(end) == Some(&b' ') && plain(end + 1) && !spaced_colon(bytes, end) {
                end += 1;
            }
        }
        if end > from
            && let Some(part) = self.original.get(from..end)
        {
            self.seam(from);
            self.text.push_str(part);
        }
        end
    }

    fn push(&mut self, c: char, at: usize) {
        self.seam(at);
        self.text.push(c);
    }

    fn space(&mut self, at: usize) {
        if !self.text.ends_with(' ') {
            self.push(' ', at);
        }
    }

    /// Records that the folded text continues from here.
    fn seam(&mut self, at: usize) {
        self.seams.note(self.text.len(), at);
    }

    /// Returns where each line of the original starts in the folded text.
    pub(super) fn line_starts(&self) -> &[u32] {
        &self.lines
    }

    /// Returns the line of the original, from 0, that holds this position of the folded text.
    pub(super) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start as usize <= at).saturating_sub(1)
    }

    /// Returns where this line of the original is in the folded text, without the space that ends it.
    pub(super) fn line_range(&self, line: usize) -> Range<usize> {
        let start = self.lines.get(line).map_or(0, |start| *start as usize);
        let end = self.lines.get(line + 1).map_or(self.text.len(), |end| *end as usize);
        start..end - usize::from(end > start && self.text.as_bytes().get(end - 1) == Some(&b' '))
    }

    /// Returns the folded text of these lines, with at most this many bytes before and after a position in them.
    pub(super) fn window(&self, lines: Range<usize>, place: Range<usize>, around: usize) -> &str {
        let start = self.lines.get(lines.start).map_or(self.text.len(), |start| *start as usize);
        let end = self.lines.get(lines.end).map_or(self.text.len(), |end| *end as usize);
        let mut start = start.max(place.start.saturating_sub(around));
        let mut end = end.min(place.end.saturating_add(around));
        while !self.text.is_char_boundary(start) {
            start += 1;
        }
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        self.text.get(start..end).unwrap_or_default()
    }

    /// Returns the words of the original behind a part of the folded text.
    pub(super) fn original(&self, part: Range<usize>) -> &'a str {
        let character = |at: usize| {
            let origin = self.seams.origin(at);
            let start = (0..=origin).rev().find(|at| self.original.is_char_boundary(*at)).unwrap_or(0);
            let width =
                self.original.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            start..start + width
        };
        let Some(last) = part.end.checked_sub(1) else { return "" };
        self.original.get(character(part.start).start..character(last).end).unwrap_or_default().trim()
    }
}

/// Returns whether this is the space in `"status" : 401`, as some programs write JSON.
fn spaced_colon(bytes: &[u8], at: usize) -> bool {
    bytes.get(at + 1) == Some(&b':') && at > 0 && bytes[at - 1] == b'"'
}

/// Returns the length of a terminal colour that starts here: `ESC [ 3 1 m`, or `[31m` if copying lost the escape.
pub(super) fn colour(c: char, rest: &[u8]) -> usize {
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

#[cfg(test)]
mod tests {
    use super::Paste;

    #[test]
    fn spaces_before_the_colons_of_json_are_dropped() {
        let paste = Paste::read("{ \"error\" : { \"status\" : 401, \"a\" : \"b : c\" } }");
        assert_eq!(paste.text, "{ \"error\": { \"status\": 401, \"a\": \"b : c\" } }");
    }

    #[test]
    fn folded_text_maps_back_to_the_original() {
        let pasted = "\u{1b}[31mERROR\u{1b}[0m  „Größe“\\n İst\u{200b} [a] \"Tab\there\"\r\n  Ende";
        let paste = Paste::read(pasted);
        assert_eq!(paste.text, "error \"größe\" i\u{307}st [a] \"tab here\" ende");
        for (folded, original) in [
            ("error", "ERROR"),
            ("\"größe\"", "„Größe“"),
            ("st [a]", "st\u{200b} [a]"),
            ("i\u{307}st", "İst"),
            ("tab here", "Tab\there"),
            ("ende", "Ende"),
        ] {
            let at = paste.text.find(folded).unwrap();
            assert_eq!(paste.original(at..at + folded.len()), original);
        }
        assert_eq!(paste.line(paste.text.len()), 1);
        assert_eq!(paste.window(1..2, 0..0, usize::MAX), "ende");
    }
}
