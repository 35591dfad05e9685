//! One check: what one source returned, and when.
//!
//! A failed check is data, not an error.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Page, SourceName};

/// What one source returned, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    pub source: SourceName,
    /// When the check began.
    pub at: Timestamp,
    /// How long it took.
    pub took: SignedDuration,
    pub seen: Outcome,
    /// When the server's certificate expires, if the check showed it.
    pub certificate_expires: Option<Timestamp>,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The server answered as a healthy one does.
    Healthy,
    /// The server answered over HTTP, but not as a healthy one. Counts towards an outage, and is never our own network's
    /// fault.
    Failing(Failure),
    /// No answer over HTTP (dns, connect, tls, time-out, reset). Our own network's fault if the connectivity checks fail too.
    Unreachable(Failure),
    /// Our request was rejected for a reason of ours; never an outage.
    Refused {
        why: RejectionReason,
        /// What was answered, in short, for the operator: `429 QUOTA_EXCEEDED`.
        detail: String,
        /// When the server allows the next check, if it said so.
        until: Option<Timestamp>,
    },
    /// An answer without meaning (HTML where JSON belongs, an unknown word): neither up nor down. Says why.
    Unclear(String),
    /// A parsed status page.
    Page(Box<Page>),
}

/// What failed, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub class: FailureKind,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// The words of the answer, short, on one line and not escaped: `no healthy upstream`, `connection termination`. May be
    /// empty.
    pub detail: String,
}

impl Failure {
    /// Returns it in short, as evidence in a reason: `503 no healthy upstream`, `timeout`, `502`.
    pub fn brief(&self) -> String {
        let name =
            if self.detail.is_empty() && self.status.is_none() { self.class.as_str() } else { &self.detail };
        match (self.status, name) {
            (Some(status), "") => status.to_string(),
            (Some(status), name) => format!("{status} {name}"),
            (None, name) => name.to_owned(),
        }
    }
}

/// Kinds of failure that count towards an outage (see the table in `probe::classify`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// 503 with the whole body `no healthy upstream`: Spotify's perimeter proxy is up, but a service has no healthy host.
    NoHealthyUpstream,
    /// Envoy's `upstream connect error or disconnect/reset before headers`.
    UpstreamConnect,
    /// 504 `upstream request timeout`.
    UpstreamTimeout,
    /// 503 of Envoy with an empty body.
    EnvoyEmpty,
    /// 502, 503 or 504 in HTML and not from Envoy: the front end before the perimeter proxy.
    EdgeError,
    /// JSON whose `error.status` is 500 or more: the gateway is up, but a service fails.
    ApiServerError,
    /// Any other 5xx.
    ServerError,
    /// The answer came, but its required content was missing (an empty list of access points).
    Empty,
    /// The server's certificate has expired.
    TlsExpired,
    /// Any other TLS failure.
    Tls,
    /// The name did not resolve.
    Dns,
    /// No connection.
    Connect,
    /// No answer in time.
    Timeout,
    /// The connection was closed before the answer was complete.
    Reset,
}

impl FailureKind {
    /// Returns the word of logs, metrics and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoHealthyUpstream => "no_healthy_upstream",
            Self::UpstreamConnect => "upstream_connect",
            Self::UpstreamTimeout => "upstream_timeout",
            Self::EnvoyEmpty => "envoy_empty",
            Self::EdgeError => "edge_error",
            Self::ApiServerError => "api_server_error",
            Self::ServerError => "server_error",
            Self::Empty => "empty",
            Self::TlsExpired => "tls_expired",
            Self::Tls => "tls",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
        }
    }
}

/// Reasons of ours for which a check was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectionReason {
    /// 429: too many calls in a short time.
    Rate,
    /// 429 with `QUOTA_EXCEEDED`: the developer account's quota, for hours.
    Quota,
    /// 400, 401 or 403 about our credentials, or an app owner without Premium.
    Credential,
    /// 403: the country of our address.
    Country,
}
