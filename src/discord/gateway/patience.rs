//! How long is waited for the gateway, and how long between attempts.
//!
//! Never: no clock; it says how long, and the shard waits.

use jiff::SignedDuration;

/// How long is waited for the gateway. The default is for Discord; whoever speaks to a gateway nearby may be shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// From the beginning of a connection until its HELLO, and from a farewell until the other side closes. Discord takes
    /// a fraction of a second; below half of the ten seconds within which a dead attempt must be over.
    pub connect: SignedDuration,
    /// From HELLO until the session is there. An IDENTIFY that waits for its turn is spared while heartbeats are answered:
    /// Discord beats every 41.25 s.
    pub begin: SignedDuration,
    /// The pause after the first attempt in vain; it doubles with each.
    pub first_pause: SignedDuration,
    /// No pause is longer, so that we are back soon after Discord is, however long it was away.
    pub longest_pause: SignedDuration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: SignedDuration::from_secs(4),
            begin: SignedDuration::from_secs(60),
            first_pause: SignedDuration::from_secs(1),
            longest_pause: SignedDuration::from_secs(16),
        }
    }
}

impl Patience {
    /// The pause after so many attempts in vain, one or more.
    pub(super) fn pause(&self, attempts: u32) -> SignedDuration {
        // 2^16 seconds are longer than any pause.
        let doubled = self.first_pause.saturating_mul(1 << attempts.saturating_sub(1).min(16));
        doubled.min(self.longest_pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_stay_there() {
        let patience = Patience::default();
        let pauses: Vec<i64> = (1..8).map(|attempts| patience.pause(attempts).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 16, 16]);
        assert_eq!(patience.pause(u32::MAX), patience.longest_pause);
    }
}
