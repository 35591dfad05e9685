//! What every store promises, told as stories and run on every backend.
//!
//! To add a backend, add a row to [`Backend::all`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use healthy_upstream::alerts::{
    Announcement, Audience, Change, ChannelId, Claim, GuildId, InteractionId, MessageId, Outcome, Paused,
    Subscription, Told, UserId,
};
use healthy_upstream::health::{
    EventKind, Kind, Level, Looks, Outage, OutageEvent, OutageId, ServiceName, Span, Update,
};
use healthy_upstream::store::{Board, Changed, Memory, Options, Remembered, Step, Store, StoreError, open};
use jiff::{SignedDuration, Timestamp};

const LEASE: SignedDuration = SignedDuration::from_secs(60);
const GUILD: GuildId = GuildId(7);

/// A store whose process can be killed.
pub(crate) enum Backend {
    Memory(Memory),
    Sled(tempfile::TempDir, Options),
}

impl Backend {
    pub(crate) fn all(options: &Options) -> [(&'static str, Self); 2] {
        let folder = tempfile::tempdir().expect("a folder");
        [("memory", Self::Memory(Memory::with(options))), ("sled", Self::Sled(folder, options.clone()))]
    }

    /// Starts, as a process does; what was opened before must have been dropped.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory(memory) => Arc::new(memory.open().expect("a store")),
            Self::Sled(folder, options) => {
                let address = format!("sled:{}", folder.path().join("data").display());
                open(&address, options).await.expect("a store")
            }
        }
    }
}

/// Runs a story on every backend.
macro_rules! on_every_store {
    ($(#[$doc:meta])* $name:ident, |$backend:ident, $store:ident| $story:block) => {
        on_every_store!($(#[$doc])* $name, Options::default(), |$backend, $store| $story);
    };
    ($(#[$doc:meta])* $name:ident, $options:expr, |$backend:ident, $store:ident| $story:block) => {
        #[tokio::test(start_paused = true)]
        async fn $name() {
            for (name, $backend) in Backend::all(&$options) {
                eprintln!("on {name}");
                #[allow(unused_mut, reason = "some stories open it again")]
                let mut $store = $backend.open().await;
                $story
            }
        }
    };
}

pub(crate) fn at(clock: &str) -> Timestamp {
    format!("2025-04-16T{clock}Z").parse().expect("an instant")
}

pub(crate) fn outage(name: &str, since: Timestamp) -> Outage {
    Outage {
        id: OutageId(name.to_owned()),
        kind: Kind::Outage,
        level: Level::Outage,
        worst: Level::Outage,
        since,
        until: None,
        services: BTreeMap::new(),
        seen: Some(since),
        page: Vec::new(),
        flaps: 0,
        ongoing_at_first_look: false,
        timeline: Vec::new(),
        revision: 1,
    }
}

fn ended(outage: &Outage, until: Timestamp) -> Outage {
    Outage { until: Some(until), level: Level::Up, revision: outage.revision + 1, ..outage.clone() }
}

pub(crate) fn event(outage: &Outage, kind: EventKind, at: Timestamp) -> OutageEvent {
    OutageEvent { at, kind, outage: outage.clone(), why: vec!["web-api: 503".to_owned()] }
}

pub(crate) fn step(outage: &Outage, kind: EventKind, at: Timestamp) -> Step {
    Step {
        tracker: b"tracker".to_vec(),
        outages: vec![outage.clone()],
        events: vec![(event(outage, kind, at), Audience::Subscribers)],
    }
}

/// Asks for a change, as a fresh interaction.
pub(crate) async fn ask(store: &dyn Store, change: Change, id: u64, now: Timestamp) -> Changed {
    store.change(&change, InteractionId(id), now).await.expect("an answer")
}

pub(crate) fn subscribing(guild: GuildId, channel: u64, now: Timestamp) -> Change {
    Change::Subscribe(Box::new(Subscription::new(guild, ChannelId(channel), now)))
}

async fn subscribe(store: &dyn Store, channels: std::ops::Range<u64>, now: Timestamp) {
    for channel in channels {
        let change = subscribing(GUILD, channel, now);
        assert_eq!(ask(store, change, 1_000_000 + channel, now).await, Changed::Now);
    }
}

/// Owes every announcement to every subscription, as the courier does.
pub(crate) async fn expand(store: &dyn Store, now: Timestamp) {
    for Announcement { id, audience, .. } in store.unexpanded(10).await.expect("announcements") {
        if let Audience::Preview(guild, channel) | Audience::CatchUp(guild, channel) = audience {
            store.owe(id, &[(guild, channel)], None, true, now).await.expect("owed");
            continue;
        }
        let all = store.subscriptions(None, None, 1_000).await.expect("subscriptions");
        let to: Vec<_> = all.iter().map(|it| (it.guild, it.channel)).collect();
        store.owe(id, &to, to.last().copied(), true, now).await.expect("owed");
    }
}

pub(crate) async fn claim(store: &dyn Store, now: Timestamp) -> Vec<Claim> {
    store.claim(100, LEASE, now).await.expect("claims")
}

async fn tell(store: &dyn Store, claim: &Claim, told: Told, now: Timestamp) {
    assert_eq!(store.settle(claim, &Outcome::Done { told }, now).await, Ok(true));
}

pub(crate) fn posted(message: u64) -> Told {
    Told { start: Some(MessageId(message)), ..Told::default() }
}

fn channels(claims: &[Claim]) -> Vec<u64> {
    claims.iter().map(|claim| claim.delivery.channel.0).collect()
}

on_every_store!(a_start_is_owed_once_and_what_was_told_is_known_at_the_end, |backend, store| {
    let (start, end) = (at("09:00:00"), at("09:07:00"));
    subscribe(&*store, 1..4, start).await;
    let web = outage("web-api-1", start);
    store.commit(&step(&web, EventKind::Started, start)).await.expect("kept");
    expand(&*store, start).await;
    assert_eq!(store.next_due().await, Ok(Some(start)));
    let claims = claim(&*store, start).await;
    assert_eq!(channels(&claims), [1, 2, 3]);
    assert!(claims.iter().all(|it| it.delivery.attempts == 1 && it.delivery.first_tried == Some(start)));
    assert!(claim(&*store, start).await.is_empty(), "all are taken");
    for claim in &claims {
        tell(&*store, claim, posted(claim.delivery.channel.0 * 10), start).await;
    }
    assert_eq!(store.next_due().await, Ok(None));

    let back = ended(&web, end);
    store.commit(&step(&back, EventKind::Ended, end)).await.expect("kept");
    expand(&*store, end).await;
    let claims = claim(&*store, end).await;
    assert_eq!(channels(&claims), [1, 2, 3]);
    assert_eq!(claims[2].told.start, Some(MessageId(30)));
    let remembered = store.recall().await.expect("recalled");
    assert_eq!(remembered, Remembered { tracker: Some(b"tracker".to_vec()), open: vec![] });
});

on_every_store!(a_killed_process_loses_nothing_and_its_claims_are_free_again, |backend, store| {
    let start = at("09:00:00");
    subscribe(&*store, 1..3, start).await;
    let web = outage("web-api-1", start);
    store.commit(&step(&web, EventKind::Started, start)).await.expect("kept");
    // Killed between the commit and the expansion.
    drop(store);
    store = backend.open().await;
    assert_eq!(store.recall().await.expect("recalled").open, [web.clone()]);
    let waiting = store.unexpanded(10).await.expect("announcements");
    assert_eq!(waiting.len(), 1);
    // Killed in the middle of the expansion: done again, nobody is owed twice.
    store.owe(waiting[0].id, &[(GUILD, ChannelId(1))], None, false, start).await.expect("owed");
    drop(store);
    store = backend.open().await;
    expand(&*store, start).await;
    let before = claim(&*store, start).await;
    assert_eq!(channels(&before), [1, 2]);
    // Killed while it sends.
    drop(store);
    store = backend.open().await;
    let later = start + SignedDuration::from_secs(1);
    let again = claim(&*store, later).await;
    assert_eq!(channels(&again), [1, 2]);
    assert_eq!((again[0].delivery.attempts, again[0].delivery.first_tried), (2, Some(start)));
    assert_eq!(store.settle(&before[0], &Outcome::Done { told: posted(1) }, later).await, Ok(false));
    assert_eq!(store.settle(&again[0], &Outcome::Done { told: posted(1) }, later).await, Ok(true));
    assert_eq!(store.settle(&again[0], &Outcome::Done { told: posted(1) }, later).await, Ok(false));
});

on_every_store!(a_channel_hears_in_order_and_starts_go_before_updates, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..2, now).await;
    let (web, login) = (outage("web-api-1", now), outage("login-1", now));
    store.commit(&step(&web, EventKind::Started, now)).await.expect("kept");
    store.commit(&step(&web, EventKind::Updated(Update::Worse), now)).await.expect("kept");
    expand(&*store, now).await;
    subscribe(&*store, 2..3, now).await;
    store.commit(&step(&login, EventKind::Started, now)).await.expect("kept");
    expand(&*store, now).await;

    let first = claim(&*store, now).await;
    assert_eq!(channels(&first), [1, 2], "one for each channel");
    assert_eq!(first[0].delivery.outage, web.id);
    let wait = Outcome::Later {
        due: now + SignedDuration::from_secs(9),
        why: "500".to_owned(),
        uncounted: false,
        told: None,
    };
    assert_eq!(store.settle(&first[0], &wait, now).await, Ok(true));
    assert!(claim(&*store, now).await.is_empty(), "what stands behind it waits too");
    let due = store.next_due().await.expect("read").expect("an instant");
    assert_eq!(due, now + SignedDuration::from_secs(9));
    let again = claim(&*store, due).await;
    assert_eq!((again[0].delivery.attempts, again[0].delivery.last_error.as_str()), (2, "500"));
    tell(&*store, &again[0], posted(1), due).await;
    let update = claim(&*store, due).await;
    let event = store.announcement(update[0].delivery.announcement).await.expect("read").expect("there");
    assert_eq!(event.event.kind, EventKind::Updated(Update::Worse));
    assert_eq!(update[0].told, posted(1));
    tell(&*store, &update[0], posted(1), due).await;
    assert_eq!(claim(&*store, due).await[0].delivery.outage, login.id);
});

on_every_store!(starts_are_claimed_before_updates_that_were_owed_earlier, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..2, now).await;
    let (web, login) = (outage("web-api-1", now), outage("login-1", now));
    store.commit(&step(&web, EventKind::Updated(Update::Worse), now)).await.expect("kept");
    expand(&*store, now).await;
    assert_eq!(ask(&*store, Change::Unsubscribe(GUILD, ChannelId(1)), 1, now).await, Changed::Now);
    subscribe(&*store, 2..3, now).await;
    let later = now + SignedDuration::from_secs(5);
    store.commit(&step(&login, EventKind::Started, later)).await.expect("kept");
    expand(&*store, later).await;
    let one = store.claim(1, LEASE, later).await.expect("claims");
    assert_eq!(channels(&one), [2]);
    assert_eq!(channels(&claim(&*store, later).await), [1]);
});

on_every_store!(a_lease_ends_and_a_try_that_sent_nothing_does_not_count, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..2, now).await;
    store.commit(&step(&outage("web-api-1", now), EventKind::Started, now)).await.expect("kept");
    expand(&*store, now).await;
    let first = claim(&*store, now).await;
    let wait = Outcome::Later { due: now, why: "429".to_owned(), uncounted: true, told: None };
    assert_eq!(store.settle(&first[0], &wait, now).await, Ok(true));
    let second = claim(&*store, now + SignedDuration::from_secs(1)).await;
    assert_eq!(second[0].delivery.attempts, 1);
    assert_eq!(second[0].delivery.first_tried, Some(now + SignedDuration::from_secs(1)));
    let over = store.next_due().await.expect("read").expect("an instant");
    assert_eq!(over, now + SignedDuration::from_secs(61), "nothing is due before the lease ends");
    let third = claim(&*store, over).await;
    assert_eq!(third[0].delivery.attempts, 2);
    assert_eq!(store.settle(&second[0], &Outcome::Done { told: posted(1) }, over).await, Ok(false));
});

on_every_store!(a_lost_permission_pauses_and_heals_and_what_waited_is_due_again, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..2, now).await;
    let web = outage("web-api-1", now);
    store.commit(&step(&web, EventKind::Started, now)).await.expect("kept");
    expand(&*store, now).await;
    let first = claim(&*store, now).await;
    let paused =
        Paused { since: now, why: "Missing Access (50001)".to_owned(), retry: at("09:05:00"), tries: 1 };
    let outcome = Outcome::Paused { paused: paused.clone() };
    assert_eq!(store.settle(&first[0], &outcome, now).await, Ok(true));
    let subscription = store.subscription(GUILD, ChannelId(1)).await.expect("read").expect("there");
    assert_eq!(subscription.paused, Some(paused));
    store.commit(&step(&ended(&web, now), EventKind::Ended, now)).await.expect("kept");
    expand(&*store, now).await;
    assert!(claim(&*store, at("09:04:59")).await.is_empty());
    let waiting = store.undelivered(GUILD, 10).await.expect("read");
    assert_eq!(waiting.len(), 2);
    assert_eq!(waiting[0].last_error, "Missing Access (50001)");

    store.pause(GUILD, ChannelId(1), None).await.expect("healed");
    assert_eq!(claim(&*store, at("09:01:00")).await.len(), 1, "at once, not only at the next try");
});

on_every_store!(a_deleted_channel_takes_its_subscription_aside_for_30_days, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..4, now).await;
    store.commit(&step(&outage("web-api-1", now), EventKind::Started, now)).await.expect("kept");
    expand(&*store, now).await;
    let claims = claim(&*store, now).await;
    let gone = Outcome::Gone { why: "Unknown Channel (10003)".to_owned() };
    assert_eq!(store.settle(&claims[0], &gone, now).await, Ok(true));
    assert_eq!(store.subscription(GUILD, ChannelId(1)).await, Ok(None));
    store.set_aside(GUILD, Some(ChannelId(2)), now).await.expect("set aside");
    store.set_aside(GUILD, None, now).await.expect("set aside");
    assert_eq!(store.subscriptions(Some(GUILD), None, 10).await, Ok(vec![]));
    assert_eq!(store.settle(&claims[1], &Outcome::Done { told: posted(1) }, now).await, Ok(false));
    let given_up = store.undelivered(GUILD, 10).await.expect("read");
    assert!(given_up.iter().all(|it| it.given_up == Some(now)));
    assert_eq!(given_up[0].last_error, "Unknown Channel (10003)");

    let month = SignedDuration::from_hours(30 * 24);
    assert_eq!(store.restore(GUILD, now + month - SignedDuration::from_secs(1)).await, Ok(3));
    assert_eq!(store.subscriptions(Some(GUILD), None, 10).await.expect("read").len(), 3);
    store.set_aside(GUILD, None, now).await.expect("set aside");
    assert_eq!(store.restore(GUILD, now + month).await, Ok(0), "a month later it is forgotten");
});

on_every_store!(an_interaction_changes_once_however_often_it_arrives, |backend, store| {
    let now = at("09:00:00");
    assert_eq!(ask(&*store, subscribing(GUILD, 1, now), 5, now).await, Changed::Now);
    assert_eq!(ask(&*store, Change::Unsubscribe(GUILD, ChannelId(1)), 6, now).await, Changed::Now);
    drop(store);
    store = backend.open().await;
    assert_eq!(ask(&*store, subscribing(GUILD, 1, now), 5, now).await, Changed::Before);
    assert_eq!(store.subscription(GUILD, ChannelId(1)).await, Ok(None));
    assert_eq!(ask(&*store, Change::Unsubscribe(GUILD, ChannelId(1)), 7, now).await, Changed::Nothing);
});

on_every_store!(
    a_server_has_its_limit_of_subscriptions,
    Options { subscriptions_per_server: 2, ..Options::default() },
    |backend, store| {
        let now = at("09:00:00");
        subscribe(&*store, 1..3, now).await;
        assert_eq!(ask(&*store, subscribing(GUILD, 3, now), 3, now).await, Changed::Full);
        assert_eq!(ask(&*store, subscribing(GUILD, 2, now), 4, now).await, Changed::Now, "not a new one");
        assert_eq!(ask(&*store, subscribing(GuildId(8), 3, now), 5, now).await, Changed::Now);
        assert_eq!(ask(&*store, Change::Unsubscribe(GUILD, ChannelId(1)), 6, now).await, Changed::Now);
        assert_eq!(ask(&*store, subscribing(GUILD, 3, now), 3, now).await, Changed::Now, "asked again");
    }
);

on_every_store!(
    a_nearly_full_disk_refuses_people_and_still_keeps_an_outage,
    Options { free_space: Some(Arc::new(|_| Ok(199_000_000))), ..Options::default() },
    |backend, store| {
        let now = at("09:00:00");
        let refused = store.change(&subscribing(GUILD, 1, now), InteractionId(1), now).await;
        let Err(StoreError::Full(text)) = refused else { panic!("{refused:?}") };
        assert_eq!(text, "the disk of the store is nearly full: 199 MB are free, changes need 200 MB");
        store.commit(&step(&outage("web-api-1", now), EventKind::Started, now)).await.expect("kept");
        assert_eq!(store.recall().await.expect("recalled").open.len(), 1);
    }
);

on_every_store!(who_asked_to_be_told_is_known_until_a_day_after_the_end, |backend, store| {
    let (start, end) = (at("09:00:00"), at("10:00:00"));
    let web = outage("web-api-1", start);
    let press = |outage: &Outage, person: u64, channel: u64| Change::TellWhenBack {
        outage: outage.id.clone(),
        person: UserId(person),
        guild: Some(GUILD),
        channel: ChannelId(channel),
        message: Some(MessageId(9)),
        direct: false,
    };
    assert_eq!(ask(&*store, press(&web, 1, 1), 1, start).await, Changed::Nothing, "no such outage");
    store.commit(&step(&web, EventKind::Started, start)).await.expect("kept");
    for person in 0..100 {
        assert_eq!(ask(&*store, press(&web, person, 1), 100 + person, start).await, Changed::Now);
    }
    assert_eq!(ask(&*store, press(&web, 7, 1), 2, start).await, Changed::Nothing);
    assert_eq!(ask(&*store, press(&web, 100, 1), 3, start).await, Changed::Full);
    assert_eq!(ask(&*store, press(&web, 100, 2), 4, start).await, Changed::Now);
    let here = store.waiting(&web.id, Some(ChannelId(2)), None, 10).await.expect("read");
    assert_eq!(here.iter().map(|it| it.person.0).collect::<Vec<_>>(), [100]);
    let page = store.waiting(&web.id, None, Some((ChannelId(1), UserId(97))), 2).await.expect("read");
    assert_eq!(page.iter().map(|it| it.person.0).collect::<Vec<_>>(), [98, 99]);

    // Not a day nor a week makes them forgotten while it goes on.
    while store.tidy(at("09:00:00") + SignedDuration::from_hours(72)).await.expect("tidied") > 0 {}
    store.commit(&step(&ended(&web, end), EventKind::Ended, end)).await.expect("kept");
    assert_eq!(store.waiting(&web.id, None, None, 200).await.expect("read").len(), 101);
    while store.tidy(end + SignedDuration::from_hours(24 * 5)).await.expect("tidied") > 0 {}
    assert_eq!(store.waiting(&web.id, None, None, 200).await, Ok(vec![]));
});

on_every_store!(people_who_report_are_counted_once_and_then_dropped, |backend, store| {
    let (start, end) = (at("09:00:00"), at("10:00:00"));
    let web = outage("web-api-1", start);
    let fails = |outage: Option<&Outage>, person: u8| Change::Report {
        outage: outage.map(|outage| outage.id.clone()),
        person: [person; 16],
    };
    assert_eq!(ask(&*store, fails(None, 1), 1, start).await, Changed::Now);
    assert_eq!(ask(&*store, fails(None, 1), 2, at("09:14:59")).await, Changed::Nothing);
    assert_eq!(ask(&*store, fails(None, 1), 3, at("09:15:00")).await, Changed::Now);
    store.commit(&step(&web, EventKind::Started, start)).await.expect("kept");
    assert_eq!(ask(&*store, fails(Some(&web), 1), 4, at("09:16:00")).await, Changed::Now);
    assert_eq!(ask(&*store, fails(Some(&web), 2), 5, at("09:16:00")).await, Changed::Now);
    assert_eq!(store.reports(None, at("09:01:00")).await, Ok(2), "two people, whatever they said");
    while store.tidy(at("09:40:00")).await.expect("tidied") > 0 {}
    assert_eq!(ask(&*store, fails(Some(&web), 1), 6, at("09:41:00")).await, Changed::Nothing);
    assert_eq!(store.reports(None, at("09:26:00")).await, Ok(0));
    assert_eq!(store.reports(Some(&web.id), start).await, Ok(2));
    store.commit(&step(&ended(&web, end), EventKind::Ended, end)).await.expect("kept");
    while store.tidy(at("10:30:00")).await.expect("tidied") > 0 {}
    assert_eq!(store.reports(Some(&web.id), start).await, Ok(2), "their number stays");
    let kept = store.counts(None).await.expect("read");
    assert!(kept.contains(&("reports", 0)), "they themselves are dropped: {kept:?}");
});

on_every_store!(votes_and_questions_are_counted_without_a_person, |backend, store| {
    let now = at("09:00:00");
    let vote = |entry: &str, helped| Change::Vote { entry: entry.to_owned(), helped };
    for (id, (entry, helped)) in
        [("nhu", true), ("nhu", true), ("nhu", false), ("jam", true)].iter().enumerate()
    {
        assert_eq!(ask(&*store, vote(entry, *helped), id as u64, now).await, Changed::Now);
    }
    let votes = store.votes().await.expect("read");
    let votes: Vec<_> = votes.iter().map(|it| (it.entry.as_str(), it.helped, it.did_not)).collect();
    assert_eq!(votes, [("jam", 1, 0), ("nhu", 2, 1)]);
    for (id, text) in [None, Some("why"), Some("why"), Some("how"), None, None].into_iter().enumerate() {
        let change = Change::Unanswered { text: text.map(str::to_owned) };
        assert_eq!(ask(&*store, change, 10 + id as u64, now).await, Changed::Now);
    }
    let questions = store.questions(2).await.expect("read");
    let questions: Vec<_> = questions.iter().map(|it| (it.text.as_deref(), it.asked)).collect();
    assert_eq!(questions, [(None, 3), (Some("why"), 2)]);
});

on_every_store!(a_board_moves_and_its_message_is_found_after_a_restart, |backend, store| {
    let now = at("09:00:00");
    let board = |channel: Option<u64>| Change::Board(GUILD, channel.map(ChannelId));
    assert_eq!(ask(&*store, board(None), 1, now).await, Changed::Nothing);
    assert_eq!(ask(&*store, board(Some(1)), 2, now).await, Changed::Now);
    assert_eq!(ask(&*store, board(Some(1)), 3, now).await, Changed::Nothing);
    assert_eq!(store.note_board(GUILD, ChannelId(1), Some(MessageId(5))).await, Ok(true));
    drop(store);
    store = backend.open().await;
    let kept = Board { guild: GUILD, channel: ChannelId(1), message: Some(MessageId(5)) };
    assert_eq!(store.boards(None, 10).await, Ok(vec![kept]));
    assert_eq!(ask(&*store, board(Some(2)), 4, now).await, Changed::Now);
    assert_eq!(store.note_board(GUILD, ChannelId(1), Some(MessageId(6))).await, Ok(false), "it moved");
    assert_eq!(store.boards(Some(GUILD), 10).await, Ok(vec![]));
});

on_every_store!(deleting_a_servers_data_leaves_nothing_of_it_and_nothing_of_others_goes, |backend, store| {
    let now = at("09:00:00");
    let other = GuildId(8);
    subscribe(&*store, 1..4, now).await;
    assert_eq!(ask(&*store, subscribing(other, 9, now), 1, now).await, Changed::Now);
    let web = outage("web-api-1", now);
    store.commit(&step(&web, EventKind::Started, now)).await.expect("kept");
    expand(&*store, now).await;
    let claims = claim(&*store, now).await;
    tell(&*store, &claims[0], posted(1), now).await;
    let gave_up = Outcome::GivenUp { why: "blocked".to_owned() };
    assert_eq!(store.settle(&claims[1], &gave_up, now).await, Ok(true));
    assert_eq!(ask(&*store, Change::Board(GUILD, Some(ChannelId(1))), 2, now).await, Changed::Now);
    for (id, guild) in [(3, GUILD), (4, other)] {
        let press = Change::TellWhenBack {
            outage: web.id.clone(),
            person: UserId(id),
            guild: Some(guild),
            channel: ChannelId(id),
            message: None,
            direct: false,
        };
        assert_eq!(ask(&*store, press, id, now).await, Changed::Now);
    }
    let started = event(&web, EventKind::Started, now);
    let preview = Change::Preview(GUILD, ChannelId(1), vec![started]);
    assert_eq!(ask(&*store, preview, 5, now).await, Changed::Now);

    assert_eq!(ask(&*store, Change::DeleteData(GUILD), 6, now).await, Changed::Now);
    let left = store.counts(Some(GUILD)).await.expect("read");
    assert!(left.iter().all(|(_, count)| *count == 0), "{left:?}");
    assert_eq!(store.unexpanded(10).await, Ok(vec![]));
    let waiting = store.waiting(&web.id, None, None, 10).await.expect("read");
    assert_eq!(waiting.iter().map(|it| it.person.0).collect::<Vec<_>>(), [4]);
    assert_eq!(store.subscriptions(Some(other), None, 10).await.expect("read").len(), 1);
    assert_eq!(store.settle(&claims[2], &gave_up, now).await, Ok(false));
    assert_eq!(ask(&*store, Change::DeleteData(GUILD), 6, now).await, Changed::Before);
});

on_every_store!(a_preview_touches_no_state_and_an_acknowledged_outage_is_noted, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..2, now).await;
    let web = outage("web-api-1", now);
    let preview = Change::Preview(GUILD, ChannelId(1), vec![event(&web, EventKind::Started, now)]);
    assert_eq!(ask(&*store, preview, 1, now).await, Changed::Now);
    expand(&*store, now).await;
    let claims = claim(&*store, now).await;
    tell(&*store, &claims[0], posted(1), now).await;
    let catch_up = event(&web, EventKind::Started, now);
    assert_eq!(
        ask(&*store, Change::CatchUp(GUILD, ChannelId(1), Box::new(catch_up)), 2, now).await,
        Changed::Now
    );
    expand(&*store, now).await;
    assert_eq!(claim(&*store, now).await[0].told, Told::default());
    let acknowledge = || Change::Acknowledge(GUILD, ChannelId(1), web.id.clone());
    assert_eq!(ask(&*store, acknowledge(), 3, now).await, Changed::Now);
    assert_eq!(ask(&*store, acknowledge(), 4, now).await, Changed::Nothing);
    let kept = store.subscription(GUILD, ChannelId(1)).await.expect("read").expect("there");
    assert_eq!(kept.acknowledged, Some(web.id));
});

on_every_store!(outages_are_found_newest_first_and_an_old_revision_never_wins, |backend, store| {
    for hour in 1..6 {
        let since = at(&format!("0{hour}:00:00"));
        let one = outage(&format!("web-api-{hour}"), since);
        store.commit(&step(&ended(&one, since), EventKind::Ended, since)).await.expect("kept");
        store.commit(&step(&one, EventKind::Started, since)).await.expect("kept");
    }
    let found = store.outages(at("02:00:00"), 3).await.expect("read");
    let found: Vec<_> = found.iter().map(|it| (it.id.as_str(), it.is_open())).collect();
    assert_eq!(found, [("web-api-5", false), ("web-api-4", false), ("web-api-3", false)]);
    assert_eq!(store.outages(at("04:30:00"), 9).await.expect("read").len(), 1);
    assert!(store.recall().await.expect("recalled").open.is_empty());
});

on_every_store!(a_year_of_looks_stays_small, |backend, store| {
    let web = ServiceName::from("web-api");
    let begin: Timestamp = "2024-01-01T00:00:00Z".parse().expect("an instant");
    let good = Looks { good: 10, bad: 1, ..Looks::default() };
    for hour in 0..24 * 30 {
        let now = begin + SignedDuration::from_hours(hour);
        store.note_looks(now, &[(web.clone(), good), (web.clone(), good)]).await.expect("kept");
    }
    let end = begin + SignedDuration::from_hours(24 * 30);
    while store.tidy(end).await.expect("tidied") > 0 {}
    let slots = store.tallies(&web, Span::Slot, begin).await.expect("read");
    assert_eq!(slots.len(), 47, "48 hours, the first of which is over");
    assert_eq!(slots[0].looks.good, 20);
    let days = store.tallies(&web, Span::Day, begin).await.expect("read");
    assert_eq!(days.len(), 30);
    assert_eq!((days[0].from, days[0].looks.good, days[0].looks.bad), (begin, 480, 48));
    assert_eq!(
        store.tallies(&web, Span::Day, end - SignedDuration::from_hours(24)).await.expect("read").len(),
        1
    );
});

on_every_store!(what_is_done_is_tidied_away_and_what_is_owed_is_not, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..3, now).await;
    let web = outage("web-api-1", now);
    store.commit(&step(&web, EventKind::Started, now)).await.expect("kept");
    let announced = store.unexpanded(1).await.expect("read")[0].id;
    // Channel 1 is told before the expansion is at its end.
    store.owe(announced, &[(GUILD, ChannelId(1))], None, false, now).await.expect("owed");
    let claims = claim(&*store, now).await;
    tell(&*store, &claims[0], posted(1), now).await;
    expand(&*store, now).await;
    let month = now + SignedDuration::from_hours(29 * 24);
    while store.tidy(month).await.expect("tidied") > 0 {}
    let left = claim(&*store, month).await;
    assert_eq!(channels(&left), [2], "channel 1 was told; channel 2 is still owed it");
    tell(&*store, &left[0], posted(2), month).await;
    while store.tidy(month + SignedDuration::from_hours(2)).await.expect("tidied") > 0 {}
    assert_eq!(store.announcement(announced).await, Ok(None));
    let year = now + SignedDuration::from_hours(24 * 370);
    while store.tidy(year).await.expect("tidied") > 0 {}
    assert!(store.counts(None).await.expect("read").contains(&("told", 2)), "the outage is still open");
    store.commit(&step(&ended(&web, month), EventKind::Ended, month)).await.expect("kept");
    let late = year + SignedDuration::from_hours(24 * 60);
    while store.tidy(late).await.expect("tidied") > 0 {}
    let kept = store.counts(None).await.expect("read");
    for gone in [("told", 0), ("interactions", 0), ("outages", 0)] {
        assert!(kept.contains(&gone), "{kept:?}");
    }
    assert!(kept.contains(&("subscriptions", 2)), "{kept:?}");
});

on_every_store!(small_values_of_the_machinery_are_kept_and_forgotten, |backend, store| {
    let long = vec![7; 64 << 10];
    store.keep("ban/api.spotify.com", Some(b"until noon")).await.expect("kept");
    store.keep("gateway", Some(&long)).await.expect("kept");
    drop(store);
    store = backend.open().await;
    assert_eq!(store.kept("gateway").await, Ok(Some(long)));
    store.keep("gateway", Some(b"short")).await.expect("kept");
    assert_eq!(store.kept("gateway").await, Ok(Some(b"short".to_vec())));
    store.keep("gateway", None).await.expect("forgotten");
    assert_eq!(store.kept("gateway").await, Ok(None));
    assert_eq!(store.kept("ban/api.spotify.com").await, Ok(Some(b"until noon".to_vec())));
    let too_long = store.keep("gateway", Some(&vec![0; (64 << 10) + 1])).await;
    assert!(matches!(too_long, Err(StoreError::Full(_))), "{too_long:?}");
});

on_every_store!(subscriptions_are_asked_in_pages, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..6, now).await;
    assert_eq!(ask(&*store, subscribing(GuildId(8), 1, now), 1, now).await, Changed::Now);
    let (mut seen, mut after) = (BTreeSet::new(), None);
    loop {
        let page = store.subscriptions(None, after, 2).await.expect("read");
        let Some(last) = page.last() else { break };
        after = Some((last.guild, last.channel));
        seen.extend(page.iter().map(|it| (it.guild, it.channel)));
    }
    assert_eq!(seen.len(), 6);
    assert_eq!(
        store.subscriptions(Some(GUILD), Some((GUILD, ChannelId(4))), 9).await.expect("read").len(),
        1
    );
});
