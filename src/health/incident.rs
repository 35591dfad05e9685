//! One incident of a page, as the detector reads it: since when, until when, and whether it says anything new.

use jiff::{SignedDuration, Timestamp};

use super::detector_state::PageIncidentState;
use super::transition::PagePoll;
use super::{IncidentState, Level, OutageKind, PageIncident, PageReport, ServiceName};

/// How many characters of a page's text are stored.
const TEXT_CHARS: usize = 2_000;
/// How far the page's clock and ours may differ. What begins later than that has not begun.
pub(super) const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

impl PageIncident {
    /// Returns when it was resolved; `None` while it is not.
    pub(super) fn ended(&self, probed: Timestamp) -> Option<Timestamp> {
        let resolved = self.state == IncidentState::Resolved || self.resolved.is_some();
        let said =
            || self.updates.iter().filter(|u| u.state == IncidentState::Resolved).filter_map(|u| u.at).min();
        resolved.then(|| self.resolved.or_else(said).unwrap_or(probed))
    }

    pub(super) fn first_said(&self, probed: Timestamp) -> Timestamp {
        self.updates.iter().filter_map(|update| update.at).min().or(self.began).unwrap_or(probed)
    }

    /// Whether it will begin later by the page's own clock.
    pub(super) fn is_to_begin(&self, probed: Timestamp) -> bool {
        let said = || self.updates.iter().filter_map(|update| update.at).min();
        let began = self.began.or_else(said);
        self.state != IncidentState::Resolved
            && began.is_some_and(|began| began.duration_since(probed) > CLOCKS_APART)
    }

    /// Whether the page leaves open what this is: it gives no state that we know and no bad impact.
    pub(super) fn is_unclear(&self) -> bool {
        self.state == IncidentState::Unknown && self.resolved.is_none() && !self.impact.is_bad()
    }

    /// Whether the page itself says that nothing was wrong.
    pub(super) fn is_harmless(&self) -> bool {
        matches!(self.impact, Level::Up | Level::Maintenance)
    }

    pub(super) fn notice(&self, probe: PagePoll<'_>, services: Vec<ServiceName>) -> PageIncidentState {
        PageIncidentState {
            source: probe.source.clone(),
            kind: OutageKind::Outage,
            id: self.id.clone(),
            print: self.print(),
            state: self.state,
            // An unresolved incident counts even if the page calls its impact "none". An unknown state is never an outage.
            level: if self.impact == Level::Outage && self.state != IncidentState::Unknown {
                Level::Outage
            } else {
                Level::Degraded
            },
            services,
            from: None,
            until: None,
            outage: None,
            missed_polls: 0,
            absent_since: None,
            closed: false,
            last_seen: probe.at,
        }
    }

    pub(super) fn voice(&self, probed: Timestamp, now: Timestamp) -> PageReport {
        let first_said = self.first_said(probed).min(now);
        let last_said = self.updates.iter().filter_map(|update| update.at).max().unwrap_or(probed);
        let last_said = last_said.clamp(first_said, now.max(first_said));
        let closed = self.ended(probed).map(|at| at.min(now).max(self.began.unwrap_or(first_said).min(now)));
        PageReport {
            incident: self.id.clone(),
            name: cut(&self.name),
            state: if closed.is_some() { IncidentState::Resolved } else { self.state },
            text: self.updates.first().map(|update| cut(&update.text)).unwrap_or_default(),
            first_said,
            last_said,
            closed,
            withdrawn: false,
            link: self.link.clone(),
        }
    }

    /// Returns a hash of all that it says, whatever the order of its updates. FNV-1a, because the hash must be the same in
    /// every version of this bot.
    fn print(&self) -> u64 {
        let mut whole = fnv(&[self.state.as_str(), self.impact.as_str(), &self.name]);
        whole = whole.wrapping_add(u64::from(self.resolved.is_some()));
        for component in &self.components {
            whole = whole.wrapping_add(fnv(&["component", component]));
        }
        for update in &self.updates {
            whole = whole.wrapping_add(fnv(&["update", &update.id, update.state.as_str(), &update.text]));
        }
        whole
    }
}

fn fnv(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

pub(super) fn cut(text: &str) -> String {
    text.chars().take(TEXT_CHARS).collect()
}
