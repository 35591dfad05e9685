//! The nonce with which Discord posts a message only once.
//!
//! Discord returns the former message for a nonce that it saw "in the past few minutes" from the same author, in any channel.
//! So channel and purpose are part of the nonce, and nothing that changes between two attempts is.

use super::AnnouncementId;
use crate::health::OutageId;
use crate::ids::ChannelId;

/// Bytes of the hash: 15 make 24 characters of base32, and Discord takes up to 25.
const BYTES: usize = 15;
/// The purpose of a message: the same purpose is posted once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoncePurpose<'a> {
    /// The start of this outage in the channel: one nonce forever, whichever announcement brings it.
    Start,
    /// Anything else in an announcement, identified by its word.
    Part(&'a str, AnnouncementId),
}

/// Returns the nonce: the first 15 bytes of BLAKE3 over outage, purpose and channel, as 24 characters of base32.
pub fn nonce(outage: &OutageId, purpose: NoncePurpose<'_>, channel: ChannelId) -> String {
    let mut hash = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        // The length goes first, so that no two lists of parts hash the same bytes.
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

/// Returns a number that is the same for the same seed. Jitter is made from it, so that backoff is a pure function.
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
