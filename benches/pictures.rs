//! How long a picture takes: drawn once for everybody who asks in the same five minutes.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use healthy_upstream::health::{
    Class, Hit, IncidentState, Kind, Level, Looks, Outage, OutageId, Profile, Service, ServiceName, Span,
    Symptom, Tally, What,
};
use healthy_upstream::i18n::Language;
use healthy_upstream::pictures;
use jiff::{SignedDuration, Timestamp};

fn profile() -> Profile {
    let service = |name: &str, display: &str| Service {
        name: name.into(),
        display: display.into(),
        sources: Vec::new(),
        components: Vec::new(),
    };
    Profile {
        display: "Spotify".into(),
        whole: "spotify".into(),
        services: vec![
            service("web-api", "Web API"),
            service("login", "Login & tokens"),
            service("apps", "Desktop & mobile apps"),
            service("web-player", "Web player"),
        ],
        pages: Vec::new(),
        control: None,
        ignored_components: Vec::new(),
        place: "Frankfurt".into(),
        page_hosts: vec!["spotify.statuspage.io".into()],
    }
}

/// Spans until now of which every twentieth failed in part.
fn tallies(profile: &Profile, span: Span, count: i32, now: Timestamp) -> Vec<(ServiceName, Vec<Tally>)> {
    let tally = |service: &ServiceName, n: i32| Tally {
        service: service.clone(),
        span,
        from: span.begin(now) - span.length() * n,
        looks: Looks { good: 10, bad: u32::from(n % 20 == 3) * 4, ..Looks::default() },
    };
    let all = |service: &Service| (0..count).rev().map(|n| tally(&service.name, n)).collect();
    profile.services.iter().map(|service| (service.name.clone(), all(service))).collect()
}

fn outage(now: Timestamp) -> Outage {
    let symptom =
        Symptom { class: Class::NoHealthyUpstream, status: Some(503), detail: "no healthy upstream".into() };
    let since = now - SignedDuration::from_hours(5);
    let until = now - SignedDuration::from_hours(1);
    let hit = Hit {
        level: Level::Up,
        worst: Level::Outage,
        since,
        until: Some(until),
        symptom: Some(symptom.clone()),
        failed_looks: 3,
    };
    let mut outage = Outage {
        id: OutageId("web-api-1".into()),
        kind: Kind::Outage,
        level: Level::Up,
        worst: Level::Outage,
        since,
        until: Some(until),
        services: BTreeMap::from([("web-api".into(), hit.clone()), ("web-player".into(), hit)]),
        seen: Some(since),
        page: Vec::new(),
        flaps: 0,
        folded: false,
        ongoing_at_first_look: false,
        timeline: Vec::new(),
        revision: 2,
    };
    outage.remember(since, What::FirstBadLook { service: "web-api".into(), symptom });
    for (minutes, state) in [(25, IncidentState::Investigating), (90, IncidentState::Monitoring)] {
        let at = since + SignedDuration::from_mins(minutes);
        outage.remember(at, What::PageSaid { state, text: String::new() });
    }
    outage.remember(until, What::FirstGoodLook { service: "web-api".into() });
    outage
}

fn drawing(c: &mut Criterion) {
    let now: Timestamp = "2025-04-16T17:03:10Z".parse().expect("an instant");
    let (profile, english) = (profile(), Language::ENGLISH);
    let slots = tallies(&profile, Span::Slot, 288, now);
    let days = tallies(&profile, Span::Day, 90, now);
    let outage = outage(now);
    let strip = pictures::strip(&slots, &profile, now, english);
    let uptime = pictures::uptime(&days, &profile, "90d", 90, now, english);
    let timeline = pictures::timeline(&outage, &profile, "4 h 0 min", now, english);
    c.bench_function("say what the strip shows", |b| {
        b.iter(|| pictures::strip(black_box(&slots), &profile, now, english));
    });
    for (name, drawing) in [("strip", &strip), ("90 days", &uptime), ("timeline", &timeline)] {
        let bytes = drawing.png().map_or(0, |png| png.len());
        c.bench_function(&format!("draw the {name}, {bytes} bytes"), |b| b.iter(|| black_box(drawing).png()));
    }
}

criterion_group!(benches, drawing);
criterion_main!(benches);
