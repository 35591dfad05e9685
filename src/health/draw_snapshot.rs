//! Draws the snapshot that commands answer from.

use super::assessment::Assessment;
use super::detector_state::DetectorState;
use super::probe_history::SourceHistory;
use super::{Level, Policy, Service, ServiceCatalog, ServiceView, SourceName, SourceView, StatusSnapshot};

pub(super) fn draw(
    state: &DetectorState,
    assessment: &Assessment,
    catalog: &ServiceCatalog,
    policy: &Policy,
) -> StatusSnapshot {
    let now = assessment.at;
    let mut open: Vec<_> = state
        .tracked
        .iter()
        .map(|tracked| &tracked.outage)
        .filter(|outage| outage.is_open())
        .cloned()
        .collect();
    open.sort_by_key(|outage| std::cmp::Reverse(outage.since));
    let readable = catalog.pages.iter().filter_map(|page| state.pages.get(page));
    let page = readable.clone().find(|page| page.is_current(policy, now)).or_else(|| readable.clone().next());
    StatusSnapshot {
        at: now,
        display: catalog.display.clone(),
        location: catalog.location.clone(),
        services: services(state, assessment, catalog, policy),
        sources: sources(state, catalog),
        page: page.map(|page| page.view(policy, now)),
        open,
        own_network_down_since: assessment.own_network_down_since,
        reports: 0,
        next_check: None,
        interval: None,
        answered: state.pages.values().filter_map(|page| page.read).chain(state.probes.answered()).max(),
    }
}

fn services(
    state: &DetectorState,
    assessment: &Assessment,
    catalog: &ServiceCatalog,
    policy: &Policy,
) -> Vec<ServiceView> {
    let now = assessment.at;
    let view = |service: &Service| {
        let histories = || service.sources.iter().filter_map(|source| state.probes.of(source));
        let assessed = assessment.of(&service.name);
        let hit = state.tracked.iter().find(|tracked| tracked.sees(&service.name));
        let hit = hit.and_then(|tracked| tracked.outage.services.get(&service.name));
        let blind = assessed.is_none_or(|assessed| assessed.level == Level::Unknown);
        let level = match hit {
            _ if blind || assessment.own_network_down_since.is_some() => Level::Unknown,
            Some(hit) => hit.level,
            None => assessed.map_or(Level::Unknown, |assessed| assessed.level),
        };
        let since = state.levels.get(&service.name).filter(|(known, _)| *known == level);
        let (good, all) =
            histories().map(|history| history.hour.good_of(now)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        let newest = histories().max_by_key(|history| history.probed);
        let mut reasons = vec![];
        if let Some(assessed) = assessed {
            let bad = assessed.bad.as_ref().or(assessed.failing.as_ref());
            reasons.extend(bad.map(ToString::to_string));
            reasons.extend(assessed.good.as_ref().filter(|_| bad.is_none()).map(ToString::to_string));
        }
        let failure = hit.and_then(|hit| hit.failure.clone());
        let failure =
            failure.or_else(|| assessed?.bad.as_ref().or(assessed?.failing.as_ref())?.failure.clone());
        ServiceView {
            name: service.name.clone(),
            display: service.display.clone(),
            level,
            since: hit.map(|hit| hit.since).or(since.map(|(_, since)| *since)),
            checked_at: newest.and_then(|history| history.probed),
            took: histories()
                .filter(|history| history.is_fresh(policy, now))
                .max_by_key(|history| history.newest().map(|sample| sample.at))
                .and_then(|history| history.took_good),
            #[expect(clippy::cast_precision_loss, reason = "an hour of checks is far below 2^52")]
            good_share: (all > 0).then(|| good as f64 / all as f64),
            failure: failure.filter(|_| level.is_bad()),
            reasons,
        }
    };
    catalog.services.iter().map(view).collect()
}

fn sources(state: &DetectorState, catalog: &ServiceCatalog) -> Vec<SourceView> {
    let probe = |name: &SourceName, history: &SourceHistory| SourceView {
        name: name.clone(),
        checked_at: history.probed,
        took: history.took,
        said: history.said.clone(),
        refused_until: history.refused_until,
        certificate_expires: history.certificate_expires,
    };
    let pages = catalog.pages.iter().filter_map(|name| Some(state.pages.get(name)?.source(name)));
    let probes = catalog.services.iter().flat_map(|service| &service.sources).chain(catalog.controls());
    pages.chain(probes.filter_map(|name| Some(probe(name, state.probes.of(name)?)))).collect()
}
