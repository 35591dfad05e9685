//! Our own use of what others run: a budget for each host, bans that were given to us, and cooldowns of people.
//!
//! governor counts; the waiting is ours, on our clock, behind a fair lock, with the ban gate in the same place. All of
//! it is counted in [`Clock::ticks`](crate::clock::Clock::ticks), so setting the system's time neither opens a budget nor prolongs a ban.
//!
//! Nothing but a ban that this very probe was given stops its regular check: an outage is when we must look. Looks out
//! of turn have a budget of their own, so that they never take a regular check's place.

mod cooldowns;
mod hosts;
mod rate_limit_holds;
mod rate_limiter;
mod single_flight;

pub use cooldowns::{Cooldowns, RetryAfter};
pub use hosts::{BudgetView, Caller, Denied, Jitter, RequestClass, Throttle};
pub use rate_limit_holds::RateLimitHold;
pub use rate_limiter::{RequestBudget, RequestQuota, RequestQuotaError};
pub use single_flight::SingleFlight;
