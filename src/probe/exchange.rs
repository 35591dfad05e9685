//! One raw exchange: what was received, before it is classified.
//!
//! It is also one line of a recording, so its JSON is a promise:
//!
//! ```text
//! {"at":"2025-04-16T12:20:05.12Z","source":"web-api","ms":41,"status":503,"headers":{"content-type":"text/plain"},"body":"no healthy upstream"}
//! {"at":"2025-04-16T12:20:35Z","source":"accounts","ms":8000,"error":"timeout"}
//! ```

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::health::SourceName;

/// What was received in one request to one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Line", into = "Line")]
pub struct Exchange {
    /// When the check began.
    pub at: Timestamp,
    pub source: SourceName,
    /// How long it took, in milliseconds.
    pub ms: u64,
    pub outcome: ExchangeOutcome,
    /// When the server's certificate expires, if the check showed it. Not part of a recording.
    pub certificate_expires: Option<Timestamp>,
}

/// A response, or why there was none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExchangeOutcome {
    /// The server answered over HTTP.
    Answer(HttpResponse),
    /// It did not, or not completely.
    Failed(TransportFailure),
}

/// A response over HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// Its status, 100 to 999.
    pub status: u16,
    pub headers: ResponseHeaders,
    pub body: Vec<u8>,
    /// The body was cut at the size cap.
    pub truncated: bool,
}

/// Why there was no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportFailure {
    pub error: TransportError,
    /// What the library reported, for the operator.
    pub detail: Option<String>,
}

/// Ways in which an exchange fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransportError {
    /// The name did not resolve.
    Dns,
    /// No connection.
    Connect,
    Tls,
    /// The server's certificate has expired.
    TlsExpired,
    /// No complete response in time.
    Timeout,
    /// The connection was closed before the response was complete, or the response was not HTTP.
    Reset,
    /// The response is larger than we read: its body, or its headers.
    BodyTooLarge,
}

impl TransportError {
    /// Returns the word of recordings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::TlsExpired => "tls_expired",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::BodyTooLarge => "body_too_large",
        }
    }
}

/// Headers that carry secrets or track people: never stored.
const NEVER_STORED: [&str; 5] =
    ["authorization", "proxy-authorization", "cookie", "set-cookie", "set-cookie2"];

/// Headers by name in lower case, one value each (several of one name are joined by `, `), without secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ResponseHeaders(BTreeMap<String, String>);

impl ResponseHeaders {
    /// Adds one header; those that carry secrets are dropped.
    pub fn add(&mut self, name: &str, value: &str) {
        let name = name.to_ascii_lowercase();
        if NEVER_STORED.contains(&name.as_str()) {
            return;
        }
        self.0
            .entry(name)
            .and_modify(|present| {
                present.push_str(", ");
                present.push_str(value);
            })
            .or_insert_with(|| value.to_owned());
    }

    /// Returns the value of a header, by its name in lower case.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns all headers, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for ResponseHeaders {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(all: I) -> Self {
        let mut headers = Self::default();
        for (name, value) in all {
            headers.add(name.as_ref(), value.as_ref());
        }
        headers
    }
}

impl<'de> Deserialize<'de> for ResponseHeaders {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        BTreeMap::<String, String>::deserialize(from).map(|map| map.into_iter().collect())
    }
}

impl Exchange {
    /// Returns an exchange with a response.
    pub fn answered(source: &SourceName, at: Timestamp, took: SignedDuration, answer: HttpResponse) -> Self {
        Self::new(source, at, took, ExchangeOutcome::Answer(answer))
    }

    /// Returns an exchange that failed.
    pub fn failed(source: &SourceName, at: Timestamp, took: SignedDuration, error: TransportError) -> Self {
        Self::new(source, at, took, ExchangeOutcome::Failed(TransportFailure { error, detail: None }))
    }

    fn new(source: &SourceName, at: Timestamp, took: SignedDuration, outcome: ExchangeOutcome) -> Self {
        let ms = u64::try_from(took.as_millis()).unwrap_or(0);
        Self { at, source: source.clone(), ms, outcome, certificate_expires: None }
    }

    /// Returns how long the check took.
    pub fn took(&self) -> SignedDuration {
        SignedDuration::from_millis(i64::try_from(self.ms).unwrap_or(i64::MAX))
    }

    /// Returns when the check was over.
    pub fn done(&self) -> Timestamp {
        self.at.checked_add(self.took()).unwrap_or(self.at)
    }

    /// Returns the response, if there was one.
    pub fn answer(&self) -> Option<&HttpResponse> {
        match &self.outcome {
            ExchangeOutcome::Answer(answer) => Some(answer),
            ExchangeOutcome::Failed(_) => None,
        }
    }
}

impl HttpResponse {
    /// Returns a response with a plain-text body.
    pub fn text(status: u16, body: &str) -> Self {
        Self::of(status, "text/plain", body)
    }

    /// Returns a response with a JSON body.
    pub fn json(status: u16, body: &str) -> Self {
        Self::of(status, "application/json", body)
    }

    /// Returns a response with an HTML body.
    pub fn html(status: u16, body: &str) -> Self {
        Self::of(status, "text/html", body)
    }

    fn of(status: u16, kind: &str, body: &str) -> Self {
        let headers = [("content-type", kind)].into_iter().collect();
        Self { status, headers, body: body.as_bytes().to_vec(), truncated: false }
    }

    /// Returns the same response with one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.add(name, value);
        self
    }
}

/// One line of a recording, as it is written.
#[derive(Clone, Serialize, Deserialize)]
struct Line {
    at: Timestamp,
    source: SourceName,
    ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    headers: Option<ResponseHeaders>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<TransportError>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl From<Exchange> for Line {
    fn from(exchange: Exchange) -> Self {
        let Exchange { at, source, ms, outcome, certificate_expires: _ } = exchange;
        let empty = Self {
            at,
            source,
            ms,
            status: None,
            headers: None,
            body: None,
            body_base64: None,
            truncated: false,
            error: None,
            detail: None,
        };
        match outcome {
            ExchangeOutcome::Failed(TransportFailure { error, detail }) => {
                Self { error: Some(error), detail, ..empty }
            }
            ExchangeOutcome::Answer(HttpResponse { status, headers, body, truncated }) => {
                let (body, body_base64) = match String::from_utf8(body) {
                    Ok(text) => (Some(text), None),
                    Err(bytes) => (None, Some(BASE64.encode(bytes.as_bytes()))),
                };
                Self { status: Some(status), headers: Some(headers), body, body_base64, truncated, ..empty }
            }
        }
    }
}

impl TryFrom<Line> for Exchange {
    type Error = String;

    fn try_from(line: Line) -> Result<Self, String> {
        let Line { at, source, ms, status, headers, body, body_base64, truncated, error, detail } = line;
        let outcome = match (status, error) {
            (Some(_), Some(_)) => return Err("has both `status` and `error`".to_owned()),
            (None, None) => return Err("has neither `status` nor `error`".to_owned()),
            (None, Some(error)) => ExchangeOutcome::Failed(TransportFailure { error, detail }),
            (Some(status), None) => {
                if !(100..=999).contains(&status) {
                    return Err(format!("`status` {status} is not an HTTP status (100 to 999)"));
                }
                let body = match (body, body_base64) {
                    (Some(_), Some(_)) => return Err("has both `body` and `body_base64`".to_owned()),
                    (Some(text), None) => text.into_bytes(),
                    (None, Some(code)) => {
                        BASE64.decode(code).map_err(|e| format!("`body_base64` is not base64: {e}"))?
                    }
                    (None, None) => Vec::new(),
                };
                ExchangeOutcome::Answer(HttpResponse {
                    status,
                    headers: headers.unwrap_or_default(),
                    body,
                    truncated,
                })
            }
        };
        Ok(Self { at, source, ms, outcome, certificate_expires: None })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn recorded_line_round_trips_without_secrets() {
        let mut answer = HttpResponse::text(503, "no healthy upstream").with("Server", "envoy");
        answer = answer
            .with("Set-Cookie", "sid=1")
            .with("AUTHORIZATION", "Bearer x")
            .with("Via", "a")
            .with("via", "b");
        let at = "2025-04-16T12:20:05.12Z".parse().unwrap();
        let exchange = Exchange::answered(&"web-api".into(), at, SignedDuration::from_millis(41), answer);
        let line = serde_json::to_string(&exchange).unwrap();
        expect_test::expect![[r#"{"at":"2025-04-16T12:20:05.12Z","source":"web-api","ms":41,"status":503,"headers":{"content-type":"text/plain","server":"envoy","via":"a, b"},"body":"no healthy upstream"}"#]]
            .assert_eq(&line);
        assert_eq!(serde_json::from_str::<Exchange>(&line).unwrap(), exchange);
    }

    #[test]
    fn contradictory_or_empty_line_is_refused_with_a_reason() {
        let wrong = |rest: &str| {
            let line = format!(r#"{{"at":"2025-04-16T12:20:05Z","source":"web-api","ms":1{rest}}}"#);
            serde_json::from_str::<Exchange>(&line).unwrap_err().to_string()
        };
        assert!(wrong("").contains("neither `status` nor `error`"));
        assert!(wrong(r#","status":200,"error":"dns""#).contains("both `status` and `error`"));
        assert!(wrong(r#","status":7"#).contains("not an HTTP status"));
        assert!(wrong(r#","error":"gremlins""#).contains("gremlins"));
        assert!(wrong(r#","status":200,"body_base64":"%%""#).contains("not base64"));
    }

    proptest! {
        #[test]
        fn any_bytes_survive_a_recording(body: Vec<u8>, status in 100u16..=999, truncated: bool, ms in 0u64..100_000) {
            let answer = HttpResponse { status, headers: ResponseHeaders::default(), body, truncated };
            let took = SignedDuration::from_millis(i64::try_from(ms).unwrap());
            let exchange = Exchange::answered(&"control".into(), Timestamp::UNIX_EPOCH, took, answer);
            let line = serde_json::to_string(&exchange).unwrap();
            prop_assert!(!line.contains('\n'));
            prop_assert_eq!(serde_json::from_str::<Exchange>(&line).unwrap(), exchange);
        }
    }
}
