//! Limits our use of other services: a request budget per host, rate-limit holds that we were given, and cooldowns of users.
//!
//! governor counts. The waiting is ours, on our clock, behind a fair lock, together with the gate of the holds. All of it
//! uses [`Clock::ticks`](crate::clock::Clock::ticks), so setting the system's time neither opens a budget nor prolongs a hold.
//!
//! Only a hold of the source itself stops its regular check: during an outage, checks matter most. Checks out of turn have a
//! budget of their own, so that they never take a regular check's slot.

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
