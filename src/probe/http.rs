//! The network as a transport: one HTTP attempt, with a time-out and a body cap, and no hidden retry.
//!
//! Connections are renewed every few minutes and after every failure, so that DNS and certificates are checked too.
//! At most three redirects are followed, on the same host only. A redirect to another host is returned as the response.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect;

use super::certificate;
use super::classify::shorten;
use super::exchange::{
    Exchange, ExchangeOutcome, HttpResponse, ResponseHeaders, TransportError, TransportFailure,
};
use super::spotify::Method;
use super::transport::{BodyCap, ProbeRequest, Transport};
use crate::clock::Clock;
use crate::proxy::Proxy;

/// How requests are made.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// The longest time from the first packet to the last byte.
    pub timeout: SignedDuration,
    /// The longest body that is read, in bytes.
    pub body_cap: usize,
    /// The `User-Agent`.
    pub user_agent: String,
    /// The longest life of a connection.
    pub renew_after: SignedDuration,
    /// Further certificate authorities, as PEM: those of a private mirror, or of a proxy that intercepts TLS.
    pub authorities: String,
    /// The proxy for requests.
    pub proxy: Proxy,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            // Monitors of Spotify wait 5 to 8 s; a user who waits longer has left.
            timeout: SignedDuration::from_secs(8),
            // The largest summary of a status page that was seen is below 200 KiB.
            body_cap: 1 << 20,
            user_agent: user_agent(env!("CARGO_PKG_REPOSITORY")),
            renew_after: SignedDuration::from_mins(4),
            authorities: String::new(),
            proxy: Proxy::default(),
        }
    }
}

/// Returns the `User-Agent` with an address or a mailbox at which somebody answers for our requests.
pub fn user_agent(contact: &str) -> String {
    format!("HealthyUpstream/{} (+{contact})", env!("CARGO_PKG_VERSION"))
}

/// The library rejected the options: a user agent that is no valid header, or authorities that are no certificates.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be built: {0}")]
pub struct HttpError(#[from] reqwest::Error);

/// The network.
#[derive(Debug)]
pub struct HttpTransport {
    options: HttpOptions,
    clock: Clock,
    client: Mutex<CachedResponse>,
}

#[derive(Debug)]
struct CachedResponse {
    client: reqwest::Client,
    since: Duration,
}

/// Bytes of headers of one response over HTTP/2; more ends the stream. The largest that were seen are 8 KiB of cookies.
const MOST_HEADERS: u32 = 256 << 10;

/// More redirects than this are a loop.
const MOST_REDIRECTS: usize = 3;

impl HttpTransport {
    /// Returns a transport with these options.
    pub fn new(options: HttpOptions, clock: &Clock) -> Result<Self, HttpError> {
        let client = Mutex::new(CachedResponse { client: build(&options)?, since: clock.ticks() });
        Ok(Self { options, clock: clock.clone(), client })
    }

    fn client(&self) -> reqwest::Client {
        let mut stored = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let age = self.clock.ticks().saturating_sub(stored.since);
        if age >= Duration::try_from(self.options.renew_after).unwrap_or_default()
            && let Ok(client) = build(&self.options)
        {
            *stored = CachedResponse { client, since: self.clock.ticks() };
        }
        stored.client.clone()
    }

    /// Drops all connections after a failure: the next check opens its own.
    fn drop_connections(&self) {
        if let Ok(client) = build(&self.options) {
            *self.client.lock().unwrap_or_else(PoisonError::into_inner) =
                CachedResponse { client, since: self.clock.ticks() };
        }
    }

    async fn attempt(
        &self,
        request: &ProbeRequest,
    ) -> Result<(HttpResponse, Option<jiff::Timestamp>), TransportFailure> {
        let client = self.client();
        let mut building = match request.method {
            Method::Get => client.get(&request.url),
            Method::Post => client
                .post(&request.url)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(request.form.clone()),
        };
        for (name, value) in &request.headers {
            building = building.header(*name, value);
        }
        if let Some(secret) = &request.authorization
            && let Ok(mut value) = HeaderValue::from_str(secret.reveal())
        {
            value.set_sensitive(true);
            building = building.header(AUTHORIZATION, value);
        }
        let mut response = building.send().await.map_err(|e| failure(&e))?;
        let expires = response
            .extensions()
            .get::<reqwest::tls::TlsInfo>()
            .and_then(|tls| certificate::expires(tls.peer_certificate()?));
        let headers: ResponseHeaders = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let status = response.status().as_u16();
        let (cap, cut) = match request.body {
            BodyCap::Whole => (self.options.body_cap, false),
            BodyCap::Head(bytes) => (bytes.min(self.options.body_cap), true),
        };
        let announced = response.content_length().unwrap_or(0);
        if !cut && usize::try_from(announced).unwrap_or(usize::MAX) > cap {
            return Err(too_large(cap));
        }
        let mut answer = HttpResponse { status, headers, ..HttpResponse::default() };
        while let Some(chunk) = response.chunk().await.map_err(|e| failure(&e))? {
            let room = cap.saturating_sub(answer.body.len());
            if chunk.len() > room {
                if !cut {
                    return Err(too_large(cap));
                }
                answer.body.extend(chunk.iter().take(room));
                answer.truncated = true;
                break;
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok((answer, expires))
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn ask(&self, request: &ProbeRequest) -> Exchange {
        let (at, began) = (self.clock.now(), self.clock.ticks());
        let (outcome, certificate_expires) = match self.attempt(request).await {
            Ok((answer, expires)) => (ExchangeOutcome::Answer(answer), expires),
            Err(failure) => {
                self.drop_connections();
                (ExchangeOutcome::Failed(failure), None)
            }
        };
        let took = self.clock.ticks().saturating_sub(began);
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Exchange { at, source: request.source.clone(), ms, outcome, certificate_expires }
    }
}

fn build(options: &HttpOptions) -> Result<reqwest::Client, reqwest::Error> {
    let same_host = redirect::Policy::custom(|attempt| {
        let same = attempt.previous().last().is_some_and(|from| {
            let to = attempt.url();
            // From http to https on the default ports is the same host; the way back is not.
            let upgraded = from.scheme() == "http" && to.scheme() == "https" && from.port().is_none();
            from.host() == to.host()
                && (upgraded || (from.scheme() == to.scheme() && from.port() == to.port()))
        });
        if same && attempt.previous().len() <= MOST_REDIRECTS { attempt.follow() } else { attempt.stop() }
    });
    let mut builder = options.proxy.apply(reqwest::Client::builder());
    for authority in reqwest::Certificate::from_pem_bundle(options.authorities.as_bytes())? {
        builder = builder.add_root_certificate(authority);
    }
    builder
        .user_agent(&options.user_agent)
        .timeout(Duration::try_from(options.timeout).unwrap_or_default())
        .redirect(same_host)
        .http2_max_header_list_size(MOST_HEADERS)
        .dns_resolver(Arc::new(SystemNames))
        .tls_info(true)
        .build()
}

fn too_large(cap: usize) -> TransportFailure {
    TransportFailure {
        error: TransportError::BodyTooLarge,
        detail: Some(format!("more than {} KiB", cap >> 10)),
    }
}

/// The system's resolver, with an error type of ours that can be recognized later.
struct SystemNames;

#[derive(Debug)]
struct NoSuchName(io::Error);

impl fmt::Display for NoSuchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name does not resolve: {}", self.0)
    }
}

impl Error for NoSuchName {}

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(NoSuchName)?;
            let found: Vec<SocketAddr> = found.collect();
            if found.is_empty() {
                return Err(NoSuchName(io::Error::other("no address")).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Classifies a failed request by the types in its chain of causes, not by their text.
fn failure(error: &reqwest::Error) -> TransportFailure {
    let chain = causes(error);
    let detail = chain.last().map(|cause| shorten(&cause.to_string())).filter(|d| !d.is_empty());
    TransportFailure { error: kind(&chain, error.is_timeout(), error.is_connect()), detail }
}

fn kind(chain: &[&(dyn Error + 'static)], timeout: bool, connecting: bool) -> TransportError {
    if timeout {
        return TransportError::Timeout;
    }
    if chain.iter().any(|cause| cause.is::<NoSuchName>()) {
        return TransportError::Dns;
    }
    if let Some(tls) = chain.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        use rustls::CertificateError::{Expired, ExpiredContext};
        return match tls {
            rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. }) => TransportError::TlsExpired,
            _ => TransportError::Tls,
        };
    }
    // The server answered. hyper reads at most 100 header lines, and reqwest has no option for it.
    if chain.iter().any(|cause| cause.downcast_ref().is_some_and(hyper::Error::is_parse_too_large)) {
        return TransportError::BodyTooLarge;
    }
    if connecting { TransportError::Connect } else { TransportError::Reset }
}

/// Returns the error and its causes. An `io::Error` hides the error that it wraps from `source`, so that is added too.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut chain: Vec<&'a (dyn Error + 'static)> = Vec::new();
    let mut next = Some(error);
    // Deeper chains were never seen. Stops if one is circular.
    while let Some(cause) = next.filter(|_| chain.len() < 16) {
        chain.push(cause);
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => cause.source(),
        };
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(error: &(dyn Error + 'static)) -> TransportError {
        kind(&causes(error), false, true)
    }

    #[test]
    fn expired_certificate_differs_from_other_tls_errors() {
        let wrap = |tls: rustls::Error| io::Error::new(io::ErrorKind::InvalidData, tls);
        let expired = wrap(rustls::Error::InvalidCertificate(rustls::CertificateError::Expired));
        assert_eq!(described(&expired), TransportError::TlsExpired);
        let unknown = wrap(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer));
        assert_eq!(described(&io::Error::other(unknown)), TransportError::Tls);
        assert_eq!(described(&io::Error::from(io::ErrorKind::ConnectionRefused)), TransportError::Connect);
        assert_eq!(described(&NoSuchName(io::Error::other("x"))), TransportError::Dns);
    }

    #[test]
    fn we_say_who_we_are_and_where_to_complain() {
        let agent = HttpOptions::default().user_agent;
        assert!(agent.starts_with("HealthyUpstream/") && agent.contains("(+https://"), "{agent}");
    }
}
