//! A probe: one request, one attempt, one observation.

use async_trait::async_trait;
use jiff::SignedDuration;

use super::Source;
use super::classifier::{Classifier, observed};
use super::rate_limited::{NotSent, RateLimitedTransport};
use super::spotify::{BodyKind, SourceKind, SourceSpec};
use super::token::TokenCache;
use super::transport::{BodyCap, ProbeRequest};
use crate::clock::Clock;
use crate::health::{Observation, Outcome, RejectionReason};
use crate::throttle::{RequestBudget, RequestClass, RequestQuota, SingleFlight};

/// This much of an HTML page suffices to classify it; the web player's has hundreds of KiB that nobody reads.
const HEAD_OF_A_PAGE: usize = 16 * 1024;

/// A source with one request: a probe, or a connectivity check.
pub(super) struct Probe {
    spec: SourceSpec,
    request: ProbeRequest,
    limited: std::sync::Arc<RateLimitedTransport>,
    clock: Clock,
    token: Option<(TokenCache, RequestBudget)>,
    flight: SingleFlight<Option<Observation>>,
}

impl Probe {
    pub(super) fn new(
        spec: &SourceSpec,
        limited: std::sync::Arc<RateLimitedTransport>,
        clock: &Clock,
        token: Option<TokenCache>,
    ) -> Self {
        let whole = spec.kind == SourceKind::Probe && spec.expect.body == BodyKind::Json;
        let request = ProbeRequest {
            method: spec.method,
            form: spec.form.clone(),
            body: if whole { BodyCap::Whole } else { BodyCap::Head(HEAD_OF_A_PAGE) },
            ..ProbeRequest::to(&spec.name, &spec.url)
        };
        let token = token.map(|token| (token, daily(spec, clock)));
        Self {
            spec: spec.clone(),
            request,
            limited,
            clock: clock.clone(),
            token,
            flight: SingleFlight::default(),
        }
    }

    async fn attempt(&self, turn: RequestClass) -> Option<Observation> {
        let mut request = self.request.clone();
        if let Some((token_cache, allowance)) = &self.token {
            if allowance.try_turn().is_err() {
                let most = allowance.allowance().times;
                return Some(
                    self.untold(Outcome::Unclear(format!("not sent: all {most} checks of the day are used"))),
                );
            }
            match token_cache.bearer().await {
                Ok(bearer) => request.authorization = Some(bearer),
                Err(seen) => return Some(self.untold(seen)),
            }
        }
        let exchange = match self.limited.ask(&request, turn).await {
            Ok(exchange) => exchange,
            Err(NotSent::NoRoom) => return None,
            Err(rate_limited @ NotSent::RateLimited(_)) => return Some(self.untold(rate_limited.into())),
        };
        // A probe's classifier remembers nothing beyond one check, so a new one suffices.
        let mut reader = Classifier::new(&self.spec);
        let seen = reader.read(&exchange);
        self.limited.heed(&seen, exchange.done());
        if let Some((token_cache, allowance)) = &self.token
            && matches!(seen, Outcome::Refused { why: RejectionReason::Credential, .. })
        {
            token_cache.forget().await;
            let is_401 = exchange.answer().is_some_and(|answer| answer.status == 401);
            if is_401
                && allowance.try_turn().is_ok()
                && let Ok(bearer) = token_cache.bearer().await
            {
                request.authorization = Some(bearer);
                if let Ok(second) = self.limited.ask(&request, turn).await {
                    let seen = reader.read(&second);
                    self.limited.heed(&seen, second.done());
                    return Some(observed(&second, seen));
                }
            }
        }
        Some(observed(&exchange, seen))
    }

    /// Returns the observation of a check that was not made.
    fn untold(&self, seen: Outcome) -> Observation {
        Observation {
            source: self.spec.name.clone(),
            at: self.clock.now(),
            took: SignedDuration::ZERO,
            seen,
            certificate_expires: None,
        }
    }
}

/// Returns the tokened search's own small budget: one check per interval over a day, plus four at once for manual checks.
fn daily(spec: &SourceSpec, clock: &Clock) -> RequestBudget {
    const DAY: SignedDuration = SignedDuration::from_hours(24);
    const BY_HAND: u32 = 4;
    let intervals = spec.at_most_every.unwrap_or(SignedDuration::from_mins(15)).as_secs().max(1);
    let probes = u32::try_from(DAY.as_secs() / intervals).unwrap_or(u32::MAX).max(1);
    RequestBudget::new(clock, RequestQuota::new(probes.saturating_add(BY_HAND), DAY), BY_HAND)
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

    async fn probe(&self) -> Observation {
        loop {
            // `None` only if this shared an extra check that found no room: then it makes its own attempt.
            if let Some(seen) = self.flight.share(|| self.attempt(RequestClass::Regular)).await {
                return seen;
            }
        }
    }

    async fn probe_if_budget(&self) -> Option<Observation> {
        if self.token.is_some() {
            return None;
        }
        self.flight.share(|| self.attempt(RequestClass::Extra)).await
    }
}
