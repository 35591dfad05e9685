//! An outage that turns while it is unsure whether the last message was sent: nothing is lost, nothing doubled, and the
//! last word in each channel is right.
//!
//! `DELIVERY_CASES=20000 cargo test delivery_turns` tells more stories; `PROPTEST_RNG_SEED=7` the same ones each time.

use std::collections::BTreeSet;

use healthy_upstream::alerts::{Audience, ChannelKind, UpdateMode};
use healthy_upstream::discord::simulator::rules::{Fault, RulesChannelKind};
use healthy_upstream::discord::simulator::{SimulatedChannel, TranscriptChange, TranscriptEntry};
use healthy_upstream::health::{EventKind, Level, ServiceName, Update};
use healthy_upstream::ids::{ChannelId, MessageId};
use jiff::SignedDuration;
use proptest::prelude::*;

use crate::notifier_harness::{Newsroom, minutes, seconds};

/// How long a story waits until everything is said: longer than any gap between two tries.
const QUIET: SignedDuration = SignedDuration::from_mins(20);

/// What happens to the outage.
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

/// What goes wrong with what is sent for a turn.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mishap {
    /// Nothing.
    None,
    /// Discord does it, and its answer is lost.
    Lost(Fault),
    /// The same, and nothing more can be asked of Discord for so many seconds.
    LostAndDown(Fault, i64),
    /// Discord does it, and the bot dies before it knows; it comes back after so many seconds.
    Killed(i64),
    /// Discord refuses it.
    Refused(Fault),
    /// The bot dies before it sends anything, and comes back after so many seconds.
    Away(i64),
}

/// One chapter: a mishap with a turn; then another turn before the bot tries again, and perhaps quiet.
#[derive(Clone, Copy, Debug)]
struct Chapter {
    turn: Turn,
    mishap: Mishap,
    /// The request that it happens to, counted from the next one: a post, the edit after it.
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
        3 => (0_i64..400).prop_map(Mishap::Killed),
        1 => refused.prop_map(Mishap::Refused),
        1 => (0_i64..400).prop_map(Mishap::Away),
    ]
}

fn chapter() -> impl Strategy<Value = Chapter> {
    (turn(), mishap(), 0..2_usize, prop::bool::weighted(0.25), 0_i64..3_000)
        .prop_map(|(turn, mishap, nth, quiet, pause)| Chapter { turn, mishap, nth, quiet, pause })
}

/// Every mode in every venue that it can have.
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

/// What a channel has to know at a moment of quiet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    open: bool,
    folded: bool,
    level: Level,
    bad: BTreeSet<ServiceName>,
}

fn state(room: &Newsroom) -> State {
    let it = &room.outage;
    let bad = it.services.iter().filter(|(_, hit)| hit.until.is_none()).map(|(name, _)| name.clone());
    State { open: it.is_open(), folded: it.flapping, level: it.level, bad: bad.collect() }
}

/// What a message is for, by its marker.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// It is over.
    End,
    /// Anything else, by its marker: it goes on.
    GoesOn(String),
}

impl Word {
    fn reminds(&self) -> bool {
        matches!(self, Self::GoesOn(part) if part.starts_with("reminder"))
    }
}

/// A channel's posts of the outage, in the order in which they stand.
fn words(room: &Newsroom, channel: &SimulatedChannel) -> Vec<Word> {
    let parent = |id| room.discord.probe(|model| model.channels.get(&id).and_then(|it| it.parent));
    let here =
        |entry: &TranscriptEntry| entry.channel == channel.id || parent(entry.channel) == Some(channel.id);
    let posted = |entry: &TranscriptEntry| match entry.what {
        TranscriptChange::Posted(_) => true,
        // A forum's post is a message and a thread in one.
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

/// Takes a turn, where the outage can take it.
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
    /// What the channels had to know at the last moment of quiet, and how much each of them had read by then.
    before: Option<(State, Vec<usize>)>,
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
                (it.mode, it.channel_kind, it.reminders) = (mode, channel_kind, true)
            })
            .await;
            channels.push((channel, mode));
        }
        Self { room, channels, before: None, turns: 0, page: false, reminders: 0 }
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
            Mishap::Lost(fault) | Mishap::LostAndDown(fault, _) | Mishap::Refused(fault) => {
                self.fails(nth, fault);
            }
            Mishap::Killed(_) => self.fails(nth, Fault::Slow(seconds(5))),
            Mishap::Away(_) => self.room.crashes().await,
            Mishap::None => {}
        }
        let took = if first {
            self.room.breaks().await;
            true
        } else {
            take(&mut self.room, turn, &mut self.reminders).await
        };
        self.turns += usize::from(took);
        self.page |= took && turn == Turn::PageSpeaks;
        match mishap {
            Mishap::LostAndDown(_, long) => {
                self.room.passes(SignedDuration::from_millis(20)).await;
                let now = self.room.clock.now();
                self.room.discord.is_down(now, now + seconds(long));
            }
            Mishap::Killed(away) => {
                self.room.passes(seconds(1)).await;
                self.room.crashes().await;
                self.room.passes(seconds(away)).await;
                // It turns before the bot is back, with the next chapter.
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

    /// Nothing goes wrong any more until everything is said; then each channel knows what is.
    async fn check(&mut self) -> Result<(), TestCaseError> {
        self.room.discord.is_well();
        self.room.crashes().await;
        self.room.restarts();
        self.room.passes(QUIET).await;
        let pending = self.room.undelivered().await;
        prop_assert!(pending.is_empty(), "nothing is owed: {:?}", pending);
        let (now, mut read) = (state(&self.room), Vec::new());
        for (nth, (channel, mode)) in self.channels.iter().enumerate() {
            let words = words(&self.room, channel);
            let story = || format!("{} {words:?}: {}", CHANNELS[nth].0, self.room.discord.transcript());
            for pair in words.windows(2) {
                prop_assert!(pair[0] != Word::End || pair[1] != Word::End, "an end was doubled: {}", story());
            }
            let mut seen = BTreeSet::new();
            for word in &words {
                let Word::GoesOn(part) = word else { continue };
                let once = part != "flapping";
                prop_assert!(!once || seen.insert(part), "{} was doubled: {}", part, story());
            }
            // The bot reminds by itself while a story is quiet.
            let words: Vec<&Word> = words.iter().filter(|word| !word.reminds()).collect();
            match words.last() {
                Some(last) => prop_assert_eq!(**last == Word::End, !now.open, "the last word: {}", story()),
                None => prop_assert!(false, "nothing was said: {}", story()),
            }
            if let Some((before, read)) = &self.before {
                let news = words.len() - read[nth];
                let log = before.open && now.open && !before.folded && !now.folded;
                let worse = now.level > before.level || !now.bad.is_subset(&before.bad);
                prop_assert!(!(log && worse) || news > 0, "it got worse and nobody said so: {}", story());
                let spoke = self.page && *mode != UpdateMode::Edit;
                prop_assert!(!(log && spoke) || news > 0, "the page spoke and nobody said so: {}", story());
                prop_assert!(news <= self.turns, "more was said than happened: {}", story());
            }
            read.push(words.len());
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

fn cases() -> u32 {
    std::env::var("DELIVERY_CASES").map_or(24, |cases| cases.parse().expect("a number"))
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
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

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

/// An end was posted, the bot died before it knew, and Spotify failed again meanwhile.
#[tokio::test(start_paused = true)]
async fn an_end_in_doubt_is_followed_by_a_start() {
    let lost = |turn, mishap| Chapter { turn, mishap, nth: 0, quiet: false, pause: 0 };
    let quiet = |turn| Chapter { turn, mishap: Mishap::None, nth: 0, quiet: true, pause: 0 };
    let mut story = Story::begin(1).await;
    story.notify(true, quiet(Turn::Ends)).await.expect("the start is told");
    story.notify(false, lost(Turn::Ends, Mishap::Killed(31))).await.expect("the end is sent");
    story.notify(false, quiet(Turn::FailsAgain)).await.expect("it is told that it goes on");
}

/// A "fails again" was posted, the bot died before it knew, and Spotify was back meanwhile.
#[tokio::test(start_paused = true)]
async fn second_uncertain_start_gets_a_second_recovery() {
    let lost = |turn, mishap| Chapter { turn, mishap, nth: 0, quiet: false, pause: 0 };
    let quiet = |turn| Chapter { turn, mishap: Mishap::None, nth: 0, quiet: true, pause: 0 };
    for away in [31, 601] {
        let mut story = Story::begin(1).await;
        story.notify(true, quiet(Turn::Ends)).await.expect("the start is told");
        story.notify(false, quiet(Turn::Ends)).await.expect("the end is told");
        story.notify(false, lost(Turn::FailsAgain, Mishap::Killed(away))).await.expect("the start is sent");
        story.notify(false, quiet(Turn::Ends)).await.expect("it is told that it is over");
        story.room.passes(minutes(1)).await;
    }
}

/// What was posted and edited in a channel and its thread, as (place, message).
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

/// It was edited in the channel once, where an end that stands in the thread is unknown.
#[tokio::test(start_paused = true)]
async fn an_edit_goes_where_its_message_was_posted() {
    let mut story = Story::begin(1).await;
    for turn in [Turn::Ends, Turn::FailsAgain, Turn::Ends] {
        let chapter = Chapter { turn, mishap: Mishap::None, nth: 0, quiet: true, pause: 0 };
        story.notify(story.before.is_none(), chapter).await.expect("told");
    }
    // The page says something after the end.
    story.room.page_speaks().await;
    story.room.passes(minutes(1)).await;
    for (channel, _) in &story.channels {
        let posted = done_to(&story.room, channel, |what| {
            matches!(what, TranscriptChange::Posted(_) | TranscriptChange::Thread(_))
        });
        let edited = done_to(&story.room, channel, |what| *what == TranscriptChange::Edited);
        let end = posted.iter().max_by_key(|(_, message)| *message).expect("the end");
        assert!(edited.contains(end), "the end is brought up to date: {}", story.room.discord.transcript());
        assert!(edited.iter().all(|it| posted.contains(it)), "{}", story.room.discord.transcript());
    }
}

#[tokio::test(start_paused = true)]
async fn flapping_outage_has_one_counting_message_in_every_mode() {
    let mut story = Story::begin(1).await;
    for turn in [Turn::Ends, Turn::Flaps, Turn::Flaps, Turn::Flaps] {
        let chapter = Chapter { turn, mishap: Mishap::None, nth: 0, quiet: true, pause: 0 };
        story.notify(story.before.is_none(), chapter).await.expect("told");
    }
    for (nth, (channel, _)) in story.channels.iter().enumerate() {
        let counting = Word::GoesOn("flapping".to_owned());
        let counts = words(&story.room, channel).into_iter().filter(|word| *word == counting).count();
        assert_eq!(counts, 1, "{}", CHANNELS[nth].0);
    }
}

/// Discord takes two names in ten minutes; the third is given when it may be.
#[tokio::test(start_paused = true)]
async fn the_title_of_a_thread_says_whether_it_is_over() {
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

/// Discord refuses edits of old posts for a while: what happens meanwhile is posted at once.
#[tokio::test(start_paused = true)]
async fn nothing_waits_behind_an_edit() {
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
        assert!(!edited.is_empty(), "the post is brought up to date in the end: {fault:?}");
        assert_eq!(room.undelivered().await, []);
    }
}

/// What was perhaps sent is sent again under its nonce, where nobody may look; then what follows.
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

/// A second try costs no request more where Discord said that nothing was sent.
#[tokio::test(start_paused = true)]
async fn nothing_is_looked_for_where_nothing_was_sent() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    ops.fails(Fault::Limited(7.0, healthy_upstream::discord::simulator::rules::RateLimitScope::User), 1);
    room.breaks().await;
    room.passes(minutes(1)).await;
    assert_eq!(room.discord.requests(), 2, "two posts");
}
