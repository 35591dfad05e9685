//! Asking a host once: first the budget and the bans, then the wire.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::exchange::Exchange;
use super::wire::{Request, Wire};
use crate::health::{Refusal, Seen};
use crate::throttle::{Caller, Denied, RateLimitHold, RequestClass, Throttle};

/// How long a 429 without `Retry-After` keeps us away: Spotify's limit is counted in a rolling 30 s.
const UNTOLD_BAN: SignedDuration = SignedDuration::from_secs(30);

/// One source's way to one host.
pub(super) struct Asker {
    pub(super) wire: Arc<dyn Wire>,
    pub(super) throttle: Arc<Throttle>,
    pub(super) caller: Caller,
}

/// Why nothing was asked.
pub(super) enum Unasked {
    /// A ban is in force.
    Banned(RateLimitHold),
    /// There is no room for a look out of turn.
    NoRoom,
}

impl Asker {
    /// Asks once, when the host's budget has room.
    pub(super) async fn ask(&self, request: &Request, turn: RequestClass) -> Result<Exchange, Unasked> {
        match self.throttle.admit(&self.caller, turn).await {
            Ok(()) => Ok(self.wire.ask(request).await),
            Err(Denied::RateLimited(ban)) => Err(Unasked::Banned(ban)),
            Err(Denied::NoRoom) => Err(Unasked::NoRoom),
        }
    }

    /// Makes a ban of a 429.
    pub(super) fn heed(&self, seen: &Seen, now: Timestamp) {
        if let Seen::Refused { why: Refusal::Rate | Refusal::Quota, detail, until } = seen {
            let until = until.or_else(|| now.checked_add(UNTOLD_BAN).ok()).unwrap_or(now);
            self.throttle.hold(&self.caller, until, detail);
        }
    }
}

impl From<Unasked> for Seen {
    fn from(unasked: Unasked) -> Self {
        match unasked {
            Unasked::Banned(ban) => {
                let why = if ban.why.contains("QUOTA") { Refusal::Quota } else { Refusal::Rate };
                Self::Refused { why, detail: ban.why, until: Some(ban.until) }
            }
            Unasked::NoRoom => Self::Unclear("not asked: the budget has no room".to_owned()),
        }
    }
}
