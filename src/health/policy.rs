//! How many checks make an outage, and every other number of judging.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// The numbers of judging, each with its source. Durations are of the check's own clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// One check per source. Default 30 s: with `failure_threshold` an outage is told within 90 s of its first failed check.
    pub every: SignedDuration,
    /// The pace of checks while we are not sure yet: after the first failed check, and at the control when it must say whose
    /// fault it is. Default 15 s: with `failure_threshold` 3 a blip of less than half a minute is never told, and an outage within 45 s.
    pub recheck_every: SignedDuration,
    /// The pace of looks at a source in an outage, if that is faster than `interval`. Default 20 s: the true end is known more
    /// exactly, and four successful checks still take a minute.
    pub outage_every: SignedDuration,
    /// The pace of looks at the status page and the control while all is calm: nothing is open and no newest check is bad. Default 60 s,
    /// the slower end of what a page stands forever (30 to 60 s); never more than twice `interval`, nor less than it. Services keep
    /// `interval` at all times: an outage that is told within 90 s of its first failed check must not wait for that check.
    pub calm_every: SignedDuration,
    /// How long a service that surely fails may wait for another whose first check just failed, so that both are told in
    /// one message. Default 20 s: a recheck's time.
    pub gather: SignedDuration,
    /// Failed checks in a row before an outage is told. Default 3: one 5xx in 500 looks is Spotify's normal noise (they
    /// called one in 1,000 "not a cause for concern"), and three in a row by chance then come once in 16 years of one
    /// look per source each 30 s.
    #[serde(rename = "open_after")]
    pub failure_threshold: u32,
    /// Successful checks in a row before its end is told. Default 4: longer than opening, because on 2025-04-16 recovery came in
    /// pieces over 80 minutes; at 30 s it is still told within 3 minutes of the last failed check.
    #[serde(rename = "close_after")]
    pub success_threshold: u32,
    /// Sources of one service that, failing together, may share the `failure_threshold` looks among them. Default 3, so that of one
    /// source or two it still takes `failure_threshold` rounds.
    pub sources_together: u32,
    /// A successful check that took longer is slow. Default 2 s: healthy answers take some 40 to 300 ms.
    pub slow: SignedDuration,
    /// Slow looks in a row before a service counts as degraded. Default 5.
    pub slow_after: u32,
    /// Separate stretches of failed checks, among the last `partly_of`, that make a service degraded. Default 4: by the
    /// noise of one in 500 it happens about once in nine years. Stretches and not looks, so that one solid outage that is
    /// over does not linger as "partly failing".
    pub partly_runs: u32,
    /// How many checks `partly_runs` is counted in. Default 20: ten minutes.
    pub partly_of: u32,
    /// A source that told nothing for longer says nothing any more (or three times its own usual pace, if that is
    /// longer). Default 5 min: ten looks missed.
    pub stale_after: SignedDuration,
    /// A start within this time of an end reopens the same outage. 15 min: a promise of the recording's format.
    pub reopen_within: SignedDuration,
    /// Comebacks within `flapping_within` that make an outage flapping. Default 2: start, end, reopened, end, flapping
    /// and the last end are the six lines an hour that we promise.
    pub flapping_after: u32,
    /// Lines about an outage that has come back, within `flapping_within`, after which it is folded too. Default 4, for
    /// the same six.
    pub flapping_lines: u32,
    /// The window of both. 1 h.
    pub flapping_within: SignedDuration,
    /// How long a flapping outage must be good before its end is told. Default 15 min, as `reopen_within`: told sooner it
    /// would reopen.
    pub calm_after: SignedDuration,
    /// A copy of the page that is older, or a page not read for longer, is unknown. Default 10 min; the CDN of Statuspage
    /// hands out copies up to 1 h old when the page itself fails (`stale-if-error=3600`), and 30 s old on a good day.
    pub page_stale_after: SignedDuration,
    /// An incident of the page that is first seen when its first words are older is history, not news. Default 6 h.
    pub page_old_after: SignedDuration,
    /// An outage that was already going on at this bot's first check is announced only if it began less long ago. 1 h.
    #[serde(rename = "first_look_limit")]
    pub first_probe_limit: SignedDuration,
    /// How long before a certificate expires the operator is warned. Default 7 days.
    pub certificate_warning: SignedDuration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            every: SignedDuration::from_secs(30),
            recheck_every: SignedDuration::from_secs(15),
            outage_every: SignedDuration::from_secs(20),
            calm_every: SignedDuration::from_secs(60),
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
    /// Checks that are remembered of one source at most, whatever is configured: enough for a threshold of five hundred.
    pub const MOST_PROBES: usize = 512;

    /// The pace of looks at the page and the control while all is calm.
    pub fn calm_pace(&self) -> SignedDuration {
        self.calm_every.min(self.every.saturating_mul(2)).max(self.every)
    }

    /// How many checks of one source must be remembered to decide by these numbers.
    pub fn memory(&self) -> usize {
        let most =
            self.partly_of.max(self.failure_threshold).max(self.success_threshold).max(self.slow_after);
        usize::try_from(most).unwrap_or(Self::MOST_PROBES).clamp(8, Self::MOST_PROBES)
    }
}
