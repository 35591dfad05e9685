//! The status of Spotify, in the three voices.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::chat::limits::{self, fit};
use crate::chat::message::{ActionRow, Button, ButtonStyle, Message};
use crate::chat::{announce, escape, symbols, time, voices};
use crate::health::{FailureKind, Level, Outage, OutageKind, ServiceCatalog, ServiceName, StatusSnapshot};
use crate::i18n::Language;

/// A snapshot and the circumstances that it is rendered for.
#[derive(Clone, Copy, Debug)]
pub struct StatusReply<'a> {
    pub snapshot: &'a StatusSnapshot,
    pub catalog: &'a ServiceCatalog,
    /// The language of the answer.
    pub language: Language,
    /// When the answer is rendered.
    pub now: Timestamp,
}

impl StatusReply<'_> {
    /// The whole answer for one service, or for all.
    pub fn answer(&self, service: Option<&ServiceName>) -> Message {
        let mut small = Vec::new();
        if let Some(inspected) = self.snapshot.checked_at() {
            small.push(self.language.say_with("checked", &[("ago", time::relative(inspected).into())]));
        }
        // The time of the next check would be wrong for later readers; the interval is not.
        if let Some(every) = self.snapshot.interval.filter(|_| self.snapshot.next_check.is_some()) {
            let every = time::roughly(every, self.language);
            small.push(self.language.say_with("checks-every", &[("every", (&every).into())]));
        }
        if self.outage(service).is_some() {
            small.extend(voices::people_too(self.snapshot.reports, self.language));
        }
        let tail = if small.is_empty() { String::new() } else { format!("-# {}", small.join(" · ")) };
        let more = self.language.say("status-more");
        let body = self.body(service).join("\n");
        let fits = limits::length(&body) + limits::length(&tail) < limits::SCREEN;
        let most = if fits { limits::SCREEN } else { limits::SCREEN.max(length_of_services(self)) };
        Message { text: fit(&body, &more, &tail, most), rows: self.buttons(service), ..Message::default() }
    }

    /// Headline, services, voices, advice, without the small print.
    pub fn body(&self, service: Option<&ServiceName>) -> Vec<String> {
        let mut lines = vec![self.headline(service)];
        if !self.is_blind() {
            let shown =
                self.snapshot.services.iter().filter(|s| service.is_none_or(|asked| s.name == *asked));
            let mut hour = true;
            for shown in shown {
                lines.push(symbols::service_line(shown, hour, self.language));
                hour &= shown.good_share.is_none();
            }
        }
        lines.push(String::new());
        let outage = self.outage(service).map(|outage| focused(outage, service));
        // A service that cannot be checked now is no evidence of a failure.
        let outage = outage.as_deref().filter(|outage| !self.snapshot.is_unchecked(outage));
        lines.push(match outage.filter(|outage| outage.seen.is_some() && !self.is_blind()) {
            Some(outage) => voices::we_see_outage(outage, &self.snapshot.location, self.language),
            None => voices::we_see(self.snapshot, self.now, self.language),
        });
        let page = self.snapshot.page.as_ref();
        lines.push(voices::page_says(self.snapshot, self.catalog, self.language));
        if outage.is_some_and(|outage| voices::page_is_behind(outage, page)) {
            lines.push(self.language.say("page-behind"));
        } else if !self.is_blind()
            && outage.is_none_or(|o| o.seen.is_none())
            && page.is_some_and(|p| p.level.is_bad())
        {
            lines.push(self.language.say("page-alone"));
        }
        match outage {
            Some(outage) if outage.seen.is_some() => lines.push(self.language.say("status-not-your-code")),
            _ => lines.extend(voices::people_report(self.snapshot.reports, self.is_blind(), self.language)),
        }
        lines
    }

    /// The first line, which is understood alone: `🔴 **Spotify Web API is down**, for 1 h 12 min`.
    pub fn headline(&self, service: Option<&ServiceName>) -> String {
        let whole = escape::plain(&self.catalog.display, 40);
        let say = |message: &str, subject: &str, n: u64| {
            let parts = [("whole", whole.as_str().into()), ("subject", subject.into()), ("n", n.into())];
            self.language.say_with(message, &parts)
        };
        if self.snapshot.own_network_down_since.is_some() {
            return say("headline-own-network", "", 0);
        }
        if self.snapshot.checked_at().is_none() {
            return say("headline-not-checked", "", 0);
        }
        if voices::is_stale(self.snapshot, self.now) {
            return say("headline-stale", "", 0);
        }
        if let Some(outage) = self.outage(service) {
            let outage = focused(outage, service);
            if self.snapshot.is_unchecked(&outage) {
                let hits =
                    outage.services.iter().filter(|(_, hit)| hit.until.is_none()).map(|(name, _)| name);
                let subject = symbols::Subject::of(self.catalog, hits, self.language);
                return say("headline-unknown", &subject.names, subject.count);
            }
            return self.outage_headline(&outage);
        }
        let shown: Vec<_> =
            self.snapshot.services.iter().filter(|s| service.is_none_or(|asked| s.name == *asked)).collect();
        let at = |level: Level| {
            shown.iter().filter(move |s| s.level == level).map(|s| &s.name).collect::<Vec<_>>()
        };
        let named = |services: Vec<&ServiceName>| symbols::Subject::of(self.catalog, services, self.language);
        let bad: Vec<_> = shown.iter().filter(|s| s.level.is_bad()).map(|s| &s.name).collect();
        if !bad.is_empty() {
            let (subject, level) = (named(bad), shown.iter().map(|s| s.level).max().unwrap_or_default());
            return format!(
                "{} {}",
                symbols::symbol(level),
                say("headline-not-sure", &subject.names, subject.count)
            );
        }
        if let Some(work) = self.open(service).find(|outage| outage.kind == OutageKind::Maintenance) {
            return self.outage_headline(work);
        }
        let unknown = at(Level::Unknown);
        if !unknown.is_empty() {
            let subject = named(unknown);
            return say("headline-unknown", &subject.names, subject.count);
        }
        let n = u64::try_from(shown.len()).unwrap_or(u64::MAX);
        match service {
            Some(service) => say("headline-up-one", &named(vec![service]).names, 1),
            None => say("headline-up", "", n),
        }
    }

    /// `🔴 **Spotify Web API is down**, for 1 h 12 min`.
    pub fn outage_headline(&self, outage: &Outage) -> String {
        let context = announce::RenderContext::new(self.catalog, self.language, self.now);
        let headline = announce::headline(outage, &context);
        let span = time::lasting(outage.duration(self.now), self.language);
        let said = self
            .language
            .say_with("headline-for", &[("headline", (&headline).into()), ("span", (&span).into())]);
        format!("{} {said}", symbols::symbol(outage.level))
    }

    /// The buttons for the current state.
    pub fn buttons(&self, service: Option<&ServiceName>) -> Vec<ActionRow> {
        let of =
            |what: &str| service.map_or_else(|| format!("status:{what}"), |s| format!("status:{what}:{s}"));
        // A button that changes this message names the message's language, because other readers may use another.
        let here = |what: &str| of(&format!("{what}@{}", self.language.tag()));
        let ask = |label: &str, action: &str, style: ButtonStyle| {
            Button::ask(self.language.say(label), action, style)
        };
        let outage = self.outage(service);
        let mut buttons = vec![
            ask("button-refresh", &here("refresh"), ButtonStyle::Plain),
            ask("button-meaning", &format!("faq:entry:{}", self.entry(service)), ButtonStyle::Plain),
        ];
        match outage {
            Some(outage) => {
                buttons.push(ask(
                    "button-notify-me",
                    &format!("status:tell-me:{}", outage.id),
                    ButtonStyle::Main,
                ));
                buttons.push(ask("button-me-too", &here("fails"), ButtonStyle::Plain));
            }
            None => buttons.push(ask("button-fails", &here("fails"), ButtonStyle::Plain)),
        }
        buttons.push(ask("button-day", &of("day"), ButtonStyle::Plain));
        vec![ActionRow::Buttons(buttons)]
    }

    /// The FAQ entry that explains the current state.
    fn entry(&self, service: Option<&ServiceName>) -> &'static str {
        let hits = self.outage(service).into_iter().flat_map(|outage| outage.services.values());
        let class = hits.filter_map(|hit| hit.failure.as_ref()).map(|failure| failure.class).next();
        match class {
            Some(FailureKind::NoHealthyUpstream) => "spotify-nhu",
            Some(
                FailureKind::UpstreamConnect
                | FailureKind::UpstreamTimeout
                | FailureKind::EnvoyEmpty
                | FailureKind::EdgeError
                | FailureKind::ApiServerError
                | FailureKind::ServerError,
            ) => "spotify-5xx",
            _ => "is-spotify-down",
        }
    }

    /// The outage that the answer is about: the worst that affects the service, or the catalog as a whole, or anything.
    pub fn outage(&self, service: Option<&ServiceName>) -> Option<&Outage> {
        let open = self.open(service).filter(|outage| outage.kind == OutageKind::Outage);
        open.max_by_key(|outage| (outage.level, outage.seen.is_some(), std::cmp::Reverse(outage.since)))
    }

    fn open(&self, service: Option<&ServiceName>) -> impl Iterator<Item = &Outage> {
        let hits = move |outage: &&Outage| {
            let hit = |name: &ServiceName| outage.services.get(name).is_some_and(|hit| hit.until.is_none());
            service.is_none_or(|service| hit(service) || hit(&self.catalog.whole))
        };
        self.snapshot.open.iter().filter(hits)
    }

    /// Returns whether nothing can be checked: our network fails, or there is no recent check.
    fn is_blind(&self) -> bool {
        self.snapshot.own_network_down_since.is_some()
            || self.snapshot.checked_at().is_none()
            || voices::is_stale(self.snapshot, self.now)
    }
}

/// An outage from one service's view. It is the whole outage if no service was asked for, or if it affects all.
fn focused<'o>(outage: &'o Outage, service: Option<&ServiceName>) -> Cow<'o, Outage> {
    let hit = service.and_then(|service| outage.services.get_key_value(service));
    let Some((service, hit)) = hit.filter(|_| outage.services.len() > 1) else {
        return Cow::Borrowed(outage);
    };
    Cow::Owned(Outage {
        level: hit.level,
        worst: hit.worst,
        since: hit.since,
        seen: outage.seen.map(|_| hit.since),
        services: [(service.clone(), hit.clone())].into(),
        ..outage.clone()
    })
}

/// The room for service lines. A very large catalog gets more than a phone's screen, so that the voices stay.
fn length_of_services(seen: &StatusReply<'_>) -> usize {
    let services: usize = seen
        .snapshot
        .services
        .iter()
        .map(|s| limits::length(&symbols::service_line(s, true, seen.language)) + 1)
        .sum();
    (services + 600).min(limits::MESSAGE)
}
