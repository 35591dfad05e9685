//! Several instances of the bot on one store: one watches, all serve. Whatever happens to one of them, each channel gets each
//! start and each end once.

mod clocks;
pub(crate) mod faulty_connection;
mod laws;
mod serving;
mod several;
mod shards;
mod shared_rate;
mod takeover;
