//! How the services fared in a span of time, in numbers.

use jiff::{SignedDuration, Timestamp};

use super::status::Seen;
use crate::charts;
use crate::chat::announce::precise;
use crate::chat::limits::{self, fit};
use crate::chat::message::{Message, Picture};
use crate::chat::{escape, sign, time, voices};
use crate::health::{BucketSize, Level, Outage, OutageKind, ProbeCounts, ServiceName, UptimeBucket, uptime};
use crate::i18n::Fragment;

/// The spans that people may choose: name and days.
pub const WINDOWS: &[(&str, u16)] = &[("24h", 1), ("7d", 7), ("30d", 30), ("90d", 90)];

/// How one service, or each, fared in the last `days`, in numbers and as a picture; `outages` hold at least those that
/// touched these days. Shares are of our looks where some were counted, else of the time.
pub fn fared(
    seen: &Seen<'_>,
    service: Option<&ServiceName>,
    (window, days): (&str, u16),
    outages: &[Outage],
    tallies: &[(ServiceName, Vec<UptimeBucket>)],
) -> Message {
    let language = seen.language;
    let from = seen.now - SignedDuration::from_hours(24 * i64::from(days));
    let hits = |outage: &&Outage| {
        outage.kind == OutageKind::Outage
            && outage.until.is_none_or(|until| until > from)
            && service.is_none_or(|service| outage.services.contains_key(service))
    };
    let going_on = || outages.iter().filter(hits).filter(|outage| outage.is_open());
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let (n, still) = (count(outages.iter().filter(hits).count()), count(going_on().count()));
    let whole = escape::plain(&seen.profile.display, 40);
    let span = language.say(&format!("window-{window}"));
    let counted = Counted::new(tallies, service, days, seen.now);
    let open = going_on().map(|outage| outage.level).max();
    let title = match (n, open) {
        (0, _) => "uptime-title-quiet",
        (_, Some(_)) => "uptime-title-open",
        _ => "uptime-title",
    };
    let symbol = sign::symbol(open.unwrap_or(Level::Up));
    let parts = [
        ("symbol", symbol.into()),
        ("whole", (&whole).into()),
        ("window", span.into()),
        ("n", n.into()),
        ("open", still.into()),
    ];
    let mut lines = vec![language.say_with(title, &parts)];
    let shown =
        seen.profile.services.iter().filter(|shown| service.is_none_or(|service| shown.name == *service));
    for service in shown {
        let fared = uptime(outages, &service.name, from, seen.now);
        let well = fared.down.is_zero();
        let share = counted.of(&service.name);
        let level = seen.picture.service(&service.name).map_or(Level::Unknown, |view| view.level);
        let parts = [
            ("symbol", sign::symbol(level).into()),
            ("service", escape::plain(&service.display, 60).into()),
            ("share", Fragment::Decimal(share.clone().unwrap_or_else(|| precise(fared.share())).into())),
            ("down", time::lasting(fared.down, language).into()),
        ];
        let line = match (share.is_some(), well) {
            (true, true) => "uptime-looks-well",
            (true, false) => "uptime-looks",
            // A share of the time beside shares of looks would read as one of them.
            (false, true) if counted.since.is_some() => "uptime-looks-none",
            (false, true) => "uptime-service-well",
            (false, false) => "uptime-service",
        };
        let line = language.say_with(line, &parts);
        let trouble = (!fared.trouble.is_zero()).then(|| {
            language.say_with("uptime-trouble", &[("trouble", time::lasting(fared.trouble, language).into())])
        });
        lines.push(format!("{line}{}", trouble.unwrap_or_default()));
    }
    let place = voices::from_place(&seen.profile.location, language);
    let mut parts = vec![("from", place.into()), ("whole", (&whole).into())];
    let foot = match counted.since {
        Some(since) => {
            parts.extend([("n", counted.looks.into()), ("since", time::date(since).into())]);
            language.say_with("uptime-foot-looks", &parts)
        }
        None => language.say_with("uptime-foot", &parts),
    };
    let text = fit(&lines.join("\n"), "…", &format!("-# {foot}"), limits::MESSAGE);
    let picture = counted.since.map(|_| counted.picture(seen, window, days));
    Message { text, pictures: picture.into_iter().collect(), ..Message::default() }
}

/// Our looks of the days asked for.
struct Counted {
    tallies: Vec<(ServiceName, Vec<UptimeBucket>)>,
    looks: u64,
    /// When the first of them were counted; none without any.
    since: Option<Timestamp>,
}

impl Counted {
    fn new(
        tallies: &[(ServiceName, Vec<UptimeBucket>)],
        service: Option<&ServiceName>,
        days: u16,
        now: Timestamp,
    ) -> Self {
        let (span, first) = BucketSize::covering(days, now);
        let wanted =
            |tally: &&UptimeBucket| tally.span == span && tally.from >= first && tally.probes.all() > 0;
        let tallies: Vec<(ServiceName, Vec<UptimeBucket>)> = tallies
            .iter()
            .filter(|(name, _)| service.is_none_or(|service| service == name))
            .map(|(name, tallies)| (name.clone(), tallies.iter().filter(wanted).cloned().collect()))
            .collect();
        let all = || tallies.iter().flat_map(|(_, tallies)| tallies);
        let (looks, since) =
            (all().map(|tally| tally.probes.all()).sum(), all().map(|tally| tally.from).min());
        Self { tallies, looks, since }
    }

    /// The share of looks at a service that got through.
    fn of(&self, service: &ServiceName) -> Option<String> {
        let (_, tallies) = self.tallies.iter().find(|(name, _)| name == service)?;
        let looks = tallies.iter().fold(ProbeCounts::default(), |sum, tally| sum.plus(tally.probes));
        looks.got_through().map(|share| share.to_string())
    }

    fn picture(&self, seen: &Seen<'_>, window: &str, days: u16) -> Picture {
        let (profile, language) = (seen.profile, seen.language);
        let drawing = if days <= 1 {
            charts::strip(&self.tallies, profile, seen.now, language)
        } else {
            charts::uptime(&self.tallies, profile, window, days, seen.now, language)
        };
        Picture::to_draw(format!("uptime-{window}.png"), drawing)
    }
}
