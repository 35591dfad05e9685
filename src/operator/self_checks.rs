//! Periodic checks on the operator's behalf: the connection, pending deliveries, the disk, backups and unreadable
//! interactions. Once a day also certificates and questions without an answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::alerts::OperatorAlert;
use super::http::DRAINS;
use crate::health::StatusSnapshot;
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};

/// Free bytes below which the operator is alerted, before the store refuses changes below 200 MB.
const NEARLY_FULL: u64 = 500_000_000;
/// How long a connection may be away or unstable before it is reported; a gateway's reconnect takes seconds.
const AWAY: SignedDuration = SignedDuration::from_mins(5);
/// Backups are hourly: three missed ones are no coincidence.
const NO_BACKUP: SignedDuration = SignedDuration::from_hours(3);
/// How often a lasting problem is reported again.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);
/// Questions in one report.
const QUESTIONS: usize = 10;
/// Questions whose count is stored from one day to the next: 100 of them stay far below the 64 KiB of a named value.
const REMEMBERED: usize = 100;
/// The name under which the last daily check is stored.
const DAILY: &str = "operator.daily";

pub struct SelfChecks {
    store: Arc<dyn Store>,
    metrics: Metrics,
    snapshot: watch::Receiver<Arc<StatusSnapshot>>,
    watching: SelfCheckDeps,
    reported: BTreeMap<&'static str, Timestamp>,
    unreadable: u64,
    probe_panics: u64,
    away_since: Option<Timestamp>,
    away_reported: bool,
    stuck_since: Option<Timestamp>,
    blind_since: Option<Timestamp>,
    began: Option<Timestamp>,
}

/// What an operator chose to be alerted of.
#[derive(Clone, Copy, Debug)]
pub struct SelfCheckDeps {
    /// How long before its expiry a certificate is reported.
    pub certificate_warning: SignedDuration,
    /// Whether questions without an answer are reported once a day.
    pub questions: bool,
    /// Whether backups are expected.
    pub backups: bool,
}

/// The last daily check, as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct Daily {
    at: Timestamp,
    asked: BTreeMap<String, u64>,
}

impl SelfChecks {
    pub fn new(
        store: Arc<dyn Store>,
        metrics: Metrics,
        snapshot: watch::Receiver<Arc<StatusSnapshot>>,
        watching: SelfCheckDeps,
    ) -> Self {
        let (unreadable, probe_panics) = (metrics.unreadable_so_far(), metrics.probe_panics_so_far());
        Self {
            store,
            metrics,
            snapshot,
            watching,
            reported: BTreeMap::new(),
            unreadable,
            probe_panics,
            away_since: None,
            away_reported: false,
            stuck_since: None,
            blind_since: None,
            began: None,
        }
    }

    /// Runs the checks once. Returns what to report.
    pub async fn make(&mut self, now: Timestamp) -> Vec<OperatorAlert> {
        let began = *self.began.get_or_insert(now);
        let mut found = self.inspect_this_instance(now);
        found.extend(self.sight(began, now));
        found.extend(self.outbox(now).await);
        if let Ok(space) = self.store.usage().await
            && let Some(free) = space.free.filter(|free| *free < NEARLY_FULL)
            && self.is_news("space", now)
        {
            found.push(OperatorAlert::NearlyFull { free });
        }
        let newest = self.metrics.backed_up_at();
        let late = now.duration_since(newest.unwrap_or(began)) > NO_BACKUP;
        if self.watching.backups && late && self.is_news("backup", now) {
            found.push(OperatorAlert::NotBackedUp(newest));
        }
        match self.daily(now).await {
            Ok(daily) => found.extend(daily),
            Err(error) => tracing::debug!(%error, "the daily check failed; it is retried"),
        }
        found
    }

    /// Runs the checks that every instance runs for itself; the leader reports the rest once for all.
    pub fn inspect_this_instance(&mut self, now: Timestamp) -> Vec<OperatorAlert> {
        let mut found: Vec<OperatorAlert> = self.connection(now).into_iter().collect();
        if let Some((sent, most)) = self.metrics.identifies()
            && sent.saturating_mul(2) >= most
            && self.is_news("identifies", now)
        {
            found.push(OperatorAlert::Identifies { sent, most });
        }
        let unreadable = self.metrics.unreadable_so_far();
        if unreadable > self.unreadable {
            found.push(OperatorAlert::Unreadable(unreadable - self.unreadable));
            self.unreadable = unreadable;
        }
        let panics = self.metrics.probe_panics_so_far();
        if panics > self.probe_panics {
            found.push(OperatorAlert::ProbePanicked(panics - self.probe_panics));
            self.probe_panics = panics;
        }
        found
    }

    /// Reports that Discord was away for long, that its connections were unstable, or that it is back after that.
    fn connection(&mut self, now: Timestamp) -> Option<OperatorAlert> {
        if self.metrics.is_steady() {
            let since = self.away_since.take();
            let reported = std::mem::take(&mut self.away_reported);
            return since
                .filter(|_| reported)
                .map(|since| OperatorAlert::Connected(now.duration_since(since)));
        }
        let since = *self.away_since.get_or_insert(now);
        if self.away_reported || now.duration_since(since) < AWAY {
            return None;
        }
        self.away_reported = true;
        Some(OperatorAlert::Disconnected(since))
    }

    /// Reports that no source answers any more, or that one does again.
    fn sight(&mut self, began: Timestamp, now: Timestamp) -> Option<OperatorAlert> {
        let blind = self.snapshot.borrow().blind_since(began);
        match (blind, self.blind_since) {
            (Some(since), None) => {
                tracing::warn!(%since, "no source answers: nothing is known of any service");
                self.blind_since = Some(since);
                Some(OperatorAlert::Blind(since))
            }
            (None, Some(since)) => {
                tracing::info!(%since, "sources answer again");
                self.blind_since = None;
                Some(OperatorAlert::Sees(now.duration_since(since)))
            }
            _ => None,
        }
    }

    /// Reports that pending deliveries are stuck, or get through again: Discord can refuse them while it is connected.
    async fn outbox(&mut self, now: Timestamp) -> Option<OperatorAlert> {
        // The notifier reports a store that is away.
        let longest = self.store.longest_waiting().await.ok()?;
        let stuck = longest.filter(|it| now.duration_since(it.waits_since()) > DRAINS);
        match (stuck, self.stuck_since) {
            (Some(stuck), None) => {
                let since = stuck.waits_since();
                self.stuck_since = Some(since);
                Some(OperatorAlert::Stuck {
                    since,
                    why: stuck.last_error.map(|why| why.to_string()).unwrap_or_default(),
                })
            }
            (None, Some(since)) => {
                self.stuck_since = None;
                Some(OperatorAlert::Unstuck(now.duration_since(since)))
            }
            _ => None,
        }
    }

    async fn daily(&mut self, now: Timestamp) -> Result<Vec<OperatorAlert>, StoreError> {
        let last = self.store.get_meta(DAILY).await?;
        let last: Option<Daily> = last.and_then(|stored| serde_json::from_slice(&stored).ok());
        if last.as_ref().is_some_and(|last| now.duration_since(last.at) < AGAIN) {
            return Ok(Vec::new());
        }
        if self.snapshot.borrow().checked_at().is_none() {
            return Ok(Vec::new()); // right after the start no certificate was seen yet
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
                found.push(OperatorAlert::Unanswered(news));
            }
        }
        // Cannot fail: texts, numbers and an instant.
        let stored = serde_json::to_vec(&Daily { at: now, asked }).unwrap_or_default();
        self.store.put_meta(DAILY, Some(&stored)).await?;
        Ok(found)
    }

    fn certificates(&self, now: Timestamp) -> Vec<OperatorAlert> {
        let snapshot = self.snapshot.borrow();
        let soon = |expires: &Timestamp| expires.duration_since(now) < self.watching.certificate_warning;
        let warn = |source: &crate::health::SourceView| {
            let expires = source.certificate_expires.filter(soon)?;
            Some(OperatorAlert::Certificate { source: source.name.clone(), expires })
        };
        snapshot.sources.iter().filter_map(warn).collect()
    }

    /// Whether this was not reported within a day. It then counts as reported.
    fn is_news(&mut self, what: &'static str, now: Timestamp) -> bool {
        if self.reported.get(what).is_some_and(|reported| now.duration_since(*reported) < AGAIN) {
            return false;
        }
        self.reported.insert(what, now);
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
