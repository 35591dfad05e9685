//! What is looked at now and then on the operator's behalf: the connection, what is owed, the disk, the backups, what could not be read,
//! and once a day the certificates and the questions that found no answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::http::DRAINS;
use super::notices::Notice;
use crate::health::StatusSnapshot;
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};

/// Told before the store refuses what people ask for, which it does below 200 MB.
const NEARLY_FULL: u64 = 500_000_000;
/// A connection that is away, or does not stay up, for longer is told; a gateway's reconnect takes seconds.
const AWAY: SignedDuration = SignedDuration::from_mins(5);
/// Backups are hourly: three missed ones are no accident.
const NO_BACKUP: SignedDuration = SignedDuration::from_hours(3);
/// What stays so is told again after this long.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);
/// Questions that are told at once.
const QUESTIONS: usize = 10;
/// Questions whose count is remembered from one day to the next: 100 of them stay far below the 64 KiB of a kept value.
const REMEMBERED: usize = 100;
/// The name under which the last daily round is kept.
const DAILY: &str = "operator.daily";

pub struct Rounds {
    store: Arc<dyn Store>,
    vitals: Metrics,
    picture: watch::Receiver<Arc<StatusSnapshot>>,
    watching: Watching,
    told: BTreeMap<&'static str, Timestamp>,
    unreadable: u64,
    probe_panics: u64,
    away_since: Option<Timestamp>,
    away_told: bool,
    stuck_since: Option<Timestamp>,
    began: Option<Timestamp>,
}

/// What an operator chose to hear of.
#[derive(Clone, Copy, Debug)]
pub struct Watching {
    /// How long before a certificate expires it is told.
    pub certificate_warning: SignedDuration,
    /// The questions without an answer are told once a day.
    pub questions: bool,
    /// There are to be backups.
    pub backups: bool,
}

/// The last daily round, as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Daily {
    at: Timestamp,
    asked: BTreeMap<String, u64>,
}

impl Rounds {
    /// Rounds over these.
    pub fn new(
        store: Arc<dyn Store>,
        vitals: Metrics,
        picture: watch::Receiver<Arc<StatusSnapshot>>,
        watching: Watching,
    ) -> Self {
        let (unreadable, probe_panics) = (vitals.unreadable_so_far(), vitals.probe_panics_so_far());
        Self {
            store,
            vitals,
            picture,
            watching,
            told: BTreeMap::new(),
            unreadable,
            probe_panics,
            away_since: None,
            away_told: false,
            stuck_since: None,
            began: None,
        }
    }

    /// One round: what there is to tell.
    pub async fn make(&mut self, now: Timestamp) -> Vec<Notice> {
        let began = *self.began.get_or_insert(now);
        let mut found = self.look_at_this_copy(now);
        found.extend(self.outbox(now).await);
        if let Ok(space) = self.store.usage().await
            && let Some(free) = space.free.filter(|free| *free < NEARLY_FULL)
            && self.is_news("space", now)
        {
            found.push(Notice::NearlyFull { free });
        }
        let newest = self.vitals.backed_up_at();
        let late = now.duration_since(newest.unwrap_or(began)) > NO_BACKUP;
        if self.watching.backups && late && self.is_news("backup", now) {
            found.push(Notice::NotBackedUp(newest));
        }
        match self.daily(now).await {
            Ok(daily) => found.extend(daily),
            Err(error) => tracing::debug!(%error, "the daily round could not be made; it is made later"),
        }
        found
    }

    /// The part of a round that every copy of the bot makes for itself; the rest is told once, by the one on duty.
    pub fn look_at_this_copy(&mut self, now: Timestamp) -> Vec<Notice> {
        let mut found: Vec<Notice> = self.connection(now).into_iter().collect();
        if let Some((sent, most)) = self.vitals.identifies()
            && sent.saturating_mul(2) >= most
            && self.is_news("identifies", now)
        {
            found.push(Notice::Identifies { sent, most });
        }
        let unreadable = self.vitals.unreadable_so_far();
        if unreadable > self.unreadable {
            found.push(Notice::Unreadable(unreadable - self.unreadable));
            self.unreadable = unreadable;
        }
        let panics = self.vitals.probe_panics_so_far();
        if panics > self.probe_panics {
            found.push(Notice::ProbePanicked(panics - self.probe_panics));
            self.probe_panics = panics;
        }
        found
    }

    /// Discord was away for long, or its connections did not stay up, or it is back after that.
    fn connection(&mut self, now: Timestamp) -> Option<Notice> {
        if self.vitals.is_steady() {
            let since = self.away_since.take();
            let told = std::mem::take(&mut self.away_told);
            return since.filter(|_| told).map(|since| Notice::Connected(now.duration_since(since)));
        }
        let since = *self.away_since.get_or_insert(now);
        if self.away_told || now.duration_since(since) < AWAY {
            return None;
        }
        self.away_told = true;
        Some(Notice::Disconnected(since))
    }

    /// What is owed does not get through, or does again: Discord can refuse it while it is connected.
    async fn outbox(&mut self, now: Timestamp) -> Option<Notice> {
        // A store that is away is told by the courier.
        let longest = self.store.longest_waiting().await.ok()?;
        let stuck = longest.filter(|it| now.duration_since(it.waits_since()) > DRAINS);
        match (stuck, self.stuck_since) {
            (Some(stuck), None) => {
                let since = stuck.waits_since();
                self.stuck_since = Some(since);
                Some(Notice::Stuck { since, why: stuck.last_error })
            }
            (None, Some(since)) => {
                self.stuck_since = None;
                Some(Notice::Unstuck(now.duration_since(since)))
            }
            _ => None,
        }
    }

    async fn daily(&mut self, now: Timestamp) -> Result<Vec<Notice>, StoreError> {
        let last = self.store.get_meta(DAILY).await?;
        let last: Option<Daily> = last.and_then(|kept| serde_json::from_slice(&kept).ok());
        if last.as_ref().is_some_and(|last| now.duration_since(last.at) < AGAIN) {
            return Ok(Vec::new());
        }
        if self.picture.borrow().checked_at().is_none() {
            return Ok(Vec::new()); // right after the start nothing is known of certificates
        }
        let mut found = self.certificates(now);
        let mut asked = BTreeMap::new();
        if self.watching.questions {
            for question in self.store.questions(REMEMBERED).await? {
                asked.extend(question.text.map(|text| (text, question.asked)));
            }
            let before =
                |text: &str| last.as_ref().and_then(|last| last.asked.get(text)).copied().unwrap_or(0);
            let mut news: Vec<_> = asked
                .iter()
                .map(|(text, count)| (text.clone(), count.saturating_sub(before(text))))
                .filter(|(_, count)| *count > 0)
                .collect();
            news.sort_by_key(|one| std::cmp::Reverse(one.1));
            news.truncate(QUESTIONS);
            if !news.is_empty() {
                found.push(Notice::Unanswered(news));
            }
        }
        // cannot fail: texts, numbers and an instant
        let kept = serde_json::to_vec(&Daily { at: now, asked }).unwrap_or_default();
        self.store.put_meta(DAILY, Some(&kept)).await?;
        Ok(found)
    }

    fn certificates(&self, now: Timestamp) -> Vec<Notice> {
        let picture = self.picture.borrow();
        let soon = |expires: &Timestamp| expires.duration_since(now) < self.watching.certificate_warning;
        let warn = |source: &crate::health::SourceView| {
            let expires = source.certificate_expires.filter(soon)?;
            Some(Notice::Certificate { source: source.name.clone(), expires })
        };
        picture.sources.iter().filter_map(warn).collect()
    }

    /// Whether this was not told within a day; it then counts as told.
    fn is_news(&mut self, what: &'static str, now: Timestamp) -> bool {
        if self.told.get(what).is_some_and(|told| now.duration_since(*told) < AGAIN) {
            return false;
        }
        self.told.insert(what, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_daily_counts_keep_their_names() {
        let stored = r#"{"at":"1970-01-01T00:00:00Z","asked":{"nhu":3}}"#;
        let daily: Daily = serde_json::from_str(stored).expect("counts");
        assert_eq!(serde_json::to_string(&daily).expect("JSON"), stored);
    }
}
