//! Our own use of what others run: a budget for each host, bans that were given to us, and cooldowns of people.
//!
//! governor counts; the waiting is ours, on our clock, behind a fair lock, with the ban gate in the same place. All of
//! it is counted in [`Clock::ticks`](crate::clock::Clock::ticks), so setting the system's time neither opens a budget nor prolongs a ban.
//!
//! Nothing but a ban that this very probe was given stops its regular look: an outage is when we must look. Looks out
//! of turn have a budget of their own, so that they never take a regular look's place.

mod bans;
mod budget;
mod cooldowns;
mod flight;
mod hosts;

pub use bans::Ban;
pub use budget::{Allowance, AllowanceError, Budget};
pub use cooldowns::{Cooldowns, TryAgainIn};
pub use flight::SingleFlight;
pub use hosts::{BudgetView, Caller, Jitter, NotNow, Throttle, Turn};
