//! A dead man's switch: an external URL that is requested every minute while the bot is ready. When the requests end,
//! its operator raises an alarm, even if this machine is gone.

use jiff::SignedDuration;
use tokio::sync::watch;

use super::channels;
use super::http::HealthEndpoints;
use crate::clock::stopped;
use crate::cluster::Leadership;
use crate::proxy::Proxy;
use crate::secret::Secret;

/// How often the heartbeat is sent; such services expect about this interval.
const EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Requests the heartbeat URL every minute while every check of `/readyz` passes and this instance is the leader.
pub async fn hold(
    address: Secret,
    proxy: Proxy,
    pages: HealthEndpoints,
    leadership: Leadership,
    mut stop: watch::Receiver<bool>,
) {
    let client = match channels::client(&proxy) {
        Ok(client) => client,
        Err(error) => return tracing::error!(error, "operator.heartbeat_url cannot be called"),
    };
    loop {
        if leadership.leads()
            && pages.is_ready().await
            && let Err(error) = channels::ask(&client, &address).await
        {
            tracing::warn!(error, "operator.heartbeat_url did not accept the heartbeat");
        }
        tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            () = pages.clock.sleep(EVERY) => {}
        }
    }
}
