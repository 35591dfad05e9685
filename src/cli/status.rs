//! `status`: one look at all sources from this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

use super::sources::{self, SourceSet};
use super::{CliError, print};
use crate::clock::Clock;
use crate::config::Config;
use crate::health::{
    Detector, IncidentState, Level, Observation, Outcome, Page, PageView, SourceName, StatusSnapshot,
};
use crate::probe::spotify::{BodyKind, Expect};
use crate::probe::{Exchange, ExchangeOutcome, RecordingTransport, SourceKind, SourceSpec};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print the status as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn probe(args: &Args, config: Config) -> Result<(), CliError> {
    if !args.json {
        return probe_and_print(&config).await;
    }
    let seen = probe_once(&config).await?;
    // cannot fail: a picture is made of strings, numbers and instants
    print(&serde_json::to_string(&seen.snapshot).unwrap_or_default());
    seen.fault()
}

/// Looks once at every source and prints what each answered, what that was taken for, and why.
pub(super) async fn probe_and_print(config: &Config) -> Result<(), CliError> {
    let (specs, _) = config.watched()?;
    let seen = probe_once(config).await?;
    for (observation, answered) in &seen.probes {
        let took = observation.took.as_millis();
        let source = &observation.source;
        let spec = specs.iter().find(|spec| spec.name == *source);
        print(&format!(
            "{:<20} {answered:<10} {took:>5} ms  {}",
            source.as_str(),
            taken_for(&observation.seen, spec)
        ));
    }
    if let Some(page) = seen.snapshot.page.as_ref().filter(|page| page.read.is_some()) {
        print(&page_lines(page, &seen.snapshot.display));
    }
    seen.fault()
}

/// What the status page says, and which page it is: an operator must know whose word is quoted.
fn page_lines(page: &PageView, whole: &str) -> String {
    let headline = if page.headline.is_empty() { page.level.as_str() } else { &page.headline };
    let which: Vec<&str> =
        [&page.name, &page.url].into_iter().map(String::as_str).filter(|s| !s.is_empty()).collect();
    let mut lines = format!("\n{whole} says: {headline} ({})", which.join(", "));
    for component in &page.components {
        lines += &format!("\n  {:<8} {}", component.level.as_str(), component.name);
    }
    for incident in &page.incidents {
        lines += &format!("\n  {:?}: {}", incident.state, incident.name);
    }
    lines
}

struct SeenOnce {
    probes: Vec<(Observation, String)>,
    snapshot: StatusSnapshot,
}

impl SeenOnce {
    /// Nothing was reached at all: our own network.
    fn fault(&self) -> Result<(), CliError> {
        let reached = self.probes.iter().any(|(o, _)| !matches!(o.seen, Outcome::Unreachable(_)));
        if reached || self.probes.is_empty() {
            return Ok(());
        }
        Err(CliError::Network(
            "no source could be reached: look at this machine's own network first".to_owned(),
        ))
    }
}

async fn probe_once(config: &Config) -> Result<SeenOnce, CliError> {
    let clock = Clock::system();
    let answered: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
    let heard = Arc::clone(&answered);
    let SourceSet { catalog, sources, .. } = sources::build(config, &clock, |transport| {
        Arc::new(RecordingTransport::new(transport, move |exchange: &Exchange| {
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.insert(exchange.source.to_string(), in_short(exchange));
        }))
    })?;
    let progress = std::io::stderr().is_terminal();
    let mut waiting: BTreeSet<SourceName> = sources.iter().map(|source| source.name().clone()).collect();
    let mut probes = JoinSet::new();
    for source in sources {
        probes.spawn(async move { source.probe().await });
    }
    let mut detector = Detector::new(catalog.clone(), config.checks.policy.clone());
    let mut observations = Vec::with_capacity(waiting.len());
    loop {
        if progress {
            eprint!("\r\x1b[2K{}", progress_line(observations.len(), &waiting));
        }
        let Some(probed) = probes.join_next().await else { break };
        let observation = probed.map_err(|e| CliError::Network(format!("a check broke: {e}")))?;
        detector.take(&observation);
        waiting.remove(&observation.source);
        observations.push(observation);
    }
    if progress {
        eprint!("\r\x1b[2K");
    }
    let order = |o: &Observation| {
        let service = catalog.services.iter().position(|s| s.sources.contains(&o.source));
        (service.map_or(0, |i| i + 1), o.source.clone())
    };
    observations.sort_by_key(order);
    let mut answered = answered.lock().unwrap_or_else(PoisonError::into_inner);
    let with_answer = |o: Observation| {
        let answer = answered.remove(o.source.as_str()).unwrap_or_else(|| "not asked".to_owned());
        (o, answer)
    };
    let probes = observations.into_iter().map(with_answer).collect();
    Ok(SeenOnce { probes, snapshot: detector.snapshot(clock.now()) })
}

/// One line, while it looks.
fn progress_line(probed: usize, waiting: &BTreeSet<SourceName>) -> String {
    let all = probed + waiting.len();
    let names: Vec<&str> = waiting.iter().map(SourceName::as_str).take(3).collect();
    let more = if waiting.len() > names.len() { ", …" } else { "" };
    let waits =
        if names.is_empty() { String::new() } else { format!("; waiting for {}{more}", names.join(", ")) };
    format!("checked {probed} of {all} sources{waits}")
}

fn in_short(exchange: &Exchange) -> String {
    match &exchange.outcome {
        ExchangeOutcome::Answer(answer) => answer.status.to_string(),
        ExchangeOutcome::Failed(failure) => failure.error.as_str().to_owned(),
    }
}

/// What an answer was taken for, and why.
fn taken_for(seen: &Outcome, spec: Option<&SourceSpec>) -> String {
    match seen {
        Outcome::Healthy => match spec {
            Some(spec) if spec.kind == SourceKind::ConnectivityCheck => {
                "healthy: any answer proves our own network".to_owned()
            }
            Some(spec) => format!("healthy: {} is what a healthy one answers", expected(&spec.expect)),
            None => "healthy".to_owned(),
        },
        Outcome::Failing(failure) => {
            format!(
                "failing: {} ({}), which counts towards an outage",
                failure.brief(),
                failure.class.as_str()
            )
        }
        Outcome::Unreachable(failure) => {
            format!("unreachable: {}; our own network's fault if the control fails too", failure.brief())
        }
        Outcome::Refused { why, detail, until } => {
            let until = until.map_or_else(String::new, |until| format!(", until {until:.0}"));
            format!(
                "refused for a reason of ours ({}), never an outage: {detail}{until}",
                format!("{why:?}").to_lowercase()
            )
        }
        Outcome::Unclear(why) => format!("unclear, so neither up nor down: {why}"),
        Outcome::Page(page) => {
            format!("a status page that says {}: {}", page.level.as_str(), page_reasons(page))
        }
    }
}

fn page_reasons(page: &Page) -> String {
    let open = page.incidents.iter().filter(|incident| incident.state != IncidentState::Resolved).count();
    let bad = page.components.iter().filter(|component| component.level != Level::Up).count();
    let age = page.copy_age.as_secs();
    let copy = if age > 0 { format!(", a copy {age} s old") } else { String::new() };
    format!("open incidents: {open}, components that are not up: {bad} of {}{copy}", page.components.len())
}

/// What a healthy answer is: `401 with JSON`.
fn expected(expect: &Expect) -> String {
    let body = match (expect.body, &expect.key) {
        (BodyKind::Json, Some(key)) => format!("JSON that has `{key}`"),
        (BodyKind::Json, None) if expect.lists => "JSON whose lists are not empty".to_owned(),
        (BodyKind::Json, None) => "JSON".to_owned(),
        (BodyKind::Html, _) => "HTML".to_owned(),
        (BodyKind::Any, _) => "any body".to_owned(),
    };
    format!("{} with {body}", expect.status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{Failure, FailureKind, RejectionReason};
    use crate::probe::spotify::specs;

    #[test]
    fn each_answer_shows_its_classification_and_reason() {
        let specs = specs(&[]).unwrap();
        let reported = |source: &str, seen: Outcome| {
            taken_for(&seen, specs.iter().find(|spec| spec.name.as_str() == source))
        };
        let failure =
            Failure { class: FailureKind::EnvoyEmpty, status: Some(503), detail: "empty answer".to_owned() };
        let refused = Outcome::Refused {
            why: RejectionReason::Quota,
            detail: "429 QUOTA_EXCEEDED".to_owned(),
            until: None,
        };
        let lines = [
            reported("web-api", Outcome::Healthy),
            reported("accounts", Outcome::Healthy),
            reported("client-bootstrap", Outcome::Healthy),
            reported("control", Outcome::Healthy),
            reported("web-api", Outcome::Failing(failure.clone())),
            reported(
                "web-api",
                Outcome::Unreachable(Failure {
                    class: FailureKind::Timeout,
                    status: None,
                    detail: String::new(),
                }),
            ),
            reported("web-api-search", refused),
            reported("web-api", Outcome::Unclear("200 with HTML where JSON belongs".to_owned())),
            reported("status-page", Outcome::Page(Box::default())),
        ];
        expect_test::expect![[r"
            healthy: 401 with JSON is what a healthy one answers
            healthy: 400 with JSON that has `error` is what a healthy one answers
            healthy: 200 with JSON whose lists are not empty is what a healthy one answers
            healthy: any answer proves our own network
            failing: 503 empty answer (envoy_empty), which counts towards an outage
            unreachable: timeout; our own network's fault if the control fails too
            refused for a reason of ours (quota), never an outage: 429 QUOTA_EXCEEDED
            unclear, so neither up nor down: 200 with HTML where JSON belongs
            a status page that says unknown: open incidents: 0, components that are not up: 0 of 0"]]
        .assert_eq(&lines.join("\n"));
    }

    #[test]
    fn progress_line_names_the_sources_it_waits_for() {
        let waiting = |names: &[&str]| names.iter().map(|name| SourceName::from(*name)).collect();
        assert_eq!(
            progress_line(2, &waiting(&["web-api", "accounts", "control", "apps"])),
            "checked 2 of 6 sources; waiting for accounts, apps, control, …"
        );
        assert_eq!(progress_line(6, &waiting(&[])), "checked 6 of 6 sources");
    }
}
