//! Builds the sources of a catalog, and the request budgets that they need.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;

use super::Source;
use super::http_probe::Probe;
use super::page_client::StatusPage;
use super::rate_limited::RateLimitedTransport;
use super::spotify::{self, SourceKind, SourceSpec};
use super::token::{ClientCredentials, TokenCache};
use super::transport::Transport;
use crate::clock::Clock;
use crate::throttle::{Caller, Throttle};

/// How often sources are probed.
#[derive(Clone, Debug)]
pub struct ProbeIntervals {
    /// The interval of the regular checks of each source.
    pub interval: SignedDuration,
    /// Requests per minute that the operator allows for a host, if the number is not to follow from the host's sources.
    pub limits: BTreeMap<String, u32>,
}

impl Default for ProbeIntervals {
    fn default() -> Self {
        Self { interval: SignedDuration::from_secs(30), limits: BTreeMap::new() }
    }
}

/// Why sources cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourcesError {
    /// A configured limit is below what the sources need.
    #[error(
        "the limit of {limit} calls a minute for {host} is below the {needed} that its sources need at this pace"
    )]
    LimitTooLow { host: String, limit: u32, needed: u32 },
    /// A URL of the token service is unusable.
    #[error("the token url: {0}")]
    BadTokenUrl(String),
}

/// Builds the sources of `specs`, which use `transport` within `throttle`. Tokened ones are built only with credentials.
pub fn sources(
    specs: &[SourceSpec],
    intervals: &ProbeIntervals,
    credentials: Option<&ClientCredentials>,
    transport: &Arc<dyn Transport>,
    clock: &Clock,
    throttle: &Arc<Throttle>,
) -> Result<Vec<Box<dyn Source>>, SourcesError> {
    let specs: Vec<&SourceSpec> = specs.iter().filter(|s| !s.tokened || credentials.is_some()).collect();
    set_budgets(&specs, intervals, throttle)?;
    let limited = |host: &str, spec: &SourceSpec, label: Option<String>| {
        let caller = Caller { host: host.to_owned(), credential: label, source: spec.name.to_string() };
        Arc::new(RateLimitedTransport {
            transport: Arc::clone(transport),
            throttle: Arc::clone(throttle),
            caller,
        })
    };
    specs
        .into_iter()
        .map(|spec| -> Result<Box<dyn Source>, SourcesError> {
            if spec.kind == SourceKind::Page {
                return Ok(Box::new(StatusPage::new(spec, limited(&spec.host, spec, None), clock)));
            }
            let Some(credentials) = credentials.filter(|_| spec.tokened) else {
                return Ok(Box::new(Probe::new(spec, limited(&spec.host, spec, None), clock, None)));
            };
            let url = credentials.token_url.as_deref().unwrap_or(spotify::TOKEN_URL);
            let token_host = spotify::host_of(url).map_err(SourcesError::BadTokenUrl)?;
            let label = Some(credentials.label());
            let token_limited = limited(&token_host, spec, label.clone());
            let token_cache = TokenCache::new(credentials, url, &spec.name, token_limited, clock.clone());
            Ok(Box::new(Probe::new(spec, limited(&spec.host, spec, label), clock, Some(token_cache))))
        })
        .collect()
}

/// Sets each host's budget for its sources: their checks at the interval of an outage, and as many extra as regular ones.
fn set_budgets(
    specs: &[&SourceSpec],
    intervals: &ProbeIntervals,
    throttle: &Throttle,
) -> Result<(), SourcesError> {
    const MINUTE: f64 = 60.0;
    /// At worst needed at once, besides one check per source: the other formats of a page, its past incidents, a token.
    const BESIDES: u32 = 5;
    /// In an outage the interval is 20 s instead of 30, minus up to a tenth: five thirds of the regular rate, and a little more.
    const OUTAGE: f64 = 1.7;
    let mut hosts: BTreeMap<&str, u32> = BTreeMap::new();
    for spec in specs {
        // One check of a page may be two requests: the page, and its components or past incidents.
        *hosts.entry(&spec.host).or_default() += if spec.kind == SourceKind::Page { 2 } else { 1 };
    }
    for (host, sources) in hosts {
        let probes = f64::from(sources) * MINUTE / intervals.interval.as_secs_f64().max(0.1);
        // A float as an integer saturates; this one is positive and small.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and saturates"
        )]
        let (needed, spared) = (probes.ceil() as u32, (probes * OUTAGE).ceil() as u32);
        let burst = sources + BESIDES;
        let (regular, extra) = match intervals.limits.get(host) {
            None => (spared + burst, needed.max(sources * 4)),
            Some(limit) if *limit < needed + sources => {
                return Err(SourcesError::LimitTooLow {
                    host: host.to_owned(),
                    limit: *limit,
                    needed: needed + sources,
                });
            }
            Some(limit) => {
                let regular = (spared + burst).min(*limit);
                (regular, limit - regular)
            }
        };
        // The burst is taken from the same minute, so what is left must still carry the pace.
        throttle.set_budget(host, regular, burst.min(regular.saturating_sub(needed)).max(sources), extra);
    }
    Ok(())
}
