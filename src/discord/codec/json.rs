//! JSON from outside, read field by field.
//!
//! A [`Node`] is a slice of JSON text whose syntax was checked and whose meaning was not. A field is parsed only when it is
//! asked for, so a field that nobody asks for can hold anything: a wrong type, a huge number, deep nesting, half a
//! character. Reading a field gives `None` if it is absent, null or of another type. The last of duplicate keys counts.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The key that could not be read, such as `data.options[0].value`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` could not be read")]
pub struct Unread(pub String);

/// A location in a JSON text, which may be empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Node<'a>(Option<&'a RawValue>);

impl<'a> Node<'a> {
    /// Returns the whole text, if it is JSON. Nesting of any depth is fine: nothing is parsed recursively.
    pub fn parse(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok().map(|raw| Self(Some(raw)))
    }

    /// Does the same as [`Node::parse`], for bytes.
    pub fn parse_bytes(json: &'a [u8]) -> Option<Self> {
        std::str::from_utf8(json).ok().and_then(Self::parse)
    }

    /// Wraps a value that was parsed before, such as an event inside its frame.
    pub fn of(raw: &'a RawValue) -> Self {
        Self(Some(raw))
    }

    fn read<T: Deserialize<'a>>(self) -> Option<T> {
        serde_json::from_str(self.0?.get()).ok()
    }

    /// Returns the values of these keys of an object, in one pass over it.
    pub fn pick<const N: usize>(self, keys: [&str; N]) -> [Self; N] {
        let mut found = [Self::default(); N];
        if let Some(raw) = self.0 {
            // Anything but an object has no keys.
            let _ = serde_json::Deserializer::from_str(raw.get())
                .deserialize_map(Pick { keys, found: &mut found });
        }
        found
    }

    /// Returns the value of one key of an object.
    #[must_use]
    pub fn get(self, key: &str) -> Self {
        let [found] = self.pick([key]);
        found
    }

    /// Returns the keys and values of an object, at most `most` of them; empty for anything else.
    pub fn entries(self, most: usize) -> Vec<(String, Self)> {
        let Some(raw) = self.0 else { return Vec::new() };
        let mut found = Vec::new();
        let _ = serde_json::Deserializer::from_str(raw.get())
            .deserialize_map(Entries { most, found: &mut found });
        found
    }

    /// Returns the elements of a list, at most `most` of them, or `None` if it is no list.
    pub fn try_list(self, most: usize) -> Option<Vec<Self>> {
        let raw = self.0.filter(|raw| raw.get().starts_with('['))?;
        serde_json::Deserializer::from_str(raw.get()).deserialize_seq(Elements { most }).ok()
    }

    /// Returns the elements of a list, at most `most` of them; empty for anything else.
    pub fn list(self, most: usize) -> Vec<Self> {
        self.try_list(most).unwrap_or_default()
    }

    /// Returns whether there is anything but null.
    pub fn is_there(self) -> bool {
        self.0.is_some_and(|raw| raw.get() != "null")
    }

    /// Returns the original JSON text.
    pub fn raw(self) -> &'a str {
        self.0.map_or("", RawValue::get)
    }

    pub fn text(self) -> Option<String> {
        self.read()
    }

    /// Returns a text, or an empty one for anything else. Half a character is replaced.
    pub fn text_or_empty(self) -> String {
        self.lossy().map(Cow::into_owned).unwrap_or_default()
    }

    fn lossy(self) -> Option<Cow<'a, str>> {
        let raw = self.0.filter(|raw| raw.get().starts_with('"'))?;
        serde_json::from_str::<Lossy<'a>>(raw.get()).ok().map(|text| text.0)
    }

    /// Returns a boolean.
    pub fn flag(self) -> Option<bool> {
        self.read()
    }

    /// Returns a whole number, even if it is written as `7.0` or `"7"`.
    pub fn number(self) -> Option<i64> {
        let raw = self.0?.get();
        let digits = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
        digits.strip_suffix(".0").unwrap_or(digits).parse().ok()
    }

    /// Returns a number with a fraction, even if it is written as text.
    pub fn decimal(self) -> Option<f64> {
        let raw = self.0?.get();
        let digits = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
        digits.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// Returns an id: digits as text, or a number. Discord has no id 0.
    pub fn id(self) -> Option<u64> {
        let raw = self.0?.get();
        let digits = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
        let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|id| all_digits && *id != 0)
    }

    /// Returns flags or permissions: digits as text, or a number, of any length. Bits above the 64th are ignored.
    pub fn bits(self) -> Option<u64> {
        let raw = self.0?.get();
        let digits = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
        let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let add = |bits: u64, digit: u8| bits.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        all_digits.then(|| digits.bytes().fold(0, add))
    }

    pub fn instant(self) -> Option<Timestamp> {
        self.text()?.parse().ok()
    }
}

/// Returns a required value, or an error that names its key.
pub(super) fn need<T>(value: Option<T>, key: &str) -> Result<T, Unread> {
    value.ok_or_else(|| Unread(key.to_owned()))
}

/// A text in which half a character is replaced.
struct Lossy<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Lossy<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Lossy<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Lossy(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Lossy(Cow::Owned(text.to_owned())))
            }

            fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
                Ok(Lossy(String::from_utf8_lossy(bytes)))
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(Lossy(Cow::Owned(String::from_utf8_lossy(bytes).into_owned())))
            }
        }
        // Read as bytes, because only then half a character is no error.
        deserializer.deserialize_bytes(Text)
    }
}

struct Pick<'k, 'f, 'a, const N: usize> {
    keys: [&'k str; N],
    found: &'f mut [Node<'a>; N],
}

impl<'de, const N: usize> Visitor<'de> for Pick<'_, '_, 'de, N> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Lossy(key)) = map.next_key()? {
            match self.keys.iter().position(|wanted| *wanted == key) {
                Some(at) => self.found[at] = Node(Some(map.next_value()?)),
                None => {
                    let _: IgnoredAny = map.next_value()?;
                }
            }
        }
        Ok(())
    }
}

struct Entries<'f, 'a> {
    most: usize,
    found: &'f mut Vec<(String, Node<'a>)>,
}

impl<'de> Visitor<'de> for Entries<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Lossy(key)) = map.next_key()? {
            let value = Node(Some(map.next_value()?));
            if self.found.len() < self.most {
                self.found.push((key.into_owned(), value));
            }
        }
        Ok(())
    }
}

struct Elements {
    most: usize,
}

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<Node<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::new();
        while let Some(raw) = seq.next_element::<&'de RawValue>()? {
            if found.len() < self.most {
                found.push(Node(Some(raw)));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(json: &str) -> Node<'_> {
        Node::parse(json).expect("JSON")
    }

    #[test]
    fn a_field_that_nobody_asks_for_can_hold_anything() {
        let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        let json = format!(
            r#"{{"a":1e999,"b":"\ud800","c":{deep},"\udfff":0,"d":{{"x":1,"x":"7"}},"id":"1","id":"42","n":null}}"#
        );
        let read = node(&json);
        assert_eq!(read.get("id").id(), Some(42), "the last one counts");
        assert_eq!(read.get("d").get("x").number(), Some(7));
        assert_eq!(read.get("b").text(), None);
        assert_eq!(read.get("b").text_or_empty().chars().next(), Some(char::REPLACEMENT_CHARACTER));
        assert!(!read.get("n").is_there() && !read.get("absent").is_there());
        assert_eq!(read.get("a").get("no object").get("at all").id(), None);
        assert_eq!(read.get("c").list(3).len(), 1);
    }

    #[test]
    fn ids_and_bits_are_read_from_text_or_numbers_only() {
        for (json, id) in
            [("\"7\"", Some(7)), ("7", Some(7)), ("\"0\"", None), ("\"+7\"", None), ("\"\"", None)]
        {
            assert_eq!(node(json).id(), id, "{json}");
        }
        for json in ["-1", "1.5", "null", "true", "[7]", "{}", "\"7 \"", "99999999999999999999999"] {
            assert_eq!(node(json).id(), None, "{json}");
        }
        assert_eq!(node("\"17592186044416\"").bits(), Some(1 << 44));
        assert_eq!(node("\"18446744073709551624\"").bits(), Some(8), "2^64 and 8");
        assert_eq!(node("\"-8\"").bits(), None);
        assert_eq!(node("4.0").number(), Some(4));
    }

    #[test]
    fn what_is_no_json_is_said() {
        for json in ["", "{", "[1,]", "{\"a\":\u{1}}", "nul", "{} {}"] {
            assert!(Node::parse(json).is_none(), "{json}");
        }
    }
}
