//! From raw exchanges to observations, for live looks and for replays alike.

use std::collections::BTreeMap;

use super::exchange::Exchange;
use super::page::PageReader;
use super::profile::{Expect, SourceKind, SourceSpec};
use super::recognise::{recognise, recognise_control};
use crate::health::{Observation, Seen, SourceName};

/// Understands the exchanges of one source.
#[derive(Clone, Debug)]
pub enum Reader {
    /// A probe, and what healthy means.
    Probe(Expect),
    /// A host of somebody else.
    Control,
    /// A status page, with what is known from the looks so far.
    Page(Box<PageReader>),
}

impl Reader {
    /// Understands what `spec` brings.
    pub fn new(spec: &SourceSpec) -> Self {
        match spec.kind {
            SourceKind::Probe => Self::Probe(spec.expect.clone()),
            SourceKind::Control => Self::Control,
            SourceKind::Page => Self::Page(Box::new(PageReader::new(&spec.url, &spec.ignored_components))),
        }
    }

    /// What this exchange means after all before it.
    pub fn read(&mut self, exchange: &Exchange) -> Seen {
        match self {
            Self::Probe(expect) => recognise(exchange, expect),
            Self::Control => recognise_control(exchange),
            Self::Page(page) => page.read(exchange),
        }
    }
}

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
            Reader::Probe(_) | Reader::Control => None,
        }
    }
}
