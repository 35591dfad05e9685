//! A status page as a source. Finds its format by what answers, and uses conditional requests to fetch only changed copies.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::Source;
use super::classifier::observed;
use super::classify::classify_unreadable;
use super::exchange::Exchange;
use super::page_tracker::StatusPageTracker;
use super::rate_limited::{NotSent, RateLimitedTransport};
use super::spotify::SourceSpec;
use super::status_page::{PageEndpoint, PageFormat};
use super::transport::ProbeRequest;
use crate::clock::Clock;
use crate::health::{Observation, Outcome, SourceName};
use crate::throttle::{RequestClass, SingleFlight};

/// A page in no known format is searched for another format no more often than this.
const SEARCH_EVERY: Duration = Duration::from_secs(600);

pub(super) struct StatusPage {
    spec: SourceSpec,
    limited: Arc<RateLimitedTransport>,
    clock: Clock,
    memory: Mutex<Cached>,
    flight: SingleFlight<Option<Observation>>,
}

struct Cached {
    classifier: StatusPageTracker,
    /// The URL that answered with a page.
    found: Option<String>,
    /// Makes the next request conditional: header and value.
    validators: Vec<(&'static str, String)>,
    searched: Option<Duration>,
}

impl StatusPage {
    pub(super) fn new(spec: &SourceSpec, limited: Arc<RateLimitedTransport>, clock: &Clock) -> Self {
        let classifier = StatusPageTracker::new(&spec.url, &spec.ignored_components);
        let memory = Mutex::new(Cached { classifier, found: None, validators: Vec::new(), searched: None });
        Self { spec: spec.clone(), limited, clock: clock.clone(), memory, flight: SingleFlight::default() }
    }

    async fn attempt(&self, turn: RequestClass) -> Option<Observation> {
        let mut memory = self.memory.lock().await;
        let url = memory.found.clone().unwrap_or_else(|| self.spec.url.clone());
        let (exchange, seen) = match self.ask(&mut memory, &url, turn).await {
            Ok(reported) => reported,
            Err(NotSent::NoRoom) => return None,
            Err(rate_limited @ NotSent::RateLimited(_)) => return Some(self.untold(rate_limited.into())),
        };
        let (exchange, seen) = if speaks_another(&exchange, &seen) {
            memory.found = None;
            self.search(&mut memory, &url, exchange, seen).await
        } else {
            (exchange, seen)
        };
        let seen = self.search_further(&mut memory, seen).await;
        Some(observed(&exchange, seen))
    }

    /// Requests one URL and classifies the response.
    async fn ask(
        &self,
        memory: &mut Cached,
        url: &str,
        turn: RequestClass,
    ) -> Result<(Exchange, Outcome), NotSent> {
        let mut request = ProbeRequest::to(&self.spec.name, url);
        if memory.found.as_deref() == Some(url) {
            request.headers.clone_from(&memory.validators);
        }
        let exchange = self.limited.ask(&request, turn).await?;
        let seen = memory.classifier.read(&exchange);
        self.limited.heed(&seen, exchange.done());
        if let (Outcome::Page(_), Some(answer)) = (&seen, exchange.answer())
            && answer.status == 200
        {
            let validator = |from: &str, to| Some((to, answer.headers.value(from)?.to_owned()));
            memory.validators =
                [validator("etag", "if-none-match"), validator("last-modified", "if-modified-since")]
                    .into_iter()
                    .flatten()
                    .collect();
            memory.found = Some(url.to_owned());
        } else if exchange.answer().is_none_or(|answer| answer.status != 304) {
            // After a failure the whole page is fetched: our copy may differ from the page.
            memory.validators.clear();
        }
        Ok((exchange, seen))
    }

    /// Tries the other formats if the current URL answers in none.
    async fn search(
        &self,
        memory: &mut Cached,
        url: &str,
        first: Exchange,
        reported: Outcome,
    ) -> (Exchange, Outcome) {
        let now = self.clock.ticks();
        if memory.searched.is_some_and(|at| now.saturating_sub(at) < SEARCH_EVERY) {
            return (first, reported);
        }
        memory.searched = Some(now);
        // Atlassian sends this header with every response: then only its own two formats can be there.
        let atlassian = first.answer().is_some_and(|a| a.headers.value("x-statuspage-version").is_some());
        let base = base_of(url);
        for page_format in PageFormat::ALL {
            let other = format!("{base}{}", page_format.path());
            if other == url || (atlassian && matches!(page_format, PageFormat::Widget | PageFormat::Instatus))
            {
                continue;
            }
            match self.ask(memory, &other, RequestClass::Regular).await {
                Ok((exchange, seen @ Outcome::Page(_))) => return (exchange, seen),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        (first, reported)
    }

    /// Reads what the page's state does not contain: how an incident ended, or its components.
    async fn search_further(&self, memory: &mut Cached, seen: Outcome) -> Outcome {
        let wanted = memory.classifier.wants().filter(|_| matches!(seen, Outcome::Page(_)));
        let Some(path) = wanted.and_then(PageEndpoint::path) else { return seen };
        let url = format!("{}{path}", base_of(memory.found.as_deref().unwrap_or(&self.spec.url)));
        let request = ProbeRequest::to(&self.spec.name, &url);
        let Ok(exchange) = self.limited.ask(&request, RequestClass::Regular).await else {
            memory.classifier.missed();
            return seen;
        };
        if let Some(further) = memory.classifier.read_further(&exchange) {
            return further;
        }
        self.limited.heed(&classify_unreadable(&exchange), exchange.done());
        seen
    }

    fn untold(&self, seen: Outcome) -> Observation {
        let took = jiff::SignedDuration::ZERO;
        Observation {
            source: self.spec.name.clone(),
            at: self.clock.now(),
            took,
            seen,
            certificate_expires: None,
        }
    }
}

/// Whether the URL answered, but not as a status page: another format may be served beside it.
fn speaks_another(exchange: &Exchange, seen: &Outcome) -> bool {
    let answered = exchange.answer().is_some_and(|a| matches!(a.status, 200 | 400 | 403..=406 | 410));
    answered && matches!(seen, Outcome::Unclear(_) | Outcome::Refused { .. })
}

/// Returns the URL without the path of a format.
fn base_of(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or(url);
    let known = PageFormat::ALL.iter().find_map(|page_format| url.strip_suffix(page_format.path()));
    known.unwrap_or(url).trim_end_matches('/')
}

#[async_trait]
impl Source for StatusPage {
    fn name(&self) -> &SourceName {
        &self.spec.name
    }

    fn host(&self) -> &str {
        &self.spec.host
    }

    async fn probe(&self) -> Observation {
        loop {
            if let Some(seen) = self.flight.share(|| self.attempt(RequestClass::Regular)).await {
                return seen;
            }
        }
    }

    async fn probe_if_budget(&self) -> Option<Observation> {
        self.flight.share(|| self.attempt(RequestClass::Extra)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_page_formats_are_tried_beside_the_configured_one() {
        assert_eq!(base_of("https://a.example/api/v2/summary.json"), "https://a.example");
        assert_eq!(base_of("https://a.example/mirror/summary.json?x=1"), "https://a.example/mirror");
        assert_eq!(base_of("http://127.0.0.1:9000/"), "http://127.0.0.1:9000");
        assert_eq!(base_of("http://127.0.0.1:9000/feed"), "http://127.0.0.1:9000/feed");
    }
}
