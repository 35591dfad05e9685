//! Runs of characters of one set, each read once: this makes checking overlapping positions linear.

use crate::faq::fuel::{Fuel, OutOfFuel};

/// Characters that the body of a secret is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    /// Letters and digits.
    Plain,
    /// Capitals and digits.
    Upper,
    Hex,
    /// Those of base64url: letters, digits, `_` and `-`.
    Word,
    /// Those of a word, and `:`.
    Colon,
    /// Those of a word, and `.`.
    Dotted,
    /// Those of any token or base64.
    Token,
    /// Those of a path.
    Path,
    /// Those of a path with its query.
    Query,
    /// Anything but space, quotes and angle brackets.
    Black,
}

const SETS: usize = 10;

const TABLES: [[bool; 256]; SETS] = {
    const ALSO: [&[u8]; SETS] =
        [b"", b"", b"", b"_-", b"_-:", b"_-.", b"_.~+/=-", b"_.~/-", b"_.~+/=-?&%", b""];
    let mut tables = [[false; 256]; SETS];
    let mut set = 0;
    while set < SETS {
        let mut byte = 0_u8;
        loop {
            tables[set][byte as usize] = match set {
                1 => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
                2 => byte.is_ascii_hexdigit(),
                9 => byte > b' ' && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | 0x7f),
                _ => byte.is_ascii_alphanumeric(),
            };
            if byte == 255 {
                break;
            }
            byte += 1;
        }
        let mut nth = 0;
        while nth < ALSO[set].len() {
            tables[set][ALSO[set][nth] as usize] = true;
            nth += 1;
        }
        set += 1;
    }
    tables
};

impl Set {
    pub(super) fn holds(self, byte: u8) -> bool {
        TABLES[self as usize][usize::from(byte)]
    }
}

/// Reads runs, and caches the last one of each set.
pub(super) struct Runs<'a> {
    bytes: &'a [u8],
    last: [(usize, usize); SETS],
    line: (usize, usize),
    quote: [(usize, usize); 128],
}

impl<'a> Runs<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), last: [(0, 0); SETS], line: (0, 0), quote: [(0, 0); 128] }
    }

    /// Returns where the run of this set ends that continues from here.
    pub(super) fn end(&mut self, set: Set, from: usize, fuel: &mut Fuel) -> Result<usize, OutOfFuel> {
        let last = &mut self.last[set as usize];
        if !(last.0..last.1).contains(&from) {
            *last = (from, span(self.bytes, from, |byte| set.holds(byte), fuel)?);
        }
        Ok(last.1)
    }

    /// Returns where the line ends, before its line break.
    pub(super) fn line_end(&mut self, from: usize, fuel: &mut Fuel) -> Result<usize, OutOfFuel> {
        if !(self.line.0..=self.line.1).contains(&from) {
            self.line = (from, span(self.bytes, from, |byte| byte != b'\n', fuel)?);
        }
        Ok(self.line.1)
    }

    /// Returns the position of the next quote of this kind on this line, or the line's end if there is none.
    pub(super) fn quote(&mut self, quote: u8, from: usize, fuel: &mut Fuel) -> Result<usize, OutOfFuel> {
        let last = &mut self.quote[usize::from(quote & 127)];
        if !(last.0..=last.1).contains(&from) || last.1 == 0 {
            *last = (from, span(self.bytes, from, |byte| byte != quote && byte != b'\n', fuel)?);
        }
        Ok(last.1)
    }
}

fn span(bytes: &[u8], from: usize, holds: impl Fn(u8) -> bool, fuel: &mut Fuel) -> Result<usize, OutOfFuel> {
    let rest = bytes.get(from..).unwrap_or_default();
    let length = rest.iter().take_while(|byte| holds(**byte)).count();
    fuel.spend(length + 1)?;
    Ok(from + length)
}
