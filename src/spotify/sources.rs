//! The sources of a profile, ready to look, and the budgets that they need.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;

use super::Source;
use super::asking::Asker;
use super::probe::Probe;
use super::profile::{self, SourceKind, SourceSpec};
use super::status_page::StatusPage;
use super::token::{Credentials, TokenKeeper};
use super::wire::Wire;
use crate::clock::Clock;
use crate::throttle::{Caller, Throttle};

/// How sources are paced.
#[derive(Clone, Debug)]
pub struct Pace {
    /// One regular look per source in so long.
    pub every: SignedDuration,
    /// Calls a minute that the operator allows for a host, where that is to be another number than the one that its
    /// sources need.
    pub limits: BTreeMap<String, u32>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { every: SignedDuration::from_secs(30), limits: BTreeMap::new() }
    }
}

/// Why sources cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourcesError {
    /// A limit of the configuration is below what the sources need.
    #[error(
        "the limit of {limit} calls a minute for {host} is below the {needed} that its sources need at this pace"
    )]
    LimitTooLow { host: String, limit: u32, needed: u32 },
    /// An address of the token service cannot be used.
    #[error("the token url: {0}")]
    BadTokenUrl(String),
}

/// The sources of `specs`, asking over `wire` within `throttle`. Tokened ones only where there are credentials.
pub fn sources(
    specs: &[SourceSpec],
    pace: &Pace,
    credentials: Option<&Credentials>,
    wire: &Arc<dyn Wire>,
    clock: &Clock,
    throttle: &Arc<Throttle>,
) -> Result<Vec<Box<dyn Source>>, SourcesError> {
    let specs: Vec<&SourceSpec> = specs.iter().filter(|s| !s.tokened || credentials.is_some()).collect();
    set_budgets(&specs, pace, throttle)?;
    let asker = |host: &str, spec: &SourceSpec, label: Option<String>| {
        let caller = Caller { host: host.to_owned(), credential: label, source: spec.name.to_string() };
        Arc::new(Asker { wire: Arc::clone(wire), throttle: Arc::clone(throttle), caller })
    };
    specs
        .into_iter()
        .map(|spec| -> Result<Box<dyn Source>, SourcesError> {
            if spec.kind == SourceKind::Page {
                return Ok(Box::new(StatusPage::new(spec, asker(&spec.host, spec, None), clock)));
            }
            let Some(credentials) = credentials.filter(|_| spec.tokened) else {
                return Ok(Box::new(Probe::new(spec, asker(&spec.host, spec, None), clock, None)));
            };
            let url = credentials.token_url.as_deref().unwrap_or(profile::TOKEN_URL);
            let token_host = profile::host_of(url).map_err(SourcesError::BadTokenUrl)?;
            let label = Some(credentials.label());
            let token_asker = asker(&token_host, spec, label.clone());
            let keeper = TokenKeeper::new(credentials, url, &spec.name, token_asker, clock.clone());
            Ok(Box::new(Probe::new(spec, asker(&spec.host, spec, label), clock, Some(keeper))))
        })
        .collect()
}

/// Each host's budget covers its sources at the pace of an outage, and as many looks out of turn as regular ones.
fn set_budgets(specs: &[&SourceSpec], pace: &Pace, throttle: &Throttle) -> Result<(), SourcesError> {
    const MINUTE: f64 = 60.0;
    /// Asked at once at worst, besides one look per source: the other dialects of a page, its past incidents, a token.
    const BESIDES: u32 = 5;
    /// In an outage a look comes each 20 s instead of 30, up to a tenth sooner: five thirds of the regular pace, and a little more.
    const OUTAGE: f64 = 1.7;
    let mut hosts: BTreeMap<&str, u32> = BTreeMap::new();
    for spec in specs {
        // A page may be asked twice in one look: for its components, or for its past incidents.
        *hosts.entry(&spec.host).or_default() += if spec.kind == SourceKind::Page { 2 } else { 1 };
    }
    for (host, sources) in hosts {
        let looks = f64::from(sources) * MINUTE / pace.every.as_secs_f64().max(0.1);
        // A float as an integer saturates; this one is positive and small.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and saturates"
        )]
        let (needed, spared) = (looks.ceil() as u32, (looks * OUTAGE).ceil() as u32);
        let burst = sources + BESIDES;
        let (regular, extra) = match pace.limits.get(host) {
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
