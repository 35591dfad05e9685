//! Probes Spotify: sources are requested over a [`Transport`], and each exchange is classified.
//!
//! ```text
//!   Source ── ProbeRequest ─▶ Transport ── Exchange ─▶ Classifier ── Observation ─▶ health
//!                             │ the network, the scripted Spotify, or a recording; a RecordingTransport writes what passes
//! ```

use async_trait::async_trait;
use jiff::SignedDuration;

use crate::health::{Observation, SourceName};

mod certificate;
pub mod classifier;
pub mod classify;
mod dates;
pub mod exchange;
mod html_text;
mod http;
mod http_probe;
mod page_client;
pub mod page_tracker;
mod rate_limited;
pub mod recording;
mod replay;
mod replay_transport;
pub mod scripted;
mod sources;
pub mod spotify;
pub mod status_page;
mod token;
pub mod transport;

pub use classifier::{Classifier, Classifiers};
pub use exchange::{Exchange, ExchangeOutcome, HttpResponse, ResponseHeaders, TransportError};
pub use http::{HttpError, HttpOptions, HttpTransport, user_agent};
pub use recording::{RecordingError, RecordingReader, RecordingWriter};
pub use replay::Replay;
pub use replay_transport::ReplayTransport;
pub use scripted::ScriptedSpotify;
pub use sources::{ProbeIntervals, SourcesError, sources};
pub use spotify::{CatalogError, SourceConfig, SourceKind, SourceSpec};
pub use token::ClientCredentials;
pub use transport::{BodyCap, ProbeRequest, RecordingTransport, Transport};

/// Something that can be probed.
#[async_trait]
pub trait Source: Send + Sync {
    /// Its name, as in recordings.
    fn name(&self) -> &SourceName;

    /// The host that it requests, with a port if it is not the default. Request budgets and rate-limit holds are per host.
    fn host(&self) -> &str;

    /// The shortest time between two checks, if longer than the usual interval.
    fn at_most_every(&self) -> Option<SignedDuration> {
        None
    }

    /// Makes a regular check: one attempt, no hidden retry. Waits for its turn in the host's budget. Only a rate-limit hold of
    /// this very source prevents the request. Concurrent checks share one attempt.
    async fn probe(&self) -> Observation;

    /// Makes an extra check after a first failed one. Returns `None` if the host's budget has no room for it now.
    async fn probe_if_budget(&self) -> Option<Observation>;
}
