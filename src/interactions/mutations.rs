//! Carries out the changes that commands request, until their result is known.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::facts::within;
use crate::alerts::SubscriptionEdit;
use crate::chat::Reply;
use crate::chat::replies::notes;
use crate::clock::{Clock, stopped};
use crate::commands::{self, Facts, Invocation, PendingChange, Response};
use crate::ids::{InteractionId, UserId};
use crate::store::{EditResult, Store, StoreError};

/// How long the store is asked for the result of a change whose answer was lost: some seconds less than the ten in which the
/// bot stops.
const IN_DOUBT: SignedDuration = SignedDuration::from_secs(6);

/// Delay before the store is asked again.
const ASK_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// The users who reported failures are counted this often, so that old reports expire.
const COUNT_PEOPLE_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// "7 people report failures in the last 15 minutes": how long a report counts.
const REPORTS_COUNT_FOR: SignedDuration = SignedDuration::from_mins(15);

/// Carries out changes.
pub(super) struct Mutations {
    pub(super) clock: Clock,
    pub(super) store: Arc<dyn Store>,
    /// Tells the notifier that something is pending.
    pub(super) pending: Arc<dyn Fn() + Send + Sync>,
    /// How many users report failures, for the watcher.
    pub(super) reports: watch::Sender<u32>,
    pub(super) collect_questions: bool,
}

impl Mutations {
    /// Carries out a change and returns the reply to it.
    pub(super) async fn change(&self, asked: &Invocation, wish: PendingChange, facts: &Facts) -> Reply {
        let change = match wish.change {
            SubscriptionEdit::Unanswered { text } => {
                SubscriptionEdit::Unanswered { text: text.filter(|_| self.collect_questions) }
            }
            change => change,
        };
        match self.change_surely(&change, asked.id, facts.now).await {
            Ok(EditResult::TakenBack) => wish.undone.unwrap_or(wish.stored),
            Ok(EditResult::Before) if self.took_back(&change).await => wish.undone.unwrap_or(wish.stored),
            // Saved before: by another instance, or by an earlier attempt whose answer was lost.
            Ok(EditResult::Now | EditResult::Before) => {
                (self.pending)();
                match change {
                    SubscriptionEdit::Report { .. } => {
                        self.counted(asked, facts).await.unwrap_or(wish.stored)
                    }
                    _ => wish.stored,
                }
            }
            Ok(EditResult::Nothing) => wish.same.unwrap_or(wish.stored),
            Ok(EditResult::Full) => Reply::private(match change {
                SubscriptionEdit::NotifyOnRecovery { .. } => notes::enough_wait(asked.language),
                _ => notes::server_is_full(facts.subscriptions_allowed, asked.language),
            }),
            Err(error @ StoreError::Away(_)) => {
                tracing::error!(%error, interaction = %asked.id, "it is not known whether a change was saved");
                wish.in_doubt
            }
            Err(error) => {
                tracing::error!(%error, interaction = %asked.id, "a change could not be saved");
                wish.not_saved
            }
        }
    }

    /// Returns whether a `NotifyOnRecovery` that was carried out before withdrew an earlier one: then nobody waits.
    async fn took_back(&self, change: &SubscriptionEdit) -> bool {
        let SubscriptionEdit::NotifyOnRecovery { outage, person, channel, .. } = change else { return false };
        let before = person.0.checked_sub(1).map(|before| (*channel, UserId(before)));
        let waiting = within(&self.clock, self.store.waiting(outage, Some(*channel), before, 1)).await;
        waiting.is_ok_and(|found| found.first().is_none_or(|it| it.person != *person))
    }

    /// Requests a change, and again if no answer comes. The interaction's id makes it idempotent: it is carried out once, and
    /// the second answer says so.
    async fn change_surely(
        &self,
        change: &SubscriptionEdit,
        asked: InteractionId,
        now: Timestamp,
    ) -> Result<EditResult, StoreError> {
        let until = self.clock.now() + IN_DOUBT;
        loop {
            match within(&self.clock, self.store.change(change, asked, now)).await {
                Err(StoreError::Away(why)) if self.clock.now() + ASK_AGAIN < until => {
                    tracing::warn!(why, interaction = %asked, "a change got no answer; retrying");
                    self.clock.sleep(ASK_AGAIN).await;
                }
                known => return known,
            }
        }
    }

    /// Updates the number of users who report failures as time passes.
    pub(super) async fn count_people(&self, mut stop: watch::Receiver<bool>) {
        loop {
            self.count_reports().await;
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                () = self.clock.sleep(COUNT_PEOPLE_EVERY) => {}
            }
        }
    }

    /// Returns the answer to a report that was saved, with the current number of users. A user who reported something else a
    /// moment ago is not counted twice.
    async fn counted(&self, asked: &Invocation, facts: &Facts) -> Option<Reply> {
        let facts = Facts { reports: Some(self.count_reports().await?), ..facts.clone() };
        match commands::find(&asked.command)?.answer(asked, &facts) {
            Ok(Response::Change(drawn)) => Some(drawn.stored),
            _ => None,
        }
    }

    /// Passes the current number of users who report failures to the watcher.
    async fn count_reports(&self) -> Option<u32> {
        let since = self.clock.now() - REPORTS_COUNT_FOR;
        match within(&self.clock, self.store.reports(None, since)).await {
            Ok(count) => {
                let count = u32::try_from(count).unwrap_or(u32::MAX);
                self.reports.send_if_modified(|last| std::mem::replace(last, count) != count);
                Some(count)
            }
            Err(error) => {
                tracing::warn!(%error, "reports could not be counted");
                None
            }
        }
    }
}
