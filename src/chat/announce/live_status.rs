//! The live status message: the one message of a channel that is kept current.

use super::RenderContext;
use crate::charts;
use crate::chat::limits::{self, fit};
use crate::chat::message::{self, Message};
use crate::chat::replies::status;
use crate::chat::time;
use crate::health::{ServiceName, StatusSnapshot, UptimeBucket};

/// The text and buttons of the live status message, rendered from the newest snapshot.
pub fn live_message(snapshot: &StatusSnapshot, context: &RenderContext<'_>) -> Message {
    let seen = status::StatusReply {
        snapshot,
        catalog: context.catalog,
        language: context.language,
        now: context.now,
    };
    let ago = time::relative(snapshot.checked_at().unwrap_or(snapshot.at));
    let drawn = time::relative(context.now);
    let tail = format!(
        "-# {}\n-# {}",
        context.say("live-checked", &[("ago", (&ago).into()), ("drawn", (&drawn).into())]),
        live_message_foot(context),
    );
    Message {
        text: fit(&seen.body(None).join("\n"), "…", &tail, limits::MESSAGE),
        rows: seen.buttons(None),
        quiet: true,
        ..Message::default()
    }
}

/// The last line of every live status message, and of no other message: the bot finds the message again by it.
pub fn live_message_foot(context: &RenderContext<'_>) -> String {
    context.say("live-foot", &[("whole", (&context.whole()).into())])
}

/// The chart of the last 24 hours for the live status message, or `None` before any check is counted.
pub fn strip(
    uptime_buckets: &[(ServiceName, Vec<UptimeBucket>)],
    context: &RenderContext<'_>,
) -> Option<message::Image> {
    let counted = uptime_buckets
        .iter()
        .flat_map(|(_, uptime_buckets)| uptime_buckets)
        .any(|uptime_bucket| uptime_bucket.probes.all() > 0);
    let drawing = || charts::strip(uptime_buckets, context.catalog, context.now, context.language);
    counted.then(|| message::Image::to_draw("last-24-hours.png", drawing()))
}
