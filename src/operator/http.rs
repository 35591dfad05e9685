//! `/healthz`, `/readyz` and `/metrics`.
//!
//! `/healthz` says that the process lives. `/readyz` names each thing that must work: the connection to Discord, the
//! store, recent checks, and that deliveries are sent. A supervisor restarts on the first, a load balancer uses the
//! second.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::channels;
use crate::clock::Clock;
use crate::health::StatusSnapshot;
use crate::listener::{self, ListenerLimits, Proof};
use crate::metrics::Metrics;
use crate::proxy::Proxy;
use crate::secret::Secret;
use crate::store::Store;
use crate::throttle::Throttle;

/// Checks older than this are stale.
const FRESH: SignedDuration = SignedDuration::from_mins(3);
/// A delivery that waits for longer is stuck: Discord's own short failures recover sooner.
pub(super) const DRAINS: SignedDuration = SignedDuration::from_mins(5);
/// A store that takes longer to answer is not ready.
const STORE_ANSWERS: SignedDuration = SignedDuration::from_secs(2);

/// How often the store's records are counted at most: counting a million takes a database 0.2 s, and several may
/// scrape.
const COUNTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// A few supervisors and scrapers send requests now and then. `/readyz` and `/metrics` wait at most twice
/// [`STORE_ANSWERS`] for the store.
const LIMITS: ListenerLimits = ListenerLimits {
    connections: 32,
    proven_within: SignedDuration::from_secs(5),
    lasts: SignedDuration::from_secs(10),
    proof: Proof::AnyRequest,
};

/// What the endpoints report on.
#[derive(Clone)]
pub struct HealthEndpoints {
    pub clock: Clock,
    pub metrics: Metrics,
    pub store: Arc<dyn Store>,
    pub snapshot: watch::Receiver<Arc<StatusSnapshot>>,
    /// Request budgets and rate-limit holds.
    pub throttle: Arc<Throttle>,
}

/// The endpoints, and when the store's records were last counted.
#[derive(Clone)]
struct Served {
    pages: HealthEndpoints,
    counted: Arc<tokio::sync::Mutex<Option<Timestamp>>>,
}

/// Serves the endpoints until `stop` turns true.
pub async fn serve(listener: TcpListener, pages: HealthEndpoints, stop: watch::Receiver<bool>) {
    let clock = pages.clock.clone();
    let served = Served { pages, counted: Arc::default() };
    let router = Router::new()
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(readiness))
        .route("/metrics", get(metrics))
        .with_state(served);
    listener::serve(listener, LIMITS.affordable(), clock, router, stop).await;
}

/// Requests `/healthz` of the bot that listens at an address, as a container's health check does. The error says why
/// the answer is not as expected.
pub async fn ask_health(mut address: SocketAddr) -> Result<(), String> {
    // A bot that listens on all addresses is called over loopback.
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    channels::ask(&channels::client(&Proxy::default())?, &Secret::new(&format!("http://{address}/healthz")))
        .await
}

async fn readiness(State(Served { pages, .. }): State<Served>) -> impl IntoResponse {
    let checks = pages.checks().await;
    let ready = checks.iter().all(|(_, fault)| fault.is_none());
    let named: serde_json::Map<String, Value> = checks
        .into_iter()
        .map(|(name, fault)| (name.to_owned(), fault.map_or_else(|| json!("ok"), Value::String)))
        .collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({"ready": ready, "checks": named});
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{body}\n"))
}

async fn metrics(State(Served { pages, counted }): State<Served>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    {
        // Locked while counting, so that a concurrent scrape does not count too.
        let (mut counted, now) = (counted.lock().await, pages.clock.now());
        if counted.is_none_or(|at| now.duration_since(at) >= COUNTED_EVERY)
            && let Some(Ok(counts)) = pages.clock.timeout(STORE_ANSWERS, pages.store.counts(None)).await
        {
            *counted = Some(now);
            for (name, count) in counts {
                pages.metrics.records(name, count);
            }
        }
    }
    if let Some(Ok(space)) = pages.clock.timeout(STORE_ANSWERS, pages.store.usage()).await {
        pages.metrics.usage(space.used, space.free);
    }
    for view in pages.throttle.views() {
        pages.metrics.budget(&view.host, f64::from(view.left), view.hold.is_some());
    }
    let (snapshot, now) = (pages.snapshot.borrow().clone(), pages.clock.now());
    for source in &snapshot.sources {
        if let Some(at) = source.checked_at {
            pages.metrics.probe_age(source.name.as_str(), now.duration_since(at));
        }
    }
    pages.metrics.outages_open(snapshot.open.len());
    ([(header::CONTENT_TYPE, kind)], pages.metrics.print())
}

impl HealthEndpoints {
    /// Whether every check of `/readyz` passes.
    pub async fn is_ready(&self) -> bool {
        self.checks().await.iter().all(|(_, fault)| fault.is_none())
    }

    /// Returns each thing that must work, with its fault if it does not.
    pub async fn checks(&self) -> Vec<(&'static str, Option<String>)> {
        let now = self.clock.now();
        let discord = (!self.metrics.is_connected()).then(|| "not connected to Discord".to_owned());
        let probed = self.snapshot.borrow().checked_at();
        let blind = self.snapshot.borrow().blind_since(Timestamp::MIN);
        let sources = match (probed, blind) {
            (Some(_), Some(since)) if since == Timestamp::MIN => {
                Some("no source has answered yet".to_owned())
            }
            (Some(_), Some(since)) => Some(format!("no source has answered since {since}")),
            (None, _) => Some("no check was made yet".to_owned()),
            (Some(at), None) if now.duration_since(at) > FRESH => Some(format!("the last check was at {at}")),
            (Some(_), None) => None,
        };
        let (store, outbox) = match self.clock.timeout(STORE_ANSWERS, self.store.longest_waiting()).await {
            None => (Some("does not answer".to_owned()), Some("unknown".to_owned())),
            Some(Err(e)) => (Some(e.to_string()), Some("unknown".to_owned())),
            Some(Ok(Some(longest))) if now.duration_since(longest.waits_since()) > DRAINS => {
                (None, Some(format!("a message has been waiting since {}", longest.waits_since())))
            }
            Some(Ok(_)) => (None, None),
        };
        vec![("discord", discord), ("store", store), ("sources", sources), ("outbox", outbox)]
    }
}
