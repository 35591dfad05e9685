//! Turns raw exchanges into observations, for live checks and for replays.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::classify::{classify, classify_connectivity_check};
use super::exchange::Exchange;
use super::page_tracker::StatusPageTracker;
use super::spotify::{Expect, SourceKind, SourceSpec};
use crate::health::{Failure, FailureKind, Observation, Outcome, RejectionReason, SourceName};

/// A second 401 within this time follows a new token, because a check with a new token follows the first one at once.
const REFUSED_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// Classifies the exchanges of one source.
#[derive(Clone, Debug)]
pub enum Classifier {
    /// A probe, and what a healthy response is.
    Probe(Expect),
    /// A probe with a token, and when a token of it was last rejected.
    Tokened(Expect, Option<Timestamp>),
    /// A host of another owner.
    ConnectivityCheck,
    /// A status page, with what is known from earlier checks.
    Page(Box<StatusPageTracker>),
}

impl Classifier {
    /// Returns a classifier for the source of `spec`.
    pub fn new(spec: &SourceSpec) -> Self {
        match spec.kind {
            SourceKind::Probe if spec.tokened => Self::Tokened(spec.expect.clone(), None),
            SourceKind::Probe => Self::Probe(spec.expect.clone()),
            SourceKind::ConnectivityCheck => Self::ConnectivityCheck,
            SourceKind::Page => {
                Self::Page(Box::new(StatusPageTracker::new(&spec.url, &spec.ignored_components)))
            }
        }
    }

    /// Returns what this exchange means after all earlier ones.
    pub fn read(&mut self, exchange: &Exchange) -> Outcome {
        match self {
            Self::Probe(expect) => classify(exchange, expect),
            Self::Tokened(expect, refused) => tokened(exchange, expect, refused),
            Self::ConnectivityCheck => classify_connectivity_check(exchange),
            Self::Page(page) => page.read(exchange),
        }
    }
}

/// A rejected token is expired or our fault. If a new token is rejected right after it, the server is at fault (2026-07-20).
fn tokened(exchange: &Exchange, expect: &Expect, refused: &mut Option<Timestamp>) -> Outcome {
    let seen = classify(exchange, expect);
    let status = exchange.answer().map(|answer| answer.status);
    let Outcome::Refused { why: RejectionReason::Credential, detail, .. } = &seen else {
        *refused = None;
        return seen;
    };
    if status != Some(401) {
        return seen;
    }
    let again = refused.is_some_and(|at| exchange.at.duration_since(at).abs() <= REFUSED_AGAIN);
    *refused = Some(exchange.at);
    if !again {
        return seen;
    }
    let detail = detail.trim_start_matches("401").trim_start().to_owned();
    Outcome::Failing(Failure { class: FailureKind::ServerError, status, detail })
}

pub fn observed(exchange: &Exchange, seen: Outcome) -> Observation {
    Observation {
        source: exchange.source.clone(),
        at: exchange.at,
        took: exchange.took(),
        seen,
        certificate_expires: exchange.certificate_expires,
    }
}

/// Classifies a recording of many sources.
#[derive(Clone, Debug)]
pub struct Classifiers(BTreeMap<SourceName, Classifier>);

impl Classifiers {
    /// Returns classifiers for these sources.
    pub fn new(specs: &[SourceSpec]) -> Self {
        Self(specs.iter().map(|spec| (spec.name.clone(), Classifier::new(spec))).collect())
    }

    pub fn names(&self) -> impl Iterator<Item = &SourceName> {
        self.0.keys()
    }

    /// Returns the observation of this exchange; `None` for an unknown source.
    pub fn read(&mut self, exchange: &Exchange) -> Option<Observation> {
        let seen = self.0.get_mut(&exchange.source)?.read(exchange);
        Some(observed(exchange, seen))
    }

    /// Whether the check of `source` needs more than its first exchange.
    pub fn wants_more(&self, source: &SourceName) -> bool {
        self.page(source).is_some_and(|page| page.wants().is_some())
    }

    /// Whether an exchange is the first of a check.
    pub fn begins_anew(&self, exchange: &Exchange) -> bool {
        self.page(&exchange.source).is_none_or(|page| page.is_whole(exchange))
    }

    /// Completes a check with its second exchange, or without it if there was none.
    pub fn complete(&mut self, probe: Observation, second: Option<&Exchange>) -> Observation {
        let Some(Classifier::Page(page)) = self.0.get_mut(&probe.source) else { return probe };
        let Some(second) = second else {
            page.missed();
            return probe;
        };
        let seen = page.read_further(second);
        Observation { seen: seen.unwrap_or(probe.seen), ..probe }
    }

    fn page(&self, source: &SourceName) -> Option<&StatusPageTracker> {
        match self.0.get(source)? {
            Classifier::Page(page) => Some(page),
            Classifier::Probe(_) | Classifier::Tokened(..) | Classifier::ConnectivityCheck => None,
        }
    }
}
