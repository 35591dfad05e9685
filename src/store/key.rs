//! Keys that sort like what they name: big-endian numbers, and texts that end with a zero byte.

use jiff::Timestamp;

use crate::ids::{ChannelId, GuildId};

/// A key that is built part by part.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RecordKey(pub(super) Vec<u8>);

impl RecordKey {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn byte(mut self, part: u8) -> Self {
        self.0.push(part);
        self
    }

    pub(super) fn number(mut self, part: u64) -> Self {
        self.0.extend(part.to_be_bytes());
        self
    }

    pub(super) fn bytes(mut self, part: &[u8]) -> Self {
        self.0.extend(part);
        self
    }

    /// Appends a text that further parts may follow. A zero byte inside would end it early, so it is left out.
    pub(super) fn text(mut self, part: &str) -> Self {
        self.0.extend(part.bytes().filter(|byte| *byte != 0));
        self.byte(0)
    }

    pub(super) fn guild(self, guild: GuildId) -> Self {
        self.number(guild.0)
    }

    pub(super) fn channel(self, guild: GuildId, channel: ChannelId) -> Self {
        self.number(guild.0).number(channel.0)
    }

    /// Appends an instant with microsecond precision that sorts oldest first.
    pub(super) fn at(self, at: Timestamp) -> Self {
        self.number(sortable(at))
    }

    /// Appends an instant with microsecond precision that sorts newest first.
    pub(super) fn newest_first(self, at: Timestamp) -> Self {
        self.number(!sortable(at))
    }

    /// Returns the instant of the bytes that [`RecordKey::at`] appends.
    pub(super) fn instant(sortable: u64) -> Timestamp {
        let micros = (sortable ^ (1 << 63)).cast_signed();
        Timestamp::from_microsecond(micros).unwrap_or_default()
    }

    /// Returns the first key after this one.
    pub(super) fn next(self) -> Self {
        self.byte(0)
    }
}

/// Rounds to microseconds, as every store compares instants.
pub(super) fn micro(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// Returns microseconds as a number that sorts like the instant, also before 1970.
fn sortable(at: Timestamp) -> u64 {
    at.as_microsecond().cast_unsigned() ^ (1 << 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_like_what_they_name() {
        let at = |text: &str| RecordKey::new().at(text.parse().expect("an instant"));
        assert!(at("1969-07-20T20:17:40Z") < at("1970-01-01T00:00:00Z"));
        assert!(at("2025-04-16T12:20:05Z") < at("2025-04-16T12:20:05.000001Z"));
        assert!(RecordKey::new().text("a").number(9) < RecordKey::new().text("a").number(10));
        assert!(RecordKey::new().text("a").number(u64::MAX) < RecordKey::new().text("ab"));
    }
}
