//! What systemd hears: ready, a sign of life, stopping. Without systemd nobody listens and nothing happens.

use jiff::SignedDuration;
use sd_notify::NotifyState;

/// The bot is ready.
pub fn ready() {
    notify(&[NotifyState::Ready]);
}

/// The bot lives.
pub fn alive() {
    notify(&[NotifyState::Watchdog]);
}

/// The bot stops.
pub fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// How often a sign of life is wanted: half of what the supervisor waits; none where none is wanted.
pub fn rhythm() -> Option<SignedDuration> {
    let timeouts = sd_notify::watchdog_enabled()?;
    SignedDuration::try_from(timeouts / 2).ok()
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the supervisor did not hear");
    }
}
