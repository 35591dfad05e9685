//! Renders a text as Discord's client shows it: mentions by name, timestamps in words.

use std::sync::LazyLock;

use jiff::Timestamp;
use regex::{Captures, Regex};

use crate::chat::message::MenuKind;
use crate::chat::{ActionRow, Button};
use crate::discord::simulator::rules::DiscordRules;
use crate::ids::{ChannelId, RoleId, UserId};

pub(super) struct RenderedChannel<'a> {
    pub(super) model: &'a DiscordRules,
}

/// Mentions and timestamps (reference, "Message formatting").
static MARKUP: LazyLock<Regex> = LazyLock::new(|| {
    // cannot fail: the pattern is constant, and every test of the transcript compiles it.
    #[allow(clippy::unwrap_used, reason = "the pattern is constant")]
    Regex::new(r"<(@&|@|#|t:)(-?\d+)(?::([tTdDfFR]))?>").unwrap()
});

impl RenderedChannel<'_> {
    pub(super) fn shown(&self, text: &str, now: Timestamp) -> String {
        let text = MARKUP.replace_all(text, |found: &Captures<'_>| {
            let id: i64 = found[2].parse().unwrap_or_default();
            let key = id.unsigned_abs();
            match &found[1] {
                "@&" => self.role(key),
                "@" => self.model.people.get(&UserId(key)).map_or("@somebody".into(), |n| format!("@{n}")),
                "#" => self
                    .model
                    .channels
                    .get(&ChannelId(key))
                    .map_or("#deleted".into(), |c| format!("#{}", c.name)),
                _ => time(id, found.get(3).map_or("f", |m| m.as_str()), now),
            }
        });
        text.into_owned()
    }

    pub(super) fn role(&self, id: u64) -> String {
        let mut roles = self.model.guilds.values().flat_map(|g| &g.roles);
        roles.find(|r| r.id == RoleId(id)).map_or_else(|| "@deleted-role".into(), |r| format!("@{}", r.name))
    }

    pub(super) fn row(&self, row: &ActionRow) -> String {
        match row {
            ActionRow::Buttons(buttons) => {
                let label = |b: &Button| match b {
                    Button::Ask { label, disabled: false, .. } => format!("[{label}]"),
                    Button::Ask { label, .. } => format!("({label})"),
                    Button::Link { label, .. } => format!("[{label} ↗]"),
                };
                buttons.iter().map(label).collect::<Vec<_>>().join(" ")
            }
            ActionRow::Menu(menu) => {
                let chosen = match &menu.of {
                    MenuKind::Choices(all) => {
                        all.iter().filter(|c| c.chosen).map(|c| c.label.clone()).collect()
                    }
                    MenuKind::Roles(roles) => roles.iter().map(|r| self.role(r.0)).collect::<Vec<_>>(),
                };
                let shown = if chosen.is_empty() { menu.hint.clone() } else { chosen.join(", ") };
                format!("[{shown} ▾]")
            }
        }
    }
}

fn time(seconds: i64, style: &str, now: Timestamp) -> String {
    let Ok(at) = Timestamp::from_second(seconds) else { return "?".into() };
    match style {
        "t" => at.strftime("%H:%M").to_string(),
        "T" => at.strftime("%H:%M:%S").to_string(),
        "d" | "D" => at.strftime("%Y-%m-%d").to_string(),
        "R" => relative(at, now),
        _ => at.strftime("%Y-%m-%d %H:%M").to_string(),
    }
}

/// Returns "3 minutes ago", "in 30 seconds", "now", as Discord's client does: a timestamp is whole seconds, and so is the
/// difference.
fn relative(at: Timestamp, now: Timestamp) -> String {
    let gap = at.as_second() - now.as_second();
    let size = gap.unsigned_abs();
    let (count, unit) = match size {
        0 => return "now".to_owned(),
        1..=59 => (size, "second"),
        60..=3599 => (size / 60, "minute"),
        3600..=86_399 => (size / 3600, "hour"),
        _ => (size / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    if gap < 0 { format!("{count} {unit}{plural} ago") } else { format!("in {count} {unit}{plural}") }
}
