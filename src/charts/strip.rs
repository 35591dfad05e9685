//! The last 24 hours, one column per five minutes.

use jiff::{SignedDuration, Timestamp};

use super::chart::{Chart, ChartColumn, ChartRow, Tick};
use super::counting::{named, share, spread};
use super::wording::{decimal, from, list, meaning, percent, said_head, service_name, time, titled};
use super::{ChartSpec, FillState, WHOLE};
use crate::health::{BucketSize, Percentage, ProbeCounts, ServiceCatalog, ServiceName, UptimeBucket};
use crate::i18n::Language;

/// Five minutes each: one day.
const SLOTS: usize = 288;
/// Spans of trouble that the alt text names per service, at most.
const SPANS: usize = 3;
/// Hours between two axis marks.
const HOURS: i64 = 4;

/// The strip of these services until `now`, from their five-minute buckets.
pub fn strip(
    uptime_buckets: &[(ServiceName, Vec<UptimeBucket>)],
    catalog: &ServiceCatalog,
    now: Timestamp,
    language: Language,
) -> ChartSpec {
    let (_, first) = BucketSize::covering(1, now);
    let end = BucketSize::Slot.begin(now) + BucketSize::Slot.length();
    let mut said = vec![said_head("chart-strip-alt", &time(end), catalog, language)];
    let mut rows = Vec::new();
    for (service, uptime_buckets) in named(uptime_buckets, catalog) {
        let probes = spread(uptime_buckets, BucketSize::Slot, first, SLOTS);
        let states: Vec<FillState> = probes.iter().map(|probes| state(*probes)).collect();
        let share = share(&probes);
        said.push(row_in_words(catalog.display_of(service), share, &troubles(&states, first), language));
        rows.push(ChartRow {
            name: service_name(service, catalog),
            share: share.map_or_else(|| language.say("chart-no-checks"), |share| percent(share, language)),
            columns: states.into_iter().map(ChartColumn::from).collect(),
        });
    }
    let legend = [FillState::Good, FillState::Part, FillState::Bad, FillState::Unseen];
    ChartSpec::Chart(Chart {
        title: titled("chart-strip-title", catalog, language),
        note: language.say_with("chart-strip-note", &[("from", from(catalog, language).into())]),
        rows,
        ticks: hours(first, end),
        legend: legend.map(|state| (state, language.say(meaning(state)))).into(),
        alt: said.join(" "),
    })
}

/// The state of one bucket: failing if at least half of the checks with a result failed.
fn state(probes: ProbeCounts) -> FillState {
    let ProbeCounts { good, degraded, bad, .. } = probes;
    let told = u64::from(good) + u64::from(degraded) + u64::from(bad);
    match (told, u64::from(bad) * 2 >= told, bad > 0 || u64::from(degraded) * 2 >= told) {
        (0, ..) => FillState::Unseen,
        (_, true, _) => FillState::Bad,
        (_, _, true) => FillState::Part,
        _ => FillState::Good,
    }
}

/// Spans of trouble: `12:20–13:40`.
fn troubles(states: &[FillState], first: Timestamp) -> Vec<String> {
    let at = |n: usize| first + BucketSize::Slot.length() * i32::try_from(n).unwrap_or(i32::MAX);
    let trouble = |state: FillState| matches!(state, FillState::Part | FillState::Bad);
    let mut spans = Vec::new();
    let mut from = 0;
    while from < states.len() {
        let long = states[from..].iter().take_while(|state| trouble(**state)).count();
        if long > 0 {
            spans.push(format!("{}–{}", time(at(from)), time(at(from + long))));
        }
        from += long.max(1);
    }
    spans
}

fn row_in_words(service: &str, share: Option<Percentage>, troubles: &[String], language: Language) -> String {
    let more = troubles.len().saturating_sub(SPANS);
    // People ask about the newest ones.
    let mut spans = list(troubles[more..].to_vec(), language);
    if more > 0 {
        let n = u64::try_from(more).unwrap_or(u64::MAX);
        spans = language.say_with("chart-spans-more", &[("spans", spans.into()), ("n", n.into())]);
    }
    let service = ("service", service.into());
    match share {
        None => language.say_with("chart-alt-unseen", &[service]),
        Some(share) if troubles.is_empty() => {
            language.say_with("chart-alt-calm", &[service, ("share", decimal(share))])
        }
        Some(share) => language
            .say_with("chart-alt-trouble", &[service, ("share", decimal(share)), ("spans", spans.into())]),
    }
}

/// Axis marks at every fourth hour in UTC.
fn hours(first: Timestamp, end: Timestamp) -> Vec<Tick> {
    let step = SignedDuration::from_hours(HOURS).as_secs();
    let (from, until) = (first.as_second(), end.as_second());
    let whole = until.saturating_sub(from).max(1);
    let mut ticks = Vec::new();
    let mut at = from + (-from).rem_euclid(step);
    while at <= until {
        let along = (at - from).saturating_mul(i64::from(WHOLE)) / whole;
        if let (Ok(along), Ok(at)) = (u16::try_from(along), Timestamp::from_second(at)) {
            ticks.push(Tick { at: along, label: time(at) });
        }
        at += step;
    }
    ticks
}
