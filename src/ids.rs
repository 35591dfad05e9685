//! Discord's ids, each with its own type: where a message can go, and whom it can name.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $type:ident $(($field:meta))?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $type($(#[$field])? pub u64);

        impl $type {
            /// Reads the digits of an id. Returns `None` for 0, which Discord never uses and on which its request types
            /// panic.
            pub fn read(digits: &str) -> Option<Self> {
                digits.parse().ok().filter(|id| *id != 0).map(Self)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// A server ("guild" in Discord's own words).
    GuildId
}
id! {
    /// A channel, a thread, or a direct message channel.
    ChannelId (serde(deserialize_with = "not_zero"))
}
id! {
    /// A role that a moderator may choose to ping.
    RoleId (serde(deserialize_with = "not_zero"))
}
id! {
    /// A user. Stored only if they asked to be notified.
    UserId (serde(deserialize_with = "not_zero"))
}
id! {
    MessageId (serde(deserialize_with = "not_zero"))
}
id! {
    /// One interaction. It makes an edit happen once, however often it arrives.
    InteractionId
}

/// Discord has no id 0, and its request types panic on it. A stored `GuildId` may be 0: it marks users who wait for a
/// direct message.
fn not_zero<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    match u64::deserialize(from)? {
        0 => Err(serde::de::Error::custom("a Discord id is never 0")),
        id => Ok(id),
    }
}

impl UserId {
    /// Returns a hash under which this user is counted. Without the salt it cannot be traced back to them.
    pub fn unlinkable(self, salt: &[u8; 16]) -> [u8; 16] {
        let mut hash = blake3::Hasher::new();
        hash.update(salt).update(&self.0.to_be_bytes());
        let mut short = [0; 16];
        hash.finalize_xof().fill(&mut short);
        short
    }
}
