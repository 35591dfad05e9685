//! How the services fared in a span of time, in numbers.
//!
//! Never: maintenance is not counted against anybody.

use jiff::SignedDuration;

use super::status::Seen;
use crate::chat::announce::precise;
use crate::chat::limits::{self, fit};
use crate::chat::message::Message;
use crate::chat::{escape, sign, time, voices};
use crate::health::{Kind, Level, Outage, ServiceName, uptime};

/// The spans that people may choose: name and days.
pub const WINDOWS: &[(&str, u16)] = &[("24h", 1), ("7d", 7), ("30d", 30), ("90d", 90)];

/// How one service, or each, fared in the last `days`; `outages` hold at least those that touched these days.
pub fn fared(
    seen: &Seen<'_>,
    service: Option<&ServiceName>,
    window: &str,
    days: u16,
    outages: &[Outage],
) -> Message {
    let language = seen.language;
    let from = seen.now - SignedDuration::from_hours(24 * i64::from(days));
    let hits = |outage: &&Outage| {
        outage.kind == Kind::Outage
            && outage.until.is_none_or(|until| until > from)
            && service.is_none_or(|service| outage.services.contains_key(service))
    };
    let n = u64::try_from(outages.iter().filter(hits).count()).unwrap_or(u64::MAX);
    let whole = escape::plain(&seen.profile.display, 40);
    let window = language.say(&format!("window-{window}"));
    let open = outages.iter().filter(hits).filter(|outage| outage.is_open()).map(|outage| outage.level).max();
    let title = match (n, open) {
        (0, _) => "uptime-title-quiet",
        (_, Some(_)) => "uptime-title-open",
        _ => "uptime-title",
    };
    let symbol = sign::symbol(open.unwrap_or(Level::Up));
    let parts =
        [("symbol", symbol.into()), ("whole", (&whole).into()), ("window", window.into()), ("n", n.into())];
    let mut lines = vec![language.say_with(title, &parts)];
    let shown =
        seen.profile.services.iter().filter(|shown| service.is_none_or(|service| shown.name == *service));
    for service in shown {
        let fared = uptime(outages, &service.name, from, seen.now);
        let well = fared.down.is_zero();
        let level = seen.picture.service(&service.name).map_or(Level::Unknown, |view| view.level);
        let parts = [
            ("symbol", sign::symbol(level).into()),
            ("service", escape::plain(&service.display, 60).into()),
            ("share", precise(fared.share()).into()),
            ("down", time::lasting(fared.down, language).into()),
        ];
        let line = language.say_with(if well { "uptime-service-well" } else { "uptime-service" }, &parts);
        let trouble = (!fared.trouble.is_zero()).then(|| {
            language.say_with("uptime-trouble", &[("trouble", time::lasting(fared.trouble, language).into())])
        });
        lines.push(format!("{line}{}", trouble.unwrap_or_default()));
    }
    let place = voices::from_place(&seen.profile.place, language);
    let foot = language.say_with("uptime-foot", &[("from", place.into()), ("whole", (&whole).into())]);
    Message::text(fit(&lines.join("\n"), "…", &format!("-# {foot}"), limits::MESSAGE))
}
