//! The ways to the operator: a channel, and a webhook of any kind for when Discord itself fails.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::StatusCode;
use serde_json::json;

use crate::chat::Message;
use crate::discord::{Discord, DiscordError, Post};
use crate::ids::ChannelId;
use crate::proxy::Proxy;
use crate::secret::Secret;

/// An answer of a webhook or of the heartbeat's switch that takes longer is none.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// A way to the operator.
#[async_trait]
pub trait OperatorChannel: Send + Sync {
    /// Says one thing; the same `nonce` again says it once.
    async fn say(&self, text: &str, nonce: &str) -> Result<(), OperatorChannelError>;
}

/// Why a way is closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperatorChannelError {
    #[error("{0}")]
    Later(String),
    #[error("{0}")]
    Never(String),
}

/// `operator.channel`.
pub struct DiscordChannel {
    pub discord: Arc<dyn Discord>,
    pub channel: ChannelId,
}

#[async_trait]
impl OperatorChannel for DiscordChannel {
    async fn say(&self, text: &str, nonce: &str) -> Result<(), OperatorChannelError> {
        // Who is pinged: nobody; a message pings only whom its `mentions` name.
        let message = Message::text(text);
        let post = Post { channel: self.channel, message, nonce: nonce.to_owned(), reply_to: None };
        match self.discord.post(&post).await {
            Ok(_) => Ok(()),
            Err(DiscordError::Transient { why, .. }) => Err(OperatorChannelError::Later(why)),
            Err(DiscordError::Permanent(why)) => Err(OperatorChannelError::Never(why.to_string())),
        }
    }
}

/// `operator.webhook_url`: JSON with the text as `content`, which Discord's own webhooks read, and most others can be told to.
///
/// One that is gone or refuses us is not asked again until the next start: Discord restricts whoever goes on asking a
/// webhook that answered 404 (reference, "Rate limits"), and a wrong address does not become right by itself.
pub struct Webhook {
    address: Secret,
    client: reqwest::Client,
    refused: OnceLock<String>,
}

impl Webhook {
    /// A webhook at an address. The error is why there can be no HTTP client.
    pub fn new(address: Secret, proxy: &Proxy) -> Result<Self, String> {
        Ok(Self { address, client: client(proxy)?, refused: OnceLock::new() })
    }
}

#[async_trait]
impl OperatorChannel for Webhook {
    async fn say(&self, text: &str, _: &str) -> Result<(), OperatorChannelError> {
        if let Some(why) = self.refused.get() {
            return Err(OperatorChannelError::Never(why.clone()));
        }
        let body = json!({"content": text, "allowed_mentions": {"parse": []}}).to_string();
        let request = self.client.post(self.address.reveal()).header("content-type", "application/json");
        let sent = request.body(body).send().await.and_then(reqwest::Response::error_for_status);
        let Err(error) = sent else { return Ok(()) };
        match error.status() {
            Some(status) if is_for_good(status) => {
                let why = format!(
                    "operator.webhook_url answered {status}: it is gone or refuses us, and is not asked again until a restart"
                );
                tracing::error!("{why}; mend the address in the configuration");
                Err(OperatorChannelError::Never(self.refused.get_or_init(|| why).clone()))
            }
            _ => Err(OperatorChannelError::Later(said(error))),
        }
    }
}

/// Whether asking again would be answered the same: gone, refused, or moved, which we do not follow.
fn is_for_good(status: StatusCode) -> bool {
    let passes = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    status.is_client_error() && !passes.contains(&status)
}

/// Asks an address once, as a heartbeat's switch wants it.
pub(super) async fn ask(client: &reqwest::Client, address: &Secret) -> Result<(), String> {
    let sent = client.get(address.reveal()).send().await.and_then(reqwest::Response::error_for_status);
    sent.map(drop).map_err(said)
}

/// Why it failed, down to its root ("Connection refused"), without the address.
fn said(error: reqwest::Error) -> String {
    let error = error.without_url();
    let root = std::iter::successors(std::error::Error::source(&error), |error| error.source()).last();
    root.map_or_else(|| error.to_string(), |root| format!("{error}: {root}"))
}

/// The client for these addresses: no redirect is followed, so that a secret address goes nowhere else.
pub(super) fn client(proxy: &Proxy) -> Result<reqwest::Client, String> {
    let client = proxy
        .apply(reqwest::Client::builder())
        .user_agent(concat!("healthy-upstream/", env!("CARGO_PKG_VERSION")))
        .timeout(ANSWERS_WITHIN)
        .redirect(reqwest::redirect::Policy::none());
    client.build().map_err(|e| e.without_url().to_string())
}
