//! The one message of a channel that is kept current.

use super::Telling;
use crate::charts;
use crate::chat::answers::status;
use crate::chat::limits::{self, fit};
use crate::chat::message::{self, Message};
use crate::chat::time;
use crate::health::{ServiceName, StatusSnapshot, UptimeBucket};

/// The board's text and buttons, drawn now from the newest picture.
pub fn board(picture: &StatusSnapshot, telling: &Telling<'_>) -> Message {
    let seen =
        status::Seen { picture, profile: telling.profile, language: telling.language, now: telling.now };
    let ago = time::relative(picture.checked_at().unwrap_or(picture.at));
    let drawn = time::relative(telling.now);
    let tail = format!(
        "-# {}\n-# {}",
        telling.say("board-looked", &[("ago", (&ago).into()), ("drawn", (&drawn).into())]),
        board_foot(telling),
    );
    Message {
        text: fit(&seen.body(None).join("\n"), "…", &tail, limits::MESSAGE),
        rows: seen.buttons(None),
        quiet: true,
        ..Message::default()
    }
}

/// The last line of every board, and of nothing else: by it a board is found again.
pub fn board_foot(telling: &Telling<'_>) -> String {
    telling.say("board-foot", &[("whole", (&telling.whole()).into())])
}

/// The board's strip of the last 24 hours; none before anything was counted.
pub fn strip(
    tallies: &[(ServiceName, Vec<UptimeBucket>)],
    telling: &Telling<'_>,
) -> Option<message::Picture> {
    let counted = tallies.iter().flat_map(|(_, tallies)| tallies).any(|tally| tally.probes.all() > 0);
    let drawing = || charts::strip(tallies, telling.profile, telling.now, telling.language);
    counted.then(|| message::Picture::to_draw("last-24-hours.png", drawing()))
}
