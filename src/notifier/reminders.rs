//! Reminders of ongoing outages: announced when due, once, even over a restart.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::Inner;
use crate::alerts::{Announcement, Audience, SubscriptionEdit, reminders};
use crate::health::{EventKind, Outage, OutageEvent, OutageId, OutageKind, Update};
use crate::ids::InteractionId;
use crate::store::StoreError;

/// With several instances on one store, the leader reads the open outages this often: another instance may have expanded the
/// announcement of a new one.
const READ_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// Delay before a failed reminder is retried.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// Open outages, each with the number of its last announced reminder.
#[derive(Default)]
pub(super) struct Reminders {
    open: BTreeMap<OutageId, (Outage, u32)>,
    read: Option<Timestamp>,
    /// After a failure, no attempt is made before this time.
    again: Option<Timestamp>,
}

impl Reminders {
    /// Reads which outages are open, if that is due.
    async fn read(&mut self, inner: &Inner, now: Timestamp) -> Result<(), StoreError> {
        let again = |read: Timestamp| inner.store.is_shared() && now.duration_since(read) >= READ_AGAIN;
        if self.read.is_some_and(|read| !again(read)) {
            return Ok(());
        }
        let mut open = BTreeMap::new();
        for outage in inner.store.load_state().await?.open {
            let turn = self.open.get(&outage.id).map_or(0, |(_, turn)| *turn);
            open.insert(outage.id.clone(), (outage, turn));
        }
        self.open = open;
        self.read = Some(now);
        Ok(())
    }

    /// Updates the open outages from an announcement.
    pub(super) fn follow(&mut self, announcement: &Announcement) {
        let outage = &announcement.event.outage;
        if announcement.audience != Audience::Subscribers {
            return;
        }
        if outage.is_open() && outage.kind == OutageKind::Outage {
            let turn = self.open.get(&outage.id).map_or(0, |(_, turn)| *turn);
            self.open.insert(outage.id.clone(), (outage.clone(), turn));
        } else {
            self.open.remove(&outage.id);
        }
    }

    /// Announces reminders that are due. Returns when the next one is due. If the store refuses, other deliveries are still
    /// sent.
    pub(super) async fn remind(&mut self, inner: &Inner, now: Timestamp) -> Option<Timestamp> {
        if self.again.is_some_and(|again| again > now) {
            return self.again;
        }
        let reminded = self.try_remind(inner, now).await;
        self.again = reminded.is_err().then(|| now + AGAIN);
        reminded.unwrap_or_else(|error| {
            tracing::warn!(%error, "a reminder could not be announced; retrying in a minute");
            self.again
        })
    }

    async fn try_remind(&mut self, inner: &Inner, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        if !inner.is_leader() {
            *self = Self::default();
            return Ok(None);
        }
        self.read(inner, now).await?;
        let mut next: Option<Timestamp> = None;
        for (outage, announced) in self.open.values_mut() {
            if let Some(turn) = reminders::turn_at(outage, now).filter(|turn| turn > announced) {
                announce(inner, outage, turn, now).await?;
                *announced = turn;
            }
            next = [next, reminders::due(outage, *announced + 1)].into_iter().flatten().min();
        }
        Ok(next)
    }
}

async fn announce(inner: &Inner, outage: &Outage, turn: u32, now: Timestamp) -> Result<(), StoreError> {
    let kind = EventKind::Updated(Update::FlapCount);
    let why = vec![format!("still going on: reminder {turn}")];
    let event = OutageEvent { at: now, kind, outage: outage.clone(), why };
    // The same number for the same reminder: after a restart the store knows that it was announced.
    let mut hash = blake3::Hasher::new();
    hash.update(outage.id.as_str().as_bytes()).update(&turn.to_le_bytes());
    let mut number = [0; 8];
    hash.finalize_xof().fill(&mut number);
    let asked = InteractionId(u64::from_le_bytes(number));
    inner.store.change(&SubscriptionEdit::Remind(Box::new(event), turn), asked, now).await.map(drop)
}
