//! Laws of the detector that hold for any input, in any order, on any clock.

use std::collections::{BTreeMap, BTreeSet};

use healthy_upstream::health::{
    Detector, DetectorState, EventKind, FailureKind, IncidentState, Level, MaintenanceState, Observation,
    OutageEvent, OutageId, OutageKind, Outcome, Page, Policy, RejectionReason, assess,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::fixtures::{at, catalog};
use crate::prober::{Prober, cut, failing, incident, page, refused, work};

/// The clock moves by `seconds`, then a probe comes in or the detector ticks.
#[derive(Clone, Debug)]
struct Happening {
    seconds: i64,
    probe: Option<(&'static str, i64, Outcome)>,
}

const PROBES: [&str; 6] =
    ["web-api", "web-api-search", "accounts", "accounts-discovery", "client-bootstrap", "web-player"];

fn answer() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Healthy),
        5 => Just(failing(503, "no healthy upstream")),
        2 => Just(cut(FailureKind::Timeout)),
        1 => Just(Outcome::Unclear("HTML".to_owned())),
        1 => Just(refused(RejectionReason::Quota, "429 QUOTA_EXCEEDED")),
    ]
}

fn pages() -> impl Strategy<Value = Outcome> {
    let state = prop_oneof![
        Just(IncidentState::Investigating),
        Just(IncidentState::Monitoring),
        Just(IncidentState::Resolved),
        Just(IncidentState::Unknown),
    ];
    let component = prop_oneof![Just("Web API"), Just("Web player"), Just("Podcasts")];
    let one =
        (0..3_u8, state, component, 0..2_u8, 0..24_u8).prop_map(|(id, state, component, edit, hour)| {
            let began = format!("{hour:02}:00");
            incident(&format!("i{id}"), &[component], &[(&began, state, &format!("text {edit}"))])
        });
    let works = prop_oneof![
        4 => Just(None),
        2 => Just(Some(MaintenanceState::Running)),
        1 => Just(Some(MaintenanceState::Completed)),
        1 => Just(Some(MaintenanceState::Scheduled)),
    ];
    (prop::collection::vec(one, 0..3), works, prop_oneof![4 => Just(0_i64), 1 => 0..4_000_i64]).prop_map(
        |(incidents, works, age)| {
            let works = works.map(|state| work(state, "12:00", &["Web API"])).unwrap_or_default();
            let copy_age = SignedDuration::from_secs(age);
            Outcome::Page(Box::new(Page { maintenances: works.maintenances, copy_age, ..page(&incidents) }))
        },
    )
}

fn happening() -> impl Strategy<Value = Happening> {
    let seconds = prop_oneof![12 => 0..20_i64, 2 => 20..400_i64, 1 => -120..0_i64, 1 => -90_000..90_000_i64];
    let took = prop_oneof![6 => 1..400_i64, 2 => 2_000..8_000_i64];
    let probe = prop_oneof![
        8 => (prop::sample::select(&PROBES[..]), answer()).prop_map(|(source, seen)| Some((source, seen))),
        2 => prop_oneof![3 => Just(Outcome::Healthy), 1 => Just(cut(FailureKind::Dns))].prop_map(|seen| Some(("control", seen))),
        3 => pages().prop_map(|seen| Some(("status-page", seen))),
        1 => Just(Some(("nobody-knows", Outcome::Healthy))),
        1 => Just(None),
    ];
    (seconds, took, probe).prop_map(|(seconds, ms, probe)| Happening {
        seconds,
        probe: probe.map(|(source, seen)| (source, ms, seen)),
    })
}

fn happen(detector: &mut Detector, now: &mut Timestamp, happening: &Happening) -> Vec<OutageEvent> {
    *now = now.checked_add(SignedDuration::from_secs(happening.seconds)).unwrap_or(*now);
    match &happening.probe {
        None => detector.tick(*now),
        Some((source, ms, seen)) => detector.take(&Observation {
            source: (*source).into(),
            at: *now,
            took: SignedDuration::from_millis(*ms),
            seen: seen.clone(),
            certificate_expires: None,
        }),
    }
}

fn check_state(detector: &Detector, now: Timestamp) -> Result<(), TestCaseError> {
    let mut hit = BTreeSet::new();
    for case in &detector.tracker().tracked {
        let outage = &case.outage;
        prop_assert!(outage.timeline.len() <= healthy_upstream::health::Outage::MAX_TIMELINE);
        prop_assert!(outage.timeline.is_sorted_by_key(|moment| moment.at));
        prop_assert!(outage.until.is_none_or(|until| outage.since <= until), "{outage:?}");
        prop_assert_eq!(outage.level == Level::Up, !outage.is_open());
        prop_assert!(!outage.services.is_empty(), "{:?}", outage);
        for (service, times) in &outage.services {
            prop_assert!(times.until.is_none_or(|until| times.since <= until));
            prop_assert!(outage.is_open() || times.until.is_some());
            // An outage that was history when we first read of it takes in no failures; what fails now is another outage.
            let counts = outage.kind == OutageKind::Outage && !case.is_history();
            if counts && outage.is_open() && times.until.is_none() {
                prop_assert!(hit.insert(service.clone()), "two open outages on {service}");
            }
        }
    }
    let state = detector.tracker();
    let (assessed, catalog) = (detector.assessment(), detector.catalog());
    let anew = assess(&state.probes, catalog, detector.policy(), assessed.at);
    prop_assert_eq!(assessed, &anew, "an incremental assessment equals a full one");
    prop_assert!(state.tracked.len() <= 40 && state.incident_states.len() <= 1200);
    let snapshot = detector.snapshot(now);
    prop_assert_eq!(snapshot.services.len(), 4);
    if let Some(due) = detector.due() {
        prop_assert!(due > detector.assessment().at);
    }
    Ok(())
}

/// The events so far: which outages have started and not ended.
#[derive(Default)]
struct Reported {
    open: BTreeMap<OutageId, bool>,
    revision: BTreeMap<OutageId, u32>,
}

impl Reported {
    fn hear(&mut self, event: &OutageEvent) -> Result<(), TestCaseError> {
        let id = event.outage.id.clone();
        let revision = self.revision.entry(id.clone()).or_default();
        prop_assert!(event.outage.revision > *revision, "a newer revision: {event:?}");
        *revision = event.outage.revision;
        prop_assert!(
            !event.why.is_empty() || matches!(event.kind, EventKind::Updated(_)),
            "a reason: {event:?}"
        );
        match &event.kind {
            EventKind::Started | EventKind::MaintenanceStarted => {
                prop_assert_eq!(self.open.insert(id, true), None, "one start");
            }
            EventKind::Ended | EventKind::MaintenanceEnded => {
                prop_assert_eq!(self.open.insert(id, false), Some(true), "an end needs a start");
                prop_assert!(event.outage.until.is_some());
            }
            EventKind::Flapping => {
                prop_assert!(self.open.insert(id, true).is_some(), "flapping needs a start");
                prop_assert!(event.outage.is_open());
            }
            EventKind::Updated(update) => {
                let open = self.open.get(&id).copied();
                prop_assert!(open.is_some(), "an update needs a start: {event:?}");
                if *update == healthy_upstream::health::Update::Reopened {
                    self.open.insert(id, true);
                }
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn every_end_has_its_start_and_restart_changes_nothing(
        happenings in prop::collection::vec(happening(), 1..250),
        restart_at in 0..250_usize,
    ) {
        let mut detector = Detector::new(catalog(), Policy::default());
        let mut other = detector.clone();
        let (mut now, mut others_now) = (at("12:00"), at("12:00"));
        let mut reported = Reported::default();
        for (n, happening) in happenings.iter().enumerate() {
            if n == restart_at {
                let stored = serde_json::to_string(other.tracker()).expect("a tracker as text");
                let state: DetectorState = serde_json::from_str(&stored).expect("the same tracker");
                other = Detector::resume(catalog(), Policy::default(), state);
                // Another instance that knows only the stored state shows the same.
                prop_assert_eq!(detector.snapshot(now), other.snapshot(now));
            }
            let events = happen(&mut detector, &mut now, happening);
            prop_assert_eq!(&events, &happen(&mut other, &mut others_now, happening));
            for event in &events {
                reported.hear(event)?;
            }
            check_state(&detector, now)?;
        }
        let size = serde_json::to_string(detector.tracker()).expect("a tracker as text").len();
        prop_assert!(size < 300_000, "{size} bytes");
    }

    #[test]
    fn inconclusive_observations_never_make_an_event(
        probes in prop::collection::vec(
            (
                prop::sample::select(&PROBES[..]),
                1..40_i64,
                prop_oneof![
                    Just(Outcome::Healthy),
                    Just(Outcome::Unclear("Just a moment...".to_owned())),
                    Just(refused(RejectionReason::Rate, "429 Too many requests")),
                    Just(refused(RejectionReason::Credential, "403 premium")),
                    Just(cut(FailureKind::Dns)),
                ],
            ),
            1..200,
        ),
    ) {
        // The connectivity check fails at every probe too, so each connection failure counts as a failure of our own network.
        let mut detector = Detector::new(catalog(), Policy::default());
        let mut now = at("12:00");
        for (source, seconds, seen) in probes {
            let connectivity_check = Happening { seconds, probe: Some(("control", 40, cut(FailureKind::Timeout))) };
            prop_assert_eq!(happen(&mut detector, &mut now, &connectivity_check), vec![]);
            let probe = Happening { seconds: 0, probe: Some((source, 40, seen)) };
            prop_assert_eq!(happen(&mut detector, &mut now, &probe), vec![]);
        }
    }

}

proptest! {
    // Each case is hours of checks.
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn any_flapping_posts_at_most_six_lines_an_hour(
        rhythm in prop::collection::vec((70..600_i64, 100..750_i64, 1..5_usize), 3..12),
    ) {
        let mut bot = Prober::new();
        let mut when = at("12:00");
        for (down, up, services) in rhythm {
            let until = when + SignedDuration::from_secs(down); // long enough for an event, and back again soon
            for source in PROBES.iter().rev().take(services) {
                bot.answers(source, &when.to_string(), &until.to_string(), failing(503, ""));
            }
            when = until + SignedDuration::from_secs(up);
        }
        bot.run("11:50", &(when + SignedDuration::from_hours(1)).to_string());
        let lines = bot.line_times();
        for window in lines.windows(7) {
            let hour = window[6].duration_since(window[0]);
            prop_assert!(hour > SignedDuration::from_hours(1), "{}", bot.announced());
        }
        let snapshot = bot.detector.snapshot(when + SignedDuration::from_hours(1));
        prop_assert!(snapshot.open.is_empty() && snapshot.level() == Level::Up, "it calmed down");
    }
}
