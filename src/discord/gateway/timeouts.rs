//! Timeouts of the gateway, and delays between attempts.

use jiff::SignedDuration;

use crate::throttle::Jitter;

/// Timeouts of the gateway. The defaults suit Discord; for a gateway nearby they may be shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// From the start of a connection until its HELLO. Discord takes a fraction of a second.
    pub connect: SignedDuration,
    /// From an IDENTIFY or RESUME, or the last event after it, until the session is up. Together with the longest delay it is
    /// below a minute: after a gateway recovers, we are back within one.
    pub begin: SignedDuration,
    /// From a heartbeat until something is received. Together with Discord's interval of 41.25 s it is below a minute.
    pub heartbeat_answer: SignedDuration,
    /// A connection that stays up this long counts as healthy. Whatever ended it, the next one is tried at once.
    pub steady: SignedDuration,
    /// The delay after the first connection that did not stay up; it doubles with each.
    pub first_pause: SignedDuration,
    /// The longest delay without jitter, so that we are back soon after Discord is, however long it was away.
    pub longest_pause: SignedDuration,
    /// A delay is longer by up to this many percent, so that many bots do not come back at the same time.
    pub jitter_percent: u8,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: SignedDuration::from_secs(4),
            begin: SignedDuration::from_secs(30),
            heartbeat_answer: SignedDuration::from_secs(15),
            steady: SignedDuration::from_secs(30),
            first_pause: SignedDuration::from_secs(1),
            longest_pause: SignedDuration::from_secs(16),
            jitter_percent: 50,
        }
    }
}

impl Timeouts {
    /// Returns the delay after this many connections in a row that did not stay up; zero for none.
    pub(super) fn pause(&self, attempts: u32, jitter: Jitter, shard: u32) -> SignedDuration {
        let Some(doublings) = attempts.checked_sub(1) else { return SignedDuration::ZERO };
        // 2^16 seconds are longer than any delay.
        let pause = self.first_pause.saturating_mul(1 << doublings.min(16)).min(self.longest_pause);
        let most = pause.saturating_mul(i32::from(self.jitter_percent)) / 100;
        pause + jitter.part(&format!("gateway/{shard}"), u64::from(attempts), most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_stay_there() {
        let timeouts = Timeouts::default();
        let pause = |attempts| timeouts.pause(attempts, Jitter::none(), 0).as_secs();
        assert_eq!((0..8).map(pause).collect::<Vec<i64>>(), [0, 1, 2, 4, 8, 16, 16, 16]);
        assert_eq!(pause(u32::MAX), timeouts.longest_pause.as_secs());
    }

    #[test]
    fn jitter_lengthens_a_pause_by_half_at_most_and_varies() {
        let timeouts = Timeouts::default();
        let pauses: Vec<_> = (0..200).map(|salt| timeouts.pause(9, Jitter::of(salt), 0)).collect();
        assert!(pauses.iter().all(|pause| (16.0..=24.0).contains(&pause.as_secs_f64())), "{pauses:?}");
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
        let back = timeouts.begin + timeouts.pause(u32::MAX, Jitter::none(), 0) * 3 / 2;
        assert!(
            back < SignedDuration::from_mins(1),
            "after a gateway recovers, we are back within a minute: {back}"
        );
    }
}
