//! The state of a server's channels: their list, and the doctor's findings.

use super::settings::{SettingsCard, roles};
use crate::alerts::{PermanentReason, Reason, Severity, Subscription, Suspension};
use crate::chat::limits::{self, length};
use crate::chat::message::{ActionRow, Button, ButtonStyle, Message};
use crate::chat::reason::reason;
use crate::chat::{escape, time};
use crate::ids::ChannelId;

/// A channel that does not get all its alerts.
#[derive(Clone, Debug)]
pub struct BrokenSubscription<'a> {
    pub channel: ChannelId,
    /// What is wrong.
    pub ailment: Ailment<'a>,
    /// The missed alert can be posted now.
    pub missed: bool,
}

/// Discord's code if a forum requires a tag on each post.
const NEEDS_TAG: u32 = 40067;

/// Why a channel does not get all its alerts.
#[derive(Clone, Debug)]
pub enum Ailment<'a> {
    /// According to Discord, this server has no such channel.
    Gone,
    /// Discord refused a request there; with the names of the needed permissions.
    Paused(&'a Suspension, String),
    /// The names of the missing permissions.
    Lacking(String),
    /// It is a forum that requires a tag on each post.
    MustTag,
    /// Why its last delivery failed.
    Missed(&'a Reason),
    /// Discord could not be asked, for this reason; `None` if there was no time. The channel may be healthy.
    Unchecked(Option<Reason>),
}

impl SettingsCard<'_> {
    /// A page of a server's subscriptions, one line each; pages are counted from 0. `lost` says why deliveries were given up,
    /// also in channels without subscription.
    pub fn list(
        &self,
        subscriptions: &[Subscription],
        lost: &[(ChannelId, &Reason)],
        allowed: usize,
        page: usize,
    ) -> Message {
        if subscriptions.is_empty() && lost.is_empty() {
            return Message::text(self.language.say("list-none"));
        }
        let whole = escape::plain(&self.catalog.display, 40);
        let parts = [
            ("n", count(subscriptions.len()).into()),
            ("whole", (&whole).into()),
            ("allowed", count(allowed).into()),
        ];
        let title = self.language.say_with("list-title", &parts);
        let foot = format!("-# {}", self.language.say("list-foot"));
        let given_up = |channel| lost.iter().rev().find(|(lost, _)| *lost == channel).map(|(_, why)| *why);
        let mut lines: Vec<String> =
            subscriptions.iter().map(|it| self.list_line(it, given_up(it.channel))).collect();
        let mut gone: Vec<ChannelId> = lost.iter().map(|(channel, _)| *channel).collect();
        gone.retain(|channel| subscriptions.iter().all(|it| it.channel != *channel));
        gone.dedup();
        lines.extend(gone.into_iter().map(|channel| {
            let given_up = self.given_up(given_up(channel));
            self.say("list-gone", &[("channel", &channel.to_string()), ("lost", &given_up)])
        }));
        let pages = pages(&lines, limits::MESSAGE.saturating_sub(length(&title) + length(&foot) + 2));
        let page = page.min(pages.len().saturating_sub(1));
        let shown = pages.get(page).map_or("", String::as_str);
        let turn = |label: &str, page: usize| {
            Button::ask(self.language.say(label), &format!("alerts:list:{page}"), ButtonStyle::Plain)
        };
        let back = page.checked_sub(1).map(|before| turn("button-list-back", before));
        let more = (page + 1 < pages.len()).then(|| turn("button-list-more", page + 1));
        let buttons: Vec<Button> = back.into_iter().chain(more).collect();
        Message {
            text: [title.as_str(), shown, &foot].join("\n"),
            rows: if buttons.is_empty() { Vec::new() } else { vec![ActionRow::Buttons(buttons)] },
            ..Message::default()
        }
    }

    fn list_line(&self, subscription: &Subscription, given_up: Option<&Reason>) -> String {
        let severity = self.language.say(match subscription.min_severity {
            Severity::Outages => "list-outages",
            Severity::Slowdowns => "list-slowdowns",
        });
        let roles = roles(subscription);
        let roles = if roles.is_empty() { roles } else { self.say("list-roles", &[("roles", &roles)]) };
        let paused = subscription
            .paused
            .as_ref()
            .map(|paused| self.say("list-paused", &[("why", &reason(&paused.why, 80, self.language))]));
        let paused = paused.unwrap_or_default() + &self.given_up(given_up);
        self.say(
            "list-line",
            &[
                ("channel", &subscription.channel.to_string()),
                ("services", &self.services(subscription, "list-all-services")),
                ("severity", &severity),
                ("roles", &roles),
                ("paused", &paused),
            ],
        )
    }

    fn given_up(&self, why: Option<&Reason>) -> String {
        why.map(|why| self.say("list-given-up", &[("why", &reason(why, 80, self.language))]))
            .unwrap_or_default()
    }

    /// The broken subscriptions of a server, how to fix each, and what they missed.
    pub fn doctor(&self, subscriptions: usize, patients: &[BrokenSubscription<'_>]) -> Message {
        if patients.is_empty() {
            return Message::text(if subscriptions == 0 {
                self.language.say("list-none")
            } else {
                self.language.say_with("doctor-title-well", &[("n", count(subscriptions).into())])
            });
        }
        let ill = patients.iter().filter(|it| !matches!(it.ailment, Ailment::Unchecked(_))).count();
        let (title, n) = match ill {
            0 => ("doctor-title-unchecked", patients.len()),
            ill => ("doctor-title", ill),
        };
        let mut text = self.language.say_with(title, &[("n", count(n).into())]);
        let more = |left: usize| self.language.say_with("doctor-more", &[("n", count(left).into())]);
        let room = limits::MESSAGE - length(&more(patients.len())) - 1;
        let mut buttons = Vec::new();
        for (before, broken) in patients.iter().enumerate() {
            // A button cannot name a channel, so a number says which channel it is for.
            let number = (patients.len() > 1).then_some(before + 1);
            let line = self.broken(broken, number);
            // The first one is always shown; its parts are short.
            let fits = length(&text) + 1 + length(&line) <= room && before < limits::ROWS * limits::BUTTONS;
            if before > 0 && !fits {
                text = text + "\n" + &more(patients.len() - before);
                break;
            }
            text = text + "\n" + &line;
            buttons.extend(broken.missed.then(|| self.post_now(broken.channel, number)));
        }
        let rows = buttons.chunks(limits::BUTTONS).map(|row| ActionRow::Buttons(row.to_vec())).collect();
        Message { text, rows, ..Message::default() }
    }

    fn broken(&self, broken: &BrokenSubscription<'_>, number: Option<usize>) -> String {
        let mark = number.map_or("•".to_owned(), |number| format!("**{number}.**"));
        let channel = broken.channel.to_string();
        let line = |message: &str, name: &str, part: &str| {
            self.say(message, &[("mark", &mark), ("channel", &channel), (name, part)])
        };
        let (paused, permissions) = match &broken.ailment {
            Ailment::Paused(paused, permissions) => (*paused, permissions),
            Ailment::Gone => return self.say("doctor-gone", &[("mark", &mark), ("channel", &channel)]),
            Ailment::Missed(why) => {
                return line("doctor-missed", "why", &reason(why, 150, self.language));
            }
            Ailment::Unchecked(None) => {
                return line("doctor-unchecked", "why", &self.language.say("doctor-no-time"));
            }
            Ailment::Unchecked(Some(why)) => {
                return line("doctor-unchecked", "why", &reason(why, 150, self.language));
            }
            Ailment::Lacking(permissions) => {
                let fix = self.say("doctor-fix-access", &[("permissions", permissions)]);
                return line("doctor-lacking", "fix", &fix);
            }
            Ailment::MustTag => return line("doctor-lacking", "fix", &self.language.say("doctor-fix-tag")),
        };
        let fix = match &paused.why {
            Reason::Refused(PermanentReason::ThreadClosed(_)) => self.language.say("doctor-fix-thread"),
            Reason::Refused(PermanentReason::NoPermission { code: NEEDS_TAG, .. }) => {
                self.language.say("doctor-fix-tag")
            }
            _ if permissions.is_empty() => self.language.say("doctor-fix-other"),
            _ => self.say("doctor-fix-access", &[("permissions", permissions)]),
        };
        self.say(
            "doctor-paused",
            &[
                ("mark", &mark),
                ("channel", &channel),
                ("at", &time::date(paused.since)),
                ("why", &reason(&paused.why, 100, self.language)),
                ("fix", &fix),
                ("retry", &time::clock(paused.retry)),
            ],
        )
    }

    fn post_now(&self, channel: ChannelId, number: Option<usize>) -> Button {
        let label = match number {
            None => self.language.say("button-post-now"),
            Some(number) => self.language.say_with("button-post-now-in", &[("n", count(number).into())]),
        };
        Button::ask(label, &format!("alerts:post-now:{channel}"), ButtonStyle::Main)
    }
}

/// Splits lines into pages of at most `room`.
fn pages(lines: &[String], room: usize) -> Vec<String> {
    let mut pages: Vec<String> = Vec::new();
    for line in lines {
        match pages.last_mut().filter(|page| length(page) + 1 + length(line) <= room) {
            Some(page) => *page = format!("{page}\n{line}"),
            None => pages.push(limits::shorten(line, room)),
        }
    }
    pages
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
