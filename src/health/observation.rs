//! One check: what one source told us, and when.
//!
//! A failed check is data, not an error.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Page, SourceName};

/// What one source told us, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    pub source: SourceName,
    /// When the check began.
    pub at: Timestamp,
    /// How long it took.
    pub took: SignedDuration,
    pub seen: Outcome,
    /// When the far side's certificate expires, where the check showed it.
    pub certificate_expires: Option<Timestamp>,
}

/// What a check told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The far side answered as a healthy one does.
    Healthy,
    /// The far side answered over HTTP, but not as a healthy one: counts towards an outage, and is never our own
    /// network's fault.
    Failing(Failure),
    /// No answer over HTTP (dns, connect, tls, time-out, reset): our own network's fault if the control fails likewise.
    Unreachable(Failure),
    /// We were refused for a reason of ours; never an outage.
    Refused {
        why: RejectionReason,
        /// What came, in short, for the operator: `429 QUOTA_EXCEEDED`.
        detail: String,
        /// When the far side allows the next check, where it said so.
        until: Option<Timestamp>,
    },
    /// An answer that tells nothing (HTML where JSON belongs, an unknown word): neither green nor red. Says why.
    Unclear(String),
    /// A status page, read.
    Page(Box<Page>),
}

/// What failed, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which kind of failure.
    pub class: FailureKind,
    /// The status of the answer, where there was one.
    pub status: Option<u16>,
    /// The words that came, short and on one line, unescaped: `no healthy upstream`, `connection termination`. May be
    /// empty.
    pub detail: String,
}

impl Failure {
    /// In short, as evidence in a reason: `503 no healthy upstream`, `timeout`, `502`.
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

/// Kinds of failure that count towards an outage (see the table in `probe::recognise`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// 503 whose whole body is `no healthy upstream`: the perimeter lives, a service has no healthy host.
    NoHealthyUpstream,
    /// Envoy's `upstream connect error or disconnect/reset before headers`.
    UpstreamConnect,
    /// 504 `upstream request timeout`.
    UpstreamTimeout,
    /// 503 of Envoy with an empty body.
    EnvoyEmpty,
    /// 502, 503 or 504 in HTML and not from Envoy: the front end before the perimeter.
    EdgeError,
    /// JSON whose `error.status` is 500 or more: the gateway lives, a service fails.
    ApiServerError,
    /// Any other 5xx.
    ServerError,
    /// The answer came, but what must be in it was missing (an empty list of access points).
    Empty,
    /// The far side's certificate has expired.
    TlsExpired,
    /// Any other TLS failure.
    Tls,
    /// The name did not resolve.
    Dns,
    /// No connection.
    Connect,
    /// No answer in time.
    Timeout,
    /// The connection was cut before the answer was whole.
    Reset,
}

impl FailureKind {
    /// The word of logs, metrics and JSON.
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

/// Reasons of ours for which a check was refused.
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
