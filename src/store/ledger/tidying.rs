//! Forgetting: what had its time, what belonged to a server that is gone, what somebody asked to be deleted.

use jiff::Timestamp;

use super::super::draft::Draft;
use super::super::fading::{
    ANNOUNCEMENT, Aside, Asked, Fades, Fading, GivenUp, MONTH, QUESTION, REPORT, Report, ToldThere, WAITING,
    WaitingFor, after,
};
use super::super::key::Key;
use super::super::record::{Announced, Erasing, Form, Interaction, Kept, Open, Owed, Reported};
use super::super::shelf::{Shelf, Tree};
use super::super::{Board, ServerKept, StoreError};
use super::queue::give_up_channel;
use super::{Books, CHUNK};
use crate::alerts::Subscription;
use crate::health::{Outage, OutageId, Tally};
use crate::ids::{ChannelId, GuildId};

/// Pages of records that one call of `tidy` looks at, at most.
const MOST_PAGES: usize = 4;

impl<S: Shelf> Books<S> {
    pub(super) fn tidy(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.change_books(|draft, _| {
            let mut gone = 0;
            // What is put off is not gone, so that a full page of it must not end the work of this call.
            for _ in 0..MOST_PAGES {
                let page = draft.scan(Tree::Fade, &Key::new(), &Key::new(), CHUNK)?;
                let full = page.len() == CHUNK;
                for (way, tree) in page {
                    if gone >= CHUNK || way >= Key::new().at(now).byte(u8::MAX) {
                        return Ok(gone);
                    }
                    // The key is the instant (8 bytes), the tree's number (1), and the record's own key.
                    let key = Key(way.0.get(9..).unwrap_or_default().to_vec());
                    draft.forget_way(Tree::Fade, way);
                    gone += tidy_one(draft, tree.first().copied().and_then(Tree::of), &key, now)?;
                }
                if !full {
                    break;
                }
            }
            Ok(gone)
        })
    }

    pub(super) fn set_aside(
        &self,
        guild: GuildId,
        channel: Option<ChannelId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let why =
            if channel.is_some() { "the channel is gone" } else { "the bot was removed from the server" };
        self.change_books(|draft, _| {
            let board = Key::new().guild(guild);
            let kept = draft.find::<Board>(&board)?;
            if kept.is_some_and(|kept| channel.is_none_or(|channel| kept.channel == channel)) {
                draft.forget::<Board>(&board)?;
            }
            let channels = if let Some(channel) = channel {
                forget_thread(draft, guild, channel)?;
                vec![channel]
            } else {
                let all = draft.list::<Subscription>(&Key::new().guild(guild), usize::MAX)?;
                all.into_iter().map(|subscription| subscription.channel).collect()
            };
            let left = channel.is_none();
            for channel in channels {
                put_aside(draft, (guild, channel), left, now)?;
            }
            Ok(())
        })?;
        loop {
            let prefix = channel.map_or(Key::new().guild(guild), |channel| Key::new().place(guild, channel));
            let more = self.change_books(|draft, leases| {
                let Some(open) = draft.list::<Open>(&prefix, 1)?.pop() else { return Ok(false) };
                give_up_channel(draft, leases, guild, open.delivery.channel, why, now)?;
                Ok(true)
            })?;
            if !more {
                return Ok(());
            }
        }
    }

    pub(super) fn restore(&self, guild: GuildId, now: Timestamp) -> Result<usize, StoreError> {
        self.change_books(|draft, _| {
            let mut back = 0;
            for aside in draft.list::<Fading<Aside>>(&Key::new().guild(guild), usize::MAX)? {
                let key = aside.key();
                draft.forget::<Fading<Aside>>(&key)?;
                let Aside { mut subscription, .. } = aside.of;
                if aside.fades > now && draft.find::<Subscription>(&key)?.is_none() {
                    subscription.paused = None; // what Discord refused then says nothing about now
                    draft.put(&subscription)?;
                    back += 1;
                }
            }
            Ok(back)
        })
    }

    pub(super) fn servers(&self, after: Option<GuildId>, most: usize) -> Result<Vec<ServerKept>, StoreError> {
        // Behind everything of a server that was looked at.
        let mut from = after.map(|guild| Key::new().place(guild, ChannelId(u64::MAX)));
        let mut servers = Vec::new();
        while servers.len() < most {
            let subscription = self.page::<Subscription>(&Key::new(), from.clone(), 1)?.pop();
            let board = self.page::<Board>(&Key::new(), from.clone(), 1)?.pop();
            let aside = self.page::<Fading<Aside>>(&Key::new(), from.clone(), 1)?.pop();
            let (hears, keeps) = (subscription.map(|it| it.guild), board.map(|it| it.guild));
            let aside = aside.map(|it| it.of.subscription.guild);
            let Some(guild) = [hears, keeps, aside].into_iter().flatten().min() else { break };
            let hears = hears == Some(guild) || keeps == Some(guild);
            let aside = self.page::<Fading<Aside>>(&Key::new().guild(guild), None, usize::MAX)?;
            let left = aside.iter().any(|it| it.of.left);
            if hears || left {
                servers.push(ServerKept { guild, hears, left });
            }
            from = Some(Key::new().place(guild, ChannelId(u64::MAX)));
        }
        Ok(servers)
    }

    /// Forgets everything else about a server whose subscriptions are deleted, in steps that a crash may interrupt: the
    /// mark of it goes last.
    pub(super) fn erase(&self, guild: GuildId) -> Result<(), StoreError> {
        while self.change_books(|draft, leases| {
            let all = Key::new().guild(guild);
            let mut gone = forget_all::<Fading<Aside>, S>(draft, &all)?;
            gone += forget_all::<Fading<GivenUp>, S>(draft, &all)?;
            gone += forget_all::<Fading<ToldThere>, S>(draft, &all)?;
            for open in draft.list::<Open>(&all, CHUNK)? {
                leases.taken.remove(&open.delivery.id);
                draft.forget::<Open>(&open.key())?;
                gone += 1;
            }
            for mut announced in draft.list::<Announced>(&Key::new(), usize::MAX)? {
                if announced.meant_for() == Some(guild) {
                    gone += usize::from(draft.forget::<Announced>(&announced.key())?);
                } else if announced.forget_considered(|considered| considered == guild) {
                    draft.put(&announced)?;
                }
            }
            for waiting in draft.list::<Fading<WaitingFor>>(&Key::new(), usize::MAX)? {
                if waiting.of.who.guild == Some(guild) {
                    gone += usize::from(draft.forget::<Fading<WaitingFor>>(&waiting.key())?);
                }
            }
            Ok(gone > 0)
        })? {}
        self.erase_marks(guild)?;
        self.change_books(|draft, _| draft.forget::<Erasing>(&Key::new().guild(guild)).map(drop))
    }

    /// Forgets that channels of a server were owed announcements. There is a mark for each channel of all servers, so they
    /// are looked through while others change something.
    fn erase_marks(&self, guild: GuildId) -> Result<(), StoreError> {
        let mut from = Key::new();
        loop {
            let page = self.look().scan(Tree::Owed, &Key::new(), &from, CHUNK)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            from = last.clone().next();
            let mut theirs = Vec::new();
            for (key, value) in page {
                if Owed::decode(&value)?.guild == guild {
                    theirs.push(key);
                }
            }
            if !theirs.is_empty() {
                self.change_books(|draft, _| {
                    theirs.iter().try_for_each(|key| draft.forget::<Owed>(key).map(drop))
                })?;
            }
        }
    }
}

fn forget_all<F: Form, S: Shelf>(draft: &mut Draft<'_, S>, prefix: &Key) -> Result<usize, StoreError> {
    let records = draft.list::<F>(prefix, CHUNK)?;
    for record in &records {
        draft.forget::<F>(&record.key())?;
    }
    Ok(records.len())
}

/// A channel that is gone may be the thread of an outage: what was told there is forgotten.
fn forget_thread<S: Shelf>(
    draft: &mut Draft<'_, S>,
    guild: GuildId,
    thread: ChannelId,
) -> Result<(), StoreError> {
    for mut told in draft.list::<Fading<ToldThere>>(&Key::new().guild(guild), usize::MAX)? {
        if told.of.told.thread == Some(thread) {
            let hears = draft.find::<Subscription>(&Key::new().place(guild, told.of.channel))?;
            told.of.told.forget_thread(hears.map(|it| it.channel_kind).unwrap_or_default());
            draft.put(&told)?;
        }
    }
    Ok(())
}

/// Moves a subscription aside, where there is one: because the bot left its server, or because its channel is gone.
pub(super) fn put_aside<S: Shelf>(
    draft: &mut Draft<'_, S>,
    (guild, channel): (GuildId, ChannelId),
    left: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let key = Key::new().place(guild, channel);
    if let Some(subscription) = draft.find::<Subscription>(&key)? {
        draft.put(&Fading { of: Aside { subscription, left }, fades: after(now, MONTH) })?;
        draft.forget::<Subscription>(&key)?;
    }
    Ok(())
}

/// Looks at one record whose time has come; gives how many records went.
fn tidy_one<S: Shelf>(
    draft: &mut Draft<'_, S>,
    tree: Option<Tree>,
    key: &Key,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let forgotten = match tree {
        Some(Tree::Interaction) => draft.forget::<Fading<Interaction>>(key)?,
        Some(Tree::Aside) => draft.forget::<Fading<Aside>>(key)?,
        Some(Tree::GivenUp) => draft.forget::<Fading<GivenUp>>(key)?,
        Some(Tree::Tally) => draft.forget::<Fading<Tally>>(key)?,
        Some(Tree::Outage) => {
            draft.forget::<Reported>(key)?;
            draft.forget::<Outage>(key)?
        }
        Some(Tree::Told) => match draft.find::<Fading<ToldThere>>(key)? {
            Some(there) if is_open(draft, &there.of.outage)? => postpone(draft, there, after(now, MONTH))?,
            _ => draft.forget::<Fading<ToldThere>>(key)?,
        },
        Some(Tree::Waiting) => match draft.find::<Fading<WaitingFor>>(key)? {
            Some(waiting) => tidy_waiting(draft, waiting, now)?,
            None => false,
        },
        Some(Tree::Report) => match draft.find::<Fading<Report>>(key)? {
            Some(report) => tidy_report(draft, report, now)?,
            None => false,
        },
        Some(Tree::Question) => match draft.find::<Asked>(key)? {
            Some(asked) => tidy_question(draft, asked, now)?,
            None => false,
        },
        Some(Tree::Announcement) => return tidy_announcement(draft, key, now),
        _ => false,
    };
    Ok(usize::from(forgotten))
}

/// Whether an outage that is kept goes on.
pub(super) fn is_open<S: Shelf>(draft: &Draft<'_, S>, outage: &OutageId) -> Result<bool, StoreError> {
    Ok(draft.find::<Outage>(&Key::new().text(outage.as_str()))?.is_some_and(|outage| outage.is_open()))
}

fn postpone<T: Fades, S: Shelf>(
    draft: &mut Draft<'_, S>,
    mut record: Fading<T>,
    to: Timestamp,
) -> Result<bool, StoreError> {
    record.fades = to;
    draft.put(&record)?;
    Ok(false)
}

fn tidy_waiting<S: Shelf>(
    draft: &mut Draft<'_, S>,
    waiting: Fading<WaitingFor>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let outage = draft.find::<Outage>(&Key::new().text(waiting.of.outage.as_str()))?;
    let until = match outage.map(|outage| outage.until) {
        None => now,
        Some(None) => after(now, WAITING),
        Some(Some(ended)) => after(ended, WAITING),
    };
    if until > now {
        return postpone(draft, waiting, until);
    }
    draft.forget::<Fading<WaitingFor>>(&waiting.key())
}

/// A question of a store from before questions faded gets its time now.
fn tidy_question<S: Shelf>(
    draft: &mut Draft<'_, S>,
    mut asked: Asked,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if asked.fades.is_some() {
        return draft.forget::<Asked>(&asked.key());
    }
    asked.fades = Some(after(now, QUESTION));
    draft.put(&asked)?;
    Ok(false)
}

/// Drops a person who reported, once the outage is over; their number stays.
fn tidy_report<S: Shelf>(
    draft: &mut Draft<'_, S>,
    report: Fading<Report>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if let Some(outage) = &report.of.outage {
        if is_open(draft, outage)? {
            return postpone(draft, report, after(now, REPORT));
        }
        if draft.find::<Outage>(&Key::new().text(outage.as_str()))?.is_some() {
            let none = Reported { outage: outage.clone(), people: 0 };
            let mut reported = draft.find::<Reported>(&none.key())?.unwrap_or(none);
            reported.people += 1;
            draft.put(&reported)?;
        }
    }
    let gone = draft.forget::<Fading<Report>>(&report.key())?;
    // Once the outage is over, nobody who is still to be dropped needs to be told apart.
    let all = Report::all_of(None);
    if report.of.outage.is_some() || draft.scan(Tree::Report, &all, &all, 1)?.is_empty() {
        draft.forget::<Kept>(&Key::new().text(&Report::salt_of(report.of.outage.as_ref())))?;
    }
    Ok(gone)
}

/// Forgets the marks of deliveries that are done, and an announcement of which none is left.
fn tidy_announcement<S: Shelf>(
    draft: &mut Draft<'_, S>,
    key: &Key,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let Some(mut announced) = draft.find::<Announced>(key)? else { return Ok(0) };
    let mut gone = 0;
    let mut from = key.clone();
    let mut still_owed = !announced.expanded;
    while announced.expanded && gone < CHUNK {
        let page = draft.scan(Tree::Owed, key, &from, CHUNK)?;
        let Some((last, _)) = page.last() else { break };
        from = last.clone().next();
        for (_, value) in &page {
            let owed = Owed::decode(value)?;
            if draft.find::<Open>(&Open::key_of(owed.guild, owed.channel, owed.delivery))?.is_some() {
                still_owed = true;
            } else {
                gone += usize::from(draft.forget::<Owed>(&owed.key())?);
            }
        }
    }
    let marks_left = !draft.scan(Tree::Owed, key, key, 1)?.is_empty();
    if still_owed || marks_left {
        announced.fades = if gone >= CHUNK { now } else { after(now, ANNOUNCEMENT) };
        draft.put(&announced)?;
        return Ok(gone);
    }
    draft.forget::<Announced>(key)?;
    Ok(gone + 1)
}
