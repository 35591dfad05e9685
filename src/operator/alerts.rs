//! What the operator must know, and how often: one message of a kind in ten minutes, with the number of alerts that it
//! covers.
//!
//! Pure: the caller passes the time and gets the sentences to send.

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::chat::escape;
use crate::health::SourceName;
use crate::notifier::OperatorEvent;

/// The interval between two messages of one kind: an hour of trouble is six lines of a kind, not six hundred.
pub const PACE: SignedDuration = SignedDuration::from_mins(10);

/// Characters of a question, or of a text from another machine: ten of them fit one message of 2,000.
const QUOTED: usize = 150;

#[derive(Clone, Debug, PartialEq)]
pub enum OperatorAlert {
    /// An event of the notifier.
    Notifier(OperatorEvent),
    /// A source does not call a host for a while.
    RateLimited {
        /// The source whose probe was refused.
        source: String,
        /// The host that refused it.
        host: String,
        until: Timestamp,
        why: String,
    },
    /// The certificate of a remote side expires soon, or has expired.
    Certificate {
        /// The source that sees it.
        source: SourceName,
        expires: Timestamp,
    },
    /// The store's disk is nearly full.
    NearlyFull {
        /// Bytes that are free.
        free: u64,
    },
    /// Interactions that could not be read since the last report.
    Unreadable(u64),
    /// Sessions that were started with Discord in the last 24 hours, at least half of the allowed number.
    Identifies { sent: u32, most: u32 },
    /// Checks that panicked since the last report.
    ProbePanicked(u64),
    /// Discord has not been connected, or no connection has stayed up, since this time.
    Disconnected(Timestamp),
    /// Discord is connected again after this long.
    Connected(SignedDuration),
    /// Pending deliveries do not get through.
    Stuck {
        since: Timestamp,
        /// The last error; empty if there was no attempt.
        why: String,
    },
    /// Pending deliveries get through again after this long.
    Unstuck(SignedDuration),
    /// When the last good backup was made; `None` if there is none.
    NotBackedUp(Option<Timestamp>),
    /// No source has answered since this time: nothing is known of any service.
    Blind(Timestamp),
    /// Sources answer again after this long.
    Sees(SignedDuration),
    /// Questions without an answer since the last report, with how often each was asked.
    Unanswered(Vec<(String, u64)>),
}

impl OperatorAlert {
    /// Returns the kind: there is one message of a kind in [`PACE`].
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Notifier(OperatorEvent::GivenUp { .. }) => "given up",
            Self::Notifier(OperatorEvent::Paused { .. }) => "paused",
            Self::Notifier(OperatorEvent::Healed { .. }) => "healed",
            Self::Notifier(OperatorEvent::Gone { .. }) => "gone",
            Self::Notifier(OperatorEvent::Malformed { .. }) => "malformed",
            Self::Notifier(OperatorEvent::Unauthorized { .. }) => "unauthorized",
            Self::Notifier(OperatorEvent::Store { .. }) => "store",
            Self::Notifier(OperatorEvent::Registration { .. }) => "registration",
            Self::RateLimited { .. } => "rate limited",
            Self::Certificate { .. } => "certificate",
            Self::NearlyFull { .. } => "nearly full",
            Self::Unreadable(_) => "unreadable",
            Self::Identifies { .. } => "identifies",
            Self::ProbePanicked(_) => "probe panicked",
            Self::Disconnected(_) => "disconnected",
            Self::Connected(_) => "connected",
            Self::Stuck { .. } => "stuck",
            Self::Unstuck(_) => "unstuck",
            Self::NotBackedUp(_) => "not backed up",
            Self::Blind(_) => "blind",
            Self::Sees(_) => "sees",
            Self::Unanswered(_) => "unanswered",
        }
    }
}

impl fmt::Display for OperatorAlert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Notifier(alert) => write!(f, "{alert}"),
            Self::RateLimited { source, host, until, why } => {
                let why = escape::plain(why, QUOTED);
                write!(f, "{host} refuses the checks of {source} until {}: {why}.", minute(*until))
            }
            Self::Certificate { source, expires } => {
                write!(f, "The certificate that {source} sees expires at {}.", minute(*expires))
            }
            Self::NearlyFull { free } => {
                let free = free / 1_000_000;
                write!(
                    f,
                    "The store's disk is nearly full: {free} MB are free. Below 200 MB, changes that people request are refused."
                )
            }
            Self::Unreadable(1) => f.write_str("An interaction could not be read; the log says why."),
            Self::Unreadable(count) => {
                write!(f, "{count} interactions could not be read; the log says why.")
            }
            Self::Identifies { sent, most } => write!(
                f,
                "{sent} of {most} new connections to Discord in a day are used; beyond them a few are left each hour. The log says why they end."
            ),
            Self::ProbePanicked(count) => write!(
                f,
                "A check panicked ({count}×): a bug in the bot. Its source is checked again; see the log."
            ),
            Self::Disconnected(since) => write!(
                f,
                "Discord is not connected since {}. Pending messages are sent when it is back.",
                minute(*since)
            ),
            Self::Connected(away) => {
                write!(f, "Discord is connected again after {} min.", away.as_mins().max(1))
            }
            Self::Stuck { since, why } => {
                write!(f, "Alerts have been stuck since {}", minute(*since))?;
                if !why.is_empty() {
                    write!(f, ": {}", escape::plain(why, QUOTED))?;
                }
                f.write_str(". They are sent as soon as possible.")
            }
            Self::Unstuck(waited) => {
                write!(f, "Alerts are delivered again after {} min.", waited.as_mins().max(1))
            }
            Self::NotBackedUp(None) => f.write_str("The store has no backup: see the log."),
            Self::NotBackedUp(Some(since)) => {
                write!(f, "The newest backup of the store is from {}: see the log.", minute(*since))
            }
            Self::Blind(since) => write!(
                f,
                "No source has answered since {}: nothing is known of any service, and no outage is \
                 detected. Check this machine's network.",
                minute(*since)
            ),
            Self::Sees(away) => write!(f, "Sources answer again after {} min.", away.as_mins().max(1)),
            Self::Unanswered(questions) => {
                f.write_str("Questions that found no answer since yesterday:")?;
                for (question, asked) in questions {
                    write!(f, "\n• {} ({asked}×)", escape::plain(question, QUOTED))?;
                }
                Ok(())
            }
        }
    }
}

fn minute(at: Timestamp) -> impl fmt::Display {
    at.strftime("%Y-%m-%d %H:%M UTC")
}

/// Groups alerts of one kind: those that follow too soon are counted and reported together.
#[derive(Debug, Default)]
pub struct GroupInterval(BTreeMap<&'static str, Pace>);

#[derive(Debug)]
struct Pace {
    reported: Timestamp,
    newest: Option<OperatorAlert>,
    held: u64,
}

impl GroupInterval {
    /// Adds an alert. Returns its sentence if it is to be sent now; otherwise it is held back.
    pub fn take(&mut self, alert: OperatorAlert, now: Timestamp) -> Option<String> {
        let kind = alert.kind();
        if let Some(pace) = self.0.get_mut(kind) {
            pace.held += 1;
            pace.newest = Some(alert);
            return None;
        }
        self.0.insert(kind, Pace { reported: now, newest: None, held: 0 });
        Some(alert.to_string())
    }

    /// Returns what was held back long enough: the newest of each kind, with the number of alerts that it covers.
    pub fn due(&mut self, now: Timestamp) -> Vec<String> {
        let mut said = Vec::new();
        self.0.retain(|_, pace| {
            if now.duration_since(pace.reported) < PACE {
                return true;
            }
            let Some(newest) = pace.newest.take() else { return false };
            said.push(match std::mem::take(&mut pace.held) {
                1 => newest.to_string(),
                count => format!("{newest} ({count} such in the last 10 minutes; this is the newest.)"),
            });
            pace.reported = now;
            true
        });
        said
    }

    /// Returns everything that is held back, because the process ends.
    pub fn rest(&mut self) -> Vec<String> {
        self.due(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ChannelId, GuildId};

    fn given_up(channel: u64) -> OperatorAlert {
        let why = "Discord was away for a day".to_owned();
        OperatorAlert::Notifier(OperatorEvent::GivenUp {
            guild: GuildId(1),
            channel: ChannelId(channel),
            why,
        })
    }

    #[test]
    fn repeated_alerts_are_grouped_and_other_kinds_pass_at_once() {
        let (mut pacing, start) = (GroupInterval::default(), Timestamp::UNIX_EPOCH);
        let mut said = Vec::new();
        for nth in 0..1_000 {
            let now = start + SignedDuration::from_millis(nth * 500);
            said.extend(pacing.take(given_up(nth.unsigned_abs()), now));
            said.extend(pacing.due(now));
        }
        assert_eq!(said, ["An alert to <#0> was given up: Discord was away for a day."]);
        assert!(pacing.take(OperatorAlert::Unreadable(1), start).is_some());
        let later = pacing.due(start + PACE);
        assert_eq!(later.len(), 1, "{later:?}");
        assert!(later[0].starts_with("An alert to <#999> was given up"), "{later:?}");
        assert!(later[0].ends_with("(999 such in the last 10 minutes; this is the newest.)"), "{later:?}");
        assert!(pacing.due(start + PACE * 2).is_empty(), "nothing is sent twice");
        assert!(
            pacing.take(given_up(7), start + PACE * 3).is_some(),
            "after a quiet period it is sent at once"
        );
    }

    #[test]
    fn ten_long_questions_fit_one_message_and_format_nothing() {
        let questions = vec![("@everyone **why** `no healthy upstream`? ".repeat(20), 12); 10];
        let said = OperatorAlert::Unanswered(questions).to_string();
        assert!(said.chars().count() <= 2_000, "{}", said.chars().count());
        assert!(!said.contains("**why**"), "{said}");
    }
}
