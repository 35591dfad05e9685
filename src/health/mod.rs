//! What we believe about Spotify, and why.
//!
//! Looks come in as [`Observation`]s and are remembered in [`memory`]. Many of them make an [`Assessment`]: a level with
//! reasons. The state machine in [`step()`] turns assessments, and what the status page says, into [`OutageEvent`]s, and
//! [`Picture`] is what commands answer from. [`Judge`] is the one way in.

pub mod assessment;
pub mod hour;
mod incident;
pub mod judge;
pub mod level;
mod maintenance;
pub mod memory;
pub mod observation;
pub mod outage;
pub mod page;
mod page_voice;
pub mod picture;
pub mod policy;
pub mod profile;
mod settle;
pub mod step;
pub mod tally;
pub mod tracker;
pub mod uptime;
mod view;

pub use assessment::{Assessment, CertificateWarning, assess};
pub use judge::Judge;
pub use level::Level;
pub use observation::{Class, Observation, Refusal, Seen, Symptom};
pub use outage::{EventKind, Hit, Kind, Moment, Outage, OutageEvent, OutageId, PageVoice, Update, What};
pub use page::{Component, IncidentState, MaintenanceState, Page, PageIncident, PageMaintenance, PageUpdate};
pub use picture::{PageView, Picture, ServiceView, SourceView};
pub use policy::Policy;
pub use profile::{Profile, Service, ServiceName, SourceName, leads_to};
pub use step::step;
pub use tally::{Looks, Share, Span, Tally};
pub use tracker::Tracker;
pub use uptime::{Uptime, uptime};
