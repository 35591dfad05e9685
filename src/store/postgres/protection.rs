//! Protects the bytes to the database: verified TLS, or plain text to a server that asks for no password that others
//! could read.
//!
//! The library answers anything that a server asks for. Without TLS the server's identity is unknown. So a request for
//! a password that others could use is refused before the library sees it. SCRAM proves the password without sending
//! it.

use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How a connection is protected.
#[derive(Clone)]
pub(super) enum Protection {
    /// By TLS, with a certificate that was verified for the host's name.
    Tls(MakeRustlsConnect),
    /// Not at all; the kinds of password that a server may ask for are limited.
    Plain,
}

/// A server without TLS asked for a password that others could read or use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server asks for a {0} password without TLS")]
pub(super) struct UnsafePassword(&'static str);

/// Returns this error if it is a cause of another.
pub(super) fn unsafe_password(error: &(dyn Error + 'static)) -> Option<UnsafePassword> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| inner.downcast_ref::<UnsafePassword>()) {
            return Some(*found);
        }
        cause = error.source();
    }
    None
}

type Rustls<S> = <MakeRustlsConnect as MakeTlsConnect<S>>::TlsConnect;
type RustlsStream<S> = <MakeRustlsConnect as MakeTlsConnect<S>>::Stream;

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Protection {
    type Stream = ProtectedStream<S>;
    type TlsConnect = Connector<S>;
    type Error = std::convert::Infallible;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Connector<S>, Self::Error> {
        Ok(match self {
            Self::Tls(tls) => Connector::Tls(MakeTlsConnect::<S>::make_tls_connect(tls, domain)?),
            Self::Plain => Connector::Plain,
        })
    }
}

/// Creates the stream of one connection.
pub(super) enum Connector<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> {
    Tls(Rustls<S>),
    Plain,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Connector<S> {
    type Stream = ProtectedStream<S>;
    type Error = Box<dyn Error + Sync + Send>;
    type Future = Pin<Box<dyn Future<Output = Result<ProtectedStream<S>, Self::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        match self {
            Self::Plain => {
                Box::pin(async { Ok(ProtectedStream::Plain(stream, AuthenticationScan::default())) })
            }
            Self::Tls(tls) => {
                let connecting = tls.connect(stream);
                Box::pin(async { Ok(ProtectedStream::Tls(connecting.await?)) })
            }
        }
    }
}

/// The stream of one connection.
pub(super) enum ProtectedStream<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> {
    Tls(RustlsStream<S>),
    Plain(S, AuthenticationScan),
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsStream for ProtectedStream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        match self {
            Self::Tls(stream) => stream.channel_binding(),
            Self::Plain(..) => ChannelBinding::none(),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> AsyncRead for ProtectedStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Plain(stream, asked) => {
                let before = buf.filled().len();
                ready!(Pin::new(stream).poll_read(cx, buf))?;
                let new = buf.filled().get(before..).unwrap_or_default();
                Poll::Ready(asked.read(new).map_err(io::Error::other))
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> AsyncWrite for ProtectedStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Plain(stream, _) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Self::Plain(stream, _) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Plain(stream, _) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// Reads along until the server accepts us. Each message is a letter, a length of four bytes that includes itself, and
/// a body. The body of `R` begins with what the server wants (PostgreSQL, "Message Formats").
#[derive(Debug, Default)]
pub(super) struct AuthenticationScan {
    head: Vec<u8>,
    /// Bytes of the current message's body that are still to come.
    skipped: u64,
    let_in: bool,
}

impl AuthenticationScan {
    const LET_IN: u32 = 0;
    const CLEAR_TEXT: u32 = 3;
    const MD5: u32 = 5;

    /// Scans bytes that arrived. An error means that none of them may reach the library.
    fn read(&mut self, bytes: &[u8]) -> Result<(), UnsafePassword> {
        for byte in bytes {
            if self.let_in {
                return Ok(());
            }
            if self.skipped > 0 {
                self.skipped -= 1;
                continue;
            }
            self.head.push(*byte);
            self.take_head()?;
        }
        Ok(())
    }

    fn take_head(&mut self) -> Result<(), UnsafePassword> {
        let number = |at: usize| {
            let bytes = self.head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map(u32::from_be_bytes)
        };
        let Some(length) = number(1) else { return Ok(()) };
        let mut body = u64::from(length.saturating_sub(4));
        if self.head.first() == Some(&b'R') && body >= 4 {
            let Some(wanted) = number(5) else { return Ok(()) };
            match wanted {
                Self::LET_IN => self.let_in = true,
                Self::CLEAR_TEXT => return Err(UnsafePassword("clear-text")),
                Self::MD5 => return Err(UnsafePassword("MD5")),
                _ => {}
            }
            body -= 4;
        }
        self.head.clear();
        self.skipped = body;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(letter: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[letter], length.as_slice(), body].concat()
    }

    #[test]
    fn request_for_readable_password_is_refused_however_split() {
        let notice = message(b'N', b"SNOTICE\0R\0\0\0\x08\0\0\0\x03\0");
        let clear = [notice.clone(), message(b'R', &3u32.to_be_bytes())].concat();
        let md5 = [notice.clone(), message(b'R', b"\0\0\0\x05salt")].concat();
        let scram = [notice, message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0")].concat();
        for size in 1..=clear.len() {
            let read = |bytes: &[u8]| {
                let mut asked = AuthenticationScan::default();
                bytes.chunks(size).try_for_each(|chunk| asked.read(chunk))
            };
            assert_eq!(read(&clear), Err(UnsafePassword("clear-text")), "{size}");
            assert_eq!(read(&md5), Err(UnsafePassword("MD5")), "{size}");
            assert_eq!(read(&scram), Ok(()), "{size}");
        }
    }

    #[test]
    fn rows_like_password_requests_pass_after_authentication() {
        let mut asked = AuthenticationScan::default();
        asked.read(&message(b'R', &[0, 0, 0, 0])).unwrap();
        assert_eq!(asked.read(&message(b'R', &3u32.to_be_bytes())), Ok(()));
    }
}
