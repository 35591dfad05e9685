//! Interactions over HTTP, for bots behind a load balancer.
//!
//! Discord signs each request. A request that is unsigned, or was signed too long ago, is refused before it is read. A signed
//! one is handled as over the gateway: it is accepted with 202, and answered by callback.

mod body_budget;

use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use jiff::{SignedDuration, Timestamp};
use serenity::interactions_endpoint::Verifier;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use super::Incoming;
use super::codec::{self, IncomingInteraction};
use crate::clock::Clock;
use crate::listener::{self, ListenerLimits, PeerTrust, Proof};
use body_budget::{BodyBudget, BodyError};

/// Larger than any interaction: a form has at most 5 fields of 4,000 characters, a message at most 10 attachments.
const MOST_BODY: usize = 256 << 10;
/// Discord waits 3 s for an answer; a slower sender is not Discord.
const READ_WITHIN: SignedDuration = SignedDuration::from_secs(3);
/// Discord waits at most 3 s for our answer: a request that takes longer to arrive and be verified is not Discord's.
const SIGNED_WITHIN: SignedDuration = SignedDuration::from_secs(5);
/// Load balancers hold idle connections for about a minute. A server that closes one first loses the request on its way.
const IDLE: SignedDuration = SignedDuration::from_mins(2);
/// The length of an Ed25519 signature in hexadecimal digits.
const SIGNATURE_DIGITS: usize = 128;
/// A signed request that is older than this is a replay.
const STALE_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// Concurrent connections: more than a load balancer opens to one instance.
pub const CONNECTIONS: usize = 512;

/// Options of interactions over HTTP.
#[derive(Clone)]
pub struct HttpInteractionsOptions {
    /// The application's public key, as the developer portal shows it: 64 hexadecimal digits.
    pub public_key: String,
    /// Concurrent connections; [`CONNECTIONS`] except in tests.
    pub connections: usize,
    pub clock: Clock,
}

impl fmt::Debug for HttpInteractionsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("public_key", &self.public_key).finish_non_exhaustive()
    }
}

/// Why the endpoint cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpInteractionsError {
    #[error("discord.public_key: 64 hexadecimal digits are needed, as the developer portal shows them")]
    Key,
}

struct Handler {
    verifier: Verifier,
    clock: Clock,
    incoming: mpsc::Sender<Incoming>,
    bodies: BodyBudget,
}

/// Serves interactions until `stop` turns true.
pub async fn run(
    options: HttpInteractionsOptions,
    listener: TcpListener,
    incoming: mpsc::Sender<Incoming>,
    stop: watch::Receiver<bool>,
) -> Result<(), HttpInteractionsError> {
    let verifier = verifier(&options.public_key)?;
    let limits = ListenerLimits {
        connections: options.connections.max(1),
        proven_within: SIGNED_WITHIN,
        lasts: IDLE,
        proof: Proof::ByHandler,
    };
    let limits = limits.affordable();
    let bodies = BodyBudget::new(limits.connections);
    let handler = Arc::new(Handler { verifier, clock: options.clock.clone(), incoming, bodies });
    let app = Router::new().route("/", post(take)).fallback(StatusCode::NOT_FOUND).with_state(handler);
    listener::serve(listener, limits, options.clock, app, stop).await;
    Ok(())
}

/// Checks whether a public key is valid, for the configuration check.
pub fn check_key(key: &str) -> Result<(), HttpInteractionsError> {
    verifier(key).map(drop)
}

fn verifier(key: &str) -> Result<Verifier, HttpInteractionsError> {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE
        .decode(key.trim().as_bytes())
        .map_err(|_| HttpInteractionsError::Key)?;
    Verifier::try_new(bytes.try_into().map_err(|_| HttpInteractionsError::Key)?)
        .map_err(|_| HttpInteractionsError::Key)
}

async fn take(
    State(handler): State<Arc<Handler>>,
    Extension(trust): Extension<PeerTrust>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    // The body is read in bounded time and size, and only if there is a signature to check it against.
    if !handler.may_be_signed(&head.headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let body = match handler.clock.timeout(READ_WITHIN, handler.bodies.read(body, MOST_BODY)).await {
        Some(Ok(body)) => body,
        Some(Err(BodyError::TooLarge)) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Some(Err(BodyError::Broken)) => return StatusCode::BAD_REQUEST.into_response(),
        None => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    if !handler.is_signed(&head.headers, &body.bytes) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    trust.gain();
    let read = std::str::from_utf8(&body.bytes).map_err(|_| "an interaction that is not UTF-8".to_owned());
    match read.and_then(codec::read_interaction) {
        Ok(IncomingInteraction::Ping) => pong(),
        Ok(IncomingInteraction::Asked(asked, token)) => {
            handler.pass(Incoming::Interaction(asked, token), StatusCode::ACCEPTED)
        }
        Err(why) => handler.pass(Incoming::Unreadable(why), StatusCode::BAD_REQUEST),
    }
}

fn pong() -> Response {
    let response = Response::builder().header("content-type", "application/json");
    response.body(Body::from(r#"{"type":1}"#)).unwrap_or_default()
}

impl Handler {
    /// Returns the signature and its timestamp, or `None` if one is missing or malformed, or the timestamp is not current.
    fn signature<'h>(&self, headers: &'h HeaderMap) -> Option<(&'h str, &'h str)> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (signature, timestamp) = (text("x-signature-ed25519")?, text("x-signature-timestamp")?);
        let well_formed =
            signature.len() == SIGNATURE_DIGITS && signature.bytes().all(|digit| digit.is_ascii_hexdigit());
        let sent = Timestamp::from_second(timestamp.parse().ok()?).ok()?;
        // Discord's timestamp is compared with this machine's own time. Our clock is ahead of that for a while after the
        // machine was set back.
        let fresh = sent.duration_since(self.clock.machine()).abs() <= STALE_AFTER;
        (well_formed && fresh).then_some((signature, timestamp))
    }

    fn may_be_signed(&self, headers: &HeaderMap) -> bool {
        self.signature(headers).is_some()
    }

    fn is_signed(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let signed = self.signature(headers);
        signed.is_some_and(|(signature, at)| self.verifier.verify(signature, at, body).is_ok())
    }

    /// Passes an interaction on. If the queue is full, Discord gets an error at once.
    fn pass(&self, incoming: Incoming, accepted: StatusCode) -> Response {
        match self.incoming.try_send(incoming) {
            Ok(()) => accepted.into_response(),
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}
