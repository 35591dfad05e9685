//! Several copies of the bot on one store: one watches, all serve, and whatever happens to one of them, each channel hears
//! of each start and each end once.

mod budget;
mod clocks;
mod laws;
pub(crate) mod line;
mod serving;
mod several;
mod shards;
mod takeover;
