//! Where a message can go, and whom it can name: Discord's ids, each with its own type.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $type:ident $(($field:meta))?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $type($(#[$field])? pub u64);

        impl $type {
            /// Reads the digits of an id. Returns `None` for 0, which is no id of Discord, and its request types panic on it.
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
    /// A channel, a thread, or a direct conversation.
    ChannelId (serde(deserialize_with = "not_zero"))
}
id! {
    /// A role that a moderator may choose to ping.
    RoleId (serde(deserialize_with = "not_zero"))
}
id! {
    /// A person. Kept only where they asked to be told.
    UserId (serde(deserialize_with = "not_zero"))
}
id! {
    MessageId (serde(deserialize_with = "not_zero"))
}
id! {
    /// One interaction: what makes a change happen once, however often it arrives.
    InteractionId
}

/// Discord gives no id of 0, and its request types panic on one. A stored `GuildId` may be 0: it stands for those who wait
/// to be told in private.
fn not_zero<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    match u64::deserialize(from)? {
        0 => Err(serde::de::Error::custom("an id of Discord is never 0")),
        id => Ok(id),
    }
}

impl UserId {
    /// Returns a hash under which this person is counted. Without the salt, it leads nobody back to them.
    pub fn unlinkable(self, salt: &[u8; 16]) -> [u8; 16] {
        let mut hash = blake3::Hasher::new();
        hash.update(salt).update(&self.0.to_be_bytes());
        let mut short = [0; 16];
        hash.finalize_xof().fill(&mut short);
        short
    }
}
