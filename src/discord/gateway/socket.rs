//! The WebSocket to the gateway: opened with our own headers, inflated to text.
//!
//! It knows nothing of sessions: `shard_runner` decides what is sent and what a close means.

use std::pin::Pin;

use flate2::{Decompress, FlushDecompress};
use futures_util::{FutureExt, Sink, SinkExt, StreamExt};
use reqwest::header::{HeaderValue, USER_AGENT};
use tokio::net::TcpStream;
use tokio_websockets::{ClientBuilder, CloseCode, Connector, MaybeTlsStream, Message, WebSocketStream};

use crate::discord::AGENT;

/// The gateway's version and encoding: JSON, all messages of a connection as one zlib stream.
const FORMS: &str = "?v=10&encoding=json&compress=zlib-stream";

/// Size limit of an event: Discord's largest, a GUILD_CREATE, has a few megabytes.
const MOST: usize = 64 << 20;

/// The end of a flushed message in a zlib stream (RFC 1951, an empty stored block).
const FLUSHED: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

pub(super) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    inflater: Inflater,
}

/// How the other side or the network ended the connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// The close code, if there was one.
    pub(super) code: Option<u16>,
    /// What happened, for the log.
    pub(super) why: String,
}

impl Socket {
    /// Connects to a gateway.
    pub(super) async fn open(url: &str, connector: &Connector) -> Result<Self, Ended> {
        let failed = |why: String| Ended { code: None, why };
        let builder = ClientBuilder::new()
            .uri(&format!("{}/{FORMS}", url.trim_end_matches('/')))
            .map_err(|error| failed(format!("its address is invalid: {error}")))?
            .add_header(USER_AGENT, HeaderValue::from_static(AGENT))
            .map_err(|error| failed(error.to_string()))?;
        let opened = builder.connector(connector).connect().await;
        let (stream, _) = opened.map_err(|error| failed(format!("it cannot be reached: {error}")))?;
        // Our messages are small and rare: each is sent at once, not when the one before is acknowledged.
        let tcp = match stream.get_ref() {
            MaybeTlsStream::Plain(tcp) => tcp,
            MaybeTlsStream::Rustls(tls) => tls.get_ref().0,
        };
        let _ = tcp.set_nodelay(true);
        Ok(Self { stream, inflater: Inflater::new() })
    }

    /// Queues a message. It is sent while [`Socket::next`] is awaited.
    pub(super) fn send(&mut self, json: String) {
        // A closed socket is reported by `next`. The queue is short: we send only heartbeats and presences.
        let _ = Pin::new(&mut self.stream).start_send(Message::text(json));
    }

    /// Returns the next message. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<String, Ended> {
        let failed = |why: String| Ended { code: None, why };
        loop {
            let message = match self.stream.next().await {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Err(failed(format!("the connection broke: {error}"))),
                None => return Err(failed("the connection was cut".to_owned())),
            };
            if let Some((code, reason)) = message.as_close() {
                let code = u16::from(code);
                let reason = if reason.is_empty() { "it was closed" } else { reason };
                return Err(Ended { code: Some(code), why: reason.to_owned() });
            }
            if let Some(text) = message.as_text() {
                return Ok(text.to_owned());
            }
            if message.is_binary() {
                match self.inflater.inflate(message.as_payload()) {
                    Ok(Some(text)) => return Ok(text),
                    Ok(None) => {}
                    Err(why) => return Err(failed(why.to_owned())),
                }
            }
        }
    }

    /// Sends a close frame with a code that allows a resume, and drops the socket without waiting for an answer.
    pub(super) fn close(mut self) {
        const RESUMES: u16 = 4000; // anything but 1000 and 1001 (reference, "Initiating a disconnect")
        let code = CloseCode::try_from(RESUMES).ok();
        let _ = self.stream.send(Message::close(code, "")).now_or_never();
    }
}

/// Inflates messages that are parts of one zlib stream.
struct Inflater {
    zlib: Decompress,
    /// The inflated part of an incomplete message.
    part: Vec<u8>,
}

impl Inflater {
    fn new() -> Self {
        Self { zlib: Decompress::new(true), part: Vec::new() }
    }

    /// Inflates a part. Returns the text when the message is complete.
    fn inflate(&mut self, part: &[u8]) -> Result<Option<String>, &'static str> {
        const WRONG: &str = "what it sends cannot be inflated";
        const LARGE: &str = "a message is too large";
        if self.part.len() + part.len() > MOST {
            return Err(LARGE);
        }
        self.part.extend_from_slice(part);
        if !self.part.ends_with(&FLUSHED) {
            return Ok(None);
        }
        let whole = std::mem::take(&mut self.part);
        let mut text = Vec::with_capacity(whole.len().saturating_mul(4).clamp(1 << 10, 1 << 20));
        let (begun, mut read) = (self.zlib.total_in(), 0);
        loop {
            let (before, room) = (read, text.capacity() - text.len());
            self.zlib.decompress_vec(&whole[read..], &mut text, FlushDecompress::Sync).map_err(|_| WRONG)?;
            read = usize::try_from(self.zlib.total_in() - begun).map_err(|_| WRONG)?;
            if text.len() < text.capacity() {
                if read == whole.len() {
                    return String::from_utf8(text).map(Some).map_err(|_| WRONG);
                }
                if read == before && room > 0 {
                    return Err(WRONG);
                }
            } else if text.len() >= MOST {
                return Err(LARGE);
            } else {
                text.reserve(text.len());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compress, Compression, FlushCompress};

    use super::*;

    fn deflate(zlib: &mut Compress, text: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() + 128);
        zlib.compress_vec(text.as_bytes(), &mut out, FlushCompress::Sync).expect("room enough");
        out
    }

    #[test]
    fn stream_is_inflated_however_its_messages_are_split() {
        let (mut zlib, mut inflater) = (Compress::new(Compression::fast(), true), Inflater::new());
        for nth in 0..200 {
            let text = format!("{nth}{}", "no healthy upstream ".repeat(nth * nth));
            let whole = deflate(&mut zlib, &text);
            let (first, rest) = whole.split_at(nth % whole.len());
            let came = match inflater.inflate(first).expect("it inflates") {
                Some(text) => text,
                None => inflater.inflate(rest).expect("it inflates").expect("it is whole"),
            };
            assert_eq!(came, text);
        }
    }

    #[test]
    fn corrupt_or_oversized_stream_fails_in_bounded_memory() {
        let ends = |text: &[u8]| [text, &FLUSHED[..]].concat();
        assert!(Inflater::new().inflate(&ends(b"no zlib at all")).is_err());
        let mut zlib = Compress::new(Compression::best(), true);
        let bomb = deflate(&mut zlib, &"\0".repeat(MOST + (1 << 20)));
        assert!(bomb.len() < 1 << 20, "{}", bomb.len());
        assert_eq!(Inflater::new().inflate(&bomb), Err("a message is too large"));
        let mut inflater = Inflater::new();
        let part = vec![1; MOST / 2];
        assert_eq!(inflater.inflate(&part), Ok(None));
        assert_eq!(inflater.inflate(&part), Ok(None));
        assert_eq!(inflater.inflate(&part), Err("a message is too large"), "it never ends");
    }
}
