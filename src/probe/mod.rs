//! Looking at Spotify: sources are asked over a [`Transport`], and what came is understood.
//!
//! ```text
//!   Source ── Request ─▶ Wire ── Exchange ─▶ Reader ── Observation ─▶ health
//!                         │ the network, the scripted Spotify, or a recording; a tap writes what passes
//! ```

use async_trait::async_trait;
use jiff::SignedDuration;

use crate::health::{Observation, SourceName};

mod atom;
mod certificate;
pub mod classifier;
pub mod classify;
pub mod exchange;
mod html_text;
mod http;
mod http_probe;
mod incident_io;
mod instatus;
mod page_client;
pub mod page_format;
pub mod page_tracker;
mod rate_limited;
pub mod recording;
mod replay;
mod replay_transport;
pub mod scripted;
mod sources;
pub mod spotify;
mod statuspage;
mod token;
pub mod transport;

pub use classifier::{Classifier, Classifiers};
pub use exchange::{Exchange, ExchangeOutcome, HttpResponse, ResponseHeaders, TransportError};
pub use http::{HttpError, HttpOptions, HttpTransport};
pub use recording::{RecordingError, RecordingReader, RecordingWriter};
pub use replay::Replay;
pub use replay_transport::ReplayTransport;
pub use scripted::ScriptedSpotify;
pub use sources::{ProbeIntervals, SourcesError, sources};
pub use spotify::{CatalogError, SourceConfig, SourceKind, SourceSpec};
pub use token::ClientCredentials;
pub use transport::{BodyCap, ProbeRequest, RecordingTransport, Transport};

/// Something that can be checked.
#[async_trait]
pub trait Source: Send + Sync {
    /// Its name, as in recordings.
    fn name(&self) -> &SourceName;

    /// The host that it asks, with its port where that is not the usual one: what budgets and bans are kept for.
    fn host(&self) -> &str;

    /// The shortest time between two checks, where it is longer than the usual pace.
    fn at_most_every(&self) -> Option<SignedDuration> {
        None
    }

    /// The regular check: one attempt, no hidden retry. It waits for its turn in the host's budget; only a ban that this
    /// very source was given keeps it from asking. Checks at the same time share one attempt.
    async fn probe(&self) -> Observation;

    /// A check out of turn, after a first bad one: none when the host's budget has no room for it now.
    async fn probe_if_budget(&self) -> Option<Observation>;
}
