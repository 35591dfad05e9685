//! Whatever happens in whatever order, each channel gets one start and one end, in order, each recovery subscriber is
//! notified once, and no delivery stays pending.

use std::collections::BTreeMap;

use healthy_upstream::alerts::{ChannelKind, ServiceFilter, Subscription, SubscriptionEdit, UpdateMode};
use healthy_upstream::discord::permissions::{self as may, OverwriteTarget};
use healthy_upstream::discord::simulator::rules::{Fault, RateLimitScope};
use healthy_upstream::discord::simulator::{SimulatedChannel, TranscriptChange, TranscriptEntry};
use healthy_upstream::health::{Level, Update};
use healthy_upstream::ids::UserId;
use jiff::SignedDuration;
use proptest::prelude::*;

use crate::delivery_turns::cases;
use crate::notifier_harness::{Newsroom, seconds};

/// Channels of the test. All but `#late` are subscribed from the beginning.
const CHANNELS: [&str; 7] = ["#edits", "#posts", "#threads", "#plain", "#late", "#forum", "#logins"];
/// The first of them are text channels that get everything. People subscribe to recoveries in these.
const ASKED_IN: usize = 5;
/// People who may subscribe to the recovery.
const PEOPLE: [&str; 2] = ["ada", "ben"];

#[derive(Clone, Debug)]
enum Step {
    /// Another service fails.
    Spreads,
    /// A service is back.
    BringsBack,
    /// The outage gets better or worse.
    Becomes(Level),
    /// The status page posts an update.
    PageSpeaks,
    /// The outage flaps.
    Flaps,
    /// The flapping outage stays down.
    Stays,
    /// A channel subscribes, or chooses another mode.
    Subscribes(usize, UpdateMode),
    /// A channel unsubscribes.
    Unsubscribes(usize),
    /// The next request about a channel meets a fault.
    Fails(usize, Fault),
    /// A channel takes away the permission to post.
    Locks(usize),
    /// A channel gives the permission back.
    Unlocks(usize),
    /// Somebody deletes the newest message of a channel.
    Deletes(usize),
    /// A person subscribes to the recovery in a channel.
    Asks(usize, usize),
    /// The outage goes on for this many hours.
    Lasts(i64),
    /// All of Discord is down for this many seconds.
    Down(i64),
    /// The process crashes and restarts after this many seconds.
    Crash(i64),
    /// This many milliseconds pass.
    Passes(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let fault = prop_oneof![
        Just(Fault::Broken(503)),
        Just(Fault::BrokenAfterDoing(502)),
        Just(Fault::SilentAfterDoing),
        Just(Fault::CutAfterDoing),
        Just(Fault::Silent),
        (1_i64..9).prop_map(|long| Fault::Slow(SignedDuration::from_secs(long))),
        (1_u8..90).prop_map(|wait| Fault::Limited(f64::from(wait), RateLimitScope::User)),
    ];
    let channel = 0..CHANNELS.len();
    let mode = prop_oneof![Just(UpdateMode::Edit), Just(UpdateMode::Posts), Just(UpdateMode::Thread)];
    prop_oneof![
        1 => Just(Step::Spreads),
        1 => Just(Step::BringsBack),
        1 => prop_oneof![Just(Level::Degraded), Just(Level::Outage)].prop_map(Step::Becomes),
        2 => Just(Step::PageSpeaks),
        1 => Just(Step::Flaps),
        1 => Just(Step::Stays),
        2 => (channel.clone(), mode).prop_map(|(channel, mode)| Step::Subscribes(channel, mode)),
        1 => channel.clone().prop_map(Step::Unsubscribes),
        5 => (channel.clone(), fault).prop_map(|(channel, fault)| Step::Fails(channel, fault)),
        1 => channel.clone().prop_map(Step::Locks),
        1 => channel.clone().prop_map(Step::Unlocks),
        1 => channel.prop_map(Step::Deletes),
        3 => (0..ASKED_IN, 0..PEOPLE.len()).prop_map(|(channel, person)| Step::Asks(channel, person)),
        1 => (1_i64..8).prop_map(Step::Lasts),
        1 => (1_i64..400).prop_map(Step::Down),
        3 => (0_i64..400).prop_map(Step::Crash),
        4 => (1_i64..20_000).prop_map(Step::Passes),
    ]
}

async fn take(room: &mut Newsroom, step: Step) {
    match step {
        Step::Spreads if !room.outage.services.contains_key(&"login".into()) => {
            room.spreads_to("login").await;
        }
        Step::BringsBack if room.outage.services.contains_key(&"login".into()) => {
            room.brings_back("login").await;
        }
        Step::Spreads | Step::BringsBack => {}
        Step::Becomes(level) => {
            let update = if level == Level::Outage { Update::Worse } else { Update::Better };
            room.becomes(level, update).await;
        }
        Step::PageSpeaks => room.page_speaks().await,
        Step::Flaps => room.flaps(room.outage.flaps + 1).await,
        Step::Stays => room.stays().await,
        Step::Subscribes(channel, mode) => {
            let name = CHANNELS[channel];
            let channel = room.discord.channel(name);
            let stored = room.store.subscription(channel.guild, channel.id).await.expect("readable");
            room.subscribes(&channel, |it| match stored {
                Some(stored) => *it = Subscription { mode, ..stored },
                None => chooses(name, it),
            })
            .await;
        }
        Step::Unsubscribes(channel) => {
            let channel = room.discord.channel(CHANNELS[channel]);
            room.changes(SubscriptionEdit::Unsubscribe(channel.guild, channel.id)).await;
        }
        Step::Fails(channel, fault) => {
            room.discord.channel(CHANNELS[channel]).fails(fault, 1);
        }
        Step::Locks(channel) => {
            room.discord.channel(CHANNELS[channel]).takes_away(may::SEND_MESSAGES);
        }
        Step::Unlocks(channel) => unlocks(&room.discord.channel(CHANNELS[channel])),
        Step::Deletes(channel) => {
            let channel = room.discord.channel(CHANNELS[channel]);
            if let Some(message) = channel.last_message() {
                channel.loses(message);
            }
        }
        Step::Asks(channel, person) => {
            let (channel, person) =
                (room.discord.channel(CHANNELS[channel]), room.discord.person(PEOPLE[person]));
            room.asks(person.id, &channel, channel.last_message()).await;
        }
        Step::Lasts(hours) => room.passes(SignedDuration::from_hours(hours)).await,
        Step::Down(long) => {
            let now = room.clock.now();
            room.discord.is_down(now, now + seconds(long));
        }
        Step::Crash(away) => {
            room.crashes().await;
            room.passes(seconds(away)).await;
            room.restarts();
        }
        Step::Passes(millis) => room.passes(SignedDuration::from_millis(millis)).await,
    }
}

/// Applies what the moderators of a channel chose.
fn chooses(channel: &str, subscription: &mut Subscription) {
    match channel {
        "#posts" => (subscription.mode, subscription.reminders) = (UpdateMode::Posts, true),
        "#threads" => subscription.mode = UpdateMode::Thread,
        "#forum" => subscription.channel_kind = ChannelKind::Forum,
        "#logins" => subscription.services = ServiceFilter::Only(["login".into()].into()),
        _ => {}
    }
}

fn unlocks(channel: &SimulatedChannel) {
    channel.gives(may::SEND_MESSAGES);
}

/// What must hold for a channel, given what happened to it.
#[derive(Clone, Copy, Debug)]
struct Claim {
    /// The channel is subscribed.
    hears: bool,
    /// The channel never unsubscribed while subscribed, so it must have got the end.
    faithful: bool,
    /// No message of ours was deleted. A deleted message is posted again, or cannot be found again.
    whole: bool,
}

async fn notify(before: Vec<Step>, after: Vec<Step>) -> Result<(), TestCaseError> {
    let mut room = Newsroom::new();
    room.discord.forum("#forum");
    let late = |name: &str| name == "#late";
    for name in CHANNELS.iter().filter(|name| !late(name)) {
        let channel = room.discord.channel(name);
        room.subscribes(&channel, |it| chooses(name, it)).await;
    }
    room.breaks().await;
    let mut claims = CHANNELS.map(|name| Claim { hears: !late(name), faithful: true, whole: true });
    let mut asked = Vec::new();
    let done_after = |step: &Step| {
        // After the end the outage does not change, and nobody subscribes to its recovery.
        matches!(
            step,
            Step::Fails(..)
                | Step::Locks(_)
                | Step::Unlocks(_)
                | Step::Deletes(_)
                | Step::Down(_)
                | Step::Crash(_)
                | Step::Passes(_)
        )
    };
    let steps = before.into_iter().map(Some).chain([None]);
    for step in steps.chain(after.into_iter().filter(done_after).map(Some)) {
        let Some(step) = step else {
            room.mends().await;
            continue;
        };
        match step {
            Step::Subscribes(channel, _) => claims[channel].hears = true,
            Step::Unsubscribes(channel) => {
                claims[channel].faithful = !claims[channel].hears;
                claims[channel].hears = false;
            }
            Step::Deletes(channel) => claims[channel].whole = false,
            Step::Asks(channel, person) => {
                let who = (channel, room.discord.person(PEOPLE[person]).id);
                // Pressing again withdraws the subscription, which other tests cover.
                if asked.contains(&who) {
                    continue;
                }
                asked.push(who);
            }
            _ => {}
        }
        take(&mut room, step).await;
    }
    for name in CHANNELS {
        unlocks(&room.discord.channel(name));
    }
    room.passes(SignedDuration::from_hours(3)).await;
    check(&room, claims, asked).await
}

/// Checks one start (or one post for both) and one end in each channel, in this order, each person notified once, and nothing
/// pending.
async fn check(
    room: &Newsroom,
    claims: [Claim; CHANNELS.len()],
    mut asked: Vec<(usize, UserId)>,
) -> Result<(), TestCaseError> {
    asked.sort_unstable();
    asked.dedup();
    let entries = room.discord.entries();
    for (nth, (name, claim)) in CHANNELS.iter().zip(claims).enumerate() {
        let posts = posts(room, &entries, name);
        let at = |part: &str| posts.iter().map(|entry| &entry.text).positions_of(part);
        let (starts, ends) = (at("/start"), at("/end"));
        let story = || format!("{name}: {}", room.discord.transcript());
        let mut pings: BTreeMap<UserId, usize> = BTreeMap::new();
        for whose in posts.iter().flat_map(|entry| &entry.pings) {
            if let OverwriteTarget::Member(person) = whose {
                *pings.entry(*person).or_default() += 1;
            }
        }
        let people: BTreeMap<UserId, usize> =
            asked.iter().filter(|(channel, _)| *channel == nth).map(|(_, person)| (*person, 1)).collect();
        if claim.whole {
            prop_assert_eq!(pings, people, "each is notified once: {}", story());
            prop_assert!(starts.len() <= 1, "one start: {}", story());
            prop_assert!(ends.len() <= 1, "one end: {}", story());
            prop_assert!(starts.iter().all(|start| *start == 0), "the start comes first: {}", story());
            let (back, counts) = (at("/back").len(), at("/flapping").len());
            let last = posts.len().checked_sub(1 + back);
            prop_assert!(ends.iter().all(|end| Some(*end) == last), "the end comes last: {}", story());
            let begun = starts.len() + counts > 0 || posts.len() <= 1 + back;
            prop_assert!(begun, "no change without a start: {}", story());
            for turn in 1..=5 {
                prop_assert!(at(&format!("/reminder{turn}")).len() <= 1, "each reminder once: {}", story());
            }
        }
        let affected = *name != "#logins" || !starts.is_empty();
        let its_end = claim.hears && claim.faithful && affected;
        prop_assert!(!its_end || !ends.is_empty(), "an end: {}", story());
    }
    let pending = room.undelivered().await;
    prop_assert!(pending.is_empty(), "nothing is pending: {:?}", pending);
    Ok(())
}

/// Returns the messages posted in a channel and its threads.
fn posts<'e>(room: &Newsroom, entries: &'e [TranscriptEntry], name: &str) -> Vec<&'e TranscriptEntry> {
    let channel = room.discord.channel(name).id;
    let parent = |id| room.discord.probe(|model| model.channels.get(&id).and_then(|it| it.parent));
    let posted = |entry: &&TranscriptEntry| match entry.what {
        TranscriptChange::Posted(_) => entry.channel == channel || parent(entry.channel) == Some(channel),
        // A forum post is a message and a thread in one.
        TranscriptChange::Thread(_) => parent(entry.channel) == Some(channel),
        _ => false,
    };
    entries.iter().filter(posted).collect()
}

trait PositionsOf {
    fn positions_of(self, part: &str) -> Vec<usize>;
}

impl<'a, I: Iterator<Item = &'a String>> PositionsOf for I {
    fn positions_of(self, part: &str) -> Vec<usize> {
        self.enumerate().filter(|(_, text)| text.contains(part)).map(|(nth, _)| nth).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(60), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_loses_and_duplicates_no_message(
        before in prop::collection::vec(step(), 0..25),
        after in prop::collection::vec(step(), 0..10),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(notify(before, after))?;
    }
}
