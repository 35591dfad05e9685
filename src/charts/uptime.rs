//! The last days, one column per day.

use jiff::Timestamp;

use super::chart::{Chart, ChartColumn, ChartRow, Tick};
use super::counting::{named, share, spread};
use super::wording::{date, day, decimal, from, percent, said_head, service_name, titled_with};
use super::{ChartSpec, FillState, WHOLE};
use crate::health::{BucketSize, Percentage, ProbeCounts, ServiceCatalog, ServiceName, UptimeBucket};
use crate::i18n::Language;

/// Days in one chart, at most: the longest window of `/uptime`.
const DAYS: u16 = 90;
/// A day with a lower share counts as bad: 2 % of a day is half an hour.
const BAD_BELOW: Percentage = Percentage(9_800);
/// The least height of a day with any failure, in per cent. It is well above that of a day without.
const LEAST: u64 = 48;
/// At this share or a lower one a column has its full height: below a half, a taller column says nothing more.
const FULL_BELOW: u64 = 5_000;

/// The days of these services until `now`, from their day buckets; `window` is the name of the window: `7d`.
pub fn uptime(
    uptime_buckets: &[(ServiceName, Vec<UptimeBucket>)],
    catalog: &ServiceCatalog,
    window: &str,
    days: u16,
    now: Timestamp,
    language: Language,
) -> ChartSpec {
    let days = days.clamp(2, DAYS); // the strip shows a single day
    let (_, first) = BucketSize::covering(days, now);
    let mut said =
        vec![said_head("chart-uptime-alt", &language.say(&format!("window-{window}")), catalog, language)];
    let mut rows = Vec::new();
    for (service, uptime_buckets) in named(uptime_buckets, catalog) {
        let probes = spread(uptime_buckets, BucketSize::Day, first, days.into());
        let share = share(&probes);
        said.push(row_in_words(catalog.display_of(service), share, &probes, first, language));
        rows.push(ChartRow {
            name: service_name(service, catalog),
            share: share.map_or_else(|| language.say("chart-no-checks"), |share| percent(share, language)),
            columns: probes.into_iter().map(column).collect(),
        });
    }
    let legend = [
        (FillState::Good, "chart-day-good"),
        (FillState::Part, "chart-day-part"),
        (FillState::Bad, "chart-day-bad"),
        (FillState::Unseen, "chart-unseen"),
    ];
    ChartSpec::Chart(Chart {
        title: titled_with(
            "chart-uptime-title",
            &[("window", language.say(&format!("window-{window}")).into())],
            catalog,
            language,
        ),
        note: language.say_with("chart-uptime-note", &[("from", from(catalog, language).into())]),
        rows,
        ticks: dates(first, days, language),
        legend: legend.map(|(state, meaning)| (state, language.say(meaning))).into(),
        alt: said.join(" "),
    })
}

fn column(probes: ProbeCounts) -> ChartColumn {
    match probes.got_through() {
        None => FillState::Unseen.into(),
        Some(Percentage(10_000..)) => FillState::Good.into(),
        Some(share) => {
            // The square root makes an hour per day distinguishable from ten minutes.
            let failed = 10_000_u64.saturating_sub(share.0).min(FULL_BELOW);
            let height = LEAST + (100 - LEAST) * (failed * 10_000 / FULL_BELOW).isqrt() / 100;
            let state = if share < BAD_BELOW { FillState::Bad } else { FillState::Part };
            ChartColumn { state, height: u8::try_from(height).unwrap_or(100) }
        }
    }
}

fn row_in_words(
    service: &str,
    share: Option<Percentage>,
    probes: &[ProbeCounts],
    first: Timestamp,
    language: Language,
) -> String {
    let service = ("service", service.into());
    let Some(share) = share else { return language.say_with("chart-alt-unseen", &[service]) };
    let days = probes.iter().enumerate();
    let worst = days.filter_map(|(n, probes)| Some((probes.got_through()?, n))).min();
    let worst = worst.filter(|(share, _)| share.0 < 10_000).map(|(share, n)| {
        let at = first + BucketSize::Day.length() * i32::try_from(n).unwrap_or(i32::MAX);
        language.say_with("chart-alt-worst", &[("day", date(at, language).into()), ("share", decimal(share))])
    });
    let parts = [service, ("share", decimal(share)), ("worst", worst.unwrap_or_default().into())];
    language.say_with("chart-alt-days", &parts)
}

/// The date below about every sixth of the chart, in the middle of its column.
fn dates(first: Timestamp, days: u16, language: Language) -> Vec<Tick> {
    let step = days.div_ceil(7).max(1);
    let label = |n: u16| day(first + BucketSize::Day.length() * i32::from(n), language);
    let middle = |n: u16| u16::try_from((u32::from(n) * 2 + 1) * u32::from(WHOLE) / (u32::from(days) * 2));
    let ticks = (0..days)
        .rev()
        .step_by(step.into())
        .filter_map(|n| Some(Tick { at: middle(n).ok()?, label: label(n) }));
    let mut ticks: Vec<Tick> = ticks.collect();
    ticks.reverse();
    ticks
}
