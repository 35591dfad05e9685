//! The weekly report: outages, durations and uptime of seven days.

use jiff::{SignedDuration, Timestamp};

use super::RenderContext;
use crate::chat::limits::{self, fit};
use crate::chat::message::Message;
use crate::chat::{escape, symbols, time, voices};
use crate::health::{Level, Outage, OutageKind, uptime};
use crate::i18n::Fragment;

/// How many outages the report lists, at most; more are only counted.
const LISTED: usize = 8;

#[derive(Clone, Copy, Debug)]
pub struct WeeklyReport<'a> {
    pub from: Timestamp,
    pub until: Timestamp,
    /// The outages that affected it, newest first.
    pub outages: &'a [Outage],
}

/// Renders the weekly report.
pub fn weekly(week: &WeeklyReport<'_>, context: &RenderContext<'_>) -> Message {
    let whole = context.whole();
    let day = |at: Timestamp| format!("<t:{}:D>", at.as_second());
    let outages: Vec<&Outage> =
        week.outages.iter().filter(|outage| outage.kind == OutageKind::Outage).collect();
    let count = u64::try_from(outages.len()).unwrap_or(u64::MAX);
    let mut lines = vec![summary(week, &outages, context)];
    let parts = [("from", day(week.from).into()), ("until", day(week.until).into())];
    lines.push(context.say("weekly-days", &parts));
    for service in &context.catalog.services {
        let share = precise(uptime(week.outages, &service.name, week.from, week.until).share());
        let name = escape::plain(&service.display, 60);
        let parts = [("service", (&name).into()), ("share", Fragment::Decimal(share.into()))];
        lines.push(context.say("weekly-service", &parts));
    }
    for outage in outages.iter().take(LISTED) {
        let subject = context.subject(outage.services.keys());
        let span = context.lasting(outage.duration(week.until));
        let parts = [
            ("at", time::date(outage.since).into()),
            ("subject", (&subject.names).into()),
            ("span", (&span).into()),
        ];
        lines.push(context.say("weekly-outage", &parts));
    }
    let more = count.saturating_sub(u64::try_from(LISTED).unwrap_or(u64::MAX));
    if more > 0 {
        lines.push(context.say("weekly-more", &[("n", more.into())]));
    }
    let foot = format!("-# {}", context.say("weekly-foot", &[("whole", (&whole).into())]));
    Message {
        text: fit(&lines.join("\n"), "…", &foot, limits::MESSAGE),
        quiet: context.quiet,
        ..Message::default()
    }
}

fn summary(week: &WeeklyReport<'_>, outages: &[&Outage], context: &RenderContext<'_>) -> String {
    let Some(worst) = outages.iter().map(|outage| outage.worst).max() else {
        let from = voices::from_location(&context.catalog.location, context.language);
        return context.say("weekly-quiet", &[("whole", context.whole().into()), ("from", (&from).into())]);
    };
    let within = |outage: &&Outage| {
        let end = outage.until.unwrap_or(week.until).min(week.until);
        end.duration_since(outage.since.max(week.from)).max(SignedDuration::ZERO)
    };
    let sum = outages.iter().map(within).fold(SignedDuration::ZERO, SignedDuration::saturating_add);
    let open = outages.iter().any(|outage| outage.is_open());
    let symbol = symbols::symbol(if open { worst } else { Level::Up });
    let n = u64::try_from(outages.len()).unwrap_or(u64::MAX);
    let parts = [
        ("symbol", symbol.into()),
        ("whole", context.whole().into()),
        ("n", n.into()),
        ("span", context.lasting(sum).into()),
    ];
    context.say("weekly-sums", &parts)
}

/// A share of time as per cent with two digits. It is never rounded up to 100 %.
pub(in super::super) fn precise(share: f64) -> String {
    let percent = (share.clamp(0.0, 1.0) * 10_000.0).floor() / 100.0;
    if percent >= 100.0 { "100".to_owned() } else { format!("{percent:.2}") }
}
