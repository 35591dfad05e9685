//! Builds the real sources, over the network.

use std::sync::Arc;

use super::CliError;
use crate::clock::Clock;
use crate::config::Config;
use crate::health::ServiceCatalog;
use crate::probe::{
    ClientCredentials, HttpOptions, HttpTransport, ProbeIntervals, Source, Transport, sources, user_agent,
};
use crate::throttle::Throttle;

/// What is checked, and the means to check it.
pub(super) struct SourceSet {
    pub(super) catalog: ServiceCatalog,
    pub(super) throttle: Arc<Throttle>,
    pub(super) sources: Vec<Arc<dyn Source>>,
}

/// Builds the sources of a configuration. `tap` may wrap the transport to the network.
pub(super) fn build(
    config: &Config,
    clock: &Clock,
    tap: impl FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport>,
) -> Result<SourceSet, CliError> {
    let (specs, catalog) = config.watched()?;
    let contact = config.operator.contact.as_deref().unwrap_or(env!("CARGO_PKG_REPOSITORY"));
    let options = HttpOptions {
        user_agent: user_agent(contact),
        timeout: config.checks.timeout,
        authorities: config.checks.ca_certificates.clone(),
        proxy: config.proxy.clone(),
        ..HttpOptions::default()
    };
    let http = HttpTransport::new(options, clock)
        .map_err(|e| CliError::Network(format!("no HTTP client can be made: {e}")))?;
    let transport = tap(Arc::new(http));
    let throttle = Arc::new(Throttle::new(clock.clone()));
    let pace = ProbeIntervals { interval: config.checks.interval, ..ProbeIntervals::default() };
    let client = &config.checks.client;
    let credentials = client.as_ref().map(|(id, secret)| ClientCredentials {
        id: id.clone(),
        secret: secret.clone(),
        token_url: None,
    });
    let sources = sources(&specs, &pace, credentials.as_ref(), &transport, clock, &throttle)
        .map_err(|e| CliError::Input(e.to_string()))?;
    Ok(SourceSet { catalog, throttle, sources: sources.into_iter().map(Arc::from).collect() })
}
