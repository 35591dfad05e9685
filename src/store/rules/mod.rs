//! What every store does with its records, written once for all engines over [`Tx`](super::tx::Tx).
//!
//! An engine adds only what it must do its own way: how it claims deliveries, completes the many and fans out.

pub(super) mod gc;
pub(super) mod live_status;
pub(super) mod outages;
pub(super) mod outbox;
pub(super) mod quotas;
pub(super) mod reports;
pub(super) mod subscriptions;
