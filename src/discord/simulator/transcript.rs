//! The transcript: what people read, line by line.
//!
//! ```text
//! 09:00:50  #ops  🔴 Spotify Web API is down: 503 "no healthy upstream" … (pings @ops)
//! 09:03:10  #ops  ✎ 🔴 Spotify Web API is down: …
//! 09:08:10  #ops  ↳ 🟢 Spotify Web API is back. It was down for 7 min 0 s. …
//! ```

use std::fmt::Write;

use super::render::RenderedChannel;
use super::{Inner, SimulatedChannel, Simulator, TranscriptChange, TranscriptEntry};
use crate::discord::permissions::OverwriteTarget;
use crate::discord::simulator::rules::RulesChannelKind;
use crate::ids::ChannelId;

impl Simulator {
    /// Returns the first line of each message that everybody read; edits, replies and pings are marked.
    pub fn transcript(&self) -> String {
        self.lock().transcript(|e| !private(e), false)
    }

    /// Returns everything, with whole texts, buttons, private answers and what people typed.
    pub fn transcript_in_full(&self) -> String {
        self.lock().transcript(|_| true, true)
    }

    /// Returns what was added after the first `entries` entries: the demo prints it as it comes.
    pub fn transcript_since(&self, entries: usize) -> (String, usize) {
        let inner = self.lock();
        let screen = inner.screen();
        let lines = inner.entries.iter().skip(entries).map(|e| inner.line(e, &screen, true));
        (lines.collect(), inner.entries.len())
    }
}

impl SimulatedChannel {
    /// Returns the first line of each message that everybody read in this channel.
    pub fn transcript(&self) -> String {
        self.discord.lock().transcript(|e| e.channel == self.id && !private(e), false)
    }

    /// Returns whole messages that everybody read in this channel.
    pub fn transcript_in_full(&self) -> String {
        self.discord.lock().transcript(|e| e.channel == self.id && !private(e), true)
    }
}

fn private(entry: &TranscriptEntry) -> bool {
    matches!(entry.what, TranscriptChange::Answered { private: true, .. } | TranscriptChange::Said(_))
}

impl Inner {
    fn transcript(&self, shown: impl Fn(&TranscriptEntry) -> bool, whole: bool) -> String {
        let screen = self.screen();
        self.entries.iter().filter(|e| shown(e)).map(|e| self.line(e, &screen, whole)).collect()
    }

    fn screen(&self) -> RenderedChannel<'_> {
        RenderedChannel { model: &self.model }
    }

    fn line(&self, entry: &TranscriptEntry, screen: &RenderedChannel<'_>, whole: bool) -> String {
        let mut line = format!("{}  {}  ", entry.at.strftime("%H:%M:%S"), self.place(entry.channel));
        let mark = match &entry.what {
            TranscriptChange::Posted(None) => String::new(),
            TranscriptChange::Posted(Some(_)) => "↳ ".into(),
            TranscriptChange::Edited => "✎ ".into(),
            TranscriptChange::Deleted => "✗ ".into(),
            TranscriptChange::Published => "📣 published: ".into(),
            TranscriptChange::Thread(name) => format!("🧵 {name}: "),
            TranscriptChange::Renamed(name) => format!("🏷 {name}"),
            TranscriptChange::Answered { by, private: false } => format!("→ {}: ", self.person(*by)),
            TranscriptChange::Answered { by, private: true } => format!("→ {} alone: ", self.person(*by)),
            TranscriptChange::Said(by) => format!("{}: ", self.person(*by)),
        };
        line.push_str(&mark);
        let text = screen.shown(&entry.text, entry.at);
        let whole = whole
            && !matches!(
                entry.what,
                TranscriptChange::Deleted | TranscriptChange::Published | TranscriptChange::Renamed(_)
            );
        if whole {
            let indent = format!("\n{}", " ".repeat(10));
            line.push_str(&text.replace('\n', &indent));
            for row in &entry.rows {
                let _ = write!(line, "{indent}{}", screen.row(row));
            }
            for alt in &entry.images {
                let _ = write!(line, "{indent}🖼 {alt}");
            }
            if let Some(file) = &entry.file {
                let _ = write!(line, "{indent}📎 {}", file.name);
            }
        } else {
            let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
            line.push_str(first);
            line.push_str(if rest.is_empty() { "" } else { " …" });
        }
        if !entry.pings.is_empty() {
            let _ = write!(line, " (pings {})", self.pinged(&entry.pings, screen));
        }
        line.push_str(if entry.quiet { " (silent)" } else { "" });
        line.push('\n');
        line
    }

    fn pinged(&self, pings: &[OverwriteTarget], screen: &RenderedChannel<'_>) -> String {
        let name = |whose: &OverwriteTarget| match whose {
            OverwriteTarget::Role(role) => screen.role(role.0),
            OverwriteTarget::Member(person) => self.person(*person),
        };
        pings.iter().map(name).collect::<Vec<_>>().join(", ")
    }

    fn person(&self, id: crate::ids::UserId) -> String {
        self.model.people.get(&id).map_or_else(|| "@somebody".into(), |name| format!("@{name}"))
    }

    /// Returns `#ops`, `#ops › a thread`, `@ada` for a direct conversation, with the server before it unless it is home.
    fn place(&self, id: ChannelId) -> String {
        let Some(channel) = self.model.channels.get(&id) else { return "#deleted".into() };
        if channel.kind == RulesChannelKind::Direct {
            let with = channel.name.parse().map(crate::ids::UserId).map(|id| self.person(id));
            return with.unwrap_or_default();
        }
        let parent = channel.parent.and_then(|p| self.model.channels.get(&p));
        let name = match parent {
            Some(parent) => format!("#{} › {}", parent.name, channel.name),
            None => format!("#{}", channel.name),
        };
        let guild = channel.guild.filter(|g| *g != self.home).and_then(|g| self.model.guilds.get(&g));
        guild.map_or(name.clone(), |g| format!("{}/{name}", g.name))
    }
}
