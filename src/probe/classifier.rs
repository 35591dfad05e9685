//! From raw exchanges to observations, for live looks and for replays alike.

use std::collections::BTreeMap;

use super::classify::{classify_connectivity_check, recognise};
use super::exchange::Exchange;
use super::page_tracker::StatusPageTracker;
use super::spotify::{Expect, SourceKind, SourceSpec};
use crate::health::{Observation, Outcome, SourceName};

/// Understands the exchanges of one source.
#[derive(Clone, Debug)]
pub enum Classifier {
    /// A probe, and what healthy means.
    Probe(Expect),
    /// A host of somebody else.
    ConnectivityCheck,
    /// A status page, with what is known from the checks so far.
    Page(Box<StatusPageTracker>),
}

impl Classifier {
    /// Understands what `spec` brings.
    pub fn new(spec: &SourceSpec) -> Self {
        match spec.kind {
            SourceKind::Probe => Self::Probe(spec.expect.clone()),
            SourceKind::ConnectivityCheck => Self::ConnectivityCheck,
            SourceKind::Page => {
                Self::Page(Box::new(StatusPageTracker::new(&spec.url, &spec.ignored_components)))
            }
        }
    }

    /// What this exchange means after all before it.
    pub fn read(&mut self, exchange: &Exchange) -> Outcome {
        match self {
            Self::Probe(expect) => recognise(exchange, expect),
            Self::ConnectivityCheck => classify_connectivity_check(exchange),
            Self::Page(page) => page.read(exchange),
        }
    }
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

/// Understands a recording of many sources.
#[derive(Clone, Debug)]
pub struct Classifiers(BTreeMap<SourceName, Classifier>);

impl Classifiers {
    /// Understands what these sources bring.
    pub fn new(specs: &[SourceSpec]) -> Self {
        Self(specs.iter().map(|spec| (spec.name.clone(), Classifier::new(spec))).collect())
    }

    pub fn names(&self) -> impl Iterator<Item = &SourceName> {
        self.0.keys()
    }

    /// What this exchange tells; none for a source that is not among them.
    pub fn read(&mut self, exchange: &Exchange) -> Option<Observation> {
        let seen = self.0.get_mut(&exchange.source)?.read(exchange);
        Some(observed(exchange, seen))
    }

    /// Whether the look at `source` is not complete with its first exchange.
    pub fn wants_more(&self, source: &SourceName) -> bool {
        self.page(source).is_some_and(|page| page.wants().is_some())
    }

    /// Whether an exchange is the first of a check.
    pub fn begins_anew(&self, exchange: &Exchange) -> bool {
        self.page(&exchange.source).is_none_or(|page| page.is_whole(exchange))
    }

    /// A check with its second exchange, or without it where there was none.
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
            Classifier::Probe(_) | Classifier::ConnectivityCheck => None,
        }
    }
}
