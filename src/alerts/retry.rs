//! What a failure means for a delivery: try again and when, pause, give up, or send it in another way.

use jiff::{SignedDuration, Timestamp};

use super::nonce::number;
use super::{Delivery, DeliveryOutcome, Reason, Suspension};
use super::{DiscordError, PermanentReason};

/// The numbers of retries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The first gap is at most this long; each further one at most twice as long.
    pub base: SignedDuration,
    /// The longest gap.
    pub cap: SignedDuration,
    /// The longest gap if there was no connection.
    pub unreached: SignedDuration,
    /// Gaps between attempts while posting is not allowed; the last one repeats.
    pub paused: Vec<SignedDuration>,
    /// How often a request that Discord rejects for an unknown reason is tried once its outage is over.
    pub refused_tries: u32,
}

impl Default for RetryPolicy {
    /// From one second to one minute, so that a recovered Discord is noticed within a minute. 10,000 channels that try once a
    /// minute stay below its limit of 50 requests per second, our other requests included. A lost permission is tried again
    /// after 1, 5, 15, 30 minutes and then each hour: 10,000 rejected requests in 10 minutes would ban the IP address, and
    /// that would take 60,000 paused channels.
    fn default() -> Self {
        let paused = [1, 5, 15, 30, 60].map(SignedDuration::from_mins).to_vec();
        let (base, cap) = (SignedDuration::from_secs(1), SignedDuration::from_secs(60));
        Self { base, cap, unreached: SignedDuration::from_secs(5), paused, refused_tries: 5 }
    }
}

/// An attempt that failed.
#[derive(Clone, Copy, Debug)]
pub struct FailedAttempt<'a> {
    /// What Discord said.
    pub error: &'a DiscordError,
    pub delivery: &'a Delivery,
    /// Whether the outage still goes on: its start must not be given up.
    pub open: bool,
    /// The suspension of the channel before this attempt.
    pub paused: Option<&'a Suspension>,
    /// Whether the message was already shortened as far as possible.
    pub shortened: bool,
    /// Whether it was sent into a thread that was opened for the outage.
    pub in_thread: bool,
    /// What time it is.
    pub now: Timestamp,
}

/// What follows from a failure.
#[allow(clippy::large_enum_variant, reason = "there is one for each try, and it lives for a moment")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryDecision {
    /// This attempt is over: store this outcome.
    Settle(DeliveryOutcome),
    /// The message to edit or to reply to is gone, or does not allow replies: post it anew.
    PostAnew,
    /// Discord rejects the message as malformed, which is our bug: send it once more, shorter and without components.
    Shorten,
    /// The thread is closed or gone: post in the channel, or open a new thread.
    LeaveThread,
    /// Discord rejects the token: send nothing any more.
    Stop(Reason),
}

/// Decides what follows from a failure.
pub fn decide(failed: &FailedAttempt<'_>, policy: &RetryPolicy) -> RetryDecision {
    let FailedAttempt { delivery, now, .. } = *failed;
    let refusal = match failed.error {
        DiscordError::Transient { after, why, perhaps_done, unreached } => {
            let gap = after.unwrap_or_else(|| backoff(delivery, policy));
            // Without a connection one delivery tests it for all, so that no other one waits long once it is back.
            let gap = if *unreached { gap.min(policy.unreached) } else { gap };
            let due = now + gap;
            // Discord asked us to wait before anything was sent: that was no attempt.
            let uncounted = after.is_some() && !perhaps_done;
            return RetryDecision::Settle(later(due, why.clone(), uncounted));
        }
        DiscordError::Permanent(refusal) => refusal,
    };
    let why = Reason::Refused(refusal.clone());
    match refusal {
        PermanentReason::Unauthorized => RetryDecision::Stop(why),
        PermanentReason::UnknownChannel | PermanentReason::ThreadClosed(_) if failed.in_thread => {
            RetryDecision::LeaveThread
        }
        PermanentReason::UnknownChannel => RetryDecision::Settle(DeliveryOutcome::ChannelGone { why }),
        // 160002: a reply without permission to read the history. It is posted without the reply.
        PermanentReason::UnknownMessage | PermanentReason::NoPermission { code: 160_002, .. } => {
            RetryDecision::PostAnew
        }
        // The subscribed channel itself may be a thread that was closed or locked: handled like a lost permission.
        PermanentReason::NoPermission { .. }
        | PermanentReason::NoHistory
        | PermanentReason::ThreadClosed(_) => {
            RetryDecision::Settle(DeliveryOutcome::Suspended { paused: pause(failed, policy, why) })
        }
        PermanentReason::BadBody(_) if !failed.shortened => RetryDecision::Shorten,
        PermanentReason::Other { .. } if failed.open || delivery.attempts < policy.refused_tries => {
            let due = now + gap(policy, delivery.attempts.saturating_sub(1));
            RetryDecision::Settle(later(due, why, false))
        }
        PermanentReason::BadBody(_)
        | PermanentReason::NoDirectMessages
        | PermanentReason::FileTooLarge
        | PermanentReason::NotOnDiscord
        | PermanentReason::InteractionOver(_)
        | PermanentReason::Other { .. } => RetryDecision::Settle(DeliveryOutcome::Failed { why }),
    }
}

/// Exponential, capped, with full jitter: any gap up to the limit, so that channels that failed together do not come back
/// together. At least a tenth of a second, to prevent a busy loop.
fn backoff(delivery: &Delivery, policy: &RetryPolicy) -> SignedDuration {
    let doublings = delivery.attempts.saturating_sub(1).min(16);
    let most = policy.base.saturating_mul(1 << doublings).min(policy.cap);
    let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX).max(1);
    let millis = (number(delivery.id.0, delivery.attempts) % most).max(100);
    SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

fn later(due: Timestamp, why: Reason, uncounted: bool) -> DeliveryOutcome {
    DeliveryOutcome::Retry { due, why, uncounted, log: None }
}

/// Returns the suspension after a rejection: it began with the first one, and its gaps grow.
fn pause(failed: &FailedAttempt<'_>, policy: &RetryPolicy, why: Reason) -> Suspension {
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
            last_error: None,
            waiting_since: None,
            given_up: None,
        }
    }

    /// A first attempt that failed while the outage goes on.
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
        let limited = DiscordError::Transient {
            after,
            why: Reason::RateLimited,
            perhaps_done: false,
            unreached: false,
        };
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
            let before = Suspension { since, why: Reason::RateLimited, retry: since, tries };
            let later = verdict(FailedAttempt { paused: Some(&before), ..first(&error, &one) });
            assert_eq!(secs(&later), gap);
            let RetryDecision::Settle(DeliveryOutcome::Suspended { paused }) = later else { unreachable!() };
            assert_eq!((paused.since, paused.tries), (since, tries + 1));
            assert_eq!(paused.why, error.reason());
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
