//! REST requests: serenity's bodies, reqwest, and our own rate limits.
//!
//! One request is one attempt: a failure is returned typed, and the notifier decides when to retry. The token, an
//! interaction's token and a text are never in an error or a log.

mod access;
mod commands;
mod outbound;
mod response;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Method, Url, multipart};
use serde_json::Value;
use tokio::sync::{OnceCell, Semaphore};

use super::ratelimit::{BucketRoute, RateLimiter};
use super::{AGENT, DiscordError, Identity, PermanentReason};
use crate::alerts::Reason;
use crate::chat::{Image, Message, TextFile};
use crate::clock::Clock;
use crate::cluster::SharedLimits;
use crate::proxy::Proxy;
use response::ApiResponse;

/// A response of Discord takes longer only if something is wrong.
const TIME_OUT: Duration = Duration::from_secs(10);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Concurrent requests: each holds a connection and its buffers, so this bounds memory.
const AT_ONCE: usize = 32;
/// Interactions have slots of their own, so that no fan-out makes a user wait. Of a burst of 500, half were answered in a
/// third of the time that 32 slots took (measured alternately); more than 128 gained nothing.
const INTERACTIONS_AT_ONCE: usize = 128;
/// Discord accepts the first answer to an interaction for this long (reference, "Responding to an interaction").
const CALLBACK_WITHIN: SignedDuration = SignedDuration::from_secs(3);
/// Delay before a first answer that met an error is sent once more.
const CALLBACK_AGAIN: SignedDuration = SignedDuration::from_millis(250);
/// Discord's API version, which our builders and readers implement.
const API: &str = "/api/v10";

/// Options for reaching Discord.
#[derive(Clone)]
pub struct RestOptions {
    /// The base URL: `https://discord.com`, or a REST proxy; http is accepted for loopback only.
    pub api: String,
    pub token: String,
    /// Discord's global limit for this bot, in requests per second: 50 unless Discord granted more.
    pub requests_per_second: u32,
    /// What this instance shares with others; `None` if it is the only one.
    pub shared_limits: Option<Arc<dyn SharedLimits>>,
    pub proxy: Proxy,
    pub clock: Clock,
}

impl fmt::Debug for RestOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("api", &self.api).finish_non_exhaustive()
    }
}

/// Discord over REST.
pub struct Rest {
    http: reqwest::Client,
    files: reqwest::Client,
    base: String,
    pace: RateLimiter,
    clock: Clock,
    slots: Semaphore,
    interaction_slots: Semaphore,
    unauthorized: AtomicBool,
    me: OnceCell<Identity>,
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").field("base", &self.base).finish_non_exhaustive()
    }
}

/// Why Discord cannot be reached as configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestConfigError {
    /// `discord.api` is not a URL, or may not be used.
    #[error("discord.api: {0}")]
    Api(String),
    /// The token has invalid characters.
    #[error(
        "the Discord token holds characters that no token has; it may have been cut or pasted with quotes"
    )]
    Token,
    #[error("the HTTP client cannot be built: {0}")]
    Client(String),
}

struct ApiRequest<'a> {
    method: Method,
    path: String,
    route: BucketRoute,
    /// Serialised JSON: while a request waits for its turn, the string takes a tenth of the memory of its source.
    body: Option<String>,
    images: &'a [Image],
    file: Option<&'a TextFile>,
}

impl<'a> ApiRequest<'a> {
    fn new(method: Method, path: String, name: &'static str, major: u64) -> Self {
        Self { method, path, route: BucketRoute { name, major }, body: None, images: &[], file: None }
    }

    #[expect(clippy::needless_pass_by_value, reason = "the source is dropped before the string is sent")]
    fn with(self, body: Value) -> Self {
        // cannot fail: a value is plain data with text keys.
        Self { body: serde_json::to_string(&body).ok(), ..self }
    }

    fn showing(self, message: &'a Message) -> Self {
        Self { images: &message.images, file: message.file.as_ref(), ..self }
    }
}

impl Rest {
    /// Creates a client. Nothing is sent yet.
    pub fn new(options: &RestOptions) -> Result<Self, RestConfigError> {
        let base = checked_base(&options.api)?;
        let mut secret =
            HeaderValue::from_str(&format!("Bot {}", options.token)).map_err(|_| RestConfigError::Token)?;
        secret.set_sensitive(true);
        let client = || {
            let client = options.proxy.apply(reqwest::Client::builder());
            client
                .user_agent(AGENT)
                .timeout(TIME_OUT)
                .connect_timeout(CONNECT_WITHIN)
                .redirect(reqwest::redirect::Policy::none())
                .pool_max_idle_per_host(INTERACTIONS_AT_ONCE)
        };
        let failed = |e: reqwest::Error| RestConfigError::Client(e.without_url().to_string());
        let headers = HeaderMap::from_iter([(AUTHORIZATION, secret)]);
        Ok(Self {
            http: client().default_headers(headers).build().map_err(failed)?,
            // Files are fetched without the token: their host must not get it.
            files: client().build().map_err(failed)?,
            base,
            pace: match &options.shared_limits {
                Some(shared_limits) => RateLimiter::shared(
                    &options.clock,
                    options.requests_per_second,
                    Arc::clone(shared_limits),
                ),
                None => RateLimiter::new(&options.clock, options.requests_per_second),
            },
            clock: options.clock.clone(),
            slots: Semaphore::new(AT_ONCE),
            interaction_slots: Semaphore::new(INTERACTIONS_AT_ONCE),
            unauthorized: AtomicBool::new(false),
            me: OnceCell::new(),
        })
    }

    /// Returns how many requests were invalid (401, 403, 429) in the last 10 minutes: 1,000 stop us.
    pub fn invalid_requests(&self) -> usize {
        self.pace.invalid()
    }

    /// Makes a request within the rate limits. Returns the response's body on success.
    async fn ask(&self, ask: ApiRequest<'_>) -> Result<Vec<u8>, DiscordError> {
        self.refuse_if_unauthorized()?;
        let (turn, slot) = self.pace.turn_in(ask.route, self.slots.acquire()).await?;
        // The semaphore is closed only when the client is gone.
        let _slot = slot.map_err(|_| later(Reason::Stopping, false))?;
        let answered = self.send(ask).await?;
        turn.complete(answered.status, &answered.headers);
        self.settle(answered)
    }

    /// Makes a request of an interaction: outside the global limit and its queue.
    async fn ask_interaction(&self, ask: ApiRequest<'_>) -> Result<Vec<u8>, DiscordError> {
        self.refuse_if_unauthorized()?;
        let _slot = self.interaction_slots.acquire().await.map_err(|_| later(Reason::Stopping, false))?;
        let answered = self.send(ask).await?;
        self.pace.note(answered.status, &answered.headers);
        self.settle(answered)
    }

    /// Sends the first answer to an interaction. It is sent once more if Discord fails or the connection is lost, within the time
    /// in which Discord accepts it.
    async fn call_back<'a>(&self, callback: impl Fn() -> ApiRequest<'a>) -> Result<Vec<u8>, DiscordError> {
        let sent = self.clock.timeout(CALLBACK_WITHIN, async {
            match self.ask_interaction(callback()).await {
                Err(DiscordError::Transient { after: None, perhaps_done, .. }) => {
                    self.clock.sleep(CALLBACK_AGAIN).await;
                    match self.ask_interaction(callback()).await {
                        // 40060: the first attempt arrived.
                        Err(DiscordError::Permanent(PermanentReason::InteractionOver(40060)))
                            if perhaps_done =>
                        {
                            Ok(Vec::new())
                        }
                        second => second,
                    }
                }
                first => first,
            }
        });
        sent.await.unwrap_or_else(|| Err(later(Reason::NoAnswer, true)))
    }

    fn refuse_if_unauthorized(&self) -> Result<(), DiscordError> {
        let refused = self.unauthorized.load(Ordering::Acquire);
        if refused { Err(DiscordError::Permanent(PermanentReason::Unauthorized)) } else { Ok(()) }
    }

    fn settle(&self, answered: ApiResponse) -> Result<Vec<u8>, DiscordError> {
        let done = answered.into_result();
        if matches!(done, Err(DiscordError::Permanent(PermanentReason::Unauthorized))) {
            self.unauthorized.store(true, Ordering::Release);
        }
        done
    }

    async fn send(&self, ask: ApiRequest<'_>) -> Result<ApiResponse, DiscordError> {
        let mut request = self.http.request(ask.method.clone(), format!("{}{API}{}", self.base, ask.path));
        request = match ask.body {
            Some(body) if ask.images.is_empty() && ask.file.is_none() => {
                request.header("content-type", "application/json").body(body)
            }
            Some(body) => request.multipart(form(body, ask.images, ask.file)?),
            // Discord requires a length even without a body.
            None if ask.method == Method::POST => request.header("content-length", "0"),
            None => request,
        };
        let response = request.send().await.map_err(|e| lost(&e))?;
        response::read(response).await
    }
}

fn form(body: String, images: &[Image], file: Option<&TextFile>) -> Result<multipart::Form, DiscordError> {
    let wrong = |e: reqwest::Error| {
        tracing::error!(error = %e.without_url(), "a request could not be made");
        unmade()
    };
    let json = multipart::Part::text(body).mime_str("application/json").map_err(wrong)?;
    let mut form = multipart::Form::new().part("payload_json", json);
    for (index, image) in images.iter().enumerate() {
        let part = multipart::Part::bytes(image.png.bytes()).file_name(image.name.clone());
        form = form.part(format!("files[{index}]"), part.mime_str("image/png").map_err(wrong)?);
    }
    if let Some(file) = file {
        let part = multipart::Part::text(file.text.clone()).file_name(file.name.clone());
        let part = part.mime_str("application/json").map_err(wrong)?;
        form = form.part(format!("files[{}]", images.len()), part);
    }
    Ok(form)
}

/// Translates a request without a response, including whether it may have been carried out.
fn lost(error: &reqwest::Error) -> DiscordError {
    if error.is_connect() {
        let why = Reason::NoConnection;
        return DiscordError::Transient { after: None, why, perhaps_done: false, unreached: true };
    }
    let (why, perhaps_done) = if error.is_builder() {
        return unmade();
    } else if error.is_timeout() {
        (Reason::NoAnswer, true)
    } else {
        (Reason::ConnectionCut, true)
    };
    later(why, perhaps_done)
}

/// Translates a request that we could not make: it says nothing about the connection, and is not retried at once.
fn unmade() -> DiscordError {
    DiscordError::Transient {
        after: Some(SignedDuration::from_mins(1)),
        why: Reason::RequestNotMade,
        perhaps_done: false,
        unreached: false,
    }
}

fn later(why: Reason, perhaps_done: bool) -> DiscordError {
    DiscordError::Transient { after: None, why, perhaps_done, unreached: false }
}

/// Returns the address of Discord's API without a slash at its end, if it may be used.
fn checked_base(api: &str) -> Result<String, RestConfigError> {
    let wrong = |why: &str| RestConfigError::Api(format!("{why}: {api:?}"));
    let url = Url::parse(api).map_err(|_| wrong("this is no address"))?;
    let host = url.host_str().ok_or_else(|| wrong("this address has no host"))?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(host) => {}
        "http" => return Err(wrong("http is accepted for this machine only: the token would be readable")),
        _ => return Err(wrong("only https is accepted")),
    }
    if !url.username().is_empty() || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("an address without user, query and fragment is needed"));
    }
    Ok(api.trim_end_matches('/').to_owned())
}

/// Returns whether a host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_goes_over_https_or_to_this_machine_only() {
        assert_eq!(checked_base("https://discord.com/"), Ok("https://discord.com".into()));
        assert_eq!(checked_base("http://127.0.0.1:8080/proxy"), Ok("http://127.0.0.1:8080/proxy".into()));
        assert_eq!(checked_base("http://[::1]:8080"), Ok("http://[::1]:8080".into()));
        for wrong in ["discord.com", "http://discord.com", "ftp://127.0.0.1", "https://user@discord.com", ""]
        {
            assert!(checked_base(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn invalid_token_is_reported_without_showing_it() {
        let clock = Clock::system();
        let options = RestOptions {
            api: "https://discord.com".into(),
            token: "a\nb".into(),
            requests_per_second: 50,
            shared_limits: None,
            proxy: Proxy::default(),
            clock,
        };
        let error = Rest::new(&options).expect_err("refused");
        assert!(error.to_string().contains("cut or pasted"), "{error}");
        assert!(!format!("{options:?}").contains("a\nb"));
    }
}
