//! Whatever happens in whatever order: each channel gets one start and one end, in order, and nothing stays owed.

use healthy_upstream::alerts::{Change, Mode, Subscription};
use healthy_upstream::discord::model::Fault;
use healthy_upstream::discord::rehearsal::What;
use healthy_upstream::health::{Level, Update};
use jiff::SignedDuration;
use proptest::prelude::*;

use crate::newsroom::{Newsroom, minutes, seconds};

/// Channels that the stories are about; all but the last are subscribed from the beginning.
const CHANNELS: [&str; 5] = ["#a", "#b", "#c", "#d", "#late"];

#[derive(Clone, Debug)]
enum Step {
    /// Another service fails.
    Spreads,
    /// A service is back.
    BringsBack,
    /// It gets better or worse.
    Becomes(Level),
    /// The page speaks.
    PageSpeaks,
    /// It comes and goes.
    Flaps,
    /// It came to stay.
    Stays,
    /// A channel subscribes, or chooses another mode.
    Subscribes(usize, Mode),
    /// A channel does not want to hear anything any more.
    Unsubscribes(usize),
    /// A channel meets a fault.
    Fails(usize, Fault),
    /// All of Discord is down for so many seconds.
    Down(i64),
    /// The process dies and comes back after so many seconds.
    Crash(i64),
    /// So many milliseconds pass.
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
    ];
    let mode = prop_oneof![Just(Mode::Edit), Just(Mode::Posts), Just(Mode::Thread)];
    prop_oneof![
        1 => Just(Step::Spreads),
        1 => Just(Step::BringsBack),
        1 => prop_oneof![Just(Level::Degraded), Just(Level::Outage)].prop_map(Step::Becomes),
        2 => Just(Step::PageSpeaks),
        1 => Just(Step::Flaps),
        1 => Just(Step::Stays),
        2 => (0..CHANNELS.len(), mode).prop_map(|(channel, mode)| Step::Subscribes(channel, mode)),
        1 => (0..CHANNELS.len()).prop_map(Step::Unsubscribes),
        4 => (0..CHANNELS.len(), fault).prop_map(|(channel, fault)| Step::Fails(channel, fault)),
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
            let channel = room.discord.channel(CHANNELS[channel]);
            let kept = room.store.subscription(channel.guild, channel.id).await.expect("readable");
            room.subscribes(&channel, |it| *it = Subscription { mode, ..kept.unwrap_or_else(|| it.clone()) })
                .await;
        }
        Step::Unsubscribes(channel) => {
            let channel = room.discord.channel(CHANNELS[channel]);
            room.changes(Change::Unsubscribe(channel.guild, channel.id)).await;
        }
        Step::Fails(channel, fault) => {
            room.discord.channel(CHANNELS[channel]).fails(fault, 1);
        }
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

async fn tell(before: Vec<Step>, after: Vec<Step>) -> Result<(), TestCaseError> {
    let mut room = Newsroom::new();
    for (name, mode) in CHANNELS.iter().zip([Mode::Edit, Mode::Posts, Mode::Thread, Mode::Edit]) {
        let channel = room.discord.channel(name);
        room.subscribes(&channel, |it| it.mode = mode).await;
    }
    room.breaks().await;
    let mut hears = [true, true, true, true, false];
    let mut faithful = [true; CHANNELS.len()];
    for step in before {
        match step {
            Step::Subscribes(channel, _) => hears[channel] = true,
            Step::Unsubscribes(channel) => (hears[channel], faithful[channel]) = (false, !hears[channel]),
            _ => {}
        }
        take(&mut room, step).await;
    }
    room.mends().await;
    for step in after {
        match step {
            // What is over does not change any more.
            Step::Fails(..) | Step::Down(_) | Step::Crash(_) | Step::Passes(_) => take(&mut room, step).await,
            _ => {}
        }
    }
    room.passes(minutes(30)).await;
    let wants = std::array::from_fn(|nth| match (hears[nth], faithful[nth]) {
        (true, true) => Wants::ItsEnd,
        _ => Wants::AtMostOneOfEach,
    });
    check(&room, wants).await
}

/// What a channel must have heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wants {
    /// It was subscribed when it was over, and never unsubscribed.
    ItsEnd,
    /// It came and went: it may have missed the one or the other.
    AtMostOneOfEach,
}

/// One start (or one post for both) and one end in each channel, in this order, and nothing owed.
async fn check(room: &Newsroom, wants: [Wants; CHANNELS.len()]) -> Result<(), TestCaseError> {
    let entries = room.discord.entries();
    for (nth, name) in CHANNELS.iter().enumerate() {
        let id = &room.discord.channel(name).id;
        let here = |channel| {
            let parent = room.discord.look(|model| model.channels.get(&channel).and_then(|it| it.parent));
            channel == *id || parent == Some(*id)
        };
        let posts: Vec<&str> = entries
            .iter()
            .filter(|entry| matches!(entry.what, What::Posted(_)) && here(entry.channel))
            .map(|entry| entry.text.as_str())
            .collect();
        let at = |part: &str| posts.iter().positions_of(part);
        let (starts, ends) = (at("/start"), at("/end"));
        let story = || format!("{name}: {}", room.discord.transcript());
        prop_assert!(starts.len() <= 1, "one start: {}", story());
        prop_assert!(ends.len() <= 1, "one end: {}", story());
        prop_assert!(wants[nth] != Wants::ItsEnd || ends.len() == 1, "an end: {}", story());
        prop_assert!(starts.iter().all(|start| *start == 0), "the start comes first: {}", story());
        prop_assert!(ends.iter().all(|end| *end == posts.len() - 1), "the end comes last: {}", story());
        prop_assert!(starts.len() == 1 || posts.len() <= 1, "no change without a start: {}", story());
    }
    let owed = room.undelivered().await;
    prop_assert!(owed.is_empty(), "nothing is owed: {:?}", owed);
    Ok(())
}

trait PositionsOf {
    fn positions_of(self, part: &str) -> Vec<usize>;
}

impl<'a, I: Iterator<Item = &'a &'a str>> PositionsOf for I {
    fn positions_of(self, part: &str) -> Vec<usize> {
        self.enumerate().filter(|(_, text)| text.contains(part)).map(|(nth, _)| nth).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_and_nothing_is_doubled(
        before in prop::collection::vec(step(), 0..25),
        after in prop::collection::vec(step(), 0..10),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(tell(before, after))?;
    }
}
