//! For whoever runs the bot: is it alive, is it ready, what does it count, and what must they know.

pub mod alerts;
pub mod backups;
pub mod channels;
pub mod dead_man;
pub mod http;
pub mod notifier;
pub mod self_checks;
pub mod systemd;
