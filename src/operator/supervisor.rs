//! What systemd hears: ready, a sign of life, stopping. Without systemd nobody listens and nothing happens.

use jiff::SignedDuration;
use sd_notify::NotifyState;

/// The bot is ready.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The bot lives.
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// The bot stops.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// How often a sign of life is wanted: half of what the supervisor waits; none where none is wanted.
pub fn rhythm() -> Option<SignedDuration> {
    let patience = sd_notify::watchdog_enabled()?;
    SignedDuration::try_from(patience / 2).ok()
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the supervisor did not hear");
    }
}
