//! Sends one request to a host, if its request budget and its rate-limit holds allow it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::exchange::Exchange;
use super::transport::{ProbeRequest, Transport};
use crate::health::{Outcome, RejectionReason};
use crate::throttle::{Caller, Denied, RateLimitHold, RequestClass, Throttle};

/// How long a 429 without `Retry-After` stops requests: Spotify counts its limit in a rolling 30 s.
const UNTOLD_HOLD: SignedDuration = SignedDuration::from_secs(30);

/// Sends one source's requests to one host.
pub(super) struct RateLimitedTransport {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) throttle: Arc<Throttle>,
    pub(super) caller: Caller,
}

/// Why nothing was sent.
pub(super) enum NotSent {
    /// A rate-limit hold is in force.
    RateLimited(RateLimitHold),
    /// The budget has no room for an extra check.
    NoRoom,
}

impl RateLimitedTransport {
    /// Sends the request once the host's budget has room.
    pub(super) async fn ask(&self, request: &ProbeRequest, turn: RequestClass) -> Result<Exchange, NotSent> {
        match self.throttle.admit(&self.caller, turn).await {
            Ok(()) => Ok(self.transport.ask(request).await),
            Err(Denied::RateLimited(hold)) => Err(NotSent::RateLimited(hold)),
            Err(Denied::NoRoom) => Err(NotSent::NoRoom),
        }
    }

    /// Turns a 429 into a rate-limit hold.
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
            NotSent::NoRoom => Self::Unclear("not sent: the request budget has no room".to_owned()),
        }
    }
}
