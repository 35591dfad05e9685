//! Server certificates over real TLS: one that has expired, one that expires soon, one of an unknown authority.

use std::sync::Arc;

use healthy_upstream::clock::Clock;
use healthy_upstream::health::{Detector, FailureKind, Observation, Outcome, Policy};
use healthy_upstream::probe::spotify::{catalog, specs};
use healthy_upstream::probe::{HttpOptions, HttpTransport, ProbeIntervals, SourceConfig, Transport, sources};
use healthy_upstream::throttle::Throttle;
use jiff::{SignedDuration, Timestamp};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A certificate authority of the test.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Starts a healthy Web API over https whose certificate expires at `expires`.
    async fn web_api(&self, expires: Timestamp) -> (String, tokio::task::JoinHandle<()>) {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let instant = |at: Timestamp| std::time::SystemTime::from(at).into();
        params.not_before = instant(expires - 90 * DAY);
        params.not_after = instant(expires);
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a server's certificate");
        let (listener, acceptor) =
            (TcpListener::bind("127.0.0.1:0").await.expect("a port"), TlsAcceptor::from(Arc::new(config)));
        let port = listener.local_addr().expect("an address").port();
        let server = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                // A client that does not trust our certificate closes the connection during the handshake.
                let Ok(mut socket) = acceptor.accept(socket).await else { continue };
                let body = r#"{"error":{"status":401,"message":"No token provided"}}"#;
                let answer = format!(
                    "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                let mut asked = [0; 4096];
                let _asked = socket.read(&mut asked).await;
                let _gone = socket.write_all(answer.as_bytes()).await;
                let _gone = socket.shutdown().await;
            }
        });
        (format!("https://localhost:{port}/v1/me"), server)
    }
}

/// Probes the Web API at `url`, trusting `authorities`. Returns the observation and a detector that has taken it.
async fn probe(url: &str, authorities: &str) -> (Observation, Detector) {
    let clock = Clock::system();
    let options = HttpOptions { authorities: authorities.to_owned(), ..HttpOptions::default() };
    let transport: Arc<dyn Transport> = Arc::new(HttpTransport::new(options, &clock).expect("a client"));
    let change = SourceConfig { name: "web-api".into(), url: Some(url.into()), ..SourceConfig::default() };
    let specs = specs(&[change]).expect("a catalog");
    let throttle = Arc::new(Throttle::new(clock.clone()));
    let sources =
        sources(&specs, &ProbeIntervals::default(), None, &transport, &clock, &throttle).expect("sources");
    let source = sources.iter().find(|source| source.name().as_str() == "web-api").expect("a source");
    let observation = source.probe().await;
    let mut detector = Detector::new(catalog(&specs, ""), Policy::default());
    detector.take(&observation);
    (observation, detector)
}

fn class(seen: &Outcome) -> Option<FailureKind> {
    match seen {
        Outcome::Unreachable(failure) => Some(failure.class),
        _ => None,
    }
}

#[tokio::test]
async fn expired_certificate_differs_from_other_failures() {
    let (authority, now) = (Authority::new(), Clock::system().now());
    let (url, _server) = authority.web_api(now - DAY).await;
    assert_eq!(class(&probe(&url, &authority.pem).await.0.seen), Some(FailureKind::TlsExpired));

    let (url, _server) = authority.web_api(now + 60 * DAY).await;
    let (observation, detector) = probe(&url, &authority.pem).await;
    assert_eq!(observation.seen, Outcome::Healthy, "the same server with a valid certificate is healthy");
    assert_eq!(detector.certificate_warnings(now), []);
    let stranger = probe(&url, "").await.0.seen;
    assert_eq!(class(&stranger), Some(FailureKind::Tls), "without its authority it is not trusted");
}

#[tokio::test]
async fn certificate_expiring_within_a_week_warns_while_healthy() {
    let (authority, now) = (Authority::new(), Clock::system().now());
    let expires = Timestamp::from_second((now + 3 * DAY).as_second()).expect("an instant");
    let (url, _server) = authority.web_api(expires).await;
    let (observation, detector) = probe(&url, &authority.pem).await;
    assert_eq!((observation.seen, observation.certificate_expires), (Outcome::Healthy, Some(expires)));
    let warnings = detector.certificate_warnings(now);
    let expiring: Vec<_> = warnings.iter().map(|w| (w.source.as_str(), w.expires)).collect();
    assert_eq!(expiring, [("web-api", expires)]);
}

#[test]
fn invalid_ca_certificates_are_refused_at_the_start() {
    let broken = "-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n".to_owned();
    let options = HttpOptions { authorities: broken, ..HttpOptions::default() };
    assert!(HttpTransport::new(options, &Clock::system()).is_err());
}
