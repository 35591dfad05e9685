//! The uptime of the services over some days, in numbers.

use jiff::{SignedDuration, Timestamp};

use super::status::StatusReply;
use crate::charts;
use crate::chat::announce::precise;
use crate::chat::limits::{self, fit};
use crate::chat::message::{Image, Message};
use crate::chat::{escape, symbols, time, voices};
use crate::health::{BucketSize, Level, Outage, OutageKind, ProbeCounts, ServiceName, UptimeBucket, uptime};
use crate::i18n::Fragment;

/// The windows that people may choose: name and days.
pub const WINDOWS: &[(&str, u16)] = &[("24h", 1), ("7d", 7), ("30d", 30), ("90d", 90)];

/// The uptime of one service, or of each, in the last `days`, in numbers and as a chart. `outages` contains at least those that
/// touched these days. Shares are of our checks if some were counted, else of the time.
pub fn fared(
    seen: &StatusReply<'_>,
    service: Option<&ServiceName>,
    (window, days): (&str, u16),
    outages: &[Outage],
    uptime_buckets: &[(ServiceName, Vec<UptimeBucket>)],
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
    let whole = escape::plain(&seen.catalog.display, 40);
    let span = language.say(&format!("window-{window}"));
    let counted = Counted::new(uptime_buckets, service, days, seen.now);
    let open = going_on().map(|outage| outage.level).max();
    let title = match (n, open) {
        (0, _) => "uptime-title-quiet",
        (_, Some(_)) => "uptime-title-open",
        _ => "uptime-title",
    };
    let symbol = symbols::symbol(open.unwrap_or(Level::Up));
    let parts = [
        ("symbol", symbol.into()),
        ("whole", (&whole).into()),
        ("window", span.into()),
        ("n", n.into()),
        ("open", still.into()),
    ];
    let mut lines = vec![language.say_with(title, &parts)];
    let shown =
        seen.catalog.services.iter().filter(|shown| service.is_none_or(|service| shown.name == *service));
    for service in shown {
        let fared = uptime(outages, &service.name, from, seen.now);
        let well = fared.down.is_zero();
        let share = counted.of(&service.name);
        let level = seen.snapshot.service(&service.name).map_or(Level::Unknown, |view| view.level);
        let parts = [
            ("symbol", symbols::symbol(level).into()),
            ("service", escape::plain(&service.display, 60).into()),
            ("share", Fragment::Decimal(share.clone().unwrap_or_else(|| precise(fared.share())).into())),
            ("down", time::lasting(fared.down, language).into()),
        ];
        let line = match (share.is_some(), well) {
            (true, true) => "uptime-checks-well",
            (true, false) => "uptime-checks",
            // A share of the time beside shares of checks would be read as one of them.
            (false, true) if counted.since.is_some() => "uptime-checks-none",
            (false, true) => "uptime-service-well",
            (false, false) => "uptime-service",
        };
        let line = language.say_with(line, &parts);
        let trouble = (!fared.trouble.is_zero()).then(|| {
            language.say_with("uptime-trouble", &[("trouble", time::lasting(fared.trouble, language).into())])
        });
        lines.push(format!("{line}{}", trouble.unwrap_or_default()));
    }
    let location = voices::from_location(&seen.catalog.location, language);
    let mut parts = vec![("from", location.into()), ("whole", (&whole).into())];
    let foot = match counted.since {
        Some(since) => {
            let span = i64::try_from(counted.seconds).unwrap_or(i64::MAX);
            let span = time::lasting(SignedDuration::from_secs(span), language);
            parts.extend([("span", span.into()), ("since", time::date(since).into())]);
            language.say_with("uptime-foot-checks", &parts)
        }
        None => language.say_with("uptime-foot", &parts),
    };
    let text = fit(&lines.join("\n"), "…", &format!("-# {foot}"), limits::MESSAGE);
    let image = counted.since.map(|_| counted.image(seen, window, days));
    Message { text, images: image.into_iter().collect(), ..Message::default() }
}

/// Our checks in the requested days.
struct Counted {
    uptime_buckets: Vec<(ServiceName, Vec<UptimeBucket>)>,
    /// How much time the counted checks cover, for the service with the most.
    seconds: u64,
    /// When the first of them were counted, or `None` without any.
    since: Option<Timestamp>,
}

impl Counted {
    fn new(
        uptime_buckets: &[(ServiceName, Vec<UptimeBucket>)],
        service: Option<&ServiceName>,
        days: u16,
        now: Timestamp,
    ) -> Self {
        let (span, first) = BucketSize::covering(days, now);
        let wanted = |uptime_bucket: &&UptimeBucket| {
            uptime_bucket.span == span && uptime_bucket.from >= first && uptime_bucket.probes.all() > 0
        };
        let uptime_buckets: Vec<(ServiceName, Vec<UptimeBucket>)> = uptime_buckets
            .iter()
            .filter(|(name, _)| service.is_none_or(|service| service == name))
            .map(|(name, uptime_buckets)| {
                (name.clone(), uptime_buckets.iter().filter(wanted).cloned().collect())
            })
            .collect();
        let all = || uptime_buckets.iter().flat_map(|(_, uptime_buckets)| uptime_buckets);
        let of_one = |uptime_buckets: &[UptimeBucket]| {
            uptime_buckets.iter().map(|uptime_bucket| uptime_bucket.probes.all()).sum()
        };
        let seconds =
            uptime_buckets.iter().map(|(_, uptime_buckets)| of_one(uptime_buckets)).max().unwrap_or(0);
        let since = all().map(|uptime_bucket| uptime_bucket.from).min();
        Self { uptime_buckets, seconds, since }
    }

    /// The share of checks of a service that succeeded.
    fn of(&self, service: &ServiceName) -> Option<String> {
        let (_, uptime_buckets) = self.uptime_buckets.iter().find(|(name, _)| name == service)?;
        let probes = uptime_buckets
            .iter()
            .fold(ProbeCounts::default(), |sum, uptime_bucket| sum.plus(uptime_bucket.probes));
        probes.got_through().map(|share| share.to_string())
    }

    fn image(&self, seen: &StatusReply<'_>, window: &str, days: u16) -> Image {
        let (catalog, language) = (seen.catalog, seen.language);
        let drawing = if days <= 1 {
            charts::strip(&self.uptime_buckets, catalog, seen.now, language)
        } else {
            charts::uptime(&self.uptime_buckets, catalog, window, days, seen.now, language)
        };
        Image::to_draw(format!("uptime-{window}.png"), drawing)
    }
}
