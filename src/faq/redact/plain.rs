//! Pasted text as the search for secrets reads it: without colours, zero-width characters, escapes, full-width forms and
//! the line breaks of a terminal, with a mapping back to the original.

use std::ops::Range;

use super::runs::Set;
use crate::faq::fuel::{Fuel, OutOfFuel};
use crate::faq::paste::colour;
use crate::faq::seams::Seams;

/// What an escaped line break becomes: a space that ends no line.
pub(super) const BREAK: char = '\u{b}';

/// A terminal narrower than this wraps nothing that people paste.
const NARROWEST: usize = 40;

/// A normalised text.
pub(super) struct Plain<'a> {
    original: &'a str,
    pub(super) text: String,
    seams: Seams,
}

/// What a position of the original means, and how many bytes express it.
struct Unit(Option<char>, usize);

/// Bytes that mean themselves.
const ITSELF: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0x20_u8;
    while byte < 0x7f {
        table[byte as usize] = !matches!(byte, b'%' | b'\\' | b'&' | b'[');
        byte += 1;
    }
    table
};

impl<'a> Plain<'a> {
    pub(super) fn read(original: &'a str, fuel: &mut Fuel) -> Result<Self, OutOfFuel> {
        let mut plain = Self { original, text: String::with_capacity(original.len()), seams: Seams::new() };
        let bytes = original.as_bytes();
        let (mut at, mut line) = (0, 0);
        while at < bytes.len() {
            // A quotation mark of chats and mails, and of `curl -v`.
            if plain.text.len() == line && bytes[at..].starts_with(b"> ") {
                fuel.spend(2)?;
                at += 2;
                continue;
            }
            let length = bytes[at..].iter().take_while(|byte| ITSELF[usize::from(**byte)]).count();
            fuel.spend(length + 1)?;
            if length > 0 {
                plain.seams.note(plain.text.len(), at);
                plain.text.push_str(&original[at..at + length]);
                at += length;
                continue;
            }
            let Unit(said, length) = unit(original, at);
            match said {
                Some('\n') if is_wrap(&plain.text[line..], &original[at + length..], fuel)? => {}
                Some(c) => {
                    plain.seams.note(plain.text.len(), at);
                    plain.text.push(c);
                    if c == '\n' {
                        line = plain.text.len();
                    }
                }
                None => {}
            }
            at += length;
        }
        Ok(plain)
    }

    /// Returns the range of the original that a part of the normalised text comes from.
    pub(super) fn original(&self, part: &Range<usize>) -> Range<usize> {
        let Some(last) = part.end.checked_sub(1) else { return 0..0 };
        let last = (0..=last).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let last = self.seams.origin(last);
        let end = last + unit(self.original, last).1;
        self.seams.origin(part.start)..end.min(self.original.len())
    }
}

/// Reads one character, or the escape that encodes one.
fn unit(text: &str, at: usize) -> Unit {
    let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { return Unit(None, 1) };
    let width = c.len_utf8();
    let rest = &text.as_bytes()[at + width..];
    match c {
        '%' => percent(rest).unwrap_or(Unit(Some(c), 1)),
        '\\' => backslash(rest).unwrap_or(Unit(Some(c), 1)),
        '&' => entity(rest).unwrap_or(Unit(Some(c), 1)),
        '\u{1b}' => Unit(None, 1 + sequence(rest)),
        '\u{9b}' | '[' if colour(c, rest) > 0 => Unit(None, width + colour(c, rest)),
        '\r' if rest.first() == Some(&b'\n') => Unit(Some('\n'), 2),
        '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => Unit(Some('\n'), width),
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => {
            Unit(None, width)
        }
        '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e01ef}'
        | '\u{0}'..='\u{8}' => Unit(None, width),
        // The full-width forms are ASCII, moved.
        '\u{ff01}'..='\u{ff5e}' => Unit(char::from_u32(u32::from(c) - 0xfee0), width),
        '“' | '”' | '„' | '«' | '»' | '「' | '」' | '『' | '』' => Unit(Some('"'), width),
        '‘' | '’' | '‚' => Unit(Some('\''), width),
        '、' | '。' => Unit(Some(' '), width),
        _ if c.is_whitespace() => Unit(Some(' '), width),
        _ => Unit(Some(c), width),
    }
}

fn byte(value: u32) -> Option<char> {
    match value {
        0x0a | 0x0d => Some(BREAK),
        0x09 | 0x20 => Some(' '),
        0x21..=0x7e => char::from_u32(value),
        _ => None,
    }
}

fn hex(digits: Option<&[u8]>) -> Option<u32> {
    let digits = std::str::from_utf8(digits?).ok().filter(|it| it.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

/// `%3D`, and `%253D` if it was encoded twice.
fn percent(rest: &[u8]) -> Option<Unit> {
    let mut skipped = 0;
    while skipped < 8
        && rest[skipped..].starts_with(b"25")
        && hex(rest.get(skipped + 2..skipped + 4)).is_some()
    {
        skipped += 2;
    }
    let value = hex(rest.get(skipped..skipped + 2))?;
    Some(Unit(Some(byte(value)?), 1 + skipped + 2))
}

/// `\n`, `\u003d`, `\x3d`. An escaped quote stays as it is: the search for the end of a value must tell it from a plain one.
fn backslash(rest: &[u8]) -> Option<Unit> {
    let more = rest.iter().take(4).take_while(|byte| **byte == b'\\').count();
    let rest = &rest[more..];
    let (value, length) = match rest.first()? {
        b'n' | b'r' => (0x0a, 1),
        b't' => (0x09, 1),
        b'u' => (hex(rest.get(1..5))?, 5),
        b'x' => (hex(rest.get(1..3))?, 3),
        _ => return None,
    };
    let length = 1 + more + length;
    // An escape of a terminal as text: the colour that it begins is read next.
    if value == 0x1b || (0x200b..=0x200f).contains(&value) || value == 0xfeff {
        return Some(Unit(None, length));
    }
    if value == 0x09 {
        return Some(Unit(Some(BREAK), length));
    }
    Some(Unit(Some(byte(value)?), length))
}

/// `&amp;`, `&#61;`, `&#x3D;`.
fn entity(rest: &[u8]) -> Option<Unit> {
    let end = rest.iter().take(8).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(&rest[..end]).ok()?;
    let c = match name {
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "lt" => '<',
        "gt" => '>',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let value = match number.strip_prefix(['x', 'X']) {
                Some(digits) => hex(Some(digits.as_bytes()))?,
                None => number.parse().ok()?,
            };
            byte(value)?
        }
    };
    Some(Unit(Some(c), end + 2))
}

/// Returns the length of an escape sequence after its `ESC`.
fn sequence(rest: &[u8]) -> usize {
    match rest.first() {
        Some(b'[') => {
            let body = rest[1..].iter().take(32).take_while(|byte| (0x30..0x40).contains(*byte)).count();
            // Without numbers only the common ones: the next letter may be that of a key.
            let ended = rest.get(1 + body).is_some_and(|byte| match body {
                0 => matches!(byte, b'm' | b'K' | b'H' | b'J' | b'A'..=b'D'),
                _ => (0x40..0x7f).contains(byte),
            });
            1 + body + usize::from(ended)
        }
        // A terminal shows no title or link target, but the paste contains it, so it is read.
        Some(b']' | b'\\' | b'=' | b'>' | b'7' | b'8' | b'c' | b'M') => 1,
        Some(b'(' | b')') if rest.get(1).is_some_and(u8::is_ascii_alphanumeric) => 2,
        _ => 0,
    }
}

/// Returns whether a terminal, a mail or a shell has put the line break between these two into a word.
fn is_wrap(line: &str, next: &str, fuel: &mut Fuel) -> Result<bool, OutOfFuel> {
    let (line, next) = (line.as_bytes(), next.as_bytes());
    if line.len() < NARROWEST || !line.last().is_some_and(|byte| Set::Token.holds(*byte)) {
        return Ok(false);
    }
    let run = next.iter().take_while(|byte| Set::Token.holds(**byte)).count();
    let width = run + next[run..].iter().take(NARROWEST).take_while(|byte| **byte != b'\n').count();
    fuel.spend(run + NARROWEST)?;
    let (run, after) = next.split_at(run);
    let alone = after.iter().find(|byte| !matches!(byte, b'"' | b'\'' | b'`' | b')' | b',' | b';' | b'\r'));
    let ends = matches!(after.first(), None | Some(b'\n' | b'\r' | b'"' | b'\''))
        || alone.is_none_or(|byte| *byte == b'\n');
    let tail: Vec<u8> =
        line.iter().rev().take(64).take_while(|byte| Set::Token.holds(**byte)).copied().collect();
    let key = run[..run.len().saturating_sub(2)].contains(&b'=');
    Ok(run.len() >= 4
        && width <= line.len() + 1
        && ends
        && !key
        && is_mixed(run)
        && tail.len() >= 6
        && is_mixed(&tail))
}

/// Returns whether a part of a word is no part of a word of prose: it has letters with digits, or capitals inside.
fn is_mixed(part: &[u8]) -> bool {
    let part = &part[..part.len().min(64)];
    let has = |is: fn(&u8) -> bool| part.iter().any(is);
    let letters = has(u8::is_ascii_alphabetic);
    let capitals = part.iter().skip(1).any(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    letters && (has(u8::is_ascii_digit) || capitals)
}

#[cfg(test)]
mod tests {
    use super::{Fuel, Plain};

    #[test]
    fn normalised_text_leads_back_to_the_original() {
        let pasted = "\u{1b}[1mtok\u{200b}en\u{1b}[0m\u{ff1d}\u{ff21}b%3D%253D\\u0026&amp;c\\nd";
        let plain = Plain::read(pasted, &mut Fuel::endless()).unwrap();
        assert_eq!(plain.text, "token=Ab==&&c\u{b}d");
        for (said, original) in
            [("token", "tok\u{200b}en"), ("Ab==", "\u{ff21}b%3D%253D"), ("&&c", "\\u0026&amp;c"), ("d", "d")]
        {
            let at = plain.text.rfind(said).unwrap();
            assert_eq!(&pasted[plain.original(&(at..at + said.len()))], original);
        }
    }

    #[test]
    fn titles_and_links_of_a_terminal_are_read() {
        for (pasted, said) in [
            ("\u{1b}]8;;https://a:b3c@d\u{1b}\\here\u{1b}]8;;\u{1b}\\", "8;;https://a:b3c@dhere8;;"),
            ("\u{1b}]0;token=x\u{7} y", "0;token=x y"),
            // A truncated escape takes nothing of the text after it.
            ("a\u{1b}[ ghp\u{1b}[ghp\u{1b}( ghp\u{1b}[31 ghp\u{1b}[K\u{1b}[1;31m!", "a ghpghp( ghp ghp!"),
        ] {
            assert_eq!(Plain::read(pasted, &mut Fuel::endless()).unwrap().text, said);
        }
    }

    #[test]
    fn wrapped_word_is_joined_and_log_lines_stay_apart() {
        let plain = |text: &str| Plain::read(text, &mut Fuel::endless()).unwrap().text;
        let long = "Authorization: Bearer BQ7dA9Xy3bQ7dA9Xy3bQ7dA9Xy3b";
        assert_eq!(plain(&format!("{long}\nk3Xy9Ab\nHost: x")), format!("{long}k3Xy9Ab\nHost: x"));
        for log in [format!("{long}\nHost: x"), format!("{long}\nclient_id=ab12\n"), "aB3\ncD4".to_owned()] {
            assert_eq!(plain(&log), log);
        }
    }
}
