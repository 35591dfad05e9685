//! The address of a database as an operator writes it: `postgres://user@host/database`, with `sslmode`, `sslrootcert`
//! and `schema` after a question mark.
//!
//! Another machine is reached over TLS, and its certificate must be valid for its name, unless `sslmode=disable` is
//! set. This machine is reached without TLS, unless `sslmode` requires it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, SslNegotiation};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::StoreError;
use super::protection::Protection;

/// Our own schema for the tables, so that they can share a database with others.
const SCHEMA: &str = "healthy_upstream";

/// How long connecting may take: a command must be answered within 3 s.
const CONNECT: Duration = Duration::from_secs(1);

pub(super) struct DatabaseAddress {
    pub(super) config: Config,
    pub(super) protection: Protection,
    pub(super) schema: String,
    pub(super) shown: String,
}

impl DatabaseAddress {
    pub(super) fn read(address: &str, password: Option<&str>) -> Result<Self, StoreError> {
        let (base, query) = address.split_once('?').unwrap_or((address, ""));
        let (mut schema, mut authority, mut encrypt, mut rest) = (SCHEMA.to_owned(), None, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("schema", name) => name.clone_into(&mut schema),
                ("sslrootcert", file) => authority = Some(file.replace("%2F", "/")),
                ("sslmode", "disable") => encrypt = Some(false),
                // The weaker modes would let another machine answer for the database.
                ("sslmode", "allow" | "prefer" | "require" | "verify-ca" | "verify-full") => {
                    encrypt = Some(true);
                }
                _ => rest.push(pair),
            }
        }
        if schema.is_empty() || schema.len() > 63 || schema.starts_with("pg_") {
            return Err(StoreError::Address(
                "the value of schema= is not a valid PostgreSQL name".to_owned(),
            ));
        }
        let joined = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        let mut config: Config = joined.parse().map_err(|error: tokio_postgres::Error| {
            let why =
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            StoreError::Address(format!(
                "the address of the database is not understood ({why}): write postgres://USER@HOST/DATABASE"
            ))
        })?;
        if let Some(password) = password {
            config.password(password);
        }
        let local = Local::of(&config);
        let encrypt = encrypt.unwrap_or(authority.is_some() || local == Local::No);
        let protection = match (encrypt, local) {
            (true, _) => {
                config.ssl_mode(SslMode::Require);
                Protection::Tls(tls(authority.as_deref())?)
            }
            // A socket is a file of this machine, and the library accepts no host name for it.
            (false, Local::Socket) => {
                config.ssl_mode(SslMode::Disable);
                Protection::Plain
            }
            (false, _) => {
                // This makes the library use no TLS of its own and pass the bare connection to `Protection`, which
                // guards it.
                config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct);
                Protection::Plain
            }
        };
        if config.get_application_name().is_none() {
            config.application_name("healthy-upstream");
        }
        config
            .connect_timeout(CONNECT)
            .tcp_user_timeout(Duration::from_secs(10))
            .keepalives_idle(Duration::from_secs(15));
        let shown = shown(&config);
        Ok(Self { config, protection, schema, shown })
    }
}

/// Whether a database is on this machine.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Local {
    /// Behind a socket in its file system.
    Socket,
    /// Behind its loopback address.
    Loopback,
    No,
}

impl Local {
    fn of(config: &Config) -> Self {
        let hosts = config.get_hosts();
        let is_local = |host: &Host| match host {
            Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
            #[cfg(unix)]
            Host::Unix(_) => true,
        };
        #[cfg(unix)]
        if !hosts.is_empty() && hosts.iter().all(|host| matches!(host, Host::Unix(_))) {
            return Self::Socket;
        }
        // An explicit address decides where a name leads.
        let addresses = config.get_hostaddrs();
        let is_here = if addresses.is_empty() {
            !hosts.is_empty() && hosts.iter().all(is_local)
        } else {
            addresses.iter().all(IpAddr::is_loopback)
        };
        if is_here { Self::Loopback } else { Self::No }
    }
}

fn shown(config: &Config) -> String {
    let host = config.get_hosts().first().map_or_else(String::new, |host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    });
    let port = config.get_ports().first().filter(|port| **port != 5432).map(|port| format!(":{port}"));
    format!(
        "{}@{host}{}/{}",
        config.get_user().unwrap_or_default(),
        port.unwrap_or_default(),
        config.get_dbname().or(config.get_user()).unwrap_or_default()
    )
}

/// Configures TLS as everywhere in this program: rustls, with the roots that browsers trust or the given one.
fn tls(authority: Option<&str>) -> Result<MakeRustlsConnect, StoreError> {
    let mut roots = RootCertStore::empty();
    match authority {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(file) => {
            let wrong = |why: &dyn std::fmt::Display| {
                StoreError::Address(format!("sslrootcert={file} contains no readable certificate: {why}"))
            };
            let certificates = CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| wrong(&error))?;
                roots.add(certificate).map_err(|error| wrong(&error))?;
            }
            if roots.is_empty() {
                return Err(wrong(&"it is empty"));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Address(format!("TLS cannot be set up: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_shown_without_its_password() {
        let place = DatabaseAddress::read(
            "postgres://bot:hunter2@db.example:5433/alerts?schema=mine&sslmode=verify-full",
            None,
        )
        .expect("an address");
        assert_eq!((place.shown.as_str(), place.schema.as_str()), ("bot@db.example:5433/alerts", "mine"));
        assert_eq!(place.config.get_ssl_mode(), SslMode::Require);
        let given = DatabaseAddress::read("postgres://bot@/alerts?host=/run/postgresql", Some("hunter2"))
            .expect("an address");
        assert_eq!(given.config.get_password(), Some(&b"hunter2"[..]));
        assert_eq!(
            (given.shown.as_str(), given.schema.as_str()),
            ("bot@/run/postgresql/alerts", "healthy_upstream")
        );
    }

    #[test]
    fn other_machines_need_verified_tls_unless_switched_off() {
        let is_tls = |place: &str| {
            let place = DatabaseAddress::read(&format!("postgres://bot@{place}"), None).expect("an address");
            matches!(place.protection, Protection::Tls(_))
        };
        for encrypted in [
            "db.example/alerts",
            "10.0.0.5/alerts",
            "localhost.example/alerts",
            "db.example/alerts?sslmode=prefer",
            "db.example/alerts?sslmode=allow",
            "db.example/alerts?sslmode=require",
            "127.0.0.1/alerts?sslmode=verify-full",
            "localhost/alerts?hostaddr=10.0.0.5",
            "127.0.0.1,db.example/alerts",
        ] {
            assert!(is_tls(encrypted), "{encrypted}");
        }
        for plain in [
            "127.0.0.1/alerts",
            "localhost/alerts",
            "[::1]/alerts",
            "/alerts?host=/run/postgresql",
            "db.example/alerts?sslmode=disable",
        ] {
            assert!(!is_tls(plain), "{plain}");
        }
    }

    #[test]
    fn invalid_address_is_reported_without_the_password() {
        for wrong in [
            "postgres://bot:hunter2@db:port/alerts",
            "postgres://bot:hunter2@db/alerts?colour=red",
            "postgres://bot:hunter2@db/alerts?schema=",
            "postgres://bot:hunter2@db/alerts?sslrootcert=/nowhere.pem",
        ] {
            let Err(StoreError::Address(text)) = DatabaseAddress::read(wrong, None).map(|_| ()) else {
                panic!("{wrong}")
            };
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}
