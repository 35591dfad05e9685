//! Tokens of the client credentials flow, for the tokened search.
//!
//! A token is used until it expires. Credentials are never dropped: in an outage the token service was seen to answer
//! `invalid_grant` to valid ones.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use tokio::sync::Mutex;

use super::classify;
use super::exchange::Exchange;
use super::rate_limited::RateLimitedTransport;
use super::spotify::{BodyKind, Expect, Method};
use super::transport::ProbeRequest;
use crate::clock::Clock;
use crate::health::{Outcome, SourceName};
use crate::secret::Secret;
use crate::throttle::RequestClass;

/// A token is renewed this long before its end, so that none expires in transit.
const BEFORE_END: Duration = Duration::from_secs(60);
/// The lifetime of a token that gives none: what Spotify documents.
const USUAL_LIFE: Duration = Duration::from_secs(3600);

/// The client credentials of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCredentials {
    pub id: String,
    pub secret: Secret,
    /// The URL of the token service; the built-in one if `None`.
    pub token_url: Option<String>,
}

impl ClientCredentials {
    /// Returns a name of these credentials that is no secret. Rate-limit holds are stored under it.
    pub fn label(&self) -> String {
        let hash = blake3::hash(self.id.as_bytes()).to_hex();
        format!("app-{}", hash.chars().take(8).collect::<String>())
    }
}

/// Caches the token of one application.
pub(super) struct TokenCache {
    limited: Arc<RateLimitedTransport>,
    clock: Clock,
    request: ProbeRequest,
    held: Mutex<Option<Held>>,
}

struct Held {
    token: Secret,
    /// In the clock's ticks.
    end: Duration,
}

impl TokenCache {
    pub(super) fn new(
        credentials: &ClientCredentials,
        url: &str,
        source: &SourceName,
        limited: Arc<RateLimitedTransport>,
        clock: Clock,
    ) -> Self {
        let pair = BASE64.encode(format!("{}:{}", credentials.id, credentials.secret.reveal()));
        let request = ProbeRequest {
            method: Method::Post,
            form: "grant_type=client_credentials".to_owned(),
            authorization: Some(Secret::new(&format!("Basic {pair}"))),
            confidential: true,
            ..ProbeRequest::to(source, url)
        };
        Self { limited, clock, request, held: Mutex::new(None) }
    }

    /// Returns the value of `Authorization`, or the outcome to report instead of a check.
    pub(super) async fn bearer(&self) -> Result<Secret, Outcome> {
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref().filter(|h| self.clock.ticks() < h.end) {
            return Ok(held.token.clone());
        }
        let exchange = self.limited.ask(&self.request, RequestClass::Regular).await.map_err(Outcome::from)?;
        let seen = classify::classify(&exchange, &token_expected());
        self.limited.heed(&seen, exchange.done());
        let fresh = match seen {
            Outcome::Healthy => self.read(&exchange),
            other => return Err(no_token(other)),
        };
        let fresh =
            fresh.ok_or_else(|| Outcome::Unclear("no token: the response contains none".to_owned()))?;
        let token = fresh.token.clone();
        *held = Some(fresh);
        Ok(token)
    }

    /// Drops a token that the server no longer accepts; the credentials stay.
    pub(super) async fn forget(&self) {
        *self.held.lock().await = None;
    }

    fn read(&self, exchange: &Exchange) -> Option<Held> {
        let body = classify::json(exchange.answer()?)?;
        let token = body.get("access_token").and_then(Value::as_str).filter(|t| !t.is_empty())?;
        let life = body.get("expires_in").and_then(Value::as_u64).map_or(USUAL_LIFE, Duration::from_secs);
        let end = self.clock.ticks().saturating_add(life.saturating_sub(BEFORE_END));
        Some(Held { token: Secret::new(&format!("Bearer {token}")), end })
    }
}

fn token_expected() -> Expect {
    Expect { status: 200, body: BodyKind::Json, key: Some("access_token".to_owned()), lists: false }
}

/// The token service has a probe of its own, so its failure is not one of the search.
fn no_token(seen: Outcome) -> Outcome {
    match seen {
        Outcome::Failing(failure) | Outcome::Unreachable(failure) => {
            Outcome::Unclear(format!("no token: {}", failure.brief()))
        }
        Outcome::Unclear(why) => Outcome::Unclear(format!("no token: {why}")),
        Outcome::Refused { why, detail, until } => {
            Outcome::Refused { why, detail: format!("no token: {detail}"), until }
        }
        other => other,
    }
}
