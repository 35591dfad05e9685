//! A heartbeat's switch: an outside address that is asked every minute while the bot is ready. When the asking ends, whoever
//! keeps that address tells the operator, whatever became of this machine.

use jiff::SignedDuration;
use tokio::sync::watch;

use super::channels;
use super::http::HealthEndpoints;
use crate::lease_manager::Leadership;
use crate::proxy::Proxy;
use crate::secret::Secret;
use crate::watcher::stopped;

/// How often it is asked: what such services take for a usual pace.
const EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Asks the address every minute while everything that `/readyz` names is well, and this instance of the bot is on duty.
pub async fn hold(
    address: Secret,
    proxy: Proxy,
    pages: HealthEndpoints,
    duty: Leadership,
    mut stop: watch::Receiver<bool>,
) {
    let client = match channels::client(&proxy) {
        Ok(client) => client,
        Err(error) => return tracing::error!(error, "operator.heartbeat_url cannot be asked"),
    };
    loop {
        if duty.leads()
            && pages.is_ready().await
            && let Err(error) = channels::ask(&client, &address).await
        {
            tracing::warn!(error, "operator.heartbeat_url did not take our sign of life");
        }
        tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            () = pages.clock.sleep(EVERY) => {}
        }
    }
}
