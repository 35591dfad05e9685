//! A gateway that accepts connections and then fails, in each way and at each moment: how often the bot connects, and how soon
//! commands work again when the gateway is healthy.
//!
//! The test owns the time, over real sockets: time advances in small steps, and the sockets get their turn between them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::logs::Log;

/// Advances time in small steps until it is dropped. Paused time alone would jump ahead while data is still in flight between two
/// sockets.
///
/// A busy kernel delivers data late. So each step sends a byte over a connection of its own and waits for it: what was sent
/// before has arrived by then.
struct OwnTime(
    JoinHandle<()>,
    #[expect(dead_code, reason = "held: while a blocking task runs, time does not jump")]
    std::sync::mpsc::Sender<()>,
);

impl OwnTime {
    async fn start() -> Self {
        let (held, holds) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || holds.recv());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (mut near, (mut far, _)) = (near.expect("it is local"), far.expect("it is local"));
        near.set_nodelay(true).expect("a plain option");
        let steps = tokio::spawn(async move {
            loop {
                for _ in 0..2 {
                    near.write_all(b".").await.expect("it is open");
                    far.read_exact(&mut [0]).await.expect("it is open");
                    for _ in 0..5 {
                        tokio::task::yield_now().await;
                    }
                }
                tokio::time::advance(Duration::from_millis(500)).await;
            }
        });
        Self(steps, held)
    }
}

impl Drop for OwnTime {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts a loopback Discord and a bot that share an owned clock.
async fn calm() -> (Loopback, Arc<Notebook>, Bot, OwnTime) {
    let (clock, time) = (Clock::owned(Timestamp::UNIX_EPOCH), OwnTime::start().await);
    let (discord, notebook) = (Loopback::start_on(clock).await, Arc::new(Notebook::default()));
    let bot = Bot::start(&discord, &notebook);
    (discord, notebook, bot, time)
}

/// Lets time pass. Returns the events that came in meanwhile.
async fn pass(discord: &Loopback, bot: &mut Bot, span: SignedDuration) -> Vec<Incoming> {
    let (clock, mut came) = (discord.state.clock.clone(), Vec::new());
    let collect = async {
        while let Some(incoming) = bot.incoming.recv().await {
            came.push(incoming);
        }
    };
    assert!(clock.timeout(span, collect).await.is_none(), "the gateway runs");
    came
}

/// Returns how many connections were accepted in the first minute after `begun`.
fn in_a_minute(discord: &Loopback, begun: Duration) -> usize {
    let minute = begun..begun + Duration::from_secs(60);
    discord.state.hub.accepts().iter().filter(|at| minute.contains(*at)).count()
}

const WAYS: [Way; 10] = [
    Way::Close(1000),
    Way::Close(4000),
    Way::Close(4002),
    Way::Close(4009),
    Way::Close(1011),
    Way::Cut,
    Way::Silence,
    Way::Reconnect,
    Way::Invalid(true),
    Way::Invalid(false),
];

#[tokio::test(start_paused = true)]
async fn every_disconnect_in_any_phase_backs_off() {
    let mut table = String::from("connects in the first minute\n");
    for moment in [Moment::BeforeHello, Moment::AfterHello, Moment::AfterIdentify, Moment::AfterReady] {
        for way in WAYS {
            let (discord, notebook, bot, _time) = calm().await;
            // The gateway fails from the start, and the bot identifies; or it fails after it was healthy, and the bot resumes.
            discord.state.hub.meets_always(Manner::Ends(moment, way));
            bot.stops().await;
            let mut counts = Vec::new();
            for resumes in [false, true] {
                let mut bot = Bot::start(&discord, &notebook);
                if resumes {
                    discord.state.hub.meets_always(Manner::Well);
                    pass(&discord, &mut bot, SignedDuration::from_mins(2)).await;
                    discord.state.hub.meets_always(Manner::Ends(moment, way));
                    discord.state.hub.newest().expect("it is connected").cuts();
                }
                let begun = discord.state.clock.ticks();
                let came = pass(&discord, &mut bot, SignedDuration::from_mins(3)).await;
                let many = in_a_minute(&discord, begun);
                assert!(
                    (1..=12).contains(&many),
                    "{moment:?} {way:?}, resumes {resumes}: {many} in a minute"
                );
                let lost = came.iter().filter(|it| matches!(it, Incoming::Lost(0))).count();
                let accepted = discord.state.hub.accepts().iter().filter(|at| **at >= begun).count();
                assert!(lost + 1 >= accepted, "every lost connection is counted: {lost} of {accepted}");
                assert!(accepted <= 16, "the pause stays long: {accepted} in three minutes");
                counts.push(many);
                // The gateway is healthy again: commands work within a minute.
                discord.state.hub.meets_always(Manner::Well);
                let back = discord.state.clock.timeout(SignedDuration::from_mins(1), bot.connected()).await;
                assert!(back.is_some(), "{moment:?} {way:?}, resumes {resumes}");
                bot.stops().await;
                notebook.save("gateway-session-0-1", None).await;
            }
            let line = format!("{:<40} {:>2} {:>2}\n", format!("{moment:?} {way:?}"), counts[0], counts[1]);
            table.push_str(&line);
        }
    }
    println!("{table}");
}

#[tokio::test(start_paused = true)]
async fn gateway_that_fails_after_hello_costs_no_identify() {
    let (discord, _, mut bot, _time) = calm().await;
    discord.state.hub.meets_always(Manner::Ends(Moment::AfterHello, Way::Cut));
    let came = pass(&discord, &mut bot, SignedDuration::from_hours(1)).await;
    assert!(discord.state.hub.identifies().is_empty());
    let counted = came.iter().filter_map(|it| match it {
        Incoming::Identified(count) => Some(count.sent),
        _ => None,
    });
    assert_eq!(counted.max().unwrap_or_default(), 0, "no IDENTIFY was sent, and none is counted");
    discord.state.hub.meets_always(Manner::Well);
    let back = discord.state.clock.timeout(SignedDuration::from_mins(1), bot.connected()).await;
    assert!(back.is_some(), "the daily limit is not used up");
    bot.stops().await;
}

#[tokio::test(start_paused = true)]
async fn stable_connection_is_replaced_immediately() {
    type End = (&'static str, fn(&Connection));
    let ends: [End; 3] =
        [("RECONNECT", |c| c.asks_to_reconnect()), ("close 4000", |c| c.closes(4000)), ("cut", |c| c.cuts())];
    let (discord, notebook, bot, _time) = calm().await;
    bot.stops().await;
    // If the bot paused, it would pause for a minute.
    let minute = SignedDuration::from_mins(1);
    let timeouts = Timeouts { first_pause: minute, longest_pause: minute, ..Timeouts::default() };
    let wanted = Wanted { timeouts: Some(timeouts), ..USUAL };
    let mut bot = Bot::start_with(&discord, &notebook, wanted);
    bot.connected().await;
    for (end, does) in ends {
        pass(&discord, &mut bot, SignedDuration::from_mins(1)).await;
        let begun = discord.state.clock.now();
        does(&discord.state.hub.newest().expect("it is connected"));
        bot.connected().await;
        let took = discord.state.clock.now().duration_since(begun);
        assert!(took < SignedDuration::from_secs(10), "{end}: {took:?}");
    }
    assert_eq!((discord.state.hub.identifies().len(), discord.state.hub.resumes().len()), (1, 3));
    bot.stops().await;
}

#[tokio::test(start_paused = true)]
async fn silent_connection_is_replaced_within_a_minute() {
    let (discord, _, mut bot, _time) = calm().await;
    bot.connected().await;
    pass(&discord, &mut bot, SignedDuration::from_mins(5)).await;
    discord.state.hub.newest().expect("it is connected").hangs();
    let back = discord.state.clock.timeout(SignedDuration::from_mins(1), bot.connected()).await;
    assert!(back.is_some(), "a heartbeat without an answer ends the connection");
    assert_eq!((discord.state.hub.identifies().len(), discord.state.hub.resumes().len()), (1, 1));
    bot.stops().await;
}

#[tokio::test(start_paused = true)]
async fn every_handshake_carries_the_user_agent() {
    let (discord, _, mut bot, _time) = calm().await;
    bot.connected().await;
    bot.stops().await;
    let agents = discord.state.hub.agents();
    assert!(agents.iter().all(|agent| agent.starts_with("DiscordBot (https://")), "{agents:?}");
    assert_eq!(agents.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn rejected_resume_is_not_repeated_forever() {
    let (discord, _, mut bot, _time) = calm().await;
    bot.connected().await;
    let connection = discord.state.hub.newest().expect("it is connected");
    // Discord closes with 4009 when a session timed out (reference, "Gateway close event codes").
    discord.state.hub.meets(&[Manner::Ends(Moment::AfterIdentify, Way::Close(4009))]);
    connection.cuts();
    bot.connected().await;
    assert_eq!((discord.state.hub.identifies().len(), discord.state.hub.resumes().len()), (2, 1));
    bot.stops().await;
}

#[tokio::test(start_paused = true)]
async fn hour_of_lost_connections_is_one_warning_and_a_count() {
    let (discord, _, mut bot, _time) = calm().await;
    bot.connected().await;
    let (log, logging) = Log::of_this_thread(tracing::Level::INFO);
    discord.state.hub.meets_always(Manner::Ends(Moment::AfterReady, Way::Close(4000)));
    discord.state.hub.newest().expect("it is connected").cuts();
    pass(&discord, &mut bot, SignedDuration::from_hours(1)).await;
    discord.state.hub.meets_always(Manner::Well);
    let came = pass(&discord, &mut bot, SignedDuration::from_mins(2)).await;
    drop(logging);
    assert!(came.iter().any(|it| matches!(it, Incoming::Steady(0))), "the connection stays up again");
    let text = log.text();
    let lines = |says: &str| text.lines().filter(|line| line.contains(says)).count();
    assert_eq!(lines("does not stay up; retrying with backoff"), 1, "{text}");
    let counts = lines("still does not stay up");
    assert!((8..=12).contains(&counts), "one count every five minutes: {counts}\n{text}");
    assert_eq!(lines("stays up again"), 1, "{text}");
    assert!(text.lines().count() <= 16, "nothing else is logged per connection:\n{text}");
    bot.stops().await;
}

/// A small pseudo-random generator, so that the faults are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % most
    }
}

#[tokio::test(start_paused = true)]
async fn twelve_hours_of_random_faults_never_spin() {
    const HOURS_12: Duration = Duration::from_secs(12 * 60 * 60);
    const SEEDS: u64 = 1; // each takes a while
    for seed in 0..SEEDS {
        let (discord, _, mut bot, _time) = calm().await;
        let (hub, clock) = (&discord.state.hub, discord.state.clock.clone());
        let mut dice = Dice(seed);
        bot.connected().await;
        while clock.ticks() < HOURS_12 {
            // A period of faults, up to ten minutes long. Each connection fails in its own way, or all fail in the same way.
            let spell = clock.ticks() + Duration::from_secs(5 + dice.below(600) as u64);
            let moments =
                [Moment::BeforeHello, Moment::AfterHello, Moment::AfterIdentify, Moment::AfterReady];
            let fault = |dice: &mut Dice| match dice.below(10) {
                0 => Manner::Refused,
                1 => Manner::SilentHandshake,
                _ => Manner::Ends(moments[dice.below(4)], WAYS[dice.below(WAYS.len())]),
            };
            hub.meets_always(fault(&mut dice));
            if dice.below(4) == 0 {
                hub.forgets_sessions();
            }
            if let Some(connection) = hub.newest() {
                connection.cuts();
            }
            while clock.ticks() < spell {
                let step = SignedDuration::from_secs(1 + i64::try_from(dice.below(60)).expect("small"));
                pass(&discord, &mut bot, step).await;
                if dice.below(2) == 0 {
                    hub.meets_always(fault(&mut dice));
                }
            }
            // The gateway is healthy for up to ten minutes. Heartbeats detect a connection that still hangs.
            hub.meets_always(Manner::Well);
            if let Some(connection) = hub.newest() {
                connection.cuts();
            }
            let back = clock.timeout(SignedDuration::from_mins(1), bot.connected()).await;
            assert!(back.is_some(), "seed {seed}: not back a minute after {:?}", clock.ticks());
            pass(
                &discord,
                &mut bot,
                SignedDuration::from_secs(1 + i64::try_from(dice.below(600)).expect("small")),
            )
            .await;
        }
        let accepts = hub.accepts();
        let minute = |from: &Duration| {
            accepts.iter().filter(|at| **at >= *from && **at < *from + Duration::from_secs(60)).count()
        };
        let worst = accepts.iter().map(minute).max().expect("some");
        println!(
            "seed {seed}: {} connects in 12 hours, at most {worst} in a minute, {} IDENTIFYs",
            accepts.len(),
            hub.identifies().len()
        );
        assert!(worst <= 14, "seed {seed}: {worst} in a minute");
        assert!(hub.identifies().len() < IDENTIFIES_PER_DAY, "seed {seed}");
        bot.stops().await;
    }
}
