//! A listener that accepts so many connections at once, each for so long: nobody holds one by saying nothing, or by saying it
//! slowly.
//!
//! A connection is trusted once a signed request came over it: it is a balancer's, which keeps it for the next. Until then it
//! has little time, and is the first to go where a place is wanted: those who only hold connections never keep Discord out.
//!
//! Never: it looks at what is said.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use jiff::SignedDuration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::clock::Clock;

/// A trusted connection on which nothing comes for so long is ended. Longer than balancers keep theirs: whoever ends a
/// connection while the other is about to use it loses a request, so that it had better be them.
const LASTS: SignedDuration = SignedDuration::from_mins(2);
/// A connection over which no signed request came for so long is ended: Discord waits 3 s for an answer, so that what takes
/// longer is not Discord.
const TRUSTED_WITHIN: SignedDuration = SignedDuration::from_secs(5);

type Timer = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Whether a signed request came over a connection.
#[derive(Clone)]
pub(super) struct Trust(Arc<AtomicBool>);

impl Trust {
    /// One came.
    pub(super) fn gain(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_gained(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Connected<IncomingStream<'_, Capped>> for Trust {
    fn connect_info(stream: IncomingStream<'_, Capped>) -> Self {
        stream.io().trust.clone()
    }
}

/// A connection that is not trusted yet; dropped, it is ended.
struct Newcomer {
    trust: Trust,
    leave: oneshot::Sender<()>,
}

pub(super) struct Capped {
    listener: TcpListener,
    places: Arc<Semaphore>,
    /// In the order in which they came.
    newcomers: VecDeque<Newcomer>,
    clock: Clock,
}

impl Capped {
    /// Accepts so many connections at once; more wait.
    pub(super) fn new(listener: TcpListener, most: usize, clock: Clock) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(most)), newcomers: VecDeque::new(), clock }
    }

    /// A place; where none is free, that of the newcomer who came first.
    async fn place(&mut self) -> Option<OwnedSemaphorePermit> {
        self.newcomers.retain(|it| !it.trust.is_gained() && !it.leave.is_closed());
        if self.places.available_permits() == 0
            && let Some(first) = self.newcomers.pop_front()
        {
            let _ = first.leave.send(());
        }
        Arc::clone(&self.places).acquire_owned().await.ok()
    }
}

impl Listener for Capped {
    type Io = Bounded;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Bounded, SocketAddr) {
        loop {
            let accepted = self.listener.accept().await;
            match (accepted, self.place().await) {
                (Ok((stream, from)), Some(place)) => {
                    let trust = Trust(Arc::default());
                    let (leave, left) = oneshot::channel();
                    self.newcomers.push_back(Newcomer { trust: trust.clone(), leave });
                    return (Bounded::new(stream, (trust, left), place, &self.clock), from);
                }
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
    trust: Trust,
    /// It is to leave; none once it is trusted.
    left: Option<oneshot::Receiver<()>>,
    /// Its time to become trusted, and then its time to say something.
    over: Timer,
    clock: Clock,
    _place: OwnedSemaphorePermit,
}

fn timer(clock: &Clock, span: SignedDuration) -> Timer {
    let clock = clock.clone();
    Box::pin(async move { clock.sleep(span).await })
}

impl Bounded {
    fn new(
        stream: TcpStream,
        (trust, left): (Trust, oneshot::Receiver<()>),
        place: OwnedSemaphorePermit,
        clock: &Clock,
    ) -> Self {
        let over = timer(clock, TRUSTED_WITHIN);
        Self { stream, trust, left: Some(left), over, clock: clock.clone(), _place: place }
    }

    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        if self.trust.is_gained() && self.left.take().is_some() {
            self.over = timer(&self.clock, LASTS);
        }
        let sent_away = self.left.as_mut().is_some_and(|left| Pin::new(left).poll(cx).is_ready());
        sent_away || self.over.as_mut().poll(cx).is_ready()
    }
}

impl AsyncRead for Bounded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_over(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_ready() && self.left.is_none() {
            self.over = timer(&self.clock, LASTS);
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
