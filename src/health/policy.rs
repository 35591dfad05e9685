//! How many checks make an outage, and every other number of the detector.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// The detector's numbers, each with its source. Durations are measured on the clock of the checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// One check per source. Default 30 s: with `failure_threshold` an outage is posted within 90 s of its first failed check.
    #[serde(rename = "every")]
    pub interval: SignedDuration,
    /// The interval while a failure is not certain: after a first failed check, and at a connectivity check that must show whose
    /// fault it is. Default 15 s: with `failure_threshold` 3 a blip of under 30 s is never posted, and an outage within 45 s.
    #[serde(rename = "recheck_every")]
    pub recheck_interval: SignedDuration,
    /// The interval of a source in an outage, if that is shorter than `interval`. Default 20 s: the true end is known more exactly,
    /// and four successful checks still take a minute.
    #[serde(rename = "outage_every")]
    pub outage_interval: SignedDuration,
    /// The interval of pages and connectivity checks while nothing is open and no newest check failed. Default 60 s, the slower
    /// end of what a page tolerates permanently (30 to 60 s). Never more than twice `interval`, nor less than it. Services stay at
    /// `interval` at all times, so that an outage is posted within 90 s of its first failed check.
    #[serde(rename = "calm_every")]
    pub calm_interval: SignedDuration,
    /// How long a service that certainly fails may wait for another whose first check just failed, so that both share one
    /// message. Default 20 s: enough for one recheck.
    pub gather: SignedDuration,
    /// Failed checks in a row before an outage is posted. Default 3: one 5xx in 500 checks is Spotify's normal noise (they
    /// called one in 1,000 "not a cause for concern"). With one check per source each 30 s, three in a row by chance then
    /// happen once in 16 years.
    #[serde(rename = "open_after")]
    pub failure_threshold: u32,
    /// Successful checks in a row before the end is posted. Default 4: more than for a start, because on 2025-04-16 recovery came
    /// in pieces over 80 minutes. At 30 s the end is still posted within 3 minutes of the last failed check.
    #[serde(rename = "close_after")]
    pub success_threshold: u32,
    /// How many sources of one service, if they fail together, may share `failure_threshold` failed checks. Default 3: with one
    /// or two sources it still takes `failure_threshold` rounds.
    pub sources_together: u32,
    /// A successful check that took longer is slow. Default 2 s: healthy answers take some 40 to 300 ms.
    pub slow: SignedDuration,
    /// Slow checks in a row before a service counts as degraded. Default 5.
    pub slow_after: u32,
    /// Separate runs of failed checks, among the last `partly_of`, that make a service degraded. Default 4: by noise of one in
    /// 500 that happens about once in nine years. Runs and not checks, so that one solid outage that is over does not linger as
    /// "partly failing".
    pub partly_runs: u32,
    /// How many checks `partly_runs` is counted in. Default 20: ten minutes.
    pub partly_of: u32,
    /// A source without a result for longer is stale (or for three times its own usual interval, if that is longer). Default
    /// 5 min: ten missed checks.
    pub stale_after: SignedDuration,
    /// A start within this time of an end reopens the same outage. 15 min: a promise of the recording's format.
    pub reopen_within: SignedDuration,
    /// Comebacks within `flapping_within` that make an outage flapping. Default 2: start, end, reopened, end, flapping and the
    /// last end are the six lines an hour that we promise.
    pub flapping_after: u32,
    /// Lines about a reopened outage, within `flapping_within`, after which it counts as flapping too. Default 4, for the same
    /// six.
    pub flapping_lines: u32,
    /// The period in which both are counted. 1 h.
    pub flapping_within: SignedDuration,
    /// How long a flapping outage must pass checks before its end is posted. Default 15 min, as `reopen_within`: an earlier end
    /// would reopen.
    pub calm_after: SignedDuration,
    /// An older copy of the page, or a page not read for longer, is unknown. Default 10 min. The CDN of Statuspage serves copies
    /// up to 1 h old if the page itself fails (`stale-if-error=3600`), and 30 s old on a good day.
    pub page_stale_after: SignedDuration,
    /// A page incident whose first words are older than this when first seen is history, not news. Default 6 h.
    pub page_old_after: SignedDuration,
    /// An outage that was already going on at this bot's first check is posted only if it began less long ago. 1 h.
    #[serde(rename = "first_look_limit")]
    pub first_probe_limit: SignedDuration,
    /// How long before a certificate expires the operator is warned. Default 7 days.
    pub certificate_warning: SignedDuration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            interval: SignedDuration::from_secs(30),
            recheck_interval: SignedDuration::from_secs(15),
            outage_interval: SignedDuration::from_secs(20),
            calm_interval: SignedDuration::from_secs(60),
            gather: SignedDuration::from_secs(20),
            failure_threshold: 3,
            success_threshold: 4,
            sources_together: 3,
            slow: SignedDuration::from_secs(2),
            slow_after: 5,
            partly_runs: 4,
            partly_of: 20,
            stale_after: SignedDuration::from_mins(5),
            reopen_within: SignedDuration::from_mins(15),
            flapping_after: 2,
            flapping_lines: 4,
            flapping_within: SignedDuration::from_hours(1),
            calm_after: SignedDuration::from_mins(15),
            page_stale_after: SignedDuration::from_mins(10),
            page_old_after: SignedDuration::from_hours(6),
            first_probe_limit: SignedDuration::from_hours(1),
            certificate_warning: SignedDuration::from_hours(7 * 24),
        }
    }
}

impl Policy {
    /// How many checks of one source are stored at most, whatever is configured: enough for a threshold of five hundred.
    pub const MOST_PROBES: usize = 512;

    /// Returns the interval of pages and connectivity checks while all is calm.
    pub fn calm_pace(&self) -> SignedDuration {
        self.calm_interval.min(self.interval.saturating_mul(2)).max(self.interval)
    }

    /// Returns how many checks of one source must be stored to decide by these numbers.
    pub fn memory(&self) -> usize {
        let most =
            self.partly_of.max(self.failure_threshold).max(self.success_threshold).max(self.slow_after);
        usize::try_from(most).unwrap_or(Self::MOST_PROBES).clamp(8, Self::MOST_PROBES)
    }
}
