//! A small Spotify on this machine: every built-in source, healthy or failing as the test decides.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;

use crate::faulty_server::{Loopback, Reply, answer, json};

const PAGE: &str =
    r#"{"page":{"name":"Spotify"},"status":{"indicator":"none","description":"All Systems Operational"}}"#;

/// Each built-in source that needs no credentials, and its path here.
const SOURCES: [(&str, &str); 9] = [
    ("status-page", "/api/v2/summary.json"),
    ("web-api", "/v1/me"),
    ("accounts", "/api/token"),
    ("accounts-discovery", "/discovery"),
    ("client-bootstrap", "/bootstrap"),
    ("web-player", "/player"),
    ("playback", "/v1/me/player"),
    ("control", "/trace"),
    ("control-2", "/hotspot"),
];

/// What the status page answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    Well,
    /// An HTML page instead of JSON.
    Html,
    /// A body of five megabytes.
    Huge,
}

struct Weather {
    failing: Mutex<BTreeSet<&'static str>>,
    page: Mutex<Page>,
    probes: watch::Sender<u64>,
}

pub(super) struct Spotify {
    server: Loopback,
    weather: Arc<Weather>,
}

impl Spotify {
    pub(super) async fn start() -> Self {
        let weather = Arc::new(Weather {
            failing: Mutex::default(),
            page: Mutex::new(Page::Well),
            probes: watch::Sender::default(),
        });
        let asked = Arc::clone(&weather);
        Self { server: Loopback::start(move |request| asked.reply(request)).await, weather }
    }

    /// Makes these sources answer 503 "no healthy upstream" from now on, and the others answer normally.
    pub(super) fn fails(&self, sources: &[&'static str]) {
        *self.weather.failing.lock().expect("weather") = sources.iter().copied().collect();
    }

    pub(super) fn page(&self, page: Page) {
        *self.weather.page.lock().expect("weather") = page;
    }

    /// Waits until each source has been probed at least this often from now on.
    pub(super) async fn is_examined(&self, times: u64) {
        let mut probes = self.weather.probes.subscribe();
        // One more probe: its request shows that the check before it is complete.
        let enough = *probes.borrow() + times + 1;
        let reached =
            tokio::time::timeout(Duration::from_secs(60), probes.wait_for(|probes| *probes >= enough));
        reached.await.expect("it probes within a minute").expect("the weather lasts");
    }

    /// Returns the configuration that points every source here.
    pub(super) fn configuration(&self) -> String {
        let mut text = String::new();
        for (name, path) in SOURCES {
            let _ = writeln!(text, "[[source]]\nname = \"{name}\"\nurl = \"{}\"", self.server.url(path));
        }
        text
    }
}

impl Weather {
    fn reply(&self, request: &str) -> Reply {
        let path = request.split(' ').nth(1).unwrap_or_default();
        let source = SOURCES.iter().find(|(_, there)| path == *there).map_or("", |(name, _)| *name);
        if source == "web-api" {
            self.probes.send_modify(|probes| *probes += 1);
        }
        if self.failing.lock().expect("weather").contains(source) {
            let headers = [("content-type", "text/plain"), ("via", "1.1 google")];
            return answer("503 Service Unavailable", &headers, "no healthy upstream");
        }
        let html =
            || answer("200 OK", &[("content-type", "text/html")], "<!doctype html><title>Hello</title>");
        match source {
            "status-page" => match *self.page.lock().expect("weather") {
                Page::Well => json("200 OK", PAGE),
                Page::Html => html(),
                Page::Huge => answer("200 OK", &[("content-type", "application/json")], &" ".repeat(5 << 20)),
            },
            "web-api" | "playback" => {
                json("401 Unauthorized", r#"{"error":{"status":401,"message":"No token provided"}}"#)
            }
            "accounts" => json("400 Bad Request", r#"{"error":"unsupported_grant_type"}"#),
            "accounts-discovery" => json("200 OK", r#"{"issuer":"https://accounts.spotify.com"}"#),
            "client-bootstrap" => {
                json("200 OK", r#"{"accesspoint":["a:443"],"dealer":["d:443"],"spclient":["s:443"]}"#)
            }
            "web-player" => html(),
            "control" | "control-2" => answer("200 OK", &[("content-type", "text/plain")], "ip=192.0.2.1"),
            _ => answer("404 Not Found", &[], ""),
        }
    }
}
