//! The answers of `/alerts` to moderators: the settings card, and confirmations.

use crate::alerts::{ChannelKind, Remains, ServiceFilter, Severity, Subscription, UpdateMode};
use crate::chat::limits::{self, fit, shorten};
use crate::chat::message::{ActionRow, Button, ButtonStyle, Menu, MenuChoice, MenuKind, Message};
use crate::chat::reason::reason;
use crate::chat::{escape, symbols, time};
use crate::health::ServiceCatalog;
use crate::i18n::Language;
use crate::ids::ChannelId;

/// Renders the answers of `/alerts`.
#[derive(Clone, Copy, Debug)]
pub struct SettingsCard<'a> {
    pub catalog: &'a ServiceCatalog,
    /// The language of the answers.
    pub language: Language,
}

impl SettingsCard<'_> {
    /// A subscription's settings, with menus and buttons that change them. `first`: it was just created. `caution`: not every
    /// role can be pinged.
    pub fn card(&self, subscription: &Subscription, first: bool, caution: bool) -> Message {
        let whole = escape::plain(&self.catalog.display, 40);
        let channel = subscription.channel.to_string();
        let title = if first { "card-saved" } else { "card-title" };
        let mut lines = vec![self.say(title, &[("channel", &channel), ("whole", &whole)])];
        lines.extend(self.differences(subscription));
        if let Some(paused) = &subscription.paused {
            let why = reason(&paused.why, 100, self.language);
            lines.push(self.say("card-paused", &[("at", &time::date(paused.since)), ("why", &why)]));
        }
        if caution && !subscription.roles.is_empty() {
            lines.push(self.language.say("card-roles-caution"));
        }
        Message {
            text: fit(&lines.join("\n"), "…", "", limits::MESSAGE),
            rows: self.card_rows(subscription),
            ..Message::default()
        }
    }

    pub(super) fn say(&self, message: &str, parts: &[(&str, &str)]) -> String {
        let parts: Vec<_> = parts.iter().map(|(name, part)| (*name, (*part).into())).collect();
        self.language.say_with(message, &parts)
    }

    pub(super) fn services(&self, subscription: &Subscription, all: &str) -> String {
        match &subscription.services {
            ServiceFilter::All => self.language.say(all),
            ServiceFilter::Only(services) => {
                symbols::Subject::short(self.catalog, services, self.language).names
            }
        }
    }

    /// The settings that differ from the defaults, one line each. A new moderator reads one line instead of six with "nobody" and
    /// "none".
    fn differences(&self, subscription: &Subscription) -> Vec<String> {
        let usual = Subscription::new(subscription.guild, subscription.channel, subscription.since);
        let mut lines = Vec::new();
        if subscription.services != usual.services {
            lines.push(
                self.say("card-services", &[("services", &self.services(subscription, "card-services-all"))]),
            );
        }
        if subscription.events != usual.events {
            lines.push(self.events(subscription));
        }
        if subscription.min_severity != usual.min_severity {
            lines.push(self.language.say(match subscription.min_severity {
                Severity::Outages => "card-severity-outages",
                Severity::Slowdowns => "card-severity-slowdowns",
            }));
        }
        if !subscription.roles.is_empty() {
            lines.push(self.say("card-roles", &[("roles", &roles(subscription))]));
        }
        if subscription.mode != usual.mode {
            lines.push(self.language.say(match subscription.mode {
                UpdateMode::Edit => "card-mode-edit",
                UpdateMode::Posts => "card-mode-posts",
                UpdateMode::Thread => "card-mode-thread",
            }));
        }
        lines.extend(self.extras(subscription));
        if lines.is_empty() {
            lines.push(self.language.say("card-defaults"));
        }
        lines
    }

    fn events(&self, subscription: &Subscription) -> String {
        let on: Vec<String> = events(subscription)
            .into_iter()
            .filter(|(name, on)| *on && *name != "slowdowns" && *name != "publish")
            .map(|(name, _)| within_a_sentence(&self.language.say(&format!("event-{name}"))))
            .collect();
        let events = if on.is_empty() { self.language.say("card-events-none") } else { on.join(", ") };
        self.say("card-events", &[("events", &events)])
    }

    fn extras(&self, subscription: &Subscription) -> Option<String> {
        let extras = [
            (subscription.quiet, "extra-quiet"),
            (subscription.reminders, "extra-reminders"),
            (subscription.weekly, "extra-weekly"),
            (subscription.publish, "extra-publish"),
        ];
        let on: Vec<String> =
            extras.iter().filter(|(on, _)| *on).map(|(_, message)| self.language.say(message)).collect();
        (!on.is_empty()).then(|| self.say("card-extras", &[("extras", &on.join(", "))]))
    }

    fn card_rows(&self, subscription: &Subscription) -> Vec<ActionRow> {
        let channel = subscription.channel;
        let menu = |what: &str, choices: Vec<MenuChoice>, least: u8, most: usize| Menu {
            action: format!("alerts:set-{what}:{channel}"),
            hint: self.language.say(&format!("hint-{what}")),
            count: (least, u8::try_from(most.clamp(1, choices.len().max(1))).unwrap_or(u8::MAX)),
            of: MenuKind::Choices(choices),
        };
        let services = self.catalog.services.iter().take(limits::CHOICES).map(|service| MenuChoice {
            label: shorten(&service.display, limits::CHOICE),
            about: String::new(),
            value: shorten(service.name.as_str(), limits::CHOICE),
            chosen: matches!(&subscription.services, ServiceFilter::Only(only) if only.contains(&service.name)),
        });
        let services: Vec<MenuChoice> = services.collect();
        let events: Vec<MenuChoice> =
            events(subscription).into_iter().map(|(name, on)| self.choice("event", name, on)).collect();
        let modes =
            [(UpdateMode::Edit, "edit"), (UpdateMode::Posts, "posts"), (UpdateMode::Thread, "thread")];
        let modes = modes.map(|(mode, name)| self.choice("mode", name, mode == subscription.mode)).to_vec();
        let roles = Menu {
            action: format!("alerts:set-roles:{channel}"),
            hint: self.language.say("hint-roles"),
            of: MenuKind::Roles(subscription.roles.clone()),
            count: (0, 25),
        };
        let most = (services.len(), events.len());
        let mut rows = Vec::new();
        if !services.is_empty() {
            rows.push(ActionRow::Menu(menu("services", services, 0, most.0)));
        }
        rows.push(ActionRow::Menu(menu("events", events, 0, most.1)));
        rows.push(ActionRow::Menu(roles));
        rows.push(ActionRow::Menu(menu("mode", modes, 1, 1)));
        rows.push(ActionRow::Buttons(self.card_buttons(subscription)));
        rows
    }

    fn choice(&self, kind: &str, name: &str, chosen: bool) -> MenuChoice {
        MenuChoice {
            label: self.language.say(&format!("{kind}-{name}")),
            about: self.language.say(&format!("{kind}-{name}-about")),
            value: name.to_owned(),
            chosen,
        }
    }

    fn card_buttons(&self, subscription: &Subscription) -> Vec<Button> {
        let channel = subscription.channel;
        let toggle = |what: &str, on: bool| {
            let (state, style) = if on { ("on", ButtonStyle::Good) } else { ("off", ButtonStyle::Plain) };
            let label = self.language.say(&format!("button-{what}-{state}"));
            Button::ask(label, &format!("alerts:toggle-{what}:{channel}"), style)
        };
        let ask = |label: &str, what: &str, style: ButtonStyle| {
            Button::ask(self.language.say(label), &format!("alerts:{what}:{channel}"), style)
        };
        vec![
            toggle("quiet", subscription.quiet),
            toggle("reminders", subscription.reminders),
            toggle("weekly", subscription.weekly),
            ask("button-test", "test", ButtonStyle::Main),
            ask("button-unsubscribe", "unsubscribe", ButtonStyle::Danger),
        ]
    }

    /// Asks for confirmation before everything about a server is deleted, and names how much that is.
    pub fn ask_delete(&self, counts: &[(String, u64)]) -> Message {
        let stored: Vec<_> = counts.iter().filter(|(_, n)| *n > 0).collect();
        if stored.is_empty() {
            return Message::text(self.language.say("delete-nothing"));
        }
        let mut lines = vec![self.language.say("delete-ask")];
        lines.extend(stored.iter().map(|(kind, n)| {
            let named = format!("stored-{}", kind.replace('_', "-"));
            let kind =
                if self.language.has(&named) { self.language.say(&named) } else { escape::plain(kind, 60) };
            self.language.say_with("delete-count", &[("kind", (&kind).into()), ("n", (*n).into())])
        }));
        lines.push(self.language.say("delete-foot"));
        let label = self.language.say("button-delete-yes");
        let yes = Button::ask(label, "alerts:delete-data:yes", ButtonStyle::Danger);
        Message { text: lines.join("\n"), rows: vec![ActionRow::Buttons(vec![yes])], ..Message::default() }
    }

    /// What was deleted, what will be deleted when, and what cannot be deleted by us.
    pub fn deleted(&self, remains: Remains) -> Message {
        let gone = match remains {
            Remains::Nowhere => "deleted",
            Remains::Files => "deleted-files",
            Remains::Database => "deleted-database",
        };
        let lines = match remains {
            Remains::Nowhere => vec![gone],
            Remains::Files | Remains::Database => vec!["deleted", gone, "deleted-posts"],
        };
        let lines: Vec<String> = lines.into_iter().map(|line| self.language.say(line)).collect();
        Message::text(lines.join("\n"))
    }

    /// What the file of everything about a server contains.
    pub fn exported(&self, count: usize, cut: bool) -> Message {
        let n = u64::try_from(count).unwrap_or(u64::MAX);
        let mut text = self.language.say_with("exported", &[("n", n.into())]);
        if cut {
            text.push('\n');
            text.push_str(&self.language.say("exported-cut"));
        }
        Message::text(text)
    }

    /// One sentence that names a channel.
    pub fn about_channel(&self, message: &str, channel: ChannelId) -> Message {
        Message::text(self.say(message, &[("channel", &channel.to_string())]))
    }

    /// One sentence.
    pub fn note(&self, message: &str) -> Message {
        Message::text(self.language.say(message))
    }
}

/// The options of the events menu: name and whether it is chosen.
fn events(subscription: &Subscription) -> Vec<(&'static str, bool)> {
    let mut events = vec![
        ("start", subscription.events.start),
        ("worse", subscription.events.worse),
        ("end", subscription.events.end),
        ("maintenance", subscription.events.maintenance),
        ("slowdowns", subscription.min_severity == Severity::Slowdowns),
    ];
    if subscription.channel_kind == ChannelKind::Announcement {
        events.push(("publish", subscription.publish));
    }
    events
}

/// The chosen roles as mentions. They ping nobody, because the message lists whom it pings.
pub(super) fn roles(subscription: &Subscription) -> String {
    subscription.roles.iter().map(|role| format!("<@&{role}>")).collect::<Vec<_>>().join(" ")
}

/// A label inside a sentence: only its first letter becomes lower case, because German nouns stay capitalised.
fn within_a_sentence(label: &str) -> String {
    let mut letters = label.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
