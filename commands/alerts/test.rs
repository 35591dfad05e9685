//! `/alerts test channel`, and the card's button: start, worse and end as previews, if the bot may post there.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::ModeratorRequest;
use crate::alerts::SubscriptionEdit;
use crate::commands::{Facts, Response, UserError, permissions};
use crate::health::{
    EventKind, Failure, FailureKind, Level, Outage, OutageEvent, OutageId, OutageKind, ServiceImpact,
    TimelineEntry, TimelineEvent, Update,
};

pub(super) fn answer(request: &ModeratorRequest<'_>, facts: &Facts) -> Result<Response, UserError> {
    let known = request.subscription(facts)?;
    let channel = known.channel;
    request.refuse_others_channel(channel, facts)?;
    let may = request.may(channel, facts)?;
    request.refuse_lacking((channel, may), facts, permissions::needed(known.channel_kind, known.mode))?;
    let previews = previews(facts);
    let said = request.card(facts).about_channel("tested", channel);
    Ok(request.change(SubscriptionEdit::Preview(request.guild, channel, previews), said, None))
}

/// An invented outage of the catalog's first two services: it starts, spreads and ends.
fn previews(facts: &Facts) -> Vec<OutageEvent> {
    let mut services = facts.catalog.services.iter().map(|service| service.name.clone());
    let first = services.next().unwrap_or_else(|| facts.catalog.whole.clone());
    let second = services.next();
    let now = facts.now;
    let began = now - SignedDuration::from_mins(7);
    let mut outage = Outage {
        id: OutageId(format!("preview-{}", now.as_second())),
        kind: OutageKind::Outage,
        level: Level::Outage,
        worst: Level::Outage,
        since: began,
        until: None,
        services: BTreeMap::from([(first, hit(began))]),
        seen: Some(began),
        page: Vec::new(),
        flaps: 0,
        flapping: false,
        ongoing_at_first_probe: false,
        timeline: vec![TimelineEntry {
            at: began + SignedDuration::from_secs(45),
            what: TimelineEvent::Reported,
        }],
        revision: 1,
    };
    let event = |kind: EventKind, outage: &Outage| OutageEvent {
        at: now,
        kind,
        outage: outage.clone(),
        why: vec!["preview".to_owned()],
    };
    let start = event(EventKind::Started, &outage);
    outage.revision = 2;
    let worse = match second {
        Some(second) => {
            outage.services.insert(second.clone(), hit(began + SignedDuration::from_mins(2)));
            event(EventKind::Updated(Update::ServiceAffected(vec![second])), &outage)
        }
        None => event(EventKind::Updated(Update::Worse), &outage),
    };
    outage.revision = 3;
    outage.until = Some(now);
    outage.level = Level::Up;
    for hit in outage.services.values_mut() {
        (hit.until, hit.level) = (Some(now), Level::Up);
    }
    let end = event(EventKind::Ended, &outage);
    vec![start, worse, end]
}

fn hit(since: jiff::Timestamp) -> ServiceImpact {
    let failure = Failure {
        class: FailureKind::NoHealthyUpstream,
        status: Some(503),
        detail: "no healthy upstream".to_owned(),
    };
    ServiceImpact {
        level: Level::Outage,
        worst: Level::Outage,
        since,
        until: None,
        failure: Some(failure),
        failed_probes: 3,
        part: None,
        slow: None,
        flaps: 0,
    }
}
