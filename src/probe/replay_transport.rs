//! Replays a recording as a transport: recorded responses are returned again, on the current clock.

use std::collections::BTreeMap;
use std::io::BufRead;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::exchange::{Exchange, TransportError};
use super::recording::{RecordingError, RecordingReader};
use super::transport::{ProbeRequest, Transport};
use crate::clock::Clock;
use crate::health::SourceName;

/// A recording that is replayed. It is held in memory: hours, not months.
#[derive(Debug)]
pub struct ReplayTransport {
    clock: Clock,
    exchanges: BTreeMap<SourceName, Vec<Exchange>>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl ReplayTransport {
    /// Replays `recording` on `clock`: start the clock at [`ReplayTransport::first`] to see it as it was.
    pub fn new<R: BufRead>(clock: &Clock, recording: RecordingReader<R>) -> Result<Self, RecordingError> {
        let mut played = Self { clock: clock.clone(), exchanges: BTreeMap::new(), first: None, last: None };
        for exchange in recording {
            let exchange = exchange?;
            played.first.get_or_insert(exchange.at);
            played.last = Some(exchange.at);
            played.exchanges.entry(exchange.source.clone()).or_default().push(exchange);
        }
        Ok(played)
    }

    /// Returns when the recording begins; `None` if it is empty.
    pub fn first(&self) -> Option<Timestamp> {
        self.first
    }

    /// Returns when the recording ends.
    pub fn last(&self) -> Option<Timestamp> {
        self.last
    }
}

#[async_trait]
impl Transport for ReplayTransport {
    /// Returns the newest exchange of this source by now; before the first one, waits for it. A source that is not in the
    /// recording cannot be reached.
    async fn ask(&self, request: &ProbeRequest) -> Exchange {
        let now = self.clock.now();
        let of_source = self.exchanges.get(&request.source).map_or(&[][..], Vec::as_slice);
        let newest = of_source.partition_point(|exchange| exchange.at <= now).checked_sub(1);
        let Some(exchange) = newest.map_or_else(|| of_source.first(), |nth| of_source.get(nth)) else {
            return Exchange::failed(&request.source, now, SignedDuration::ZERO, TransportError::Connect);
        };
        self.clock.sleep_until(exchange.at).await;
        let at = exchange.at.max(now);
        self.clock.sleep(exchange.took()).await;
        Exchange { at, ..exchange.clone() }
    }
}
