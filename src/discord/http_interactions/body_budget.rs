//! A memory budget for request bodies whose signature is not checked yet.
//!
//! Anybody can send a body, so their total size is bounded. Each connection has [`FREE`] bytes of its own, so that senders of
//! large bodies never block a usual interaction. What exceeds that is taken from one shared pool, in FIFO order.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All bodies of all connections together.
const TOTAL: usize = 4 << 20;
/// What each body may hold without the pool: 512 connections leave 1 MiB for the pool. A command's interaction is 2 to 4 KiB.
const FREE: usize = 6 << 10;

/// The budget that all connections share.
pub(super) struct BodyBudget {
    pool: Arc<Semaphore>,
}

/// A body whose bytes stay reserved until it is dropped.
#[derive(Debug)]
pub(super) struct ReservedBody {
    pub(super) bytes: Vec<u8>,
    reserved: Option<OwnedSemaphorePermit>,
}

/// Why a body was not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// It is larger than any interaction.
    TooLarge,
    /// The connection broke, or the data is no body.
    Broken,
}

impl BodyBudget {
    /// Creates the budget of a listener with this many connections.
    pub(super) fn new(connections: usize) -> Self {
        let pool = TOTAL.saturating_sub(connections.saturating_mul(FREE));
        Self { pool: Arc::new(Semaphore::new(pool)) }
    }

    /// Reads a body of at most `most` bytes. Waits while the pool has no room, so the caller sets a deadline.
    pub(super) async fn read(&self, body: Body, most: usize) -> Result<ReservedBody, BodyError> {
        let (mut frames, mut held) =
            (body.into_data_stream(), ReservedBody { bytes: Vec::new(), reserved: None });
        while let Some(frame) = frames.next().await {
            let frame: Bytes = frame.map_err(|_| BodyError::Broken)?;
            let length = held.bytes.len() + frame.len();
            if length > most {
                return Err(BodyError::TooLarge);
            }
            self.reserve(&mut held, length).await?;
            held.bytes.reserve_exact(frame.len());
            held.bytes.extend_from_slice(&frame);
        }
        Ok(held)
    }

    async fn reserve(&self, held: &mut ReservedBody, length: usize) -> Result<(), BodyError> {
        let reserved = held.reserved.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = length.saturating_sub(FREE).saturating_sub(reserved);
        if missing == 0 {
            return Ok(());
        }
        let missing = u32::try_from(missing).map_err(|_| BodyError::TooLarge)?;
        let more = Arc::clone(&self.pool).acquire_many_owned(missing).await;
        let more = more.map_err(|_| BodyError::Broken)?;
        match &mut held.reserved {
            Some(reserved) => reserved.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::stream;
    use jiff::{SignedDuration, Timestamp};
    use tokio::task::JoinSet;

    use super::*;
    use crate::clock::Clock;

    const FRAME: usize = 4 << 10;
    const MOST: usize = 256 << 10;

    /// A body that never ends, and counts the bytes that were taken from it.
    fn endless(taken: &Arc<AtomicUsize>) -> Body {
        let taken = Arc::clone(taken);
        let frames =
            stream::iter((0..MOST / FRAME).map(|_| Ok::<_, io::Error>(Bytes::from_static(&[b'x'; FRAME]))));
        let counted = frames.inspect(move |_| {
            taken.fetch_add(FRAME, Ordering::Relaxed);
        });
        Body::from_stream(counted.chain(stream::pending()))
    }

    #[tokio::test(start_paused = true)]
    async fn endless_bodies_on_every_connection_stay_within_the_budget() {
        const CONNECTIONS: usize = 512;
        let clock = Clock::owned(Timestamp::UNIX_EPOCH);
        let (budget, taken) = (Arc::new(BodyBudget::new(CONNECTIONS)), Arc::new(AtomicUsize::new(0)));
        let mut senders = JoinSet::new();
        for _ in 1..CONNECTIONS {
            let (budget, body) = (Arc::clone(&budget), endless(&taken));
            senders.spawn(async move { budget.read(body, MOST).await.map(drop) });
        }
        clock.sleep(SignedDuration::from_secs(1)).await;
        // Each sender has one more frame in memory, for which it waits.
        let taken = taken.load(Ordering::Relaxed);
        assert!((3 << 20..=TOTAL + CONNECTIONS * FRAME).contains(&taken), "{taken}");
        assert!(senders.try_join_next().is_none(), "nobody is through");

        let usual = Body::from(vec![b'x'; FRAME]);
        assert_eq!(budget.read(usual, MOST).await.expect("read").bytes.len(), FRAME);

        senders.shutdown().await;
        let large = Body::from(vec![b'x'; MOST]);
        assert_eq!(budget.read(large, MOST).await.expect("what was held is free again").bytes.len(), MOST);
        let larger = Body::from(vec![b'x'; MOST + 1]);
        assert_eq!(budget.read(larger, MOST).await.map(drop), Err(BodyError::TooLarge));
    }
}
