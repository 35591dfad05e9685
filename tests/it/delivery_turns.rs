//! An outage changes while it is unknown whether the last message was sent. Nothing is lost, nothing duplicated, and the last
//! message in each channel is right.
//!
//! `DELIVERY_CASES=20000 cargo test delivery_turns` runs more cases; with `PROPTEST_RNG_SEED=7` the same ones each time.

use std::collections::BTreeSet;

use healthy_upstream::alerts::{Audience, ChannelKind, UpdateMode};
use healthy_upstream::discord::simulator::rules::{Fault, RulesChannelKind};
use healthy_upstream::discord::simulator::{SimulatedChannel, TranscriptChange, TranscriptEntry};
use healthy_upstream::health::{EventKind, Level, ServiceName, Update};
use healthy_upstream::ids::{ChannelId, MessageId};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::notifier_harness::{Newsroom, minutes, seconds};

/// How long a case waits until everything is sent: longer than any delay between two tries.
const QUIET: SignedDuration = SignedDuration::from_mins(20);

/// How the outage changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Ends,
    FailsAgain,
    Spreads,
    BringsBack,
    Worse,
    Better,
    PageSpeaks,
    Flaps,
    Stays,
    Reminds,
}

/// What goes wrong with the requests of a turn.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mishap {
    /// Nothing.
    None,
    /// Discord does it, and its answer is lost.
    Lost(Fault),
    /// The same, and Discord is down for this many seconds.
    LostAndDown(Fault, i64),
    /// The same, and Discord cannot be reached at all for so many seconds: what is tried then was surely not done.
    LostAndAway(Fault, i64),
    /// The same, and the next try is told to wait: that one was surely not done.
    LostAndLimited(Fault, u8),
    /// Discord does it, and the bot crashes before the answer; it restarts after this many seconds.
    Killed(i64),
    /// Discord refuses it.
    Refused(Fault),
    /// The bot is down before it sends anything; it restarts after this many seconds.
    Away(i64),
}

/// A turn with a mishap, then a pause before the next chapter, or a check when everything is sent.
#[derive(Clone, Copy, Debug)]
struct Chapter {
    turn: Turn,
    mishap: Mishap,
    /// The index of the request that fails, counted from the next one: a post, or the edit after it.
    nth: usize,
    quiet: bool,
    pause: i64,
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        4 => Just(Turn::Ends),
        4 => Just(Turn::FailsAgain),
        2 => Just(Turn::Spreads),
        1 => Just(Turn::BringsBack),
        2 => Just(Turn::Worse),
        1 => Just(Turn::Better),
        2 => Just(Turn::PageSpeaks),
        1 => Just(Turn::Flaps),
        1 => Just(Turn::Stays),
        1 => Just(Turn::Reminds),
    ]
}

fn mishap() -> impl Strategy<Value = Mishap> {
    let lost = || {
        prop_oneof![
            Just(Fault::SilentAfterDoing),
            Just(Fault::CutAfterDoing),
            Just(Fault::BrokenAfterDoing(502))
        ]
    };
    let refused = prop_oneof![
        Just(Fault::Broken(503)),
        Just(Fault::Limited(7.0, healthy_upstream::discord::simulator::rules::RateLimitScope::User))
    ];
    prop_oneof![
        2 => Just(Mishap::None),
        3 => lost().prop_map(Mishap::Lost),
        3 => (lost(), 1_i64..500).prop_map(|(fault, long)| Mishap::LostAndDown(fault, long)),
        2 => (lost(), 1_i64..500).prop_map(|(fault, long)| Mishap::LostAndAway(fault, long)),
        2 => (lost(), 1_u8..90).prop_map(|(fault, wait)| Mishap::LostAndLimited(fault, wait)),
        3 => (0_i64..400).prop_map(Mishap::Killed),
        1 => refused.prop_map(Mishap::Refused),
        1 => (0_i64..400).prop_map(Mishap::Away),
    ]
}

fn chapter() -> impl Strategy<Value = Chapter> {
    (turn(), mishap(), 0..2_usize, prop::bool::weighted(0.25), 0_i64..3_000)
        .prop_map(|(turn, mishap, nth, quiet, pause)| Chapter { turn, mishap, nth, quiet, pause })
}

/// Every mode in every kind of channel that supports it.
const CHANNELS: [(&str, UpdateMode, RulesChannelKind); 8] = [
    ("#text-edit", UpdateMode::Edit, RulesChannelKind::Text),
    ("#text-posts", UpdateMode::Posts, RulesChannelKind::Text),
    ("#text-thread", UpdateMode::Thread, RulesChannelKind::Text),
    ("#news-edit", UpdateMode::Edit, RulesChannelKind::Announcement),
    ("#news-posts", UpdateMode::Posts, RulesChannelKind::Announcement),
    ("#news-thread", UpdateMode::Thread, RulesChannelKind::Announcement),
    ("#forum-edit", UpdateMode::Edit, RulesChannelKind::Forum),
    ("#forum-posts", UpdateMode::Posts, RulesChannelKind::Forum),
];

/// What a channel must know once everything is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    open: bool,
    flapping: bool,
    level: Level,
    bad: BTreeSet<ServiceName>,
}

fn state(room: &Newsroom) -> State {
    let it = &room.outage;
    let bad = it.services.iter().filter(|(_, hit)| hit.until.is_none()).map(|(name, _)| name.clone());
    State { open: it.is_open(), flapping: it.flapping, level: it.level, bad: bad.collect() }
}

/// What a message is for, by its marker.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// The outage is over.
    End,
    /// Any other message, by its marker: the outage goes on.
    GoesOn(String),
}

impl Word {
    fn reminds(&self) -> bool {
        matches!(self, Self::GoesOn(part) if part.starts_with("reminder"))
    }
}

/// Returns when a channel or one of its threads got its newest message or edit, and how many it got.
fn newest_in(room: &Newsroom, channel: &SimulatedChannel) -> (Option<Timestamp>, usize) {
    let parent = |id| room.discord.probe(|model| model.channels.get(&id).and_then(|it| it.parent));
    let entries = room.discord.entries();
    let here = entries.iter().filter(|it| it.channel == channel.id || parent(it.channel) == Some(channel.id));
    (here.clone().map(|it| it.at).max(), here.count())
}

/// Returns a channel's posts of the outage, in order.
fn words(room: &Newsroom, channel: &SimulatedChannel) -> Vec<Word> {
    let parent = |id| room.discord.probe(|model| model.channels.get(&id).and_then(|it| it.parent));
    let here =
        |entry: &TranscriptEntry| entry.channel == channel.id || parent(entry.channel) == Some(channel.id);
    let posted = |entry: &TranscriptEntry| match entry.what {
        TranscriptChange::Posted(_) => true,
        // A forum post is a message and a thread in one.
        TranscriptChange::Thread(_) => parent(entry.channel) == Some(channel.id),
        _ => false,
    };
    let entries = room.discord.entries();
    let mut posts: Vec<(MessageId, String)> = entries
        .iter()
        .filter(|entry| here(entry) && posted(entry))
        .filter_map(|entry| {
            let at = entry.text.find(room.outage.id.as_str())?;
            let marker = entry.text[at..].split_whitespace().next()?;
            Some((entry.message, marker.rsplit('/').next()?.to_owned()))
        })
        .collect();
    posts.sort();
    posts.into_iter().map(|(_, part)| if part == "end" { Word::End } else { Word::GoesOn(part) }).collect()
}

/// Applies a turn. Returns `false` if the outage cannot take it.
async fn take(room: &mut Newsroom, turn: Turn, reminders: &mut u32) -> bool {
    let (open, login) = (room.outage.is_open(), ServiceName::from("login"));
    let hit = room.outage.services.get(&login).map(|hit| hit.until.is_none());
    match turn {
        Turn::Ends if open => room.mends().await,
        Turn::FailsAgain if !open => room.breaks_again().await,
        Turn::Spreads if open && hit.is_none() => room.spreads_to("login").await,
        Turn::Spreads if open && hit == Some(false) => room.fails_again("login").await,
        Turn::BringsBack if open && hit == Some(true) => room.brings_back("login").await,
        Turn::Worse if open && room.outage.level == Level::Degraded => {
            room.becomes(Level::Outage, Update::Worse).await;
        }
        Turn::Better if open && room.outage.level == Level::Outage => {
            room.becomes(Level::Degraded, Update::Better).await;
        }
        Turn::PageSpeaks if open => room.page_speaks().await,
        Turn::Flaps if open => room.flaps(room.outage.flaps + 1).await,
        Turn::Stays if open && room.outage.flapping => room.stays().await,
        Turn::Reminds if open => {
            *reminders += 1;
            room.announces_to(EventKind::Updated(Update::FlapCount), Audience::Reminder(*reminders)).await;
        }
        _ => return false,
    }
    true
}

struct Story {
    room: Newsroom,
    channels: Vec<(SimulatedChannel, UpdateMode)>,
    /// What the channels had to know at the last check, and how many messages each of them had by then.
    before: Option<(State, Vec<usize>)>,
    /// When the outage last changed.
    changed: Timestamp,
    /// What each channel was shown last. An edit may be skipped, and then a post still shows what it showed before.
    shown: Vec<Option<State>>,
    /// How many changes of each channel were read by the last check.
    seen: Vec<usize>,
    turns: usize,
    page: bool,
    reminders: u32,
}

impl Story {
    async fn begin(instances: usize) -> Self {
        let mut room = if instances == 1 { Newsroom::new() } else { Newsroom::of_several(instances) };
        let mut channels = Vec::new();
        for (name, mode, kind) in CHANNELS {
            let channel = room.discord.channel_of_kind(room.discord.home(), name, kind);
            let channel_kind = kind.venue().unwrap_or(ChannelKind::Text);
            room.subscribes(&channel, |it| {
                (it.mode, it.channel_kind, it.reminders) = (mode, channel_kind, true);
            })
            .await;
            channels.push((channel, mode));
        }
        let changed = room.clock.now();
        Self {
            room,
            channels,
            before: None,
            changed,
            shown: vec![None; CHANNELS.len()],
            seen: vec![0; CHANNELS.len()],
            turns: 0,
            page: false,
            reminders: 0,
        }
    }

    fn fails(&self, nth: usize, fault: Fault) {
        for (channel, _) in &self.channels {
            if nth > 0 {
                channel.fails(Fault::Slow(SignedDuration::ZERO), nth);
            }
            channel.fails(fault, 1);
        }
    }

    async fn notify(&mut self, first: bool, chapter: Chapter) -> Result<(), TestCaseError> {
        let Chapter { turn, mishap, nth, quiet, pause } = chapter;
        match mishap {
            Mishap::Lost(fault)
            | Mishap::LostAndDown(fault, _)
            | Mishap::LostAndAway(fault, _)
            | Mishap::Refused(fault) => self.fails(nth, fault),
            Mishap::LostAndLimited(fault, wait) => {
                self.fails(nth, fault);
                let scope = healthy_upstream::discord::simulator::rules::RateLimitScope::User;
                self.fails(0, Fault::Limited(f64::from(wait), scope));
            }
            Mishap::Killed(_) => self.fails(nth, Fault::Slow(seconds(5))),
            Mishap::Away(_) => self.room.crashes().await,
            Mishap::None => {}
        }
        let now = self.room.clock.now();
        let took = if first {
            self.room.breaks().await;
            true
        } else {
            take(&mut self.room, turn, &mut self.reminders).await
        };
        self.turns += usize::from(took);
        if first || took && turn != Turn::Reminds {
            self.changed = now;
        }
        self.page |= took && turn == Turn::PageSpeaks;
        match mishap {
            Mishap::LostAndDown(_, long) => {
                self.room.passes(SignedDuration::from_millis(20)).await;
                let now = self.room.clock.now();
                self.room.discord.is_down(now, now + seconds(long));
            }
            Mishap::LostAndAway(_, long) => {
                self.room.passes(SignedDuration::from_millis(20)).await;
                let now = self.room.clock.now();
                self.room.discord.is_away(now, now + seconds(long));
            }
            Mishap::Killed(away) => {
                self.room.passes(seconds(1)).await;
                self.room.crashes().await;
                self.room.passes(seconds(away)).await;
                // With an odd delay the outage changes before the bot is back, in the next chapter.
                if away % 2 == 0 {
                    self.room.restarts();
                }
            }
            _ => {}
        }
        self.room.passes(SignedDuration::from_millis(pause)).await;
        if quiet {
            self.check().await?;
        }
        Ok(())
    }

    /// Removes all faults, waits until everything is sent, and checks what each channel knows.
    async fn check(&mut self) -> Result<(), TestCaseError> {
        self.room.discord.is_well();
        self.room.crashes().await;
        self.room.restarts();
        self.room.passes(QUIET).await;
        let pending = self.room.undelivered().await;
        prop_assert!(pending.is_empty(), "nothing is pending: {:?}", pending);
        let entries = self.room.discord.entries();
        for edit in entries.iter().filter(|entry| entry.what == TranscriptChange::Edited) {
            let posted = |entry: &&TranscriptEntry| {
                entry.message == edit.message
                    && matches!(entry.what, TranscriptChange::Posted(_) | TranscriptChange::Thread(_))
            };
            let home = entries.iter().find(posted).map(|entry| entry.channel);
            prop_assert_eq!(home, Some(edit.channel), "edited in the channel of the post: {:?}", edit);
        }
        let (now, mut read) = (state(&self.room), Vec::new());
        for (nth, (channel, mode)) in self.channels.iter().enumerate() {
            let words = words(&self.room, channel);
            let story = || format!("{} {words:?}: {}", CHANNELS[nth].0, self.room.discord.transcript());
            for pair in words.windows(2) {
                prop_assert!(
                    pair[0] != Word::End || pair[1] != Word::End,
                    "an end was duplicated: {}",
                    story()
                );
            }
            let mut seen = BTreeSet::new();
            for word in &words {
                let Word::GoesOn(part) = word else { continue };
                let once = part != "flapping";
                prop_assert!(!once || seen.insert(part), "{} was duplicated: {}", part, story());
            }
            // The bot posts reminders of its own while a case waits.
            let words: Vec<&Word> = words.iter().filter(|word| !word.reminds()).collect();
            match words.last() {
                Some(last) => {
                    prop_assert_eq!(**last == Word::End, !now.open, "the last message: {}", story());
                }
                None => prop_assert!(false, "nothing was posted: {}", story()),
            }
            if let Some((before, read)) = &self.before {
                let news = words.len() - read[nth];
                let steady = before.open && now.open && !before.flapping && !now.flapping;
                let worse = self.shown[nth]
                    .as_ref()
                    .is_some_and(|shown| now.level > shown.level || !now.bad.is_subset(&shown.bad));
                prop_assert!(
                    !(steady && worse) || news > 0,
                    "it got worse and nothing was posted: {}",
                    story()
                );
                let spoke = self.page && *mode != UpdateMode::Edit;
                prop_assert!(
                    !(steady && spoke) || news > 0,
                    "the page spoke and nothing was posted: {}",
                    story()
                );
                prop_assert!(news <= self.turns, "more was posted than happened: {}", story());
            }
            read.push(words.len());
            let (newest, changes) = newest_in(&self.room, channel);
            let before = std::mem::replace(&mut self.seen[nth], changes);
            if newest >= Some(self.changed) {
                self.shown[nth] = Some(now.clone());
            } else if changes > before {
                // It shows a state between two checks, which one is not known here.
                self.shown[nth] = None;
            }
        }
        (self.before, self.turns, self.page) = (Some((now, read)), 0, false);
        Ok(())
    }
}

async fn notify(instances: usize, first: Chapter, chapters: Vec<Chapter>) -> Result<(), TestCaseError> {
    let mut story = Story::begin(instances).await;
    story.notify(true, first).await?;
    for chapter in chapters {
        let was_dead = story.room.is_dead();
        story.notify(false, chapter).await?;
        if was_dead {
            story.room.restarts_if_dead();
        }
    }
    story.check().await
}

/// Returns the number of proptest cases: `DELIVERY_CASES`, or `usual` if it is not set.
pub(crate) fn cases(usual: u32) -> u32 {
    std::env::var("DELIVERY_CASES").map_or(usual, |cases| cases.parse().expect("a number"))
}

fn run(story: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(story)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(24), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn outage_that_changes_before_a_retry_is_posted_correctly(
        first in chapter(),
        chapters in prop::collection::vec(chapter(), 0..8),
    ) {
        run(notify(1, first, chapters))?;
    }

    #[test]
    fn outage_that_changes_before_failover_is_posted_correctly(
        first in chapter(),
        chapters in prop::collection::vec(chapter(), 0..8),
    ) {
        run(notify(3, first, chapters))?;
    }
}

/// An end was posted, the bot crashed before the answer, and Spotify failed again meanwhile.
#[tokio::test(start_paused = true)]
async fn uncertain_end_is_followed_by_a_start() {
    let lost = |turn, mishap| Chapter { turn, mishap, nth: 0, quiet: false, pause: 0 };
    let quiet = |turn| Chapter { turn, mishap: Mishap::None, nth: 0, quiet: true, pause: 0 };
    let mut story = Story::begin(1).await;
    story.notify(true, quiet(Turn::Ends)).await.expect("the start is posted");
    story.notify(false, lost(Turn::Ends, Mishap::Killed(31))).await.expect("the end is sent");
    story.notify(false, quiet(Turn::FailsAgain)).await.expect("the second start is posted");
}

/// A "fails again" was posted, the bot crashed before the answer, and Spotify recovered meanwhile.
#[tokio::test(start_paused = true)]
async fn second_uncertain_start_gets_a_second_recovery() {
    let lost = |turn, mishap| Chapter { turn, mishap, nth: 0, quiet: false, pause: 0 };
    let quiet = |turn| Chapter { turn, mishap: Mishap::None, nth: 0, quiet: true, pause: 0 };
    for away in [31, 601] {
        let mut story = Story::begin(1).await;
        story.notify(true, quiet(Turn::Ends)).await.expect("the start is posted");
        story.notify(false, quiet(Turn::Ends)).await.expect("the end is posted");
        story.notify(false, lost(Turn::FailsAgain, Mishap::Killed(away))).await.expect("the start is sent");
        story.notify(false, quiet(Turn::Ends)).await.expect("the second end is posted");
        story.room.passes(minutes(1)).await;
    }
}

/// An end was posted and its answer lost. The next try is surely not done, which says nothing about the first one.
#[tokio::test(start_paused = true)]
async fn doubt_remains_when_the_next_try_is_refused() {
    let fault = Fault::CutAfterDoing;
    for mishap in [Mishap::LostAndLimited(fault, 20), Mishap::LostAndAway(fault, 20)] {
        let mut story = Story::begin(1).await;
        let chapter = |turn, mishap, quiet, pause| Chapter { turn, mishap, nth: 0, quiet, pause };
        story.notify(true, chapter(Turn::Ends, Mishap::None, true, 0)).await.expect("the start is told");
        story.notify(false, chapter(Turn::Ends, mishap, false, 10_000)).await.expect("the end is sent");
        story
            .notify(false, chapter(Turn::FailsAgain, Mishap::None, false, 60_000))
            .await
            .expect("it goes on");
        story.check().await.unwrap_or_else(|wrong| panic!("{mishap:?}: {wrong}"));
    }
}

/// Returns what was posted or edited in a channel and its threads, as (channel, message).
fn done_to(
    room: &Newsroom,
    channel: &SimulatedChannel,
    what: impl Fn(&TranscriptChange) -> bool,
) -> Vec<(ChannelId, MessageId)> {
    let parent = |id| room.discord.probe(|model| model.channels.get(&id).and_then(|it| it.parent));
    let here =
        |entry: &&TranscriptEntry| entry.channel == channel.id || parent(entry.channel) == Some(channel.id);
    let entries = room.discord.entries();
    entries.iter().filter(here).filter(|it| what(&it.what)).map(|it| (it.channel, it.message)).collect()
}

/// Regression: an end in a thread was edited in the channel, where it does not exist.
#[tokio::test(start_paused = true)]
async fn edits_are_made_in_the_channel_of_their_message() {
    let mut story = Story::begin(1).await;
    for turn in [Turn::Ends, Turn::FailsAgain, Turn::Ends] {
        let chapter = Chapter { turn, mishap: Mishap::None, nth: 0, quiet: true, pause: 0 };
        story.notify(story.before.is_none(), chapter).await.expect("posted");
    }
    // The status page posts an update after the end.
    story.room.page_speaks().await;
    story.room.passes(minutes(1)).await;
    for (channel, _) in &story.channels {
        let posted = done_to(&story.room, channel, |what| {
            matches!(what, TranscriptChange::Posted(_) | TranscriptChange::Thread(_))
        });
        let edited = done_to(&story.room, channel, |what| *what == TranscriptChange::Edited);
        let end = posted.iter().max_by_key(|(_, message)| *message).expect("the end");
        assert!(edited.contains(end), "the end is updated: {}", story.room.discord.transcript());
        assert!(edited.iter().all(|it| posted.contains(it)), "{}", story.room.discord.transcript());
    }
}

#[tokio::test(start_paused = true)]
async fn flapping_outage_has_one_counting_message_in_every_mode() {
    let mut story = Story::begin(1).await;
    for turn in [Turn::Ends, Turn::Flaps, Turn::Flaps, Turn::Flaps] {
        let chapter = Chapter { turn, mishap: Mishap::None, nth: 0, quiet: true, pause: 0 };
        story.notify(story.before.is_none(), chapter).await.expect("posted");
    }
    for (nth, (channel, _)) in story.channels.iter().enumerate() {
        let counting = Word::GoesOn("flapping".to_owned());
        let counts = words(&story.room, channel).into_iter().filter(|word| *word == counting).count();
        assert_eq!(counts, 1, "{}", CHANNELS[nth].0);
    }
}

/// Discord allows two renames in ten minutes; the third is done when it is allowed.
#[tokio::test(start_paused = true)]
async fn thread_title_shows_whether_the_outage_is_over() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    room.subscribes(&ops, |it| it.mode = UpdateMode::Thread).await;
    room.breaks().await;
    room.passes(seconds(10)).await;
    let names = |room: &Newsroom| -> Vec<(String, String)> {
        let entries = room.discord.entries();
        let of = |entry: &TranscriptEntry| match &entry.what {
            TranscriptChange::Thread(name) | TranscriptChange::Renamed(name) => {
                Some((entry.at.strftime("%H:%M").to_string(), name.chars().take(1).collect()))
            }
            _ => None,
        };
        entries.iter().filter_map(of).collect()
    };
    room.mends().await;
    room.passes(minutes(1)).await;
    room.breaks_again().await;
    room.passes(minutes(1)).await;
    room.mends().await;
    room.passes(minutes(20)).await;
    let post = |at: &str, symbol: &str| (at.to_owned(), symbol.to_owned());
    assert_eq!(
        names(&room),
        [post("09:00", "🔴"), post("09:00", "🟢"), post("09:01", "🔴"), post("09:10", "🟢")]
    );
    assert_eq!(room.undelivered().await, []);
    assert_eq!(room.discord.invalid_requests(), 0);
}

/// Discord refuses edits of old posts for a while. What happens meanwhile is posted at once.
#[tokio::test(start_paused = true)]
async fn refused_edits_delay_no_post() {
    let refused = [
        Fault::Limited(90.0, healthy_upstream::discord::simulator::rules::RateLimitScope::User),
        Fault::Broken(503),
        Fault::Silent,
    ];
    for fault in refused {
        let mut room = Newsroom::new();
        let ops = room.subscribed("#ops").await;
        room.breaks().await;
        room.passes(minutes(61)).await;
        ops.fails(Fault::Slow(SignedDuration::ZERO), 1).fails(fault, 1);
        room.spreads_to("login").await;
        room.passes(seconds(1)).await;
        let before = words(&room, &ops).len();
        assert_eq!(before, 2, "it got worse: {fault:?}");
        room.mends().await;
        room.passes(seconds(12)).await;
        assert_eq!(words(&room, &ops).last(), Some(&Word::End), "{fault:?}: {}", room.discord.transcript());
        room.passes(minutes(5)).await;
        let edited = done_to(&room, &ops, |what| *what == TranscriptChange::Edited);
        assert!(!edited.is_empty(), "the post is updated in the end: {fault:?}");
        assert_eq!(room.undelivered().await, []);
    }
}

/// Without read access a message that may have been sent is sent again under its nonce, before the next one.
#[tokio::test(start_paused = true)]
async fn uncertain_message_is_resent_under_its_nonce_without_read_access() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    ops.takes_away(healthy_upstream::discord::permissions::READ_MESSAGE_HISTORY);
    room.breaks().await;
    room.passes(minutes(5)).await;
    ops.fails(Fault::Slow(seconds(5)), 1);
    room.mends().await;
    room.passes(seconds(1)).await;
    room.crashes().await;
    room.breaks_again().await;
    room.restarts();
    room.passes(minutes(5)).await;
    let words = words(&room, &ops);
    assert_eq!(words.iter().filter(|word| **word == Word::End).count(), 1, "{words:?}");
    assert_ne!(words.last(), Some(&Word::End), "{words:?}");
}

/// The retry makes no extra request if Discord said that nothing was sent.
#[tokio::test(start_paused = true)]
async fn unsent_message_is_retried_without_a_search() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    ops.fails(Fault::Limited(7.0, healthy_upstream::discord::simulator::rules::RateLimitScope::User), 1);
    room.breaks().await;
    room.passes(minutes(1)).await;
    assert_eq!(room.discord.requests(), 2, "two posts");
}
