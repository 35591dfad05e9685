//! The transport: carries a request to a host and returns a raw exchange.
//!
//! Implementations are the network ([`HttpTransport`](super::HttpTransport)), the scripted Spotify and a recording. A
//! [`RecordingTransport`] reports every exchange that passes to a listener.

use std::sync::Arc;

use async_trait::async_trait;

use super::exchange::Exchange;
use super::spotify::Method;
use crate::health::SourceName;
use crate::secret::Secret;

/// Carries requests.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Makes one attempt and returns what came. A failure is an exchange too.
    async fn ask(&self, request: &ProbeRequest) -> Exchange;
}

#[derive(Clone, Debug)]
pub struct ProbeRequest {
    /// The source that is probed.
    pub source: SourceName,
    /// The whole URL.
    pub url: String,
    /// The HTTP method.
    pub method: Method,
    /// The body of a `POST`, as a form.
    pub form: String,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The value of `Authorization`.
    pub authorization: Option<Secret>,
    /// How much of the body is read, in bytes.
    pub body: BodyCap,
    /// The response is a secret: no listener gets it.
    pub confidential: bool,
}

/// How much of a body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyCap {
    /// All of it, up to the transport's own cap; more is `body_too_large`.
    Whole,
    /// This many bytes suffice to classify it; the rest is cut and marked as `truncated`.
    Head(usize),
}

impl ProbeRequest {
    /// Returns a plain `GET`.
    pub fn to(source: &SourceName, url: &str) -> Self {
        Self {
            source: source.clone(),
            url: url.to_owned(),
            method: Method::Get,
            form: String::new(),
            headers: Vec::new(),
            authorization: None,
            body: BodyCap::Whole,
            confidential: false,
        }
    }

    /// Returns the value of a further header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// A transport that reports every exchange to `listener`, except confidential ones.
pub struct RecordingTransport<L> {
    transport: Arc<dyn Transport>,
    listener: L,
}

impl<L: Fn(&Exchange) + Send + Sync> RecordingTransport<L> {
    /// Reports the exchanges of `transport` to `listener`.
    pub fn new(transport: Arc<dyn Transport>, listener: L) -> Self {
        Self { transport, listener }
    }
}

#[async_trait]
impl<L: Fn(&Exchange) + Send + Sync> Transport for RecordingTransport<L> {
    async fn ask(&self, request: &ProbeRequest) -> Exchange {
        let exchange = self.transport.ask(request).await;
        if !request.confidential {
            (self.listener)(&exchange);
        }
        exchange
    }
}
