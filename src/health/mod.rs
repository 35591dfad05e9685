//! What we believe about Spotify, and why.
//!
//! Looks come in as [`Observation`]s. Many of them make an [`Assessment`]: a level with reasons. The state machine in
//! [`outage`] turns assessments into [`OutageEvent`]s, and [`Picture`] is what commands answer from.
//!
//! Never: this module does not know what time it is, and it cannot reach a socket or a disk.

pub mod level;
pub mod observation;
pub mod outage;
pub mod page;
pub mod picture;
pub mod profile;
pub mod uptime;

pub use level::Level;
pub use observation::{Class, Observation, Refusal, Seen, Symptom};
pub use outage::{EventKind, Hit, Kind, Moment, Outage, OutageEvent, OutageId, PageVoice, Update, What};
pub use page::{Component, IncidentState, MaintenanceState, Page, PageIncident, PageMaintenance, PageUpdate};
pub use picture::{PageView, Picture, ServiceView, SourceView};
pub use profile::{Profile, Service, ServiceName, SourceName};
pub use uptime::{Uptime, uptime};
