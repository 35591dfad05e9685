//! What each voice said, and when.

use jiff::Timestamp;

use super::{FillState, state};
use crate::health::{IncidentState, Level, Outage, OutageKind, TimelineEvent};

/// One statement of a voice: its time, the message with its text, and whether it is good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimelineStatement {
    pub at: Timestamp,
    pub message: &'static str,
    pub state: FillState,
}

/// Our own checks: failed, posted, recovered.
pub(super) fn we_see(outage: &Outage) -> Vec<TimelineStatement> {
    let ours = outage.timeline.iter().filter_map(|moment| {
        let (message, state) = match &moment.what {
            TimelineEvent::FirstFailedProbe { .. } => ("chart-first-bad", FillState::Bad),
            TimelineEvent::Reported if outage.kind == OutageKind::Outage => {
                ("chart-posted", FillState::Unseen)
            }
            TimelineEvent::FirstGoodProbe { .. } => ("chart-first-good", FillState::Good),
            TimelineEvent::Reopened => ("chart-again", FillState::Bad),
            TimelineEvent::Flapping => ("chart-comes-and-goes", FillState::Part),
            _ => return None,
        };
        Some(TimelineStatement { at: moment.at, message, state })
    });
    // Of several services, the first failure and the last recovery are shown; each lane has its own edges.
    let mut stored: Vec<TimelineStatement> = Vec::new();
    for said in ours {
        let same = |stored: &TimelineStatement| stored.message == said.message;
        let swung = |stored: &TimelineStatement| {
            stored.state != said.state && matches!(stored.state, FillState::Good | FillState::Bad)
        };
        let before = stored.iter().rposition(same);
        let since = before.filter(|at| !stored[at + 1..].iter().any(swung));
        match since {
            Some(at) if said.state == FillState::Good => {
                stored.remove(at);
                stored.push(said);
            }
            Some(_) if said.state == FillState::Bad => {}
            _ => stored.push(said),
        }
    }
    stored
}

/// The status page.
pub(super) fn they_say(outage: &Outage) -> Vec<TimelineStatement> {
    let theirs = outage.timeline.iter().filter_map(|moment| {
        let (message, state) = match &moment.what {
            TimelineEvent::PageSaid { state: said, .. } => page_state(*said),
            TimelineEvent::PageWithdrew => ("chart-withdrawn", FillState::Unseen),
            _ => return None,
        };
        Some(TimelineStatement { at: moment.at, message, state })
    });
    let mut theirs: Vec<TimelineStatement> = theirs.collect();
    // A repeated statement is not shown again.
    theirs.dedup_by_key(|said| said.message);
    theirs
}

fn page_state(said: IncidentState) -> (&'static str, FillState) {
    match said {
        IncidentState::Unknown => ("state-unknown", FillState::Unseen),
        IncidentState::Investigating => ("state-investigating", state(Level::Outage)),
        IncidentState::Identified => ("state-identified", state(Level::Degraded)),
        IncidentState::Monitoring => ("state-monitoring", state(Level::Degraded)),
        IncidentState::Resolved => ("state-resolved", state(Level::Up)),
        IncidentState::InProgress => ("state-in-progress", state(Level::Maintenance)),
        IncidentState::Verifying => ("state-verifying", state(Level::Maintenance)),
        IncidentState::Shown => ("state-shown", state(Level::Outage)),
    }
}
