//! A probe: one request, one attempt, one observation.

use async_trait::async_trait;
use jiff::SignedDuration;

use super::Source;
use super::asking::{Asker, Unasked};
use super::profile::{BodyKind, SourceKind, SourceSpec};
use super::reader::{Reader, observed};
use super::token::TokenKeeper;
use super::wire::{BodyCap, Request};
use crate::clock::Clock;
use crate::health::{Observation, Refusal, Seen};
use crate::throttle::{RequestBudget, RequestClass, RequestQuota, SingleFlight};

/// So much of a page for people tells that it is one; the web player's is hundreds of KiB, and nobody reads them.
const HEAD_OF_A_PAGE: usize = 16 * 1024;

/// A source that is asked with one request: a probe, or the control.
pub(super) struct Probe {
    spec: SourceSpec,
    request: Request,
    asker: std::sync::Arc<Asker>,
    clock: Clock,
    token: Option<(TokenKeeper, RequestBudget)>,
    flight: SingleFlight<Option<Observation>>,
}

impl Probe {
    pub(super) fn new(
        spec: &SourceSpec,
        asker: std::sync::Arc<Asker>,
        clock: &Clock,
        token: Option<TokenKeeper>,
    ) -> Self {
        let whole = spec.kind == SourceKind::Probe && spec.expect.body == BodyKind::Json;
        let request = Request {
            method: spec.method,
            form: spec.form.clone(),
            body: if whole { BodyCap::Whole } else { BodyCap::Head(HEAD_OF_A_PAGE) },
            ..Request::to(&spec.name, &spec.url)
        };
        let token = token.map(|token| (token, daily(spec, clock)));
        Self {
            spec: spec.clone(),
            request,
            asker,
            clock: clock.clone(),
            token,
            flight: SingleFlight::default(),
        }
    }

    async fn attempt(&self, turn: RequestClass) -> Option<Observation> {
        let mut request = self.request.clone();
        if let Some((keeper, allowance)) = &self.token {
            if allowance.try_turn().is_err() {
                let most = allowance.allowance().times;
                return Some(
                    self.untold(Seen::Unclear(format!("not asked: the day's {most} looks are spent"))),
                );
            }
            match keeper.bearer().await {
                Ok(bearer) => request.authorization = Some(bearer),
                Err(seen) => return Some(self.untold(seen)),
            }
        }
        let exchange = match self.asker.ask(&request, turn).await {
            Ok(exchange) => exchange,
            Err(Unasked::NoRoom) => return None,
            Err(banned @ Unasked::Banned(_)) => return Some(self.untold(banned.into())),
        };
        // A probe's reader remembers nothing, so a fresh one will do.
        let seen = Reader::new(&self.spec).read(&exchange);
        self.asker.heed(&seen, exchange.done());
        if let Some((keeper, _)) = &self.token
            && matches!(seen, Seen::Refused { why: Refusal::Credential, .. })
        {
            keeper.forget().await;
        }
        Some(observed(&exchange, seen))
    }

    /// An observation of a look that was not made.
    fn untold(&self, seen: Seen) -> Observation {
        Observation {
            source: self.spec.name.clone(),
            at: self.clock.now(),
            took: SignedDuration::ZERO,
            seen,
            certificate_expires: None,
        }
    }
}

/// The tokened search's own small allowance: its pace over a day, and four at once for who looks by hand.
fn daily(spec: &SourceSpec, clock: &Clock) -> RequestBudget {
    const DAY: SignedDuration = SignedDuration::from_hours(24);
    const BY_HAND: u32 = 4;
    let pace = spec.at_most_every.unwrap_or(SignedDuration::from_mins(15)).as_secs().max(1);
    let looks = u32::try_from(DAY.as_secs() / pace).unwrap_or(u32::MAX).max(1);
    RequestBudget::new(clock, RequestQuota::new(looks.saturating_add(BY_HAND), DAY), BY_HAND)
}

#[async_trait]
impl Source for Probe {
    fn name(&self) -> &crate::health::SourceName {
        &self.spec.name
    }

    fn host(&self) -> &str {
        &self.spec.host
    }

    fn at_most_every(&self) -> Option<SignedDuration> {
        self.spec.at_most_every
    }

    async fn look(&self) -> Observation {
        loop {
            // None only where a look out of turn was shared that found no room: then this one goes itself.
            if let Some(seen) = self.flight.share(|| self.attempt(RequestClass::Regular)).await {
                return seen;
            }
        }
    }

    async fn look_again(&self) -> Option<Observation> {
        if self.token.is_some() {
            return None;
        }
        self.flight.share(|| self.attempt(RequestClass::Extra)).await
    }
}
