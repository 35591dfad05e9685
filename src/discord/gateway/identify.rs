//! IDENTIFYs, counted: Discord resets the token of a bot that sends 1,000 in a day.
//!
//! Never: one is sent that was not counted first, also over restarts; nor for a shard that is not surely ours.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;
use twilight_gateway::queue::{InMemoryQueue, Queue};

use super::seating::{IDENTIFY_EVERY, Until, for_ever};
use super::session::Keeper;
use super::{Advice, Options, Shards};
use crate::clock::Clock;
use crate::discord::commons::Commons;

/// The role of the copy that counts an IDENTIFY.
const COUNTING: &str = "identify";

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The queue of IDENTIFYs of this process. Cheap to clone.
#[derive(Clone)]
pub(super) struct Starts {
    queue: InMemoryQueue,
    clock: Clock,
    keeper: Arc<dyn Keeper>,
    commons: Option<Arc<dyn Commons>>,
    concurrency: u32,
    name: String,
    most: usize,
    counted: Arc<Mutex<VecDeque<Timestamp>>>,
    /// One is counted at a time.
    line: Arc<tokio::sync::Mutex<()>>,
    /// What an earlier process of ours sent lately counts for Discord like our own.
    not_before: Timestamp,
    /// Until when the shard is surely ours.
    until: Until,
}

/// So many IDENTIFYs in a day: what each of our shards may, but never more than our share of half of what Discord lets all
/// of them. Where copies share the shards, each counts what all of them do.
fn most(for_each: usize, shards: Shards, total: u32) -> usize {
    let ours = shards.last - shards.first + 1;
    let share = u64::from(total / 2) * u64::from(ours) / u64::from(shards.total.max(1));
    let ours = for_each.saturating_mul(usize::try_from(ours).unwrap_or(usize::MAX));
    ours.min(usize::try_from(share).unwrap_or(usize::MAX)).max(1)
}

impl fmt::Debug for Starts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Starts").field("most", &self.most).finish_non_exhaustive()
    }
}

impl Starts {
    /// The count of the last day, as it was kept.
    pub(super) async fn recall(
        options: &Options,
        keeper: Arc<dyn Keeper>,
        shards: Shards,
        advice: &Advice,
    ) -> Self {
        let name = format!("gateway-identifies-{}", super::session::owner(&options.token));
        let kept = keeper.kept(&name).await;
        let counted: VecDeque<Timestamp> =
            kept.and_then(|k| serde_json::from_slice(&k).ok()).unwrap_or_default();
        let reset = Duration::try_from(advice.reset_after).unwrap_or_default();
        // The queue panics when more is left than there is.
        let total = advice.total.max(advice.remaining);
        let queue = InMemoryQueue::new(advice.max_concurrency, advice.remaining, reset, total);
        let not_before = counted.back().and_then(|last| last.checked_add(IDENTIFY_EVERY).ok());
        Self {
            queue,
            clock: options.clock.clone(),
            keeper,
            commons: options.commons.clone(),
            concurrency: u32::from(advice.max_concurrency),
            name,
            most: most(options.identifies_per_day, shards, advice.total),
            counted: Arc::new(Mutex::new(counted)),
            line: Arc::default(),
            not_before: not_before.unwrap_or(Timestamp::MIN),
            until: for_ever(),
        }
    }

    /// The same, for a shard that is ours only so long.
    pub(super) fn only_until(&self, until: &Until) -> Self {
        Self { until: until.clone(), ..self.clone() }
    }

    fn is_surely_ours(&self) -> bool {
        self.clock.ticks() < *self.until.borrow()
    }

    /// Waits until the shard is surely ours; for ever, where nobody is left who could say so.
    async fn ours(&self) {
        let mut until = self.until.clone();
        while self.clock.ticks() >= *until.borrow_and_update() {
            if until.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Counts one, or says when the next may be.
    fn count(&self, now: Timestamp) -> Result<Vec<u8>, Timestamp> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        while counted.front().is_some_and(|at| now.duration_since(*at) >= DAY) {
            counted.pop_front();
        }
        if counted.len() >= self.most {
            let first = counted.front().copied().unwrap_or(now);
            return Err(first.saturating_add(DAY).unwrap_or(now));
        }
        counted.push_back(now);
        // cannot fail: a list of instants.
        Ok(serde_json::to_vec(&*counted).unwrap_or_default())
    }

    /// Waits for the turn to identify a shard.
    async fn admit(&self, shard: u32) {
        loop {
            self.ours().await;
            self.wait_for_turn(shard).await;
            if self.is_surely_ours() {
                return;
            }
        }
    }

    async fn wait_for_turn(&self, shard: u32) {
        if self.commons.is_none() {
            self.clock.sleep_until(self.not_before).await;
        }
        if let Some(commons) = &self.commons {
            let bucket = format!("identify/{}", shard % self.concurrency.max(1));
            match commons.reserve(&bucket, 1, IDENTIFY_EVERY).await {
                Ok(wait) => self.clock.sleep(wait).await,
                Err(error) => tracing::warn!(error, "it is not known when other copies identify"),
            }
        }
        loop {
            let _line = self.line.lock().await;
            if let Some(commons) = &self.commons {
                self.take_in_others(&**commons).await;
            }
            let counted = self.count(self.clock.now());
            if let Ok(counted) = &counted {
                self.keeper.keep(&self.name, Some(counted)).await;
            }
            if let Some(commons) = &self.commons {
                commons.give_back(COUNTING).await;
            }
            let Err(until) = counted else { return };
            tracing::error!(%until, most = self.most, "too many IDENTIFYs in a day: we wait before Discord resets the token");
            self.clock.sleep_until(until).await;
        }
    }

    /// Waits until no other copy counts, and takes in what they counted. Who cannot ask goes on by its own count.
    async fn take_in_others(&self, commons: &dyn Commons) {
        while let Ok(None) = commons.take(COUNTING).await {
            self.clock.sleep(SignedDuration::from_millis(100)).await;
        }
        let kept = self.keeper.kept(&self.name).await;
        if let Some(kept) = kept.and_then(|kept| serde_json::from_slice(&kept).ok()) {
            *self.counted.lock().unwrap_or_else(PoisonError::into_inner) = kept;
        }
    }
}

impl Queue for Starts {
    fn enqueue(&self, shard: u32) -> oneshot::Receiver<()> {
        let (turn, taken) = oneshot::channel();
        let starts = self.clone();
        tokio::spawn(async move {
            let mut turn = turn;
            let waited = async {
                starts.admit(shard).await;
                starts.queue.enqueue(shard).await
            };
            tokio::select! {
                // The connection was lost meanwhile: it asks again when it is back.
                () = turn.closed() => {}
                Ok(()) = waited => {
                    let _ = turn.send(());
                }
            }
        });
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use async_trait::async_trait;
    use tokio::sync::watch;

    use super::*;
    use crate::discord::gateway::Patience;

    #[derive(Default)]
    struct Notebook(Mutex<HashMap<String, Vec<u8>>>);

    #[async_trait]
    impl Keeper for Notebook {
        async fn keep(&self, name: &str, value: Option<&[u8]>) {
            self.0.lock().unwrap().insert(name.to_owned(), value.unwrap_or_default().to_vec());
        }

        async fn kept(&self, name: &str) -> Option<Vec<u8>> {
            self.0.lock().unwrap().get(name).cloned()
        }
    }

    const ALONE: Shards = Shards { first: 0, last: 0, total: 1 };

    async fn starts(clock: &Clock, notebook: &Arc<Notebook>, per_day: usize, left: u32) -> Starts {
        starts_of(clock, notebook, (per_day, ALONE), left).await
    }

    async fn starts_of(
        clock: &Clock,
        notebook: &Arc<Notebook>,
        (per_day, shards): (usize, Shards),
        left: u32,
    ) -> Starts {
        let options = Options {
            token: "t".into(),
            shards: None,
            commons: None,
            identifies_per_day: per_day,
            patience: Patience::default(),
            presence: watch::channel(String::new()).1,
            clock: clock.clone(),
        };
        let advice = Advice {
            url: String::new(),
            shards: shards.total,
            total: 1_000,
            remaining: left,
            reset_after: SignedDuration::from_hours(3),
            max_concurrency: 1,
        };
        Starts::recall(&options, Arc::clone(notebook) as Arc<dyn Keeper>, shards, &advice).await
    }

    #[tokio::test(start_paused = true)]
    async fn the_day_of_our_own_limit_is_waited_for_also_by_the_next_process() {
        let clock = Clock::owned(Timestamp::UNIX_EPOCH);
        let notebook = Arc::new(Notebook::default());
        let first = starts(&clock, &notebook, 3, 900).await;
        for _ in 0..3 {
            first.enqueue(0).await.unwrap();
        }
        // Five seconds apart, as Discord wants them.
        assert_eq!(clock.now().as_second(), 10);
        let next = starts(&clock, &notebook, 3, 900).await;
        next.enqueue(0).await.unwrap();
        assert!(clock.now() >= Timestamp::UNIX_EPOCH + DAY, "{}", clock.now());
        assert!(clock.now() < Timestamp::UNIX_EPOCH + DAY + IDENTIFY_EVERY * 2, "{}", clock.now());
    }

    #[tokio::test(start_paused = true)]
    async fn many_shards_together_stay_far_below_what_resets_the_token() {
        let clock = Clock::owned(Timestamp::UNIX_EPOCH);
        let all = Shards { first: 0, last: 7, total: 8 };
        let starts = starts_of(&clock, &Arc::default(), (super::super::IDENTIFIES_PER_DAY, all), 1_000).await;
        for nth in 0..500 {
            starts.enqueue(nth % 8).await.unwrap();
        }
        assert!(clock.now() < Timestamp::UNIX_EPOCH + DAY / 2, "{}", clock.now());
        starts.enqueue(4).await.unwrap();
        assert!(clock.now() >= Timestamp::UNIX_EPOCH + DAY, "{}", clock.now());
    }

    #[test]
    fn processes_that_run_some_of_the_shards_have_their_share() {
        let shards = |first, last, total| Shards { first, last, total };
        assert_eq!(most(200, ALONE, 1_000), 200);
        assert_eq!(most(200, shards(0, 1, 2), 1_000), 400);
        assert_eq!(most(200, shards(0, 3, 8), 1_000) + most(200, shards(4, 7, 8), 1_000), 500);
        assert_eq!(most(200, shards(3, 3, 16), 1_000), 31);
        assert_eq!(most(200, ALONE, 0), 1, "one, or the bot would never come up");
    }

    #[tokio::test(start_paused = true)]
    async fn where_discord_has_none_left_its_own_day_is_waited_for() {
        let clock = Clock::owned(Timestamp::UNIX_EPOCH);
        let starts = starts(&clock, &Arc::default(), 200, 0).await;
        starts.enqueue(0).await.unwrap();
        let waited = clock.now().duration_since(Timestamp::UNIX_EPOCH);
        assert!((3..=4).contains(&waited.as_hours()), "{waited:?}");
    }
}
