//! What a failure means for a delivery: try again and when, pause, give up, or do it another way.

use jiff::{SignedDuration, Timestamp};

use super::nonce::number;
use super::{Delivery, DeliveryOutcome, Suspension};
use super::{DiscordError, PermanentReason};

/// Numbers of trying again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The first gap is up to this long; each further one up to twice as long.
    pub base: SignedDuration,
    /// No gap is longer than this.
    pub cap: SignedDuration,
    /// Gaps between tries where we may not post; the last one repeats.
    pub paused: Vec<SignedDuration>,
    /// What Discord refuses for no reason that we know is tried this often once its outage is over.
    pub refused_tries: u32,
}

impl Default for RetryPolicy {
    /// A second at first and a minute at most: a Discord that comes back is noticed within that minute, and 10,000
    /// channels tried once in a minute stay below its limit of 50 requests in a second together with our own. A lost
    /// permission is tried again after 1, 5, 15, 30 minutes and then each hour: 10,000 refused requests in 10 minutes
    /// would ban the address, and that would take 60,000 paused channels.
    fn default() -> Self {
        let paused = [1, 5, 15, 30, 60].map(SignedDuration::from_mins).to_vec();
        let (base, cap) = (SignedDuration::from_secs(1), SignedDuration::from_secs(60));
        Self { base, cap, paused, refused_tries: 5 }
    }
}

/// A try that failed.
#[derive(Clone, Copy, Debug)]
pub struct FailedAttempt<'a> {
    /// What Discord said.
    pub error: &'a DiscordError,
    pub delivery: &'a Delivery,
    /// The outage still goes on: its start must not be given up.
    pub open: bool,
    /// The pause in which the channel was before this try.
    pub paused: Option<&'a Suspension>,
    /// The message was made as short as we can already.
    pub shortened: bool,
    /// It was sent into a thread that was opened for the outage.
    pub in_thread: bool,
    /// What time it is.
    pub now: Timestamp,
}

/// What follows from a failure.
#[allow(clippy::large_enum_variant, reason = "there is one for each try, and it lives for a moment")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryDecision {
    /// This try is over: store this outcome.
    Settle(DeliveryOutcome),
    /// The message to be edited or replied to is gone, or may not be replied to: post it anew.
    PostAnew,
    /// Discord takes the message for malformed, which is our bug: send it once more, shorter and bare.
    Shorten,
    /// The thread is closed or gone: say it in the channel, or open a new one.
    LeaveThread,
    /// Discord refuses the token: nothing may be sent any more.
    Stop(String),
}

/// Decides what follows from a failure.
pub fn decide(failed: &FailedAttempt<'_>, policy: &RetryPolicy) -> RetryDecision {
    let FailedAttempt { delivery, now, .. } = *failed;
    let refusal = match failed.error {
        DiscordError::Transient { after, why, perhaps_done } => {
            let due = now + after.unwrap_or_else(|| backoff(delivery, policy));
            // We were told to wait before anything was sent: that was no try.
            let uncounted = after.is_some() && !perhaps_done;
            return RetryDecision::Settle(later(due, why.clone(), uncounted));
        }
        DiscordError::Permanent(refusal) => refusal,
    };
    let why = refusal.to_string();
    match refusal {
        PermanentReason::Unauthorized => RetryDecision::Stop(why),
        PermanentReason::UnknownChannel | PermanentReason::ThreadClosed(_) if failed.in_thread => {
            RetryDecision::LeaveThread
        }
        PermanentReason::UnknownChannel => RetryDecision::Settle(DeliveryOutcome::ChannelGone { why }),
        // 160002: a reply where we may not read the history. It is said without.
        PermanentReason::UnknownMessage | PermanentReason::NoPermission { code: 160_002, .. } => {
            RetryDecision::PostAnew
        }
        // The subscribed channel itself may be a thread that was closed or locked: as good as a lost permission.
        PermanentReason::NoPermission { .. } | PermanentReason::ThreadClosed(_) => {
            RetryDecision::Settle(DeliveryOutcome::Suspended { paused: pause(failed, policy, why) })
        }
        PermanentReason::BadBody(_) if !failed.shortened => RetryDecision::Shorten,
        PermanentReason::BadBody(_)
        | PermanentReason::NoDirectMessages
        | PermanentReason::InteractionOver(_) => RetryDecision::Settle(DeliveryOutcome::Failed { why }),
        PermanentReason::Other { .. } if failed.open || delivery.attempts < policy.refused_tries => {
            let due = now + gap(policy, delivery.attempts.saturating_sub(1));
            RetryDecision::Settle(later(due, why, false))
        }
        PermanentReason::Other { .. } => RetryDecision::Settle(DeliveryOutcome::Failed { why }),
    }
}

/// Exponential, capped, with full jitter: anything from nothing to the gap, so that channels that failed together do not
/// come back together. At least a tenth of a second, so that nothing spins.
fn backoff(delivery: &Delivery, policy: &RetryPolicy) -> SignedDuration {
    let doublings = delivery.attempts.saturating_sub(1).min(16);
    let most = policy.base.saturating_mul(1 << doublings).min(policy.cap);
    let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX).max(1);
    let millis = (number(delivery.id.0, delivery.attempts) % most).max(100);
    SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

fn later(due: Timestamp, why: String, uncounted: bool) -> DeliveryOutcome {
    DeliveryOutcome::Retry { due, why, uncounted, log: None }
}

/// The pause that follows a refusal: it began with the first one, and its gaps grow.
fn pause(failed: &FailedAttempt<'_>, policy: &RetryPolicy, why: String) -> Suspension {
    let (since, tries) = failed.paused.map_or((failed.now, 0), |before| (before.since, before.tries));
    Suspension { since, why, retry: failed.now + gap(policy, tries), tries: tries.saturating_add(1) }
}

fn gap(policy: &RetryPolicy, tries: u32) -> SignedDuration {
    let nth = usize::try_from(tries).unwrap_or(usize::MAX);
    let gap = policy.paused.get(nth).or_else(|| policy.paused.last());
    gap.copied().unwrap_or(policy.cap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::{AnnouncementId, DeliveryId};
    use crate::health::OutageId;
    use crate::ids::{ChannelId, GuildId};

    fn delivery(attempts: u32) -> Delivery {
        Delivery {
            id: DeliveryId(42),
            announcement: AnnouncementId(1),
            outage: OutageId("web-api-20250416T122005Z".to_owned()),
            guild: GuildId(1),
            channel: ChannelId(2),
            attempts,
            first_tried: None,
            due: Timestamp::UNIX_EPOCH,
            last_error: String::new(),
            waiting_since: None,
            given_up: None,
        }
    }

    /// A first try that failed while the outage goes on.
    fn first<'a>(error: &'a DiscordError, delivery: &'a Delivery) -> FailedAttempt<'a> {
        let now = Timestamp::UNIX_EPOCH;
        FailedAttempt { error, delivery, open: true, paused: None, shortened: false, in_thread: false, now }
    }

    fn verdict(failed: FailedAttempt<'_>) -> RetryDecision {
        decide(&failed, &RetryPolicy::default())
    }

    fn secs(verdict: &RetryDecision) -> i64 {
        match verdict {
            RetryDecision::Settle(DeliveryOutcome::Retry { due, .. }) => due.as_second(),
            RetryDecision::Settle(DeliveryOutcome::Suspended { paused }) => paused.retry.as_second(),
            other => panic!("not later: {other:?}"),
        }
    }

    fn no_permission() -> DiscordError {
        DiscordError::Permanent(PermanentReason::NoPermission {
            code: 50013,
            why: "Missing Permissions".to_owned(),
        })
    }

    #[test]
    fn retry_after_is_obeyed_and_not_counted_as_attempt() {
        let after = Some(SignedDuration::from_secs(17));
        let limited = DiscordError::Transient { after, why: "429".to_owned(), perhaps_done: false };
        let log = verdict(first(&limited, &delivery(1)));
        assert_eq!(secs(&log), 17);
        assert!(matches!(log, RetryDecision::Settle(DeliveryOutcome::Retry { uncounted: true, .. })));
    }

    #[test]
    fn backoff_doubles_up_to_a_minute_with_deterministic_jitter() {
        let policy = RetryPolicy::default();
        for attempts in 1..40 {
            let mut one = delivery(attempts);
            let gap = backoff(&one, &policy);
            assert_eq!(gap, backoff(&one, &policy), "pure");
            let most = SignedDuration::from_secs(1 << (attempts - 1).min(6)).min(policy.cap);
            assert!(gap <= most && gap >= SignedDuration::from_millis(100), "{attempts}: {gap:?}");
            one.id = DeliveryId(43);
            assert!(attempts < 3 || backoff(&one, &policy) != gap, "channels spread");
        }
    }

    #[test]
    fn each_refusal_has_its_consequence() {
        let never = DiscordError::Permanent;
        let one = delivery(1);
        let open = |error: DiscordError| verdict(first(&error, &one));
        assert!(matches!(
            open(never(PermanentReason::UnknownChannel)),
            RetryDecision::Settle(DeliveryOutcome::ChannelGone { .. })
        ));
        assert_eq!(open(never(PermanentReason::UnknownMessage)), RetryDecision::PostAnew);
        assert_eq!(open(never(PermanentReason::BadBody("content".to_owned()))), RetryDecision::Shorten);
        assert!(matches!(open(never(PermanentReason::Unauthorized)), RetryDecision::Stop(_)));
        let bad = never(PermanentReason::BadBody("content".to_owned()));
        let again = verdict(FailedAttempt { shortened: true, ..first(&bad, &one) });
        assert!(matches!(again, RetryDecision::Settle(DeliveryOutcome::Failed { .. })));
        let direct = open(never(PermanentReason::NoDirectMessages));
        assert!(matches!(direct, RetryDecision::Settle(DeliveryOutcome::Failed { .. })));
        for gone in [PermanentReason::UnknownChannel, PermanentReason::ThreadClosed(50083)] {
            let left = verdict(FailedAttempt { in_thread: true, ..first(&never(gone), &one) });
            assert_eq!(left, RetryDecision::LeaveThread);
        }
    }

    #[test]
    fn lost_permission_pauses_with_backoff_and_remembers_its_start() {
        let (error, one) = (no_permission(), delivery(1));
        assert_eq!(secs(&verdict(first(&error, &one))), 60);
        let since = Timestamp::UNIX_EPOCH - SignedDuration::from_hours(9);
        for (tries, gap) in [(1, 300), (2, 900), (3, 1800), (4, 3600), (9, 3600)] {
            let before = Suspension { since, why: String::new(), retry: since, tries };
            let later = verdict(FailedAttempt { paused: Some(&before), ..first(&error, &one) });
            assert_eq!(secs(&later), gap);
            let RetryDecision::Settle(DeliveryOutcome::Suspended { paused }) = later else { unreachable!() };
            assert_eq!((paused.since, paused.tries), (since, tries + 1));
            assert!(paused.why.contains("50013"));
        }
    }

    #[test]
    fn unknown_refusal_is_retried_until_the_outage_ends() {
        let refused =
            DiscordError::Permanent(PermanentReason::Other { status: 403, code: 1, why: "no".to_owned() });
        let (worn, fresh) = (delivery(99), delivery(1));
        let open = verdict(first(&refused, &worn));
        assert!(matches!(open, RetryDecision::Settle(DeliveryOutcome::Retry { .. })));
        let over = verdict(FailedAttempt { open: false, ..first(&refused, &worn) });
        assert!(matches!(over, RetryDecision::Settle(DeliveryOutcome::Failed { .. })));
        let over = verdict(FailedAttempt { open: false, ..first(&refused, &fresh) });
        assert!(matches!(over, RetryDecision::Settle(DeliveryOutcome::Retry { .. })));
    }
}
