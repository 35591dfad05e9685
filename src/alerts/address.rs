//! Where a message can go, and whom it can name: Discord's ids, each with its own type.
//!
//! Never: an id is not looked into; when it was made is Discord's business.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $type(pub u64);

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
    ChannelId
}
id! {
    /// A role that a moderator may choose to ping.
    RoleId
}
id! {
    /// A person. Kept only where they asked to be told.
    UserId
}
id! {
    /// A message.
    MessageId
}
id! {
    /// One interaction: what makes a change happen once, however often it arrives.
    InteractionId
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
