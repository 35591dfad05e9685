//! How a level and a failure are shown: a symbol that is never shown without its word.

use std::collections::BTreeSet;

use super::escape;
use crate::health::{Failure, FailureKind, IncidentState, Level, ServiceCatalog, ServiceName, ServiceView};
use crate::i18n::Language;

/// Length of the words from a failed response, at most, in characters: they are in a first line.
const EVIDENCE: usize = 80;

/// Names in one sentence, at most; more are only counted.
const NAMES: usize = 3;

pub fn symbol(level: Level) -> &'static str {
    match level {
        Level::Up => "🟢",
        Level::Degraded => "🟡",
        Level::Outage => "🔴",
        Level::Maintenance => "🔧",
        Level::Unknown => "⚪",
    }
}

pub fn word(level: Level, language: Language) -> String {
    language.say(match level {
        Level::Up => "level-up",
        Level::Degraded => "level-degraded",
        Level::Outage => "level-outage",
        Level::Maintenance => "level-maintenance",
        Level::Unknown => "level-unknown",
    })
}

/// An incident's state: the page's own word is quoted; our word for it is not.
pub fn state(state: IncidentState, language: Language) -> String {
    let word = language.say(match state {
        IncidentState::Unknown => "state-unknown",
        IncidentState::Investigating => "state-investigating",
        IncidentState::Identified => "state-identified",
        IncidentState::Monitoring => "state-monitoring",
        IncidentState::Resolved => "state-resolved",
        IncidentState::InProgress => "state-in-progress",
        IncidentState::Verifying => "state-verifying",
        IncidentState::Shown => "state-shown",
    });
    if state.is_quotable() { language.say_with("state-quoted", &[("state", (&word).into())]) } else { word }
}

/// A failure's evidence: `503 "no healthy upstream"`, `no answer in time`.
pub fn evidence(failure: &Failure, language: Language) -> String {
    let quoted = escape::quoted(&failure.detail, EVIDENCE);
    match (failure.status, quoted.as_str()) {
        (Some(status), "") => {
            let (status, words) = (status.to_string(), met(failure.class, language));
            language.say_with(
                "symptom-with-status",
                &[("status", (&status).into()), ("symptom", (&words).into())],
            )
        }
        (Some(status), quoted) => format!("{status} {quoted}"),
        (None, _) => met(failure.class, language),
    }
}

fn met(class: FailureKind, language: Language) -> String {
    language.say(match class {
        FailureKind::NoHealthyUpstream => "symptom-no-healthy-upstream",
        FailureKind::UpstreamConnect => "symptom-upstream-connect",
        FailureKind::UpstreamTimeout => "symptom-upstream-timeout",
        FailureKind::EnvoyEmpty => "symptom-envoy-empty",
        FailureKind::EdgeError => "symptom-edge-error",
        FailureKind::ApiServerError => "symptom-api-server-error",
        FailureKind::ServerError => "symptom-server-error",
        FailureKind::Empty => "symptom-empty",
        FailureKind::TlsExpired => "symptom-tls-expired",
        FailureKind::Tls => "symptom-tls",
        FailureKind::Dns => "symptom-dns",
        FailureKind::Connect => "symptom-connect",
        FailureKind::Timeout => "symptom-timeout",
        FailureKind::Reset => "symptom-reset",
    })
}

/// A service's line in a status: `🟡 **Login & tokens**: slow, 2.9 s · 96 %`. `hour`: the share is of the last hour.
pub fn service_line(service: &ServiceView, hour: bool, language: Language) -> String {
    let took = service.took.map(|took| super::time::took(took, language));
    let met = service.failure.as_ref().map(|failure| evidence(failure, language));
    let say = |message: &str, evidence: &str| language.say_with(message, &[("evidence", evidence.into())]);
    let how = match (service.level, met, took) {
        (Level::Outage, Some(met), _) => say("service-down-with", &met),
        (Level::Degraded, Some(met), _) => say("service-partly-with", &met),
        (Level::Degraded, None, Some(took)) => say("service-slow-with", &took),
        (Level::Up, _, Some(took)) => say("service-up-with", &took),
        (level, _, _) => word(level, language),
    };
    let share = service.good_share.filter(|_| service.level != Level::Unknown).map(|share| {
        let share = percent(share);
        let message = if hour { "service-share-hour" } else { "service-share" };
        language.say_with(message, &[("share", (&share).into())])
    });
    let name = escape::plain(&service.display, 60);
    format!("{} **{name}**: {how}{}", symbol(service.level), share.unwrap_or_default())
}

/// A share as whole per cent. Anything below 100 % is at most 99 %, so that no failure is rounded away.
pub fn percent(share: f64) -> String {
    let percent = (share.clamp(0.0, 1.0) * 100.0).round();
    let percent = if share < 1.0 { percent.min(99.0) } else { percent };
    format!("{percent:.0}")
}

/// Names in a sentence: `Web API, Login & tokens and Web player`.
pub fn list(names: &[String], language: Language) -> String {
    let (shown, more) = names.split_at(names.len().min(NAMES));
    let mut said = String::new();
    for (at, name) in shown.iter().enumerate() {
        let last = at + 1 == shown.len() && more.is_empty();
        said = match (at, last) {
            (0, _) => name.clone(),
            (_, true) => {
                language.say_with("list-pair", &[("first", (&said).into()), ("second", name.into())])
            }
            (_, false) => {
                language.say_with("list-comma", &[("first", (&said).into()), ("second", name.into())])
            }
        };
    }
    if more.is_empty() {
        return said;
    }
    let n = u64::try_from(more.len()).unwrap_or(u64::MAX);
    language.say_with("list-more", &[("names", (&said).into()), ("n", n.into())])
}

/// The services that a sentence is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// `Spotify Web API and Login & tokens`.
    pub names: String,
    /// How many they are, for "is" or "are".
    pub count: u64,
}

impl Subject {
    /// These services, in the order of the catalog, prefixed with the catalog's name.
    pub fn of<'a>(
        catalog: &ServiceCatalog,
        services: impl IntoIterator<Item = &'a ServiceName>,
        language: Language,
    ) -> Self {
        let asked: BTreeSet<&ServiceName> = services.into_iter().collect();
        let whole = escape::plain(&catalog.display, 40);
        if asked.is_empty() || asked.contains(&catalog.whole) {
            return Self { names: whole, count: 1 };
        }
        if let Some(named) = asked.iter().find(|name| catalog.is_whole(name)) {
            return Self { names: escape::plain(catalog.display_of(named), 40), count: 1 };
        }
        let names = displays(catalog, &asked);
        let count = u64::try_from(names.len()).unwrap_or(u64::MAX);
        let listed = list(&names, language);
        let names = if listed.starts_with(&whole) { listed } else { format!("{whole} {listed}") };
        Self { names, count }
    }

    /// These services, without the catalog's name.
    pub fn short<'a>(
        catalog: &ServiceCatalog,
        services: impl IntoIterator<Item = &'a ServiceName>,
        language: Language,
    ) -> Self {
        let names = displays(catalog, &services.into_iter().collect());
        let count = u64::try_from(names.len()).unwrap_or(u64::MAX);
        Self { names: list(&names, language), count }
    }
}

/// Display names in the order of the catalog. Services that the catalog no longer has come last.
fn displays(catalog: &ServiceCatalog, asked: &BTreeSet<&ServiceName>) -> Vec<String> {
    let known = catalog.services.iter().map(|service| &service.name);
    let ordered = known.clone().filter(|name| asked.contains(name));
    let rest = asked.iter().copied().filter(|name| !known.clone().any(|known| known == *name));
    ordered.chain(rest).map(|name| escape::plain(catalog.display_of(name), 60)).collect()
}
