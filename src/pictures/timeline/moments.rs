//! What each voice said, and when.

use jiff::Timestamp;

use super::{State, state};
use crate::health::{IncidentState, Level, Outage, OutageKind, TimelineEvent};

/// One moment of a voice: when, the message that says what, and whether it was good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub at: Timestamp,
    pub message: &'static str,
    pub state: State,
}

/// Our own looks: failed, told, good again.
pub(super) fn we_see(outage: &Outage) -> Vec<Said> {
    let ours = outage.timeline.iter().filter_map(|moment| {
        let (message, state) = match &moment.what {
            TimelineEvent::FirstFailedProbe { .. } => ("picture-first-bad", State::Bad),
            TimelineEvent::Posted if outage.kind == OutageKind::Outage => ("picture-told", State::Unseen),
            TimelineEvent::FirstGoodProbe { .. } => ("picture-first-good", State::Good),
            TimelineEvent::Reopened => ("picture-again", State::Bad),
            TimelineEvent::Flapping => ("picture-comes-and-goes", State::Part),
            _ => return None,
        };
        Some(Said { at: moment.at, message, state })
    });
    // Of several services the first failure and the last recovery are what people look for; each lane has its own edges.
    let mut kept: Vec<Said> = Vec::new();
    for said in ours {
        let same = |kept: &Said| kept.message == said.message;
        let swung = |kept: &Said| kept.state != said.state && matches!(kept.state, State::Good | State::Bad);
        let before = kept.iter().rposition(same);
        let since = before.filter(|at| !kept[at + 1..].iter().any(swung));
        match since {
            Some(at) if said.state == State::Good => {
                kept.remove(at);
                kept.push(said);
            }
            Some(_) if said.state == State::Bad => {}
            _ => kept.push(said),
        }
    }
    kept
}

/// The status page.
pub(super) fn they_say(outage: &Outage) -> Vec<Said> {
    let theirs = outage.timeline.iter().filter_map(|moment| {
        let (message, state) = match &moment.what {
            TimelineEvent::PageSaid { state: said, .. } => page_state(*said),
            TimelineEvent::PageWithdrew => ("picture-withdrawn", State::Unseen),
            _ => return None,
        };
        Some(Said { at: moment.at, message, state })
    });
    let mut theirs: Vec<Said> = theirs.collect();
    // Said again is not said anew.
    theirs.dedup_by_key(|said| said.message);
    theirs
}

fn page_state(said: IncidentState) -> (&'static str, State) {
    match said {
        IncidentState::Unknown => ("state-unknown", State::Unseen),
        IncidentState::Investigating => ("state-investigating", state(Level::Outage)),
        IncidentState::Identified => ("state-identified", state(Level::Degraded)),
        IncidentState::Monitoring => ("state-monitoring", state(Level::Degraded)),
        IncidentState::Resolved => ("state-resolved", state(Level::Up)),
    }
}
