//! Asking a host once: first the budget and the bans, then the wire.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::exchange::Exchange;
use super::transport::{ProbeRequest, Transport};
use crate::health::{Outcome, RejectionReason};
use crate::throttle::{Caller, Denied, RateLimitHold, RequestClass, Throttle};

/// How long a 429 without `Retry-After` keeps us away: Spotify's limit is counted in a rolling 30 s.
const UNTOLD_HOLD: SignedDuration = SignedDuration::from_secs(30);

/// One source's way to one host.
pub(super) struct RateLimitedTransport {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) throttle: Arc<Throttle>,
    pub(super) caller: Caller,
}

/// Why nothing was asked.
pub(super) enum NotSent {
    /// A ban is in force.
    RateLimited(RateLimitHold),
    /// There is no room for a check out of turn.
    NoRoom,
}

impl RateLimitedTransport {
    /// Asks once, when the host's budget has room.
    pub(super) async fn ask(&self, request: &ProbeRequest, turn: RequestClass) -> Result<Exchange, NotSent> {
        match self.throttle.admit(&self.caller, turn).await {
            Ok(()) => Ok(self.transport.ask(request).await),
            Err(Denied::RateLimited(hold)) => Err(NotSent::RateLimited(hold)),
            Err(Denied::NoRoom) => Err(NotSent::NoRoom),
        }
    }

    /// Makes a ban of a 429.
    pub(super) fn heed(&self, seen: &Outcome, now: Timestamp) {
        if let Outcome::Refused { why: RejectionReason::Rate | RejectionReason::Quota, detail, until } = seen
        {
            let until = until.or_else(|| now.checked_add(UNTOLD_HOLD).ok()).unwrap_or(now);
            self.throttle.hold(&self.caller, until, detail);
        }
    }
}

impl From<NotSent> for Outcome {
    fn from(unasked: NotSent) -> Self {
        match unasked {
            NotSent::RateLimited(hold) => {
                let why =
                    if hold.why.contains("QUOTA") { RejectionReason::Quota } else { RejectionReason::Rate };
                Self::Refused { why, detail: hold.why, until: Some(hold.until) }
            }
            NotSent::NoRoom => Self::Unclear("not asked: the budget has no room".to_owned()),
        }
    }
}
