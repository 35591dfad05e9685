//! The store that instances on several machines share: PostgreSQL 15 or later.
//!
//! It stores the same records as every store, with extra columns for what is queried. Each method is one transaction or
//! one statement, and durable when it returns. The database's clock decides whether a lease has expired. A method that
//! times out reports that the database is away. What it may have stored is found by the next attempt: an edit by its
//! interaction, a commit by its mark.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::key::RecordKey;
use super::record::DeliveryDedup;
use super::rules::quotas::has_room;
use super::rules::{gc as deleting, live_status, outages, outbox as queues, reports, subscriptions};
use super::tx::{ALL, Read as _, Tx as _};
use super::{
    Committed, Deletions, DumpEntry, EditResult, FencingToken, GuildSummary, Lease, Leases,
    LiveStatusMessage, Meta, Outages, Outbox, Stats, Store, StoreError, StoreOptions, Subscriptions, Take,
    UnansweredQuestion, Usage, Votes, WatcherState, WatcherStep,
};
use crate::alerts::{
    Announcement, AnnouncementId, Claim, Delivery, DeliveryOutcome, RecoverySubscriber, Remains,
    Subscription, SubscriptionEdit, Suspension,
};
use crate::health::{BucketSize, Outage, OutageId, ProbeCounts, ServiceName, UptimeBucket};
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};

mod address;
mod claims;
mod commits;
mod connection;
mod dump;
mod errors;
mod gc;
mod leases;
mod migration;
mod outbox;
mod protection;
mod tx;

use address::DatabaseAddress;
use commits::InDoubtCommit;
use connection::DatabasePool;
use tx::{PgTx, ask};

/// Runs one statement, or several that need no transaction.
macro_rules! at_once {
    ($shared:expr, |$on:ident| $verb:expr) => {
        $shared
            .lines
            .in_time(async {
                let mut line = $shared.lines.line().await?;
                let done = {
                    let $on = line.client()?;
                    $verb.await?
                };
                line.give_back();
                Ok(done)
            })
            .await
    };
}

/// Runs one transaction.
macro_rules! whole {
    ($shared:expr, |$on:ident| $verb:expr) => {
        $shared
            .lines
            .in_time(async {
                let mut line = $shared.lines.line().await?;
                let done = {
                    let $on = line.begin().await?;
                    let done = $verb.await?;
                    $on.commit().await?;
                    done
                };
                line.give_back();
                Ok(done)
            })
            .await
    };
}

/// Checks whether the address is valid, without connecting.
pub(super) fn check(address: &str, options: &StoreOptions) -> Result<(), StoreError> {
    DatabaseAddress::read(address, options.password.as_deref()).map(drop)
}

/// Connects, migrates the tables, and finishes a deletion that an import left unfinished.
pub(super) async fn open(address: &str, options: &StoreOptions) -> Result<impl Store + use<>, StoreError> {
    let lines = DatabasePool::open(DatabaseAddress::read(address, options.password.as_deref())?).await?;
    let shared = Shared { lines, options: options.clone(), unsure: Mutex::default() };
    shared.erase_all().await?;
    Ok(shared)
}

/// The store of one instance.
struct Shared {
    lines: DatabasePool,
    options: StoreOptions,
    /// Recent commits that got no answer. At most one of them is the newest that was stored.
    unsure: Mutex<Vec<InDoubtCommit>>,
}

impl Shared {
    fn free(&self) -> Result<Option<u64>, StoreError> {
        // A database does not report the free space of its disk; a write fails if there is none.
        let Some(free) = &self.options.free_space else { return Ok(None) };
        free(Path::new("postgres:")).map(Some).map_err(|error| StoreError::Away(error.to_string()))
    }

    /// Finishes deletions that were interrupted.
    async fn erase_all(&self) -> Result<(), StoreError> {
        for guild in at_once!(self, |on| deleting::erasing(&mut PgTx(&*on)))? {
            self.erase(guild).await?;
        }
        Ok(())
    }

    /// Deletes everything else about a guild whose subscriptions are deleted.
    async fn erase(&self, guild: GuildId) -> Result<(), StoreError> {
        while whole!(self, |on| deleting::erase_some(&mut PgTx(&on), guild))? {}
        whole!(self, |on| async {
            PgTx(&on).delete_of_guild::<DeliveryDedup>(guild, ALL).await?;
            deleting::end_erasure(&mut PgTx(&on), guild).await
        })
    }

    fn unsure(&self) -> MutexGuard<'_, Vec<InDoubtCommit>> {
        // Entries are added whole: a panic elsewhere cannot leave half of one.
        self.unsure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Leases for Shared {
    async fn acquire_lease(
        &self,
        role: &str,
        holder: &str,
        lease: SignedDuration,
        _now: Timestamp,
    ) -> Result<Option<FencingToken>, StoreError> {
        at_once!(self, |on| leases::lead(&*on, role, holder, lease))
    }

    async fn release_lease(&self, fence: &FencingToken) -> Result<(), StoreError> {
        at_once!(self, |on| async {
            if leases::release_lease(&*on, fence).await? {
                self.lines.hint(&*on).await?;
            }
            Ok::<_, StoreError>(())
        })
    }

    async fn leases(&self, prefix: &str, _now: Timestamp) -> Result<Vec<Lease>, StoreError> {
        at_once!(self, |on| leases::leads(&*on, prefix))
    }

    async fn reserve(
        &self,
        budget: &str,
        slots: u32,
        every: SignedDuration,
        _now: Timestamp,
    ) -> Result<SignedDuration, StoreError> {
        at_once!(self, |on| leases::reserve(&*on, budget, slots, every))
    }

    async fn server_time(&self) -> Result<Option<Timestamp>, StoreError> {
        at_once!(self, |on| leases::its_time(&*on)).map(Some)
    }

    async fn wait_for_change(&self) {
        self.lines.hinted().await;
    }
}

#[async_trait]
impl Outages for Shared {
    async fn load_state(&self) -> Result<WatcherState, StoreError> {
        at_once!(self, |on| outages::load_state(&mut PgTx(&*on)))
    }

    async fn commit(&self, step: &WatcherStep, fence: &FencingToken) -> Result<Committed, StoreError> {
        let mut mark = vec![0; 16];
        getrandom::fill(&mut mark)
            .map_err(|error| StoreError::Away(format!("no randomness from the system: {error}")))?;
        let unsure = self.unsure().clone();
        let committed = at_once!(self, |on| async {
            let hint = async {
                self.lines.hint(&*on).await?;
                // From here on the commit may be stored even if no answer arrives.
                self.unsure().push(InDoubtCommit { mark: mark.clone(), events: step.events.clone() });
                Ok(())
            };
            commits::commit(&*on, (step, fence), &mark, &unsure, hint).await
        });
        if committed.is_ok() {
            self.unsure().clear();
        }
        committed
    }

    async fn outage(&self, which: &OutageId) -> Result<Option<Outage>, StoreError> {
        at_once!(self, |on| outages::outage(&mut PgTx(&*on), which))
    }

    async fn outages(&self, since: Timestamp, limit: usize) -> Result<Vec<Outage>, StoreError> {
        at_once!(self, |on| commits::outages(&*on, since, limit))
    }
}

#[async_trait]
impl Subscriptions for Shared {
    async fn change(
        &self,
        change: &SubscriptionEdit,
        asked: InteractionId,
        now: Timestamp,
    ) -> Result<EditResult, StoreError> {
        has_room(change, self.free()?)?;
        let limit = self.options.subscriptions_per_guild;
        let changing = async {
            let mut line = self.lines.line().await?;
            let on = line.begin().await?;
            let changed = subscriptions::change(&mut PgTx(&on), change, asked, limit, now).await?;
            if changed.has_effect() {
                self.lines.hint(&on).await?;
                on.commit().await?;
            } else {
                on.rollback().await?; // an edit without effect does not store its interaction
            }
            line.give_back();
            Ok(changed)
        };
        let changed = self.lines.in_time(changing).await?;
        if matches!(change, SubscriptionEdit::DeleteData(_)) {
            self.erase_all().await?;
        }
        Ok(changed)
    }

    async fn subscription(
        &self,
        guild: GuildId,
        channel: ChannelId,
    ) -> Result<Option<Subscription>, StoreError> {
        let key = RecordKey::new().channel(guild, channel);
        at_once!(self, |on| PgTx(&*on).get(&key))
    }

    async fn subscriptions(
        &self,
        of: Option<GuildId>,
        after: Option<(GuildId, ChannelId)>,
        limit: usize,
    ) -> Result<Vec<Subscription>, StoreError> {
        at_once!(self, |on| subscriptions::page(&mut PgTx(&*on), of, after, limit))
    }

    async fn pause(
        &self,
        guild: GuildId,
        channel: ChannelId,
        paused: Option<Suspension>,
    ) -> Result<(), StoreError> {
        whole!(self, |on| queues::pause(&mut PgTx(&on), guild, channel, paused.as_ref()))
    }

    async fn soft_delete(
        &self,
        guild: GuildId,
        channel: Option<ChannelId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        whole!(self, |on| deleting::soft_delete(&mut PgTx(&on), guild, channel, now))?;
        let all = RecordKey::new().guild(guild);
        let pending = channel.map_or(all, |channel| RecordKey::new().channel(guild, channel));
        let why = deleting::why_gone(channel);
        while whole!(self, |on| queues::give_up_some(&mut PgTx(&on), &pending, &why, now))? {}
        Ok(())
    }

    async fn servers(&self, after: Option<GuildId>, most: usize) -> Result<Vec<GuildSummary>, StoreError> {
        at_once!(self, |on| gc::servers(&*on, after, most))
    }

    async fn undelete(&self, guild: GuildId, now: Timestamp) -> Result<usize, StoreError> {
        whole!(self, |on| deleting::restore(&mut PgTx(&on), guild, now))
    }

    async fn waiting(
        &self,
        outage: &OutageId,
        of: Option<ChannelId>,
        after: Option<(ChannelId, UserId)>,
        limit: usize,
    ) -> Result<Vec<RecoverySubscriber>, StoreError> {
        at_once!(self, |on| reports::waiting(&mut PgTx(&*on), outage, of, after, limit))
    }

    async fn stop_waiting(
        &self,
        outage: &OutageId,
        channel: ChannelId,
        people: &[UserId],
    ) -> Result<(), StoreError> {
        whole!(self, |on| reports::stop_waiting(&mut PgTx(&on), outage, channel, people))
    }

    async fn live_messages(
        &self,
        after: Option<GuildId>,
        limit: usize,
    ) -> Result<Vec<LiveStatusMessage>, StoreError> {
        let (all, after) = (RecordKey::new(), after.map(|guild| RecordKey::new().guild(guild)));
        at_once!(self, |on| PgTx(&*on).page(&all, after.as_ref(), limit))
    }

    async fn save_live_message(
        &self,
        guild: GuildId,
        channel: ChannelId,
        message: Option<MessageId>,
    ) -> Result<bool, StoreError> {
        whole!(self, |on| live_status::save(&mut PgTx(&on), guild, channel, message))
    }
}

#[async_trait]
impl Outbox for Shared {
    async fn unexpanded(&self, limit: usize) -> Result<Vec<Announcement>, StoreError> {
        at_once!(self, |on| outbox::unexpanded(&*on, limit))
    }

    async fn announcement(&self, which: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
        at_once!(self, |on| queues::announcement(&mut PgTx(&*on), which))
    }

    async fn enqueue(
        &self,
        announcement: AnnouncementId,
        to: &[(GuildId, ChannelId)],
        considered: Option<(GuildId, ChannelId)>,
        done: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        whole!(self, |on| outbox::enqueue(&on, announcement, to, considered, done, now))
    }

    async fn claim(
        &self,
        limit: usize,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Vec<Claim>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        whole!(self, |on| claims::claim(&on, limit, lease, now))
    }

    async fn complete(
        &self,
        claim: &Claim,
        outcome: &DeliveryOutcome,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        match outcome {
            DeliveryOutcome::Delivered { .. } | DeliveryOutcome::Noted { .. } => {
                let settled = [(claim.clone(), outcome.clone())];
                Ok(self.complete_all(&settled, now).await?.first().copied().unwrap_or(false))
            }
            _ => whole!(self, |on| outbox::settle(&on, claim, outcome, now)),
        }
    }

    async fn complete_all(
        &self,
        settled: &[(Claim, DeliveryOutcome)],
        now: Timestamp,
    ) -> Result<Vec<bool>, StoreError> {
        let mut stored = Vec::with_capacity(settled.len());
        for (claim, outcome) in settled {
            stored.push(match outcome {
                DeliveryOutcome::Delivered { .. } | DeliveryOutcome::Noted { .. } => false,
                _ => whole!(self, |on| outbox::settle(&on, claim, outcome, now))?,
            });
        }
        let done = settled.iter().filter_map(|(claim, outcome)| match outcome {
            DeliveryOutcome::Delivered { log } => Some((claim, log)),
            _ => None,
        });
        let done: Vec<_> = done.collect();
        let noted = settled.iter().filter_map(|(claim, outcome)| match outcome {
            DeliveryOutcome::Noted { log } => Some((claim, log)),
            _ => None,
        });
        let noted: Vec<_> = noted.collect();
        let mut gone = Vec::new();
        if !noted.is_empty() {
            gone.extend(at_once!(self, |on| outbox::note_all(&*on, &noted, now))?);
        }
        if !done.is_empty() {
            gone.extend(at_once!(self, |on| outbox::settle_done(&*on, &done, now))?);
        }
        for (stored, (claim, _)) in stored.iter_mut().zip(settled) {
            *stored |= gone.contains(&claim.delivery.id);
        }
        Ok(stored)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        at_once!(self, |on| claims::next_due(&*on))
    }

    async fn longest_waiting(&self) -> Result<Option<Delivery>, StoreError> {
        at_once!(self, |on| claims::longest_waiting(&*on))
    }

    async fn undelivered(&self, guild: GuildId, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        at_once!(self, |on| queues::undelivered(&mut PgTx(&*on), guild, limit))
    }
}

#[async_trait]
impl Stats for Shared {
    async fn reports(&self, outage: Option<&OutageId>, since: Timestamp) -> Result<u64, StoreError> {
        at_once!(self, |on| async {
            let sql =
                "select count(*) as people from report where at >= $1 and ($2::text is null or outage = $2)";
            let rows = ask(&*on, sql, &[&since, &outage.map(OutageId::as_str)]).await?;
            let people = rows.first().map(|row| row.try_get::<_, i64>("people")).transpose()?;
            let dropped = reports::dropped(&mut PgTx(&*on), outage).await?;
            Ok::<_, StoreError>(people.unwrap_or_default().cast_unsigned() + dropped)
        })
    }

    async fn votes(&self) -> Result<Vec<Votes>, StoreError> {
        let all = RecordKey::new();
        at_once!(self, |on| PgTx(&*on).list(&all))
    }

    async fn questions(&self, limit: usize) -> Result<Vec<UnansweredQuestion>, StoreError> {
        at_once!(self, |on| reports::questions(&mut PgTx(&*on), limit))
    }

    async fn record_probes(
        &self,
        at: Timestamp,
        probes: &[(ServiceName, ProbeCounts)],
    ) -> Result<(), StoreError> {
        whole!(self, |on| outages::record_probes(&mut PgTx(&on), at, probes))
    }

    async fn uptime_buckets(
        &self,
        service: &ServiceName,
        span: BucketSize,
        since: Timestamp,
    ) -> Result<Vec<UptimeBucket>, StoreError> {
        at_once!(self, |on| outages::uptime_buckets(&mut PgTx(&*on), service, span, since))
    }

    async fn counts(&self, of: Option<GuildId>) -> Result<Vec<(&'static str, u64)>, StoreError> {
        at_once!(self, |on| dump::counts(&*on, of))
    }

    async fn usage(&self) -> Result<Usage, StoreError> {
        let used = at_once!(self, |on| dump::used(&*on))?;
        Ok(Usage { used: Some(used), free: self.free()? })
    }
}

#[async_trait]
impl Meta for Shared {
    async fn put_meta(&self, name: &str, value: Option<&[u8]>) -> Result<(), StoreError> {
        let value = value.map(<[u8]>::to_vec);
        at_once!(self, |on| deleting::put_meta(&mut PgTx(&*on), name, value))
    }

    async fn get_meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        at_once!(self, |on| deleting::get_meta(&mut PgTx(&*on), name))
    }

    async fn gc(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.erase_all().await?;
        whole!(self, |on| gc::tidy(&on, now))
    }

    async fn deletions(&self) -> Result<Deletions, StoreError> {
        at_once!(self, |on| deleting::deletions(&mut PgTx(&*on)))
    }

    async fn settle_deletions(&self, deletions: &Deletions) -> Result<(), StoreError> {
        whole!(self, |on| deleting::settle_deletions(&mut PgTx(&on), deletions))
    }

    async fn note_deletions(&self, deletions: &Deletions) -> Result<(), StoreError> {
        let marks = deletions.marks();
        whole!(self, |on| deleting::put_marks(&mut PgTx(&on), &marks))
    }

    fn remains(&self) -> Remains {
        Remains::Database
    }

    async fn rewrite(&self) -> Result<(), StoreError> {
        Ok(()) // the database owns its files and vacuums them on its own
    }

    async fn records_of(&self, guild: GuildId, limit: usize) -> Result<Vec<DumpEntry>, StoreError> {
        at_once!(self, |on| deleting::records_of(&mut PgTx(&*on), guild, limit))
    }

    async fn dump(&self, take: Take) -> Result<u64, StoreError> {
        // A snapshot of one instant blocks nobody, and it may take longer than a command may.
        let mut line = self.lines.line().await?;
        let on = line.snapshot().await?;
        DatabasePool::unhurried(&on).await?;
        let records = dump::dump(&on, take).await?;
        on.commit().await?;
        line.give_back();
        Ok(records)
    }

    async fn load(&self, entries: Vec<DumpEntry>) -> Result<(), StoreError> {
        let mut line = self.lines.line().await?;
        let on = line.begin().await?;
        DatabasePool::unhurried(&on).await?;
        dump::load(&on, &entries).await?;
        on.commit().await?;
        line.give_back();
        Ok(())
    }
}
