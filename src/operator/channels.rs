//! The channels to the operator: a Discord channel, and a webhook of any kind for when Discord itself fails.

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

/// How long a webhook or the heartbeat URL may take to answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

#[async_trait]
pub trait OperatorChannel: Send + Sync {
    /// Sends one message. Repeating it with the same `nonce` posts it once.
    async fn say(&self, text: &str, nonce: &str) -> Result<(), OperatorChannelError>;
}

/// Why a message could not be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperatorChannelError {
    #[error("{0}")]
    Later(String),
    #[error("{0}")]
    Never(String),
}

/// The channel of `operator.channel`.
pub struct DiscordChannel {
    pub discord: Arc<dyn Discord>,
    pub channel: ChannelId,
}

#[async_trait]
impl OperatorChannel for DiscordChannel {
    async fn say(&self, text: &str, nonce: &str) -> Result<(), OperatorChannelError> {
        // The message has no `mentions`, so it pings nobody.
        let message = Message::text(text);
        let post = Post { channel: self.channel, message, nonce: nonce.to_owned(), reply_to: None };
        match self.discord.post(&post).await {
            Ok(_) => Ok(()),
            Err(DiscordError::Transient { why, .. }) => Err(OperatorChannelError::Later(why.to_string())),
            Err(DiscordError::Permanent(why)) => Err(OperatorChannelError::Never(why.to_string())),
        }
    }
}

/// The webhook of `operator.webhook_url`. It gets JSON with the text as `content`, which Discord's own webhooks read,
/// and most others can be configured to read.
///
/// A webhook that is gone or refuses the bot is not called again until the next start. Discord restricts clients that
/// go on calling a webhook that answered 404 (reference, "Rate limits"), and a wrong address stays wrong.
pub struct Webhook {
    address: Secret,
    client: reqwest::Client,
    refused: OnceLock<String>,
}

impl Webhook {
    /// Creates a webhook. Fails if the HTTP client cannot be built.
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
                    "operator.webhook_url answered {status}: it is gone or refuses the bot, and is not called again until a \
                     restart"
                );
                tracing::error!("{why}; fix the address in the configuration");
                Err(OperatorChannelError::Never(self.refused.get_or_init(|| why).clone()))
            }
            _ => Err(OperatorChannelError::Later(said(error))),
        }
    }
}

/// Whether another request would get the same answer: gone, refused, or a redirect, which is not followed.
fn is_for_good(status: StatusCode) -> bool {
    let passes = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    status.is_client_error() && !passes.contains(&status)
}

/// Requests an address once, as a heartbeat URL expects it.
pub(super) async fn ask(client: &reqwest::Client, address: &Secret) -> Result<(), String> {
    let sent = client.get(address.reveal()).send().await.and_then(reqwest::Response::error_for_status);
    sent.map(drop).map_err(said)
}

/// Returns the error down to its root ("Connection refused"), without the address.
fn said(error: reqwest::Error) -> String {
    let error = error.without_url();
    let root = std::iter::successors(std::error::Error::source(&error), |error| error.source()).last();
    root.map_or_else(|| error.to_string(), |root| format!("{error}: {root}"))
}

/// Builds the client for these addresses. It follows no redirect, so that a secret address goes nowhere else.
pub(super) fn client(proxy: &Proxy) -> Result<reqwest::Client, String> {
    let client = proxy
        .apply(reqwest::Client::builder())
        .user_agent(concat!("healthy-upstream/", env!("CARGO_PKG_VERSION")))
        .timeout(ANSWERS_WITHIN)
        .redirect(reqwest::redirect::Policy::none());
    client.build().map_err(|e| e.without_url().to_string())
}
