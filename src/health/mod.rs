//! What we believe about Spotify, and why.
//!
//! Checks arrive as [`Observation`]s and are stored in [`probe_history`]. Many of them make an [`Assessment`]: a level with
//! reasons. The state machine in [`mod@transition`] turns assessments and status pages into [`OutageEvent`]s. Commands answer
//! from a [`StatusSnapshot`]. [`Detector`] is the only entrance.

pub mod assessment;
pub mod catalog;
pub mod detector;
pub mod detector_state;
mod draw_snapshot;
mod emit_events;
mod incident;
pub mod level;
mod maintenance;
pub mod observation;
pub mod outage;
pub mod page;
mod page_memory;
mod page_report;
pub mod policy;
pub mod probe_history;
pub mod snapshot;
pub mod success_window;
pub mod transition;
pub mod uptime;
pub mod uptime_bucket;

pub use assessment::{Assessment, CertificateWarning, assess};
pub use catalog::{Service, ServiceCatalog, ServiceName, SourceName, leads_to};
pub use detector::Detector;
pub use detector_state::DetectorState;
pub use level::Level;
pub use observation::{Failure, FailureKind, Observation, Outcome, RejectionReason};
pub use outage::{
    EventKind, FailingSources, Outage, OutageEvent, OutageId, OutageKind, PageReport, ServiceImpact,
    TimelineEntry, TimelineEvent, Update,
};
pub use page::{Component, IncidentState, MaintenanceState, Page, PageIncident, PageMaintenance, PageUpdate};
pub use policy::Policy;
pub use snapshot::{PageView, ServiceView, SourceView, StatusSnapshot};
pub use transition::step;
pub use uptime::{Uptime, uptime};
pub use uptime_bucket::{BucketSize, Percentage, ProbeCounts, UptimeBucket};
