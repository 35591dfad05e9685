//! The stored form of a session, and the meaning of close codes.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Stores small named values over a restart; implemented by the store.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Stores a value, or removes it if `None`. A failure only costs one IDENTIFY at the next start.
    async fn save(&self, name: &str, value: Option<&[u8]>);

    /// Returns a stored value.
    async fn load(&self, name: &str) -> Option<Vec<u8>>;
}

/// A session of Discord's: a new connection that resumes it gets the events that the last one missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) id: String,
    /// The sequence number of its newest received event.
    pub(super) sequence: u64,
}

/// A session as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredSession {
    /// The hashed token that it belongs to.
    pub(super) owner: String,
    /// Discord's session and our progress in it.
    pub(super) session: Session,
    pub(super) resume_url: Option<String>,
    /// When it was stored.
    pub(super) at: Timestamp,
}

impl StoredSession {
    /// Reads a stored session, if it belongs to this token.
    pub(super) fn read(bytes: &[u8], token: &str) -> Option<Self> {
        let stored: Self = serde_json::from_slice(bytes).ok()?;
        (stored.owner == owner(token)).then_some(stored)
    }
}

/// Returns the key under which a shard's session is stored.
pub(super) fn name((shard, total): (u32, u32)) -> String {
    format!("gateway-session-{shard}-{total}")
}

/// Distinguishes tokens without storing them.
pub(super) fn owner(token: &str) -> String {
    blake3::hash(token.as_bytes()).to_hex().chars().take(16).collect()
}

/// Returns whether a close code means that no new connection can help (reference, "Gateway close event codes").
pub(super) fn is_final(code: u16) -> bool {
    matches!(code, 4004 | 4010..=4014)
}

/// Returns whether a close code after a RESUME means that the session is gone: the next RESUME would get the same answer.
pub(super) fn ends_session(code: u16) -> bool {
    matches!(code, 4003 | 4005 | 4007 | 4009)
}

/// Returns the meaning of a close code that no reconnect can fix (reference, "Gateway close event codes").
pub(super) fn refused(code: u16) -> String {
    let why = match code {
        4004 => {
            "Discord refuses the token: it is wrong, or it was reset. Set a new one from the developer portal"
        }
        4010 => "Discord refuses the shard: `--shards` names one that does not exist",
        4011 => "Discord wants more shards: remove `--shards`, or give it a larger total",
        4012 => "Discord no longer speaks this version of its gateway: update the bot",
        4013 => "Discord does not know the intents that were asked for: update the bot",
        4014 => "Discord does not allow the intents that were asked for, although none is privileged",
        _ => "Discord closed the gateway for good",
    };
    format!("{why} (close code {code})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_session_format_is_pinned() {
        let stored = r#"{"owner":"o","session":{"id":"s","sequence":3},"resume_url":"wss://x","at":"1970-01-01T00:00:00Z"}"#;
        let kept: StoredSession = serde_json::from_str(stored).expect("a session");
        assert_eq!(serde_json::to_string(&kept).expect("JSON"), stored);
        assert_eq!(name((3, 16)), "gateway-session-3-16");
    }
}
