//! From raw exchanges to observations, for live looks and for replays alike.
//!
//! Never: no clock and no socket, so that a replay understands what a live look understood.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::exchange::Exchange;
use super::page::PageReader;
use super::profile::{Expect, SourceKind, SourceSpec};
use super::recognise::{recognise, recognise_control};
use crate::health::{Class, Observation, Refusal, Seen, SourceName, Symptom};

/// A token that is refused within this time of another was fetched anew: a look with a fresh token follows at once.
const REFUSED_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// Understands the exchanges of one source.
#[derive(Clone, Debug)]
pub enum Reader {
    /// A probe, and what healthy means.
    Probe(Expect),
    /// A probe with a token, and when a token of it was last refused.
    Tokened(Expect, Option<Timestamp>),
    /// A host of somebody else.
    Control,
    /// A status page, with what is known from the looks so far.
    Page(Box<PageReader>),
}

impl Reader {
    /// Understands what `spec` brings.
    pub fn new(spec: &SourceSpec) -> Self {
        match spec.kind {
            SourceKind::Probe if spec.tokened => Self::Tokened(spec.expect.clone(), None),
            SourceKind::Probe => Self::Probe(spec.expect.clone()),
            SourceKind::Control => Self::Control,
            SourceKind::Page => Self::Page(Box::new(PageReader::new(&spec.url, &spec.ignored_components))),
        }
    }

    /// What this exchange means after all before it.
    pub fn read(&mut self, exchange: &Exchange) -> Seen {
        match self {
            Self::Probe(expect) => recognise(exchange, expect),
            Self::Tokened(expect, refused) => tokened(exchange, expect, refused),
            Self::Control => recognise_control(exchange),
            Self::Page(page) => page.read(exchange),
        }
    }
}

/// A token is refused for its age, or by our fault; a fresh one that is refused right after it is their fault (2026-07-20).
fn tokened(exchange: &Exchange, expect: &Expect, refused: &mut Option<Timestamp>) -> Seen {
    let seen = recognise(exchange, expect);
    let status = exchange.answer().map(|answer| answer.status);
    let Seen::Refused { why: Refusal::Credential, detail, .. } = &seen else {
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
    Seen::Failing(Symptom { class: Class::ServerError, status, detail })
}

/// An exchange as an observation.
pub fn observed(exchange: &Exchange, seen: Seen) -> Observation {
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
pub struct Readers(BTreeMap<SourceName, Reader>);

impl Readers {
    /// Understands what these sources bring.
    pub fn new(specs: &[SourceSpec]) -> Self {
        Self(specs.iter().map(|spec| (spec.name.clone(), Reader::new(spec))).collect())
    }

    /// The names of the sources.
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

    /// Whether an exchange is the first of a look.
    pub fn begins_anew(&self, exchange: &Exchange) -> bool {
        self.page(&exchange.source).is_none_or(|page| page.is_whole(exchange))
    }

    /// A look with its second exchange, or without it where there was none.
    pub fn complete(&mut self, look: Observation, second: Option<&Exchange>) -> Observation {
        let Some(Reader::Page(page)) = self.0.get_mut(&look.source) else { return look };
        let Some(second) = second else {
            page.missed();
            return look;
        };
        let seen = page.read_further(second);
        Observation { seen: seen.unwrap_or(look.seen), ..look }
    }

    fn page(&self, source: &SourceName) -> Option<&PageReader> {
        match self.0.get(source)? {
            Reader::Page(page) => Some(page),
            Reader::Probe(_) | Reader::Tokened(..) | Reader::Control => None,
        }
    }
}
