//! For whoever runs the bot: is it alive, is it ready, what does it count, and what must they know.

pub mod backups;
pub mod dead_man;
pub mod hotline;
pub mod http;
pub mod notices;
pub mod rounds;
pub mod supervisor;
pub mod ways;
