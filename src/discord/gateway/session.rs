//! What is kept of a session, and what its end means.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Keeps small named values over a restart; the store does.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Keeps a value; `None` forgets it. What cannot be kept costs one IDENTIFY at the next start, no more.
    async fn save(&self, name: &str, value: Option<&[u8]>);

    /// A value that was kept.
    async fn load(&self, name: &str) -> Option<Vec<u8>>;
}

/// A session of Discord's: a new connection that names it gets what the last one missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Session {
    /// Discord's name for it.
    pub(super) id: String,
    /// The number of its newest event that came in.
    pub(super) sequence: u64,
}

/// A session as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredSession {
    /// Whose session it is.
    pub(super) owner: String,
    /// Discord's session and how far we are in it.
    pub(super) session: Session,
    pub(super) resume_url: Option<String>,
    /// When it was kept.
    pub(super) at: Timestamp,
}

impl StoredSession {
    /// Reads a session that was kept, if it belongs to this token.
    pub(super) fn read(bytes: &[u8], token: &str) -> Option<Self> {
        let stored: Self = serde_json::from_slice(bytes).ok()?;
        (stored.owner == owner(token)).then_some(stored)
    }
}

/// The name under which a shard's session is kept.
pub(super) fn name((shard, total): (u32, u32)) -> String {
    format!("gateway-session-{shard}-{total}")
}

/// Tells tokens apart without keeping them.
pub(super) fn owner(token: &str) -> String {
    blake3::hash(token.as_bytes()).to_hex().chars().take(16).collect()
}

/// Whether a close code says that no new connection can help (reference, "Gateway close event codes").
pub(super) fn is_final(code: u16) -> bool {
    matches!(code, 4004 | 4010..=4014)
}

/// Whether a close code, as the answer to a RESUME, says that the session is gone: the next RESUME would get the same answer.
pub(super) fn ends_session(code: u16) -> bool {
    matches!(code, 4003 | 4005 | 4007 | 4009)
}

/// What a close code means that no reconnect can mend (reference, "Gateway close event codes").
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
