//! `replay FILE`: sends a recording through the whole pipeline, on the recording's own clock.
//!
//! Classifier, detector and messages are the ones that run live; only the checks come from the file. It streams: memory
//! does not grow with the file.

use std::fs::File;
use std::io::{BufReader, BufWriter, StdoutLock, Write};
use std::path::PathBuf;

use indicatif::ProgressBar;
use jiff::Timestamp;
use serde_json::json;

use super::{CliError, progress, terminal};
use crate::chat::announce::{RenderContext, notify};
use crate::config::Config;
use crate::health::assessment::nearest_second;
use crate::health::{Detector, EventKind, OutageEvent, ServiceCatalog, ServiceName, Update};
use crate::i18n::Language;
use crate::probe::{Classifiers, RecordingReader, Replay};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    /// The recording
    file: PathBuf,
}

pub(super) fn replay(args: &Args, config: &Config) -> Result<(), CliError> {
    let name = args.file.display().to_string();
    let file = File::open(&args.file).map_err(|e| CliError::Input(format!("{name}: cannot be read: {e}")))?;
    let bar = progress::bytes("replayed", file.metadata().map_or(0, |file| file.len()));
    let (specs, catalog) = config.watched()?;
    let classifiers = Classifiers::new(&specs);
    let recording = RecordingReader::new(
        BufReader::with_capacity(1 << 16, bar.wrap_read(file)),
        &name,
        classifiers.names().cloned().collect::<Vec<_>>(),
    );
    let mut detector = Detector::new(catalog.clone(), config.checks.policy.clone());
    let mut story = Story::new(args.json, &catalog, config.language, bar);
    for observation in Replay::new(recording, classifiers) {
        let observation = observation.map_err(|e| CliError::Input(e.to_string()))?;
        story.probes += 1;
        // Changes that follow from silence alone before this check, as the live bot would have noticed them.
        while let Some(due) = detector.due().filter(|due| *due <= observation.at) {
            let events = detector.tick(due);
            if events.is_empty() && detector.due() == Some(due) {
                break;
            }
            story.notify_all(&events)?;
        }
        story.notify_all(&detector.take(&observation))?;
    }
    let open: Vec<String> = match detector.snapshot(story.last).open {
        open if open.is_empty() => Vec::new(),
        open => open.iter().map(|o| o.id.to_string()).collect(),
    };
    story.sum_up(&open)
}

/// What a channel that is subscribed to everything would read.
struct Story<'a> {
    json: bool,
    catalog: &'a ServiceCatalog,
    language: Language,
    bar: ProgressBar,
    out: BufWriter<StdoutLock<'static>>,
    last: Timestamp,
    probes: u64,
    started: u64,
    ended: u64,
}

impl<'a> Story<'a> {
    fn new(json: bool, catalog: &'a ServiceCatalog, language: Language, bar: ProgressBar) -> Self {
        let out = BufWriter::new(std::io::stdout().lock());
        Self {
            json,
            catalog,
            language,
            bar,
            out,
            last: Timestamp::UNIX_EPOCH,
            probes: 0,
            started: 0,
            ended: 0,
        }
    }

    fn notify_all(&mut self, events: &[OutageEvent]) -> Result<(), CliError> {
        events.iter().try_for_each(|event| self.notify(event))
    }

    fn notify(&mut self, event: &OutageEvent) -> Result<(), CliError> {
        self.last = event.at;
        match event.kind {
            EventKind::Started => self.started += 1,
            EventKind::Ended => self.ended += 1,
            // An edited flap count is no event that people read.
            EventKind::Updated(Update::FlapCount) => return Ok(()),
            _ => {}
        }
        let catalog = self.catalog.of_services(event.outage.services.keys());
        let message = notify(event, &RenderContext::new(catalog, self.language, event.at));
        let line = if self.json {
            as_json(event, &message.text)
        } else {
            format!("{}\n{}\n", event.at, terminal::plain(&message.text, event.at))
        };
        self.print(&line)
    }

    fn sum_up(mut self, open: &[String]) -> Result<(), CliError> {
        let Self { probes, started, ended, .. } = self;
        let line = if self.json {
            json!({"event": "summary", "checks": probes, "started": started, "ended": ended, "open": open})
                .to_string()
        } else {
            let open = if open.is_empty() {
                "nothing is open".to_owned()
            } else {
                format!("open: {}", open.join(", "))
            };
            format!("{probes} checks: {started} started, {ended} ended, {open}")
        };
        self.bar.finish_and_clear();
        self.print(&line)?;
        self.out.flush().map_err(|e| cannot_print(&e))
    }

    fn print(&mut self, line: &str) -> Result<(), CliError> {
        let out = &mut self.out;
        let printed = if self.bar.is_hidden() {
            writeln!(out, "{line}")
        } else {
            // Both may be the same terminal: the bar is hidden while a whole line is printed.
            self.bar.suspend(|| writeln!(out, "{line}").and_then(|()| out.flush()))
        };
        printed.map_err(|e| cannot_print(&e))
    }
}

fn cannot_print(e: &std::io::Error) -> CliError {
    CliError::Input(format!("standard output: {e}"))
}

/// Returns the documented JSON of one line.
fn as_json(event: &OutageEvent, text: &str) -> String {
    let outage = &event.outage;
    let services: Vec<&str> = outage.services.keys().map(ServiceName::as_str).collect();
    let mut line = json!({
        "at": event.at, "event": event.kind.as_str(), "outage": outage.id, "services": services,
        "level": outage.level.as_str(), "since": outage.since,
    });
    if let Some(until) = outage.until {
        line["until"] = json!(until);
        line["duration_s"] = json!(nearest_second(until.duration_since(outage.since)));
    }
    line["why"] = json!(event.why);
    line["text"] = json!(text);
    line.to_string()
}
