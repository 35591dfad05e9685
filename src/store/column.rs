//! How a database with columns stores the parts of a record that are looked up: named and typed, for no engine in
//! particular.

use jiff::Timestamp;

use super::key::RecordKey;

/// A column: its name and what it stores.
pub(super) type Column = (&'static str, Kind);

/// What a column stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number below 2^63: all ids of Discord are.
    Number,
    /// A number that may use all 64 bits.
    Wide,
    /// A number below 256.
    Small,
    Text,
    Bytes,
    /// An instant, to the microsecond.
    Time,
    /// Always true: its table has one row, whose key is empty.
    One,
}

/// The value of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Flag(bool),
    Small(i16),
    Number(i64),
    Time(Timestamp),
    Text(String),
    Bytes(Vec<u8>),
}

impl Value {
    /// Converts the id of a channel, a guild or a user to a signed integer, in the same order.
    pub(super) fn number(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// Returns the number again, or 0 if it is none.
    pub(super) fn as_number(&self) -> u64 {
        match self {
            Self::Number(number) => number.cast_unsigned(),
            Self::Small(number) => u64::try_from(*number).unwrap_or_default(),
            _ => 0,
        }
    }
}

impl From<u8> for Value {
    fn from(number: u8) -> Self {
        Self::Small(i16::from(number))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Time(at)
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(at: Option<Timestamp>) -> Self {
        at.map_or(Self::Null, Self::Time)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// What a key says about one of its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeyPart {
    Is(Value),
    /// It is a text that begins so: the key ends within it.
    BeginsWith(String),
}

/// Splits a key, or the beginning of keys, into its columns.
pub(super) fn key_parts(columns: &[Column], key: &RecordKey) -> Vec<(&'static str, KeyPart)> {
    let mut rest = key.0.as_slice();
    let mut parts = Vec::with_capacity(columns.len());
    for (name, kind) in columns {
        if rest.is_empty() && *kind != Kind::One {
            break;
        }
        let part = match kind {
            Kind::One => KeyPart::Is(Value::Flag(true)),
            Kind::Small => KeyPart::Is(Value::from(take(&mut rest, 1).first().copied().unwrap_or_default())),
            Kind::Number => KeyPart::Is(Value::number(big_endian(take(&mut rest, 8)))),
            Kind::Wide => KeyPart::Is(Value::Number(big_endian(take(&mut rest, 8)).cast_signed())),
            Kind::Time => KeyPart::Is(Value::Time(RecordKey::instant(big_endian(take(&mut rest, 8))))),
            Kind::Bytes => KeyPart::Is(Value::Bytes(std::mem::take(&mut rest).to_vec())),
            Kind::Text => match rest.iter().position(|byte| *byte == 0) {
                Some(end) => {
                    let text = text(take(&mut rest, end));
                    take(&mut rest, 1);
                    KeyPart::Is(Value::Text(text))
                }
                None => KeyPart::BeginsWith(text(std::mem::take(&mut rest))),
            },
        };
        parts.push((*name, part));
    }
    parts
}

fn take<'a>(rest: &mut &'a [u8], bytes: usize) -> &'a [u8] {
    let (taken, left) = rest.split_at(bytes.min(rest.len()));
    *rest = left;
    taken
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_be_bytes)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_split_into_their_columns() {
        let at: Timestamp = "1969-07-20T20:17:40.000001Z".parse().unwrap();
        let columns = [("service", Kind::Text), ("span", Kind::Small), ("begins", Kind::Time)];
        let key = RecordKey::new().text("web-api").byte(3).at(at);
        let parts = key_parts(&columns, &key);
        let is = |value| KeyPart::Is(value);
        assert_eq!(
            parts,
            [
                ("service", is(Value::from("web-api"))),
                ("span", is(Value::from(3u8))),
                ("begins", is(at.into()))
            ]
        );
        let beginning = RecordKey::new().bytes(b"report-salt/");
        assert_eq!(
            key_parts(&columns, &beginning),
            [("service", KeyPart::BeginsWith("report-salt/".to_owned()))]
        );
        assert_eq!(key_parts(&columns, &RecordKey::new()), []);
        let wide = RecordKey::new().number(u64::MAX).bytes(&[7; 16]);
        let columns = [("id", Kind::Wide), ("person", Kind::Bytes)];
        assert_eq!(
            key_parts(&columns, &wide),
            [("id", is(Value::Number(-1))), ("person", is(Value::Bytes(vec![7; 16])))]
        );
        assert_eq!(key_parts(&[("one", Kind::One)], &RecordKey::new()), [("one", is(Value::Flag(true)))]);
    }
}
