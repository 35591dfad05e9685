//! For the operator: whether the bot is alive and ready, what it counts, and what they must know.

pub mod alerts;
pub mod backups;
pub mod channels;
pub mod dead_man;
pub mod http;
pub mod notifier;
pub mod self_checks;
pub mod systemd;
