//! What the watcher found: its tracker, outages, tallies of looks, and small named values of the machinery.

use jiff::Timestamp;

use super::super::bounds::fits;
use super::super::draft::Draft;
use super::super::fading::{ANNOUNCEMENT, Fading, after};
use super::super::key::Key;
use super::super::record::{Announced, Counter, Form as _, Kept, Tracker};
use super::super::shelf::{Shelf, Tree};
use super::super::{Committed, Fence, Remembered, Step, StoreError};
use super::{Books, Unsure, count_up};
use crate::alerts::{Announcement, AnnouncementId, Audience};
use crate::health::{Looks, Outage, OutageEvent, ServiceName, Span, Tally};

/// Failed commits that are remembered: of these at most one is the newest that was kept. One is tried each five seconds.
const MOST_UNSURE: usize = 24;

impl<S: Shelf> Books<S> {
    pub(super) fn recall(&self) -> Result<Remembered, StoreError> {
        let look = self.look();
        let tracker = look.find::<Tracker>(&Key::new())?.map(|Tracker(bytes)| bytes);
        Ok(Remembered { tracker, open: open_outages(&look)? })
    }

    pub(super) fn commit(&self, step: &Step, fence: &Fence) -> Result<Committed, StoreError> {
        let committed = self.change_books(|draft, leases| {
            if !leases.leading.is_newest(fence) {
                return Ok(Committed::Fenced);
            }
            let done = already_kept(draft, &leases.unsure)?;
            // What was not answered is asked again, with what came since behind it.
            let events = step.events.strip_prefix(done.as_slice()).unwrap_or(step.events.as_slice());
            draft.put(&Tracker(step.tracker.clone()))?;
            for outage in &step.outages {
                let kept = draft.find::<Outage>(&outage.key())?;
                if kept.is_none_or(|kept| kept.revision <= outage.revision) {
                    draft.put(outage)?;
                }
            }
            for (event, audience) in events {
                announce(draft, event, audience.clone(), event.at)?;
            }
            Ok(Committed::Kept)
        });
        match &committed {
            Ok(Committed::Kept) => {
                self.leases().unsure.clear();
                self.hint();
            }
            Ok(Committed::Fenced) => {}
            Err(_) => {
                let unsure = &mut self.leases().unsure;
                if unsure.len() == MOST_UNSURE {
                    unsure.remove(0);
                }
                unsure.push(Unsure { tracker: step.tracker.clone(), events: step.events.clone() });
            }
        }
        committed
    }

    pub(super) fn outages(&self, since: Timestamp, most: usize) -> Result<Vec<Outage>, StoreError> {
        let look = self.look();
        let mut found = Vec::new();
        for (_, key) in look.scan(Tree::OutageByTime, &Key::new(), &Key::new(), most)? {
            let Some(outage) = look.find::<Outage>(&Key(key))? else { continue };
            if outage.since < since {
                break; // newest first: all that follow began earlier
            }
            found.push(outage);
        }
        Ok(found)
    }

    pub(super) fn note_looks(&self, at: Timestamp, looks: &[(ServiceName, Looks)]) -> Result<(), StoreError> {
        self.change_books(|draft, _| {
            for (service, looks) in looks {
                for span in Span::ALL {
                    let from = span.begin(at);
                    let of = Tally { service: service.clone(), span, from, looks: *looks };
                    let mut tally = Fading { of, fades: after(from, span.kept_for()) };
                    if let Some(kept) = draft.find::<Fading<Tally>>(&tally.key())? {
                        tally.of.looks = kept.of.looks.plus(*looks);
                    }
                    draft.put(&tally)?;
                }
            }
            Ok(())
        })
    }

    pub(super) fn tallies(
        &self,
        service: &ServiceName,
        span: Span,
        since: Timestamp,
    ) -> Result<Vec<Tally>, StoreError> {
        let prefix = Key::new().text(service.as_str()).byte(span as u8);
        let from = prefix.clone().at(since);
        let rows = self.look().scan(Tree::Tally, &prefix, &from, usize::MAX)?;
        rows.iter().map(|(_, value)| Ok(Fading::<Tally>::decode(value)?.of)).collect()
    }

    pub(super) fn keep(&self, name: &str, value: Option<Vec<u8>>) -> Result<(), StoreError> {
        self.change_books(|draft, _| match value {
            Some(value) => {
                fits(name, &value)?;
                draft.put(&Kept { name: name.to_owned(), value })
            }
            None => draft.forget::<Kept>(&Key::new().text(name)).map(drop),
        })
    }

    pub(super) fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.look().find::<Kept>(&Key::new().text(name))?.map(|kept| kept.value))
    }
}

/// The events of the failed commit that is on the disk all the same; none if none is.
fn already_kept<S: Shelf>(
    draft: &Draft<'_, S>,
    unsure: &[Unsure],
) -> Result<Vec<(OutageEvent, Audience)>, StoreError> {
    if unsure.is_empty() {
        return Ok(Vec::new());
    }
    let Some(Tracker(last)) = draft.find::<Tracker>(&Key::new())? else { return Ok(Vec::new()) };
    let kept = unsure.iter().find(|unsure| unsure.tracker == last);
    Ok(kept.map(|unsure| unsure.events.clone()).unwrap_or_default())
}

/// The outages that go on.
pub(super) fn open_outages<S: Shelf>(draft: &Draft<'_, S>) -> Result<Vec<Outage>, StoreError> {
    let mut open = Vec::new();
    for (key, _) in draft.scan(Tree::OpenOutage, &Key::new(), &Key::new(), usize::MAX)? {
        open.extend(draft.find::<Outage>(&key)?);
    }
    Ok(open)
}

/// Enqueues an announcement.
pub(super) fn announce<S: Shelf>(
    draft: &mut Draft<'_, S>,
    event: &OutageEvent,
    audience: Audience,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = AnnouncementId(count_up(draft, Counter::ANNOUNCEMENT)?);
    let haste = Announced::haste_of(&audience, &event.kind);
    let announcement = Announcement { id, event: event.clone(), audience, considered: None };
    draft.put(&Announced { announcement, haste, expanded: false, fades: after(now, ANNOUNCEMENT) })
}
