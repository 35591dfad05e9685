//! Looking at Spotify: sources are asked over a [`Wire`], and what came is understood.
//!
//! ```text
//!   Source ── Request ─▶ Wire ── Exchange ─▶ Reader ── Observation ─▶ health
//!                         │ the network, the scripted Spotify, or a recording; a tap writes what passes
//! ```

use async_trait::async_trait;
use jiff::SignedDuration;

use crate::health::{Observation, SourceName};

mod asking;
mod certificate;
pub mod dialect;
pub mod exchange;
mod feed;
mod http;
mod instatus;
mod looks;
pub mod page;
mod plain;
mod probe;
pub mod profile;
pub mod reader;
pub mod recognise;
mod recorded;
pub mod recording;
pub mod scripted;
mod sources;
mod status_page;
mod statuspage;
mod token;
mod widget;
pub mod wire;

pub use exchange::{Answer, Exchange, Headers, Outcome, WireError};
pub use http::{Http, HttpError, HttpOptions};
pub use looks::Looks;
pub use profile::{ProfileError, SourceConfig, SourceKind, SourceSpec};
pub use reader::{Reader, Readers};
pub use recorded::Recorded;
pub use recording::{RecordingError, RecordingReader, RecordingWriter};
pub use scripted::ScriptedSpotify;
pub use sources::{Pace, SourcesError, sources};
pub use token::Credentials;
pub use wire::{BodyCap, Request, Tap, Wire};

/// Something that can be looked at.
#[async_trait]
pub trait Source: Send + Sync {
    /// Its name, as in recordings.
    fn name(&self) -> &SourceName;

    /// The host that it asks, with its port where that is not the usual one: what budgets and bans are kept for.
    fn host(&self) -> &str;

    /// The shortest time between two looks, where it is longer than the usual pace.
    fn at_most_every(&self) -> Option<SignedDuration> {
        None
    }

    /// The regular look: one attempt, no hidden retry. It waits for its turn in the host's budget; only a ban that this
    /// very source was given keeps it from asking. Looks at the same time share one attempt.
    async fn look(&self) -> Observation;

    /// A look out of turn, after a first bad one: none when the host's budget has no room for it now.
    async fn look_again(&self) -> Option<Observation>;
}
