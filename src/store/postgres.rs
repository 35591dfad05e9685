//! The store that copies on several machines share: PostgreSQL 15 or later.
//!
//! The same records as in every store, with columns for what is asked by. Each verb is one transaction, or one statement,
//! and durable when it returns; whether a lease is over is told by the database's clock. A verb that is not done in
//! time says that the database is away, and nothing of it was kept but what the next try finds: a change by its
//! interaction, a commit by its mark.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::bounds::has_room;
use super::{
    Board, Changed, Committed, Deletions, Entry, Fence, Lead, Options, Question, Remembered, ServerKept,
    Space, Step, Store, StoreError, Take, Votes,
};
use crate::alerts::{
    Announcement, AnnouncementId, Claim, Delivery, DeliveryOutcome, RecoverySubscriber, Remains,
    Subscription, SubscriptionEdit, Suspension,
};
use crate::health::{Looks, Outage, OutageId, ServiceName, Span, Tally};
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};

mod address;
mod asking;
mod claiming;
mod connection;
mod fault;
mod leading;
mod migration;
mod moving;
mod row;
mod tables;
mod telling;
mod tidying;
mod watching;
mod wire;

pub(super) use row::put;

use address::Place;
use connection::Lines;
use row::{find, id, list};
use watching::Unsure;

/// One statement, or several that need no transaction.
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

/// One transaction.
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

/// Whether the address is understood; nobody is asked.
pub(super) fn check(address: &str, options: &Options) -> Result<(), StoreError> {
    Place::read(address, options.password.as_deref()).map(drop)
}

/// Connects, moves the tables on, and ends a deletion that an import brought unfinished.
pub(super) async fn open(address: &str, options: &Options) -> Result<impl Store + use<>, StoreError> {
    let lines = Lines::open(Place::read(address, options.password.as_deref())?).await?;
    let shared = Shared { lines, options: options.clone(), unsure: Mutex::default() };
    let erasing: Vec<super::record::Erasing> = at_once!(shared, |on| list(&*on, "order by guild", &[]))?;
    for super::record::Erasing { guild } in erasing {
        whole!(shared, |on| tidying::erase(&on, guild))?;
    }
    Ok(shared)
}

/// The store, as one copy has it.
struct Shared {
    lines: Lines,
    options: Options,
    /// The last commits, where no answer to them came: of these at most one is the newest that was kept.
    unsure: Mutex<Vec<Unsure>>,
}

impl Shared {
    fn free(&self) -> Result<Option<u64>, StoreError> {
        // A database does not tell how much room its disk has; when there is none it says so.
        let Some(free) = &self.options.free_space else { return Ok(None) };
        free(Path::new("postgres:")).map(Some).map_err(|error| StoreError::Away(error.to_string()))
    }

    fn unsure(&self) -> MutexGuard<'_, Vec<Unsure>> {
        // One whole entry at a time: a panic elsewhere cannot leave half of one.
        self.unsure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// So many rows at most.
fn most(number: usize) -> i64 {
    id(number as u64)
}

#[async_trait]
impl Store for Shared {
    async fn recall(&self) -> Result<Remembered, StoreError> {
        at_once!(self, |on| watching::recall(&*on))
    }

    async fn lead(
        &self,
        role: &str,
        holder: &str,
        lease: SignedDuration,
        _now: Timestamp,
    ) -> Result<Option<Fence>, StoreError> {
        at_once!(self, |on| leading::lead(&*on, role, holder, lease))
    }

    async fn resign(&self, fence: &Fence) -> Result<(), StoreError> {
        at_once!(self, |on| async {
            if leading::resign(&*on, fence).await? {
                self.lines.hint(&*on).await?;
            }
            Ok::<_, StoreError>(())
        })
    }

    async fn leads(&self, prefix: &str, _now: Timestamp) -> Result<Vec<Lead>, StoreError> {
        at_once!(self, |on| leading::leads(&*on, prefix))
    }

    async fn commit(&self, step: &Step, fence: &Fence) -> Result<Committed, StoreError> {
        let mut mark = vec![0; 16];
        getrandom::fill(&mut mark)
            .map_err(|error| StoreError::Away(format!("the system gives no randomness: {error}")))?;
        let unsure = self.unsure().clone();
        let committed = at_once!(self, |on| async {
            let hint = async {
                self.lines.hint(&*on).await?;
                // From here on it may be kept without our hearing of it.
                self.unsure().push(Unsure { mark: mark.clone(), events: step.events.clone() });
                Ok(())
            };
            watching::commit(&*on, (step, fence), &mark, &unsure, hint).await
        });
        if committed.is_ok() {
            self.unsure().clear();
        }
        committed
    }

    async fn reserve(
        &self,
        budget: &str,
        slots: u32,
        every: SignedDuration,
        _now: Timestamp,
    ) -> Result<SignedDuration, StoreError> {
        at_once!(self, |on| leading::reserve(&*on, budget, slots, every))
    }

    async fn its_time(&self) -> Result<Option<Timestamp>, StoreError> {
        at_once!(self, |on| leading::its_time(&*on)).map(Some)
    }

    async fn changed(&self) {
        self.lines.hinted().await;
    }

    async fn outage(&self, which: &OutageId) -> Result<Option<Outage>, StoreError> {
        at_once!(self, |on| find(&*on, "where id = $1", &[&which.as_str()]))
    }

    async fn outages(&self, since: Timestamp, limit: usize) -> Result<Vec<Outage>, StoreError> {
        at_once!(self, |on| watching::outages(&*on, since, most(limit)))
    }

    async fn change(
        &self,
        change: &SubscriptionEdit,
        asked: InteractionId,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        has_room(change, self.free()?)?;
        let limit = self.options.subscriptions_per_server;
        let changing = async {
            let mut line = self.lines.line().await?;
            let on = line.begin().await?;
            let changed = asking::change(&on, change, asked, limit, now).await?;
            if matches!(changed, Changed::Now | Changed::TakenBack) {
                self.lines.hint(&on).await?;
                on.commit().await?;
            } else {
                on.rollback().await?; // what changed nothing is not remembered as asked
            }
            line.give_back();
            Ok(changed)
        };
        self.lines.in_time(changing).await
    }

    async fn subscription(
        &self,
        guild: GuildId,
        channel: ChannelId,
    ) -> Result<Option<Subscription>, StoreError> {
        at_once!(self, |on| find(&*on, "where guild = $1 and channel = $2", &[&id(guild.0), &id(channel.0)]))
    }

    async fn subscriptions(
        &self,
        of: Option<GuildId>,
        after: Option<(GuildId, ChannelId)>,
        limit: usize,
    ) -> Result<Vec<Subscription>, StoreError> {
        at_once!(self, |on| asking::subscriptions(&*on, of, after, most(limit)))
    }

    async fn unexpanded(&self, limit: usize) -> Result<Vec<Announcement>, StoreError> {
        at_once!(self, |on| telling::unexpanded(&*on, most(limit)))
    }

    async fn announcement(&self, which: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
        at_once!(self, |on| telling::announcement(&*on, which))
    }

    async fn owe(
        &self,
        announcement: AnnouncementId,
        to: &[(GuildId, ChannelId)],
        considered: Option<(GuildId, ChannelId)>,
        done: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        whole!(self, |on| telling::owe(&on, announcement, to, considered, done, now))
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
        whole!(self, |on| claiming::claim(&on, limit, lease, now))
    }

    async fn settle(
        &self,
        claim: &Claim,
        outcome: &DeliveryOutcome,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        match outcome {
            DeliveryOutcome::Delivered { .. } | DeliveryOutcome::Noted { .. } => {
                let settled = [(claim.clone(), outcome.clone())];
                Ok(self.settle_all(&settled, now).await?.first().copied().unwrap_or(false))
            }
            _ => whole!(self, |on| telling::settle(&on, claim, outcome, now)),
        }
    }

    async fn settle_all(
        &self,
        settled: &[(Claim, DeliveryOutcome)],
        now: Timestamp,
    ) -> Result<Vec<bool>, StoreError> {
        let mut kept = Vec::with_capacity(settled.len());
        for (claim, outcome) in settled {
            kept.push(match outcome {
                DeliveryOutcome::Delivered { .. } | DeliveryOutcome::Noted { .. } => false,
                _ => whole!(self, |on| telling::settle(&on, claim, outcome, now))?,
            });
        }
        let done = settled.iter().filter_map(|(claim, outcome)| match outcome {
            DeliveryOutcome::Delivered { told } => Some((claim, told)),
            _ => None,
        });
        let done: Vec<_> = done.collect();
        let noted = settled.iter().filter_map(|(claim, outcome)| match outcome {
            DeliveryOutcome::Noted { told } => Some((claim, told)),
            _ => None,
        });
        let noted: Vec<_> = noted.collect();
        let mut gone = Vec::new();
        if !noted.is_empty() {
            gone.extend(at_once!(self, |on| telling::note_all(&*on, &noted, now))?);
        }
        if !done.is_empty() {
            gone.extend(at_once!(self, |on| telling::settle_done(&*on, &done, now))?);
        }
        for (kept, (claim, _)) in kept.iter_mut().zip(settled) {
            *kept |= gone.contains(&claim.delivery.id);
        }
        Ok(kept)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        at_once!(self, |on| claiming::next_due(&*on))
    }

    async fn longest_waiting(&self) -> Result<Option<Delivery>, StoreError> {
        at_once!(self, |on| claiming::longest_waiting(&*on))
    }

    async fn undelivered(&self, guild: GuildId, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        at_once!(self, |on| telling::undelivered(&*on, guild, most(limit)))
    }

    async fn waiting(
        &self,
        outage: &OutageId,
        of: Option<ChannelId>,
        after: Option<(ChannelId, UserId)>,
        limit: usize,
    ) -> Result<Vec<RecoverySubscriber>, StoreError> {
        at_once!(self, |on| asking::waiting(&*on, outage, of, after, most(limit)))
    }

    async fn boards(&self, after: Option<GuildId>, limit: usize) -> Result<Vec<Board>, StoreError> {
        at_once!(self, |on| asking::boards(&*on, after, most(limit)))
    }

    async fn note_board(
        &self,
        guild: GuildId,
        channel: ChannelId,
        message: Option<MessageId>,
    ) -> Result<bool, StoreError> {
        whole!(self, |on| asking::note_board(&on, guild, channel, message))
    }

    async fn reports(&self, outage: Option<&OutageId>, since: Timestamp) -> Result<u64, StoreError> {
        at_once!(self, |on| asking::reports(&*on, outage, since))
    }

    async fn votes(&self) -> Result<Vec<Votes>, StoreError> {
        at_once!(self, |on| list(&*on, "order by entry", &[]))
    }

    async fn questions(&self, limit: usize) -> Result<Vec<Question>, StoreError> {
        at_once!(self, |on| asking::questions(&*on, most(limit)))
    }

    async fn note_looks(&self, at: Timestamp, looks: &[(ServiceName, Looks)]) -> Result<(), StoreError> {
        whole!(self, |on| watching::note_looks(&on, at, looks))
    }

    async fn tallies(
        &self,
        service: &ServiceName,
        span: Span,
        since: Timestamp,
    ) -> Result<Vec<Tally>, StoreError> {
        at_once!(self, |on| watching::tallies(&*on, service, span, since))
    }

    async fn pause(
        &self,
        guild: GuildId,
        channel: ChannelId,
        paused: Option<Suspension>,
    ) -> Result<(), StoreError> {
        whole!(self, |on| telling::pause(&on, guild, channel, paused.as_ref()))
    }

    async fn set_aside(
        &self,
        guild: GuildId,
        channel: Option<ChannelId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        whole!(self, |on| tidying::set_aside(&on, guild, channel, now))
    }

    async fn servers(&self, after: Option<GuildId>, most: usize) -> Result<Vec<ServerKept>, StoreError> {
        at_once!(self, |on| tidying::servers(&*on, after, most))
    }

    async fn restore(&self, guild: GuildId, now: Timestamp) -> Result<usize, StoreError> {
        whole!(self, |on| tidying::restore(&on, guild, now))
    }

    async fn keep(&self, name: &str, value: Option<&[u8]>) -> Result<(), StoreError> {
        at_once!(self, |on| watching::keep(&*on, name, value))
    }

    async fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        at_once!(self, |on| watching::kept(&*on, name))
    }

    async fn tidy(&self, now: Timestamp) -> Result<usize, StoreError> {
        whole!(self, |on| tidying::tidy(&on, now))
    }

    async fn deletions(&self) -> Result<Deletions, StoreError> {
        at_once!(self, |on| watching::named(&*on, Deletions::MARKS)).map(Deletions::read)
    }

    async fn settle_deletions(&self, deletions: &Deletions) -> Result<(), StoreError> {
        whole!(self, |on| moving::settle_deletions(&on, deletions))
    }

    async fn note_deletions(&self, deletions: &Deletions) -> Result<(), StoreError> {
        whole!(self, |on| moving::note_deletions(&on, deletions))
    }

    fn remains(&self) -> Remains {
        Remains::Database
    }

    async fn rewrite(&self) -> Result<(), StoreError> {
        Ok(()) // its files are the database's, which vacuums them by itself
    }

    async fn records_of(&self, guild: GuildId, limit: usize) -> Result<Vec<Entry>, StoreError> {
        at_once!(self, |on| moving::records_of(&*on, guild, limit))
    }

    async fn dump(&self, take: Take) -> Result<u64, StoreError> {
        // As of one instant, and nobody waits: neither those who change something, nor we for a command's time.
        let mut line = self.lines.line().await?;
        let on = line.snapshot().await?;
        Lines::unhurried(&on).await?;
        let records = moving::dump(&on, take).await?;
        on.commit().await?;
        line.give_back();
        Ok(records)
    }

    async fn load(&self, entries: Vec<Entry>) -> Result<(), StoreError> {
        let mut line = self.lines.line().await?;
        let on = line.begin().await?;
        Lines::unhurried(&on).await?;
        moving::load(&on, &entries).await?;
        on.commit().await?;
        line.give_back();
        Ok(())
    }

    async fn space(&self) -> Result<Space, StoreError> {
        let used = at_once!(self, |on| moving::used(&*on))?;
        Ok(Space { used: Some(used), free: self.free()? })
    }

    async fn counts(&self, of: Option<GuildId>) -> Result<Vec<(&'static str, u64)>, StoreError> {
        at_once!(self, |on| moving::counts(&*on, of))
    }
}
