//! A bounded HTTP/1 listener: the admin endpoints and Discord's interactions endpoint both use it.
//!
//! Three bounds hold whatever a peer sends. At most [`ListenerLimits::connections`] connections are open. A connection
//! that has not proven itself within [`ListenerLimits::proven_within`] is closed, and it is the first to be closed if
//! another peer needs its slot. A connection buffers at most `READ_BUFFER` bytes of what it read.
//!
//! HTTP/2 is off: one of its connections buffers as much as hundreds of streams send, so that six of them took 306 MB.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::{Extension, Router, extract::Request};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use jiff::SignedDuration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::JoinSet;

use crate::clock::{Clock, stopped};

/// Bytes that hyper buffers of one connection. A request's head must fit: load balancers limit heads to 8 to 16 KiB
/// too.
const READ_BUFFER: usize = 16 << 10;
/// File descriptors that listeners leave free: the database's pool, the store's files, and sockets to Discord and
/// sources.
const DESCRIPTORS_RESERVED: usize = 256;
/// Descriptors that a process may open if the limit is unknown: macOS' default, the lowest of the systems that we know.
const DESCRIPTORS_UNKNOWN: usize = 256;
/// Two listeners share what the reserve leaves.
const LISTENERS: usize = 2;
/// Even under the tightest limit, a health check and a load balancer get a slot.
const LEAST_CONNECTIONS: usize = 8;

type Timer = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What proves that a connection does more than occupy a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The head of any request. The connection serves this one request and is closed.
    AnyRequest,
    /// The handler calls [`PeerTrust::gain`]. The connection stays open for further requests.
    ByHandler,
}

#[derive(Clone, Copy, Debug)]
pub struct ListenerLimits {
    pub connections: usize,
    /// A connection without its proof is closed after this time.
    pub proven_within: SignedDuration,
    /// A proven connection is closed after this time. With [`Proof::ByHandler`] each read restarts it.
    pub lasts: SignedDuration,
    /// What proves a connection.
    pub proof: Proof,
}

impl ListenerLimits {
    /// Returns the same limits with no more connections than this process has file descriptors for.
    #[must_use]
    pub fn affordable(self) -> Self {
        // A file and not `getrlimit`: the unit's seccomp filter may kill a process that asks the kernel for limits.
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let descriptors = soft_limit_of_files(&limits).unwrap_or(DESCRIPTORS_UNKNOWN);
        let connections = affordable(self.connections, descriptors);
        if connections < self.connections {
            tracing::warn!(connections, descriptors, "file descriptors limit the connections of a listener");
        }
        Self { connections, ..self }
    }
}

fn affordable(wanted: usize, descriptors: usize) -> usize {
    let share = descriptors.saturating_sub(DESCRIPTORS_RESERVED) / LISTENERS;
    wanted.min(share.max(LEAST_CONNECTIONS))
}

/// Returns the soft limit of open files from the text of `/proc/self/limits`, or `None` if the text does not contain
/// it.
fn soft_limit_of_files(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(usize::MAX),
        number => number.parse().ok(),
    }
}

/// Whether a connection has proven itself. Handlers get it as an extension of the request.
#[derive(Clone, Debug, Default)]
pub struct PeerTrust(Arc<AtomicBool>);

impl PeerTrust {
    /// Marks the connection as proven.
    pub fn gain(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_gained(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Serves a router over HTTP/1 until `stop` turns true; then requests in progress are answered.
pub async fn serve(
    listener: TcpListener,
    limits: ListenerLimits,
    clock: Clock,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let mut listener = LimitedListener::new(listener, limits, clock);
    let (mut connections, stopping) = (JoinSet::new(), stop.clone());
    loop {
        let (stream, trust) = tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            accepted = listener.accept() => accepted,
        };
        while let Some(ended) = connections.try_join_next() {
            if let Err(error) = ended {
                tracing::error!(err = %error, "http connection panicked");
            }
        }
        let router = match limits.proof {
            Proof::ByHandler => router.clone().layer(Extension(trust)),
            Proof::AnyRequest => {
                router.clone().layer(axum::middleware::map_request(move |request: Request| {
                    trust.gain();
                    std::future::ready(request)
                }))
            }
        };
        connections.spawn(converse(stream, router, limits.proof, stopping.clone()));
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn converse(stream: IdleTimeoutStream, router: Router, proof: Proof, mut stop: watch::Receiver<bool>) {
    let mut http = http1::Builder::new();
    http.max_buf_size(READ_BUFFER).keep_alive(proof == Proof::ByHandler);
    let mut connection =
        std::pin::pin!(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(err = %error, "http connection ended");
    }
}

/// A connection that has not proven itself yet. Sending to `leave` closes it.
struct UntrustedConnection {
    trust: PeerTrust,
    leave: oneshot::Sender<()>,
}

/// Accepts a limited number of connections, each for a limited time.
struct LimitedListener {
    listener: TcpListener,
    slots: Arc<Semaphore>,
    /// Unproven connections, oldest first.
    newcomers: VecDeque<UntrustedConnection>,
    limits: ListenerLimits,
    clock: Clock,
}

impl LimitedListener {
    fn new(listener: TcpListener, limits: ListenerLimits, clock: Clock) -> Self {
        let slots = Arc::new(Semaphore::new(limits.connections.max(1)));
        Self { listener, slots, newcomers: VecDeque::new(), limits, clock }
    }

    async fn accept(&mut self) -> (IdleTimeoutStream, PeerTrust) {
        loop {
            let accepted = self.listener.accept().await;
            match (accepted, self.slot().await) {
                (Ok((stream, _)), Some(slot)) => {
                    let trust = PeerTrust::default();
                    let (leave, left) = oneshot::channel();
                    self.newcomers.push_back(UntrustedConnection { trust: trust.clone(), leave });
                    let unproven = Some(left);
                    let over = timer(&self.clock, self.limits.proven_within);
                    let (limits, clock, trust_too) = (self.limits, self.clock.clone(), trust.clone());
                    let bounded = IdleTimeoutStream {
                        stream,
                        trust: trust_too,
                        unproven,
                        over,
                        closed: false,
                        limits,
                        clock,
                        _slot: slot,
                    };
                    return (bounded, trust);
                }
                // Out of file descriptors, or the peer is gone already: accepting may work a moment later.
                _ => self.clock.sleep(SignedDuration::from_millis(50)).await,
            }
        }
    }

    /// Waits for a slot. If none is free, the oldest unproven connection is closed to free one.
    async fn slot(&mut self) -> Option<OwnedSemaphorePermit> {
        self.newcomers.retain(|it| !it.trust.is_gained() && !it.leave.is_closed());
        if self.slots.available_permits() == 0
            && let Some(first) = self.newcomers.pop_front()
        {
            let _ = first.leave.send(());
        }
        Arc::clone(&self.slots).acquire_owned().await.ok()
    }
}

/// A connection with a timeout.
struct IdleTimeoutStream {
    stream: TcpStream,
    trust: PeerTrust,
    /// Resolves if the connection must free its slot; `None` once it is proven.
    unproven: Option<oneshot::Receiver<()>>,
    /// The timeout for the proof, and then for the proven connection.
    over: Timer,
    /// The timeout is over, or the slot was freed. Neither future is polled again then: that would panic.
    closed: bool,
    limits: ListenerLimits,
    clock: Clock,
    _slot: OwnedSemaphorePermit,
}

fn timer(clock: &Clock, span: SignedDuration) -> Timer {
    let clock = clock.clone();
    Box::pin(async move { clock.sleep(span).await })
}

impl IdleTimeoutStream {
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if !self.closed && self.trust.is_gained() && self.unproven.take().is_some() {
            self.over = timer(&self.clock, self.limits.lasts);
        }
        let mut sent_away = || self.unproven.as_mut().is_some_and(|left| Pin::new(left).poll(cx).is_ready());
        self.closed = self.closed || sent_away() || self.over.as_mut().poll(cx).is_ready();
        if self.closed { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }
}

impl AsyncRead for IdleTimeoutStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_ready() && self.unproven.is_none() && self.limits.proof == Proof::ByHandler {
            self.over = timer(&self.clock, self.limits.lasts);
        }
        read
    }
}

/// A peer that does not read its answer times out like one that sends nothing.
impl AsyncWrite for IdleTimeoutStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_was_closed_stays_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let clock = Clock::owned(Timestamp::UNIX_EPOCH);
        let second = SignedDuration::from_secs(1);
        let limits =
            ListenerLimits { connections: 1, proven_within: second, lasts: second, proof: Proof::AnyRequest };
        let mut listener = LimitedListener::new(listener, limits, clock);
        let refused = async |mut stream: IdleTimeoutStream| {
            for _ in 0..2 {
                let read = stream.read_u8().await.map_err(|error| error.kind());
                let written = stream.write_u8(0).await.map_err(|error| error.kind());
                assert_eq!((read, written), (Err(io::ErrorKind::TimedOut), Err(io::ErrorKind::TimedOut)));
            }
        };
        let _first = TcpStream::connect(address).await.expect("connected");
        let (first, _) = listener.accept().await;
        let _second = TcpStream::connect(address).await.expect("connected");
        let ((second, _), ()) = tokio::join!(listener.accept(), refused(first));
        // Nobody wants its slot, but its timeout is over.
        refused(second).await;
    }

    #[test]
    fn both_listeners_leave_the_reserve_of_descriptors_free() {
        for descriptors in [300, 512, 1_024, 4_096, usize::MAX] {
            let taken = affordable(512, descriptors) + affordable(32, descriptors);
            assert!(taken <= 544 && taken + DESCRIPTORS_RESERVED <= descriptors, "{descriptors}: {taken}");
        }
        assert_eq!((affordable(512, 1_024), affordable(32, 1_024)), (384, 32));
        assert_eq!((affordable(512, 64), affordable(32, 64)), (8, 8), "a few are served under any limit");
        let unknown = affordable(512, DESCRIPTORS_UNKNOWN) + affordable(32, DESCRIPTORS_UNKNOWN);
        assert_eq!(unknown, 16, "with an unknown limit, most of the lowest default stays free");
    }

    #[test]
    fn file_limit_is_read_as_the_kernel_writes_it() {
        let text = "Limit                     Soft Limit           Hard Limit           Units     \n\
                    Max processes             63201                63201                processes \n\
                    Max open files            1024                 524288               files     \n";
        assert_eq!(soft_limit_of_files(text), Some(1_024));
        let unlimited = "Max open files            unlimited            unlimited            files     \n";
        assert_eq!(soft_limit_of_files(unlimited), Some(usize::MAX));
        assert_eq!(soft_limit_of_files(""), None);
    }
}
