//! The built-in catalog of Spotify, as data, and how a configuration changes it.
//!
//! Only this file knows that the bot checks Spotify. Everything else follows from these rows, so a community that checks
//! something else configures its own `[[source]]`s.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::health::{Service, ServiceCatalog, ServiceName, SourceName};

/// One `[[source]]` of the configuration. With the name of a built-in source, its keys replace that source's keys; with a
/// new name, it is a new source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceConfig {
    /// Its name: part of recordings.
    pub name: String,
    /// The URL to check, `http` or `https`.
    pub url: Option<String>,
    /// `probe` (default), `page` or `control`.
    pub kind: Option<SourceKind>,
    /// `GET` (default) or `POST`.
    pub method: Option<Method>,
    /// The body of a `POST`, as a form; empty by default.
    pub form: Option<String>,
    /// What a healthy response is.
    pub expect: Option<Expect>,
    /// The service that it checks; an unknown name adds a service.
    pub service: Option<String>,
    /// `true` if the check needs a token of the configured client credentials.
    pub tokened: Option<bool>,
    /// The shortest time between two checks, if longer than the usual interval: `"15min"`.
    pub at_most_every: Option<SignedDuration>,
    /// Names of page components without meaning. Compared without case and punctuation.
    pub ignored_components: Vec<String>,
    /// `false` removes a built-in source.
    pub enabled: Option<bool>,
    /// The name of the vendor of this page, if there are several: `"GitHub"`.
    pub display: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// It checks one service.
    #[default]
    Probe,
    /// It is a status page.
    Page,
    /// A host of another owner, which shows whether our own network is at fault.
    #[serde(rename = "control")]
    ConnectivityCheck,
}

/// The HTTP method of a source's requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    #[default]
    Get,
    /// `POST` with a form.
    Post,
}

/// What a healthy response is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// Its status; 200 by default.
    pub status: u16,
    /// What its body is: `json` (default), `html` or `any`.
    pub body: BodyKind,
    /// A key that the JSON object must have.
    pub key: Option<String>,
    /// The JSON object must contain at least one list, and none may be empty.
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

/// One complete source: a row of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSpec {
    /// Its name: part of recordings.
    pub name: SourceName,
    /// The URL that is checked.
    pub url: String,
    /// The host of the URL, with a port if it is not the default. Request budgets and rate-limit holds are per host.
    pub host: String,
    pub kind: SourceKind,
    /// The HTTP method.
    pub method: Method,
    /// The body of a `POST`.
    pub form: String,
    /// What a healthy response is. Unused for pages; any response passes for a connectivity check.
    pub expect: Expect,
    /// The service that it checks.
    pub service: Option<ServiceName>,
    /// The check needs a token.
    pub tokened: bool,
    /// The shortest time between two checks, if longer than the usual interval.
    pub at_most_every: Option<SignedDuration>,
    /// Names of page components without meaning.
    pub ignored_components: Vec<String>,
    /// The name of the vendor of this page.
    pub display: Option<String>,
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
    /// A new source has no URL.
    #[error("source \"{0}\": is not built in, so it needs a url")]
    NoUrl(String),
    /// A URL is unusable.
    #[error("source \"{name}\": url: {why}")]
    BadUrl {
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// A status that HTTP does not have.
    #[error("source \"{name}\": expect.status {status} is not an HTTP status (100 to 999)")]
    BadStatus { name: String, status: u16 },
    /// A probe checks no service.
    #[error("source \"{0}\": a probe needs a service to check")]
    NoService(String),
    /// The interval is not positive.
    #[error("source \"{0}\": at_most_every must be longer than zero")]
    BadIntervals(String),
}

/// At this interval the tokened search uses 96 of a developer account's daily calls; one app was blocked at 600.
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

/// The sources of Spotify. The comment of each row gives the reason for its healthy response.
const ROWS: &[Row] = &[
    // A third party recorded this page live on 2026-08-01; it is on Atlassian's infrastructure, not on Spotify's.
    Row {
        name: "status-page",
        url: "https://spotify.statuspage.io/api/v2/summary.json",
        kind: SourceKind::Page,
        ..GET_JSON
    },
    // 401 `No token provided`: DNS, TLS, front end, perimeter and API gateway work; costs no quota.
    Row {
        name: "web-api",
        url: "https://api.spotify.com/v1/me",
        status: 401,
        service: Some("web-api"),
        ..GET_JSON
    },
    // 400 `unsupported_grant_type`: the token service works.
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
    // The first request of every app; returned 502 on 2025-04-16.
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
    // Another gateway than that of `web-api`: only this one failed on 2026-07-20. Costs no quota either.
    Row {
        name: "playback",
        url: "https://api.spotify.com/v1/me/player",
        status: 401,
        service: Some("playback"),
        ..GET_JSON
    },
    // Real data, but it costs quota: only with credentials, and rarely. One result: `limit` is at most 10 since 2026-02.
    Row {
        name: "web-api-search",
        url: "https://api.spotify.com/v1/search?q=a&type=artist&limit=1",
        key: Some("artists"),
        service: Some("web-api"),
        tokened: true,
        ..GET_JSON
    },
    // Neither Spotify's nor Google's (whose front end Spotify uses); small, and any response passes.
    Row {
        name: "control",
        url: "https://www.cloudflare.com/cdn-cgi/trace",
        kind: SourceKind::ConnectivityCheck,
        body: BodyKind::Any,
        ..GET_JSON
    },
    // Of another owner, because Cloudflare itself was down on 2025-11-18. Made for detecting whether there is a network.
    Row {
        name: "control-2",
        url: "https://captive.apple.com/hotspot-detect.html",
        kind: SourceKind::ConnectivityCheck,
        body: BodyKind::Any,
        ..GET_JSON
    },
];

/// The URL for tokens of the client credentials flow.
pub(super) const TOKEN_URL: &str = "https://accounts.spotify.com/api/token";

/// The service that represents the whole, and its display name.
const WHOLE: (&str, &str) = ("spotify", "Spotify");

/// The page of the built-in services.
const ROWS_PAGE: &str = "status-page";

/// The services of Spotify, in display order.
const SERVICES: &[(&str, &str)] = &[
    ("web-api", "Web API"),
    ("login", "Login & tokens"),
    ("apps", "Desktop & mobile apps"),
    ("web-player", "Web player"),
    ("playback", "Playback control"),
];

/// Returns the sources to check: the built-in ones with `changes` applied, then the new ones. Reports all problems at once.
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
        display: change.display.clone(),
    })
}

/// Returns the host of a URL in lower case, with a port if it is not the default.
pub(super) fn host_of(url: &str) -> Result<String, String> {
    let parsed = reqwest::Url::parse(url).map_err(|e| e.to_string())?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err("it is neither http nor https".to_owned());
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err("it must not contain a user name or password".to_owned());
    }
    let host = parsed.host_str().filter(|h| !h.is_empty()).ok_or("it names no host")?;
    Ok(parsed.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Returns the scheme and host of a URL; empty if the URL is unusable.
pub(super) fn home_of(url: &str) -> String {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    host_of(url).map_or_else(|_| String::new(), |host| format!("{scheme}://{host}"))
}

/// Returns the vendors of several status pages, each with its own services, so that a page speaks only for its own vendor.
/// Empty if there is one page, or if all pages cover the same services. `chosen` says which page a service is on.
pub fn vendors(
    specs: &[SourceSpec],
    catalog: &ServiceCatalog,
    chosen: &BTreeMap<ServiceName, SourceName>,
) -> Vec<ServiceCatalog> {
    let pages: Vec<&SourceSpec> = specs.iter().filter(|spec| spec.kind == SourceKind::Page).collect();
    if pages.len() < 2 {
        return Vec::new();
    }
    let mut vendors: Vec<ServiceCatalog> = Vec::new();
    for page in pages {
        let services: Vec<&Service> =
            catalog.services.iter().filter(|service| is_on(service, page, specs, chosen)).collect();
        let has =
            |vendor: &ServiceCatalog, name: &ServiceName| vendor.services.iter().any(|own| own.name == *name);
        let shared = |vendor: &&mut ServiceCatalog| services.iter().any(|it| has(vendor, &it.name));
        if let Some(vendor) = vendors.iter_mut().find(shared) {
            vendor.pages.push(page.name.clone());
            let more: Vec<Service> =
                services.iter().filter(|it| !has(vendor, &it.name)).map(|it| (*it).clone()).collect();
            vendor.services.extend(more);
            continue;
        }
        let built_in = page.name.as_str() == ROWS_PAGE;
        let display = page.display.clone().or_else(|| built_in.then(|| WHOLE.1.to_owned()));
        let display = display.unwrap_or_else(|| called(page, &services));
        let taken = |name: &str| vendors.iter().any(|it| it.whole.as_str() == name);
        let whole = slug(&display).filter(|name| !taken(name) && !is_service(name, catalog));
        let whole = whole.unwrap_or_else(|| page.name.to_string());
        vendors.push(ServiceCatalog {
            whole: ServiceName(whole),
            display,
            pages: vec![page.name.clone()],
            services: services.into_iter().cloned().collect(),
            ..catalog.clone()
        });
    }
    if vendors.len() < 2 { Vec::new() } else { vendors }
}

/// Returns the service that represents the whole catalog, named by its display name: `github-and-discord`.
pub fn whole_called(display: &str, catalog: &ServiceCatalog) -> ServiceName {
    let whole = slug(display).filter(|name| !is_service(name, catalog));
    whole.map_or_else(|| catalog.whole.clone(), ServiceName)
}

fn is_service(name: &str, catalog: &ServiceCatalog) -> bool {
    catalog.services.iter().any(|it| it.name.as_str() == name)
}

/// Returns a name as recordings and markers use it; `None` if no character of it is allowed there.
fn slug(display: &str) -> Option<String> {
    let words = display.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    (!slug.is_empty()).then_some(slug)
}

/// Whether a page covers a service. The configuration decides. Else the names of their hosts do (`api.github.com` is on
/// `www.githubstatus.com`), or the first word of their own names (`github-api` and `github-status`).
fn is_on(
    service: &Service,
    page: &SourceSpec,
    specs: &[SourceSpec],
    chosen: &BTreeMap<ServiceName, SourceName>,
) -> bool {
    if let Some(chosen) = chosen.get(&service.name) {
        return *chosen == page.name;
    }
    if SERVICES.iter().any(|(name, _)| *name == service.name.as_str()) {
        return page.name.as_str() == ROWS_PAGE || same_owner(service, page, specs);
    }
    let first = |name: &str| name.split('-').next().unwrap_or_default().to_owned();
    same_owner(service, page, specs) || first(service.name.as_str()) == first(page.name.as_str())
}

fn same_owner(service: &Service, page: &SourceSpec, specs: &[SourceSpec]) -> bool {
    let hosts = specs.iter().filter(|spec| service.sources.contains(&spec.name)).map(|spec| &spec.host);
    hosts.filter_map(|host| owner(host)).any(|owner| page.host.contains(&owner))
}

/// Returns the registered name of a host: `github` of `api.github.com`. `None` for an IP address or a single word.
fn owner(host: &str) -> Option<String> {
    let host = host.split(':').next().unwrap_or_default();
    let mut parts = host.rsplit('.');
    let (last, owner) = (parts.next()?, parts.next()?);
    (owner.len() >= 3 && !last.chars().all(|c| c.is_ascii_digit())).then(|| owner.to_owned())
}

/// Returns a vendor's name: the first word of a service's name that its page's URL or name contains, as written there.
fn called(page: &SourceSpec, services: &[&Service]) -> String {
    let first = services.iter().filter_map(|it| it.display.split_whitespace().next());
    let of_page = |word: &&str| {
        let word = word.to_lowercase();
        page.host.contains(&word) || page.name.as_str().starts_with(&word)
    };
    let found = first.clone().find(of_page).map(str::to_owned);
    found.unwrap_or_else(|| {
        let word = page.name.as_str().split('-').next().unwrap_or_default();
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    })
}

/// Returns the detector's catalog of these sources. `location` is where we check from, as people say it.
pub fn catalog(specs: &[SourceSpec], location: &str) -> ServiceCatalog {
    let mut services: Vec<Service> = SERVICES
        .iter()
        .map(|(name, display)| Service {
            name: (*name).into(),
            display: (*display).to_owned(),
            sources: Vec::new(),
            components: Vec::new(),
            needs: None,
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
                needs: None,
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
        more_controls: of_kind(SourceKind::ConnectivityCheck).skip(1).collect(),
        ignored_components: specs.iter().flat_map(|s| s.ignored_components.iter().cloned()).collect(),
        location: location.to_owned(),
        page_hosts: specs
            .iter()
            .filter(|spec| spec.kind == SourceKind::Page)
            .filter_map(|spec| host_of(&spec.url).ok())
            .collect(),
        vendors: Vec::new(),
    }
}

#[cfg(test)]
#[path = "spotify_tests.rs"]
mod tests;
