//! How severe the state of a service is.

use serde::{Deserialize, Serialize};

/// The state of a service, mildest first, so that `max` is the worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// We cannot see. Mildest, so that a missing result never outweighs a failure that was seen.
    #[default]
    Unknown,
    /// Checks pass.
    Up,
    /// Announced work is going on.
    Maintenance,
    /// Slow, or part of the checks fail.
    Degraded,
    Outage,
}

impl Level {
    /// Returns the word of the JSON forms: `up`, `degraded`, `outage`, `maintenance`, `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Maintenance => "maintenance",
            Self::Degraded => "degraded",
            Self::Outage => "outage",
        }
    }

    /// Whether people would say that something is wrong.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Degraded | Self::Outage)
    }
}
