//! What makes a message be posted once.
//!
//! Discord gives the former message for a nonce that it saw "in the past few minutes" from the same author, in whatever
//! channel: so channel and purpose are part of it, and nothing that changes between two tries is.

use super::AnnouncementId;
use crate::health::OutageId;
use crate::ids::ChannelId;

/// Bytes of the hash: 15 make 24 characters of base32, and Discord takes up to 25.
const BYTES: usize = 15;
/// What a message is for: the same thing is posted once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoncePurpose<'a> {
    /// The channel's start of this outage: one forever, whichever announcement brings it.
    Start,
    /// Anything else that an announcement brings, by its word.
    Part(&'a str, AnnouncementId),
}

/// The nonce: the first 15 bytes of BLAKE3 over outage, purpose and channel, as 24 characters of base32.
pub fn nonce(outage: &OutageId, purpose: NoncePurpose<'_>, channel: ChannelId) -> String {
    let mut hash = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        // The length goes first, so that no two lists of parts read the same.
        hash.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(bytes);
    };
    part(outage.as_str().as_bytes());
    match purpose {
        NoncePurpose::Start => part(b"start"),
        NoncePurpose::Part(word, announcement) => {
            part(word.as_bytes());
            part(&announcement.0.to_le_bytes());
        }
    }
    part(&channel.0.to_le_bytes());
    let bytes: Vec<u8> = hash.finalize().as_bytes().iter().copied().take(BYTES).collect();
    data_encoding::BASE32_NOPAD.encode(&bytes).to_lowercase()
}

/// A number that is the same for the same seed: what jitter is made from, so that waiting is pure.
pub fn number(seed: u64, turn: u32) -> u64 {
    let mut hash = blake3::Hasher::new();
    hash.update(&seed.to_le_bytes());
    hash.update(&turn.to_le_bytes());
    let mut first = [0; 8];
    hash.finalize_xof().fill(&mut first);
    u64::from_le_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonce_differs_by_channel_and_purpose_but_not_by_attempt() {
        let outage = OutageId("web-api-20250416T122005Z".to_owned());
        let start = nonce(&outage, NoncePurpose::Start, ChannelId(7));
        assert_eq!(start.len(), 24);
        assert_eq!(start, nonce(&outage, NoncePurpose::Start, ChannelId(7)));
        assert_ne!(start, nonce(&outage, NoncePurpose::Start, ChannelId(8)));
        assert_ne!(start, nonce(&outage, NoncePurpose::Part("end", AnnouncementId(1)), ChannelId(7)));
    }
}
