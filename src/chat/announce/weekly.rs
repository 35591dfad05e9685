//! The weekly report: outages, durations and uptime of seven days.

use jiff::{SignedDuration, Timestamp};

use super::Telling;
use crate::chat::limits::{self, fit};
use crate::chat::message::Message;
use crate::chat::{escape, sign, time, voices};
use crate::health::{Level, Outage, OutageKind, uptime};
use crate::i18n::Fragment;

/// Outages that the report lists one by one, at most; more are counted.
const LISTED: usize = 8;

#[derive(Clone, Copy, Debug)]
pub struct Week<'a> {
    pub from: Timestamp,
    pub until: Timestamp,
    /// The outages that touched it, newest first.
    pub outages: &'a [Outage],
}

/// The report.
pub fn weekly(week: &Week<'_>, telling: &Telling<'_>) -> Message {
    let whole = telling.whole();
    let day = |at: Timestamp| format!("<t:{}:D>", at.as_second());
    let outages: Vec<&Outage> =
        week.outages.iter().filter(|outage| outage.kind == OutageKind::Outage).collect();
    let count = u64::try_from(outages.len()).unwrap_or(u64::MAX);
    let mut lines = vec![summary(week, &outages, telling)];
    let parts = [("from", day(week.from).into()), ("until", day(week.until).into())];
    lines.push(telling.say("weekly-days", &parts));
    for service in &telling.profile.services {
        let share = precise(uptime(week.outages, &service.name, week.from, week.until).share());
        let name = escape::plain(&service.display, 60);
        let parts = [("service", (&name).into()), ("share", Fragment::Decimal(share.into()))];
        lines.push(telling.say("weekly-service", &parts));
    }
    for outage in outages.iter().take(LISTED) {
        let subject = telling.subject(outage.services.keys());
        let span = telling.lasting(outage.duration(week.until));
        let parts = [
            ("at", time::date(outage.since).into()),
            ("subject", (&subject.names).into()),
            ("span", (&span).into()),
        ];
        lines.push(telling.say("weekly-outage", &parts));
    }
    let more = count.saturating_sub(u64::try_from(LISTED).unwrap_or(u64::MAX));
    if more > 0 {
        lines.push(telling.say("weekly-more", &[("n", more.into())]));
    }
    let foot = format!("-# {}", telling.say("weekly-foot", &[("whole", (&whole).into())]));
    Message {
        text: fit(&lines.join("\n"), "…", &foot, limits::MESSAGE),
        quiet: telling.quiet,
        ..Message::default()
    }
}

fn summary(week: &Week<'_>, outages: &[&Outage], telling: &Telling<'_>) -> String {
    let Some(worst) = outages.iter().map(|outage| outage.worst).max() else {
        let from = voices::from_place(&telling.profile.location, telling.language);
        return telling.say("weekly-quiet", &[("whole", telling.whole().into()), ("from", (&from).into())]);
    };
    let within = |outage: &&Outage| {
        let end = outage.until.unwrap_or(week.until).min(week.until);
        end.duration_since(outage.since.max(week.from)).max(SignedDuration::ZERO)
    };
    let sum = outages.iter().map(within).fold(SignedDuration::ZERO, SignedDuration::saturating_add);
    let open = outages.iter().any(|outage| outage.is_open());
    let symbol = sign::symbol(if open { worst } else { Level::Up });
    let n = u64::try_from(outages.len()).unwrap_or(u64::MAX);
    let parts = [
        ("symbol", symbol.into()),
        ("whole", telling.whole().into()),
        ("n", n.into()),
        ("span", telling.lasting(sum).into()),
    ];
    telling.say("weekly-sums", &parts)
}

/// A share of time as per cent with two digits, never rounded up to all of it.
pub(in super::super) fn precise(share: f64) -> String {
    let percent = (share.clamp(0.0, 1.0) * 10_000.0).floor() / 100.0;
    if percent >= 100.0 { "100".to_owned() } else { format!("{percent:.2}") }
}
