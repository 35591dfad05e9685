//! The wire: what carries a request to a host and brings back a raw exchange.
//!
//! The network is one ([`HttpTransport`](super::HttpTransport)); the scripted Spotify and a recording are others. A [`RecordingTransport`] tells
//! somebody of every exchange that passes.

use std::sync::Arc;

use async_trait::async_trait;

use super::exchange::Exchange;
use super::spotify::Method;
use crate::health::SourceName;
use crate::secret::Secret;

/// What carries requests.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Makes one attempt and tells what came. A failure is an exchange too.
    async fn ask(&self, request: &ProbeRequest) -> Exchange;
}

#[derive(Clone, Debug)]
pub struct ProbeRequest {
    /// The source that asks.
    pub source: SourceName,
    /// The whole address.
    pub url: String,
    /// How it is asked.
    pub method: Method,
    /// The body of a `POST`, as a form.
    pub form: String,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The value of `Authorization`.
    pub authorization: Option<Secret>,
    /// How much of the body is read, in bytes.
    pub body: BodyCap,
    /// The answer is a secret: nobody but the asker sees it.
    pub confidential: bool,
}

/// How much of a body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyCap {
    /// The whole, up to the wire's own cap; more is `body_too_large`.
    Whole,
    /// So many bytes are enough to know what it is; more is cut and marked as `truncated`.
    Head(usize),
}

impl ProbeRequest {
    /// A plain `GET`.
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

    /// The value of a further header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// A wire that tells `listener` of every exchange that passes, but for confidential ones.
pub struct RecordingTransport<L> {
    transport: Arc<dyn Transport>,
    listener: L,
}

impl<L: Fn(&Exchange) + Send + Sync> RecordingTransport<L> {
    /// Listens to `transport`.
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
