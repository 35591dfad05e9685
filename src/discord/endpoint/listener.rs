//! A listener that accepts so many connections at once, each for so long: nobody holds one by saying nothing.
//!
//! Never: it looks at what is said.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::serve::Listener;
use jiff::SignedDuration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::clock::Clock;

/// So many connections at once; more wait to be accepted.
const CONNECTIONS: usize = 512;
/// A connection is ended after this long, however it is used: a balancer opens another.
const LASTS: SignedDuration = SignedDuration::from_mins(2);
/// A connection on which nothing comes for so long is ended.
const SILENT_MOST: SignedDuration = SignedDuration::from_secs(10);

type Timer = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(super) struct Capped {
    listener: TcpListener,
    places: Arc<Semaphore>,
    clock: Clock,
}

impl Capped {
    pub(super) fn new(listener: TcpListener, clock: Clock) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(CONNECTIONS)), clock }
    }
}

impl Listener for Capped {
    type Io = Bounded;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Bounded, SocketAddr) {
        loop {
            let place = Arc::clone(&self.places).acquire_owned().await;
            match (place, self.listener.accept().await) {
                (Ok(place), Ok((stream, from))) => return (Bounded::new(stream, place, &self.clock), from),
                // Out of file descriptors, or the caller is gone already: a moment later there may be one.
                _ => self.clock.sleep(SignedDuration::from_millis(50)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends after a while.
pub(super) struct Bounded {
    stream: TcpStream,
    over: Timer,
    silent: Timer,
    clock: Clock,
    _place: OwnedSemaphorePermit,
}

fn timer(clock: &Clock, span: SignedDuration) -> Timer {
    let clock = clock.clone();
    Box::pin(async move { clock.sleep(span).await })
}

impl Bounded {
    fn new(stream: TcpStream, place: OwnedSemaphorePermit, clock: &Clock) -> Self {
        let (over, silent) = (timer(clock, LASTS), timer(clock, SILENT_MOST));
        Self { stream, over, silent, clock: clock.clone(), _place: place }
    }
}

impl AsyncRead for Bounded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.over.as_mut().poll(cx).is_ready() || self.silent.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_ready() {
            self.silent = timer(&self.clock, SILENT_MOST);
        }
        read
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
