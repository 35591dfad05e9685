//! Notifies systemd: ready, alive (watchdog), stopping. Without systemd nothing happens.

use jiff::SignedDuration;
use sd_notify::NotifyState;

pub fn ready() {
    notify(&[NotifyState::Ready]);
}

pub fn alive() {
    notify(&[NotifyState::Watchdog]);
}

pub fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// Returns how often systemd's watchdog must be notified: half of its timeout. Returns `None` without a watchdog.
pub fn watchdog_interval() -> Option<SignedDuration> {
    let timeouts = sd_notify::watchdog_enabled()?;
    SignedDuration::try_from(timeouts / 2).ok()
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd could not be notified");
    }
}
