//! The built-in profile of Spotify, as data, and how a configuration changes it.
//!
//! This file is the only one that knows that what we watch is Spotify: everything else is told by these rows, so a
//! community that watches something else writes its own `[[source]]`s.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::health::{Service, ServiceCatalog, ServiceName, SourceName};

/// One `[[source]]` of the configuration: with the name of a built-in source, its keys replace that one's; with a new
/// name, it is a new source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceConfig {
    /// Its name: part of recordings.
    pub name: String,
    /// What is checked, `admin_listen` or `https`.
    pub url: Option<String>,
    /// `http_probe` (default), `page_tracker` or `connectivity_checks`.
    pub kind: Option<SourceKind>,
    /// `GET` (default) or `POST`.
    pub method: Option<Method>,
    /// The body of a `POST`, as a form; empty by default.
    pub form: Option<String>,
    /// What a healthy answer is.
    pub expect: Option<Expect>,
    /// The service that it tells about; a name that is not known yet makes a service.
    pub service: Option<String>,
    /// `true`: the check needs a token of the configured client credentials.
    pub tokened: Option<bool>,
    /// The shortest time between two checks, where it is longer than the usual pace: `"15min"`.
    pub at_most_every: Option<SignedDuration>,
    /// Names of a page's components that mean nothing; compared without case and punctuation.
    pub ignored_components: Vec<String>,
    /// `false` takes a built-in source out.
    pub enabled: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// It tells about one service.
    #[default]
    Probe,
    /// It is a status page.
    Page,
    /// It is a host of somebody else, which tells our own network's fault.
    #[serde(rename = "control")]
    ConnectivityCheck,
}

/// How a source is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    #[default]
    Get,
    /// `POST` with a form.
    Post,
}

/// What a healthy answer is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// Its status; 200 by default.
    pub status: u16,
    /// What its body is: `json` (default), `html` or `any`.
    pub body: BodyKind,
    /// A key that the JSON object must have.
    pub key: Option<String>,
    /// Every list in the JSON object must have something in it, and there must be one.
    pub lists: bool,
}

impl Default for Expect {
    fn default() -> Self {
        Self { status: 200, body: BodyKind::Json, key: None, lists: false }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyKind {
    #[default]
    Json,
    Html,
    Any,
}

/// One source, complete: a row of the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSpec {
    /// Its name: part of recordings.
    pub name: SourceName,
    /// What is checked.
    pub url: String,
    /// The host of the address, with its port where that is not the usual one: what budgets and bans are kept for.
    pub host: String,
    pub kind: SourceKind,
    /// How it is asked.
    pub method: Method,
    /// The body of a `POST`.
    pub form: String,
    /// What a healthy answer is; not read for pages, and any answer will do for the control.
    pub expect: Expect,
    /// The service that it tells about.
    pub service: Option<ServiceName>,
    /// The check needs a token.
    pub tokened: bool,
    /// The shortest time between two checks, where it is longer than the usual pace.
    pub at_most_every: Option<SignedDuration>,
    /// Names of a page's components that mean nothing.
    pub ignored_components: Vec<String>,
}

/// What is wrong with a source of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// A `[[source]]` has no name.
    #[error("a [[source]] has no name")]
    NoName,
    /// A name is not usable in recordings.
    #[error("source \"{0}\": a name is made of lower-case letters, digits and hyphens")]
    BadName(String),
    /// Two entries have one name.
    #[error("source \"{0}\" is configured twice")]
    Twice(String),
    /// A new source has no address.
    #[error("source \"{0}\": is not built in, so it needs a url")]
    NoUrl(String),
    /// An address cannot be used.
    #[error("source \"{name}\": url: {why}")]
    BadUrl {
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// A status that HTTP does not have.
    #[error("source \"{name}\": expect.status {status} is not of HTTP (100 to 999)")]
    BadStatus { name: String, status: u16 },
    /// A probe tells about no service.
    #[error("source \"{0}\": a probe needs a service that it tells about")]
    NoService(String),
    /// A pace that is not one.
    #[error("source \"{0}\": at_most_every must be longer than nothing")]
    BadIntervals(String),
}

/// The tokened search spends 96 of a developer account's daily calls at this pace; one app was cut at 600.
const SEARCH_INTERVALS: SignedDuration = SignedDuration::from_mins(15);

struct Row {
    name: &'static str,
    url: &'static str,
    kind: SourceKind,
    method: Method,
    status: u16,
    body: BodyKind,
    key: Option<&'static str>,
    lists: bool,
    service: Option<&'static str>,
    tokened: bool,
}

const GET_JSON: Row = Row {
    name: "",
    url: "",
    kind: SourceKind::Probe,
    method: Method::Get,
    status: 200,
    body: BodyKind::Json,
    key: None,
    lists: false,
    service: None,
    tokened: false,
};

/// The sources of Spotify. What a healthy one answers: see each row's reason.
const ROWS: &[Row] = &[
    // A third party recorded this page live on 2026-08-01; it is on Atlassian's infrastructure, not on Spotify's.
    Row {
        name: "status-page",
        url: "https://spotify.statuspage.io/api/v2/summary.json",
        kind: SourceKind::Page,
        ..GET_JSON
    },
    // 401 `No token provided`: DNS, TLS, front end, perimeter and API gateway live; costs no quota.
    Row {
        name: "web-api",
        url: "https://api.spotify.com/v1/me",
        status: 401,
        service: Some("web-api"),
        ..GET_JSON
    },
    // 400 `unsupported_grant_type`: the token service lives.
    Row {
        name: "accounts",
        url: "https://accounts.spotify.com/api/token",
        method: Method::Post,
        status: 400,
        key: Some("error"),
        service: Some("login"),
        ..GET_JSON
    },
    Row {
        name: "accounts-discovery",
        url: "https://accounts.spotify.com/.well-known/openid-configuration",
        service: Some("login"),
        ..GET_JSON
    },
    // What every app asks first; gave 502 on 2025-04-16.
    Row {
        name: "client-bootstrap",
        url: "https://apresolve.spotify.com/?type=accesspoint&type=dealer&type=spclient",
        lists: true,
        service: Some("apps"),
        ..GET_JSON
    },
    Row {
        name: "web-player",
        url: "https://open.spotify.com/",
        body: BodyKind::Html,
        service: Some("web-player"),
        ..GET_JSON
    },
    // Real data, but it spends quota: only with credentials, and seldom. One result: `limit` is at most 10 since 2026-02.
    Row {
        name: "web-api-search",
        url: "https://api.spotify.com/v1/search?q=a&type=artist&limit=1",
        key: Some("artists"),
        service: Some("web-api"),
        tokened: true,
        ..GET_JSON
    },
    // Neither Spotify's nor Google's (on whose front end Spotify stands); small, and any answer will do.
    Row {
        name: "control",
        url: "https://www.cloudflare.com/cdn-cgi/trace",
        kind: SourceKind::ConnectivityCheck,
        body: BodyKind::Any,
        ..GET_JSON
    },
];

/// Where tokens of the client credentials flow are asked for.
pub(super) const TOKEN_URL: &str = "https://accounts.spotify.com/api/token";

/// The service that stands for the whole, and how people say it.
const WHOLE: (&str, &str) = ("spotify", "Spotify");

/// The services of Spotify, in the order in which people read them.
const SERVICES: &[(&str, &str)] = &[
    ("web-api", "Web API"),
    ("login", "Login & tokens"),
    ("apps", "Desktop & mobile apps"),
    ("web-player", "Web player"),
];

/// The sources that are watched: the built-in ones as `changes` has them, then the new ones. Every problem at once.
pub fn specs(changes: &[SourceConfig]) -> Result<Vec<SourceSpec>, Vec<CatalogError>> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for change in changes {
        if change.name.is_empty() {
            problems.push(CatalogError::NoName);
        } else if !change.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            problems.push(CatalogError::BadName(change.name.clone()));
        } else if !seen.insert(&change.name) {
            problems.push(CatalogError::Twice(change.name.clone()));
        }
    }
    let change_of = |name: &str| changes.iter().find(|c| c.name == name);
    let built_in = ROWS.iter().map(|row| (Some(row), change_of(row.name)));
    let new = changes.iter().filter(|c| ROWS.iter().all(|row| row.name != c.name)).map(|c| (None, Some(c)));
    let mut specs = Vec::new();
    for (row, change) in built_in.chain(new) {
        if change.is_some_and(|c| c.enabled == Some(false)) {
            continue;
        }
        match complete(row, change.unwrap_or(&SourceConfig::default())) {
            Ok(spec) => specs.push(spec),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(specs) } else { Err(problems) }
}

fn complete(row: Option<&Row>, change: &SourceConfig) -> Result<SourceSpec, CatalogError> {
    let name = row.map_or_else(|| change.name.clone(), |row| row.name.to_owned());
    let base = row.unwrap_or(&GET_JSON);
    let kind = change.kind.unwrap_or(base.kind);
    let url = change.url.clone().unwrap_or_else(|| base.url.to_owned());
    if url.is_empty() {
        return Err(CatalogError::NoUrl(name));
    }
    let host = host_of(&url).map_err(|why| CatalogError::BadUrl { name: name.clone(), why })?;
    let expect = change.expect.clone().unwrap_or_else(|| Expect {
        status: base.status,
        body: base.body,
        key: base.key.map(str::to_owned),
        lists: base.lists,
    });
    if !(100..=999).contains(&expect.status) {
        return Err(CatalogError::BadStatus { name, status: expect.status });
    }
    let service = match kind {
        SourceKind::Probe => change.service.clone().or_else(|| base.service.map(str::to_owned)),
        SourceKind::Page | SourceKind::ConnectivityCheck => None,
    };
    if kind == SourceKind::Probe && service.is_none() {
        return Err(CatalogError::NoService(name));
    }
    let tokened = change.tokened.unwrap_or(base.tokened);
    let at_most_every = change.at_most_every.or(tokened.then_some(SEARCH_INTERVALS));
    if at_most_every.is_some_and(|intervals| intervals <= SignedDuration::ZERO) {
        return Err(CatalogError::BadIntervals(name));
    }
    Ok(SourceSpec {
        name: SourceName(name),
        url,
        host,
        kind,
        method: change.method.unwrap_or(base.method),
        form: change.form.clone().unwrap_or_default(),
        expect,
        service: service.map(ServiceName),
        tokened,
        at_most_every,
        ignored_components: change.ignored_components.clone(),
    })
}

/// The host of an address in lower case, with its port where that is not the usual one.
pub(super) fn host_of(url: &str) -> Result<String, String> {
    let parsed = reqwest::Url::parse(url).map_err(|e| e.to_string())?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err("it is neither http nor https".to_owned());
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err("no user name or password may stand in it".to_owned());
    }
    let host = parsed.host_str().filter(|h| !h.is_empty()).ok_or("it names no host")?;
    Ok(parsed.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// The start of an address: its scheme and host. Empty for what is no address of ours.
pub(super) fn home_of(url: &str) -> String {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    host_of(url).map_or_else(|_| String::new(), |host| format!("{scheme}://{host}"))
}

/// What is watched, for the judge, of these sources. `location` is where we look from, as people say it.
pub fn catalog(specs: &[SourceSpec], place: &str) -> ServiceCatalog {
    let mut services: Vec<Service> = SERVICES
        .iter()
        .map(|(name, display)| Service {
            name: (*name).into(),
            display: (*display).to_owned(),
            sources: Vec::new(),
            components: Vec::new(),
        })
        .collect();
    for spec in specs {
        let Some(name) = &spec.service else { continue };
        if let Some(known) = services.iter_mut().find(|s| s.name == *name) {
            known.sources.push(spec.name.clone());
        } else {
            services.push(Service {
                name: name.clone(),
                display: name.to_string(),
                sources: vec![spec.name.clone()],
                components: Vec::new(),
            });
        }
    }
    services.retain(|service| !service.sources.is_empty());
    let of_kind = |kind| specs.iter().filter(move |s| s.kind == kind).map(|s| s.name.clone());
    ServiceCatalog {
        display: WHOLE.1.to_owned(),
        whole: WHOLE.0.into(),
        services,
        pages: of_kind(SourceKind::Page).collect(),
        connectivity_checks: of_kind(SourceKind::ConnectivityCheck).next(),
        ignored_components: specs.iter().flat_map(|s| s.ignored_components.iter().cloned()).collect(),
        location: place.to_owned(),
        page_hosts: specs
            .iter()
            .filter(|spec| spec.kind == SourceKind::Page)
            .filter_map(|spec| host_of(&spec.url).ok())
            .collect(),
    }
}

#[cfg(test)]
#[path = "spotify_tests.rs"]
mod tests;
