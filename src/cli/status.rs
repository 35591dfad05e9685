//! `status`: checks all sources once from this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
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
    /// Exit with 1 when something is not up
    #[arg(long)]
    exit_code: bool,
}

pub(super) async fn probe(args: &Args, config: Config) -> Result<(), CliError> {
    let seen = probe_once(&config).await?;
    if args.json {
        // cannot fail: a snapshot is made of strings, numbers and instants
        print(&serde_json::to_string(&seen.snapshot).unwrap_or_default());
    } else {
        seen.print(&config)?;
    }
    seen.fault()?;
    let down = seen.not_up();
    if args.exit_code && !down.is_empty() {
        return Err(CliError::NotUp(format!("not up: {}", down.join(", "))));
    }
    Ok(())
}

/// Checks every source once, and prints each answer, its classification, and the reason.
pub(super) async fn probe_and_print(config: &Config) -> Result<(), CliError> {
    let seen = probe_once(config).await?;
    seen.print(config)?;
    seen.fault()
}

/// Returns what the status page says, and which page it is: an operator must know whose words are quoted.
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
    probes: Vec<(Observation, ExchangeSummary)>,
    snapshot: StatusSnapshot,
    /// The display name of the service that each source belongs to.
    services: BTreeMap<SourceName, String>,
}

/// The exchange that decided a check, in short.
#[derive(Clone, Debug, Default)]
struct ExchangeSummary {
    word: String,
    /// What the library said if there was no answer, such as why TLS failed.
    detail: Option<String>,
}

impl SeenOnce {
    /// Prints the verdict, each source with its answer and classification, certificates that expire soon, and the page's words.
    fn print(&self, config: &Config) -> Result<(), CliError> {
        let (specs, _) = config.watched()?;
        print(&format!("{}\n", self.verdict()));
        for (observation, answered) in &self.probes {
            let took = observation.took.as_millis();
            let source = &observation.source;
            let spec = specs.iter().find(|spec| spec.name == *source);
            let why = answered.detail.as_ref().map_or_else(String::new, |detail| format!(" ({detail})"));
            print(&format!(
                "{:<20} {:<10} {took:>5} ms  {}{why}",
                source.as_str(),
                answered.word,
                taken_for(&observation.seen, spec)
            ));
        }
        for (observation, _) in &self.probes {
            let Some(ends) = observation.certificate_expires else { continue };
            if ends.duration_since(observation.at) < config.checks.policy.certificate_warning {
                let at = ends.strftime("%Y-%m-%d %H:%M UTC");
                print(&format!("\nThe certificate that {} sees ends soon: {at}", observation.source));
            }
        }
        if let Some(page) = self.snapshot.page.as_ref().filter(|page| page.read.is_some()) {
            print(&page_lines(page, &self.snapshot.display));
        }
        Ok(())
    }

    /// Returns the verdict from here. It claims no more than one check of each source can show.
    fn verdict(&self) -> String {
        let whole = &self.snapshot.display;
        let down = self.not_up();
        let well = self.probes.iter().filter(|(probe, _)| probe.seen == Outcome::Healthy);
        let well: BTreeSet<&String> =
            well.filter_map(|(probe, _)| self.services.get(&probe.source)).collect();
        match (down.is_empty(), self.fault().is_err(), well.len()) {
            (_, true, _) => format!("{whole}: unknown from here: no source could be reached"),
            (true, _, 0) => format!("{whole}: unknown from here: no check had a clear result"),
            (true, _, 1) => format!("{whole} is up from here: 1 service passes one check"),
            (true, _, n) => format!("{whole} is up from here: {n} services pass one check each"),
            (false, ..) => format!("{whole} has trouble from here: {} failed one check", down.join(", ")),
        }
    }

    /// The services with a failing source.
    fn not_up(&self) -> Vec<String> {
        let failed = |seen: &Outcome| matches!(seen, Outcome::Failing(_) | Outcome::Unreachable(_));
        let failed = self.probes.iter().filter(|(probe, _)| failed(&probe.seen));
        let mut names: Vec<String> = Vec::new();
        for name in failed.filter_map(|(probe, _)| self.services.get(&probe.source)) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// Returns an error if no source was reached: then our own network is at fault.
    fn fault(&self) -> Result<(), CliError> {
        let reached = self.probes.iter().any(|(o, _)| !matches!(o.seen, Outcome::Unreachable(_)));
        if reached || self.probes.is_empty() {
            return Ok(());
        }
        Err(CliError::Network(
            "no source could be reached: check this machine's own network first".to_owned(),
        ))
    }
}

async fn probe_once(config: &Config) -> Result<SeenOnce, CliError> {
    let clock = Clock::system();
    let answered: Arc<Mutex<Vec<(SourceName, Timestamp, ExchangeSummary)>>> = Arc::default();
    let heard = Arc::clone(&answered);
    let SourceSet { catalog, sources, .. } = sources::build(config, &clock, |transport| {
        Arc::new(RecordingTransport::new(transport, move |exchange: &Exchange| {
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.push((exchange.source.clone(), exchange.at, in_short(exchange)));
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
        let Some(joined) = probes.join_next().await else { break };
        let observation = joined.map_err(|e| CliError::Network(format!("a check broke: {e}")))?;
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
    let answered = answered.lock().unwrap_or_else(PoisonError::into_inner);
    let with_answer = |o: Observation| {
        let own = || answered.iter().filter(|(source, ..)| *source == o.source);
        // The observation belongs to the attempt that decided. The other attempts, before or after it, failed.
        let decisive = own().find(|(_, at, _)| *at == o.at).or_else(|| own().next_back());
        let not_asked = || ExchangeSummary { word: "not asked".to_owned(), detail: None };
        let answer = decisive.map_or_else(not_asked, |(_, _, answer)| answer.clone());
        (o, answer)
    };
    let probes = observations.into_iter().map(with_answer).collect();
    let services = catalog
        .services
        .iter()
        .flat_map(|service| service.sources.iter().map(|source| (source.clone(), service.display.clone())));
    Ok(SeenOnce { probes, snapshot: detector.snapshot(clock.now()), services: services.collect() })
}

/// The progress line during the checks.
fn progress_line(probed: usize, waiting: &BTreeSet<SourceName>) -> String {
    let all = probed + waiting.len();
    let names: Vec<&str> = waiting.iter().map(SourceName::as_str).take(3).collect();
    let more = if waiting.len() > names.len() { ", …" } else { "" };
    let waits =
        if names.is_empty() { String::new() } else { format!("; waiting for {}{more}", names.join(", ")) };
    format!("checked {probed} of {all} sources{waits}")
}

fn in_short(exchange: &Exchange) -> ExchangeSummary {
    match &exchange.outcome {
        ExchangeOutcome::Answer(answer) => ExchangeSummary { word: answer.status.to_string(), detail: None },
        ExchangeOutcome::Failed(failure) => {
            let said = failure.detail.as_deref().map(|detail| detail.chars().take(160).collect());
            ExchangeSummary { word: failure.error.as_str().to_owned(), detail: said }
        }
    }
}

/// Returns how an answer was classified, and why.
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
            format!(
                "unreachable: {}; our own network's fault if the connectivity check fails too",
                failure.brief()
            )
        }
        Outcome::Refused { why, detail, until } => {
            let until = until.map_or_else(String::new, |until| format!(", until {until:.0}"));
            format!(
                "refused for a reason on our side ({}), never an outage: {detail}{until}",
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

/// Returns what a healthy answer is: `401 with JSON`.
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
            unreachable: timeout; our own network's fault if the connectivity check fails too
            refused for a reason on our side (quota), never an outage: 429 QUOTA_EXCEEDED
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
