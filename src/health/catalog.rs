//! What is watched: services that people subscribe to, and the sources that tell about each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a configured source, as in recordings: `web-api`, `status-page`, `connectivity_checks`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceName(pub String);

/// The name of a service that people subscribe to: `web-api`, `login`, `apps`, `web-player`, and `probe` for an
/// incident of the page that names nothing we know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceName(pub String);

macro_rules! name {
    ($type:ident) => {
        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl From<&str> for $type {
            fn from(name: &str) -> Self {
                Self(name.to_owned())
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
name!(SourceName);
name!(ServiceName);

/// One service that people subscribe to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its name in the configuration, in recordings and in subscriptions.
    pub name: ServiceName,
    /// What people read: "Web API", "Login & tokens".
    pub display: String,
    /// The probes that tell about it.
    pub sources: Vec<SourceName>,
    /// Names of page components that mean this service, besides its own two names; compared without case and
    /// punctuation.
    pub components: Vec<String>,
}

/// Everything that is watched, as one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceCatalog {
    /// The whole of it, as people say it: "Spotify".
    pub display: String,
    /// The service that stands for the whole: an incident of the page that matches none of `services` counts for it.
    pub whole: ServiceName,
    /// The services, in the order in which people read them.
    pub services: Vec<Service>,
    pub pages: Vec<SourceName>,
    /// The control: a host that is not Spotify's, which tells our own network's fault.
    #[serde(rename = "control")]
    pub connectivity_checks: Option<SourceName>,
    /// Components of the page that mean nothing, such as GitHub's "Visit www.githubstatus.com for more information".
    pub ignored_components: Vec<String>,
    /// Where we look from, as people say it: "Frankfurt". Empty when the operator named none.
    #[serde(rename = "place")]
    pub location: String,
    /// The hosts of the status pages, with a port where it is not the usual one. Links lead nowhere else.
    #[serde(default)]
    pub page_hosts: Vec<String>,
}

impl ServiceCatalog {
    /// What people read for a service: its display name, or the whole's.
    pub fn display_of<'a>(&'a self, service: &'a ServiceName) -> &'a str {
        if *service == self.whole {
            return &self.display;
        }
        self.services.iter().find(|s| s.name == *service).map_or(service.as_str(), |s| &s.display)
    }

    /// Whether a link that a status page gave may be shown: it leads to one of the configured pages.
    pub fn leads_to_page(&self, link: &str) -> bool {
        self.page_hosts.iter().any(|host| leads_to(link, host))
    }

    /// The service that a source tells about; none for pages and the control.
    pub fn service_of(&self, source: &SourceName) -> Option<&Service> {
        self.services.iter().find(|s| s.sources.contains(source))
    }
}

/// Where Statuspage shortens the links of every page: `https://stspg.io/` and an id.
const SHORT_HOST: &str = "stspg.io";

/// Discord takes no longer address for a button (component reference).
const LONGEST_LINK: usize = 512;

/// Whether a link leads to the page on `host`, or to an id on its provider's short host. It must be encrypted, unless the page
/// is on this machine, and hold no user name and nothing that could end it early in a message.
pub fn leads_to(link: &str, host: &str) -> bool {
    let is_local = ["127.0.0.1", "localhost", "[::1]"]
        .iter()
        .any(|local| host.strip_prefix(local).is_some_and(|port| port.is_empty() || port.starts_with(':')));
    let rest = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://").filter(|_| is_local));
    let Some(rest) = rest.filter(|_| link.len() <= LONGEST_LINK) else { return false };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/?#=&%+,:;!@$".contains(c);
    let is_id = |id: &str| {
        !id.is_empty()
            && id.len() <= 64
            && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let is_short = authority.eq_ignore_ascii_case(SHORT_HOST) && path.strip_prefix('/').is_some_and(is_id);
    is_short || (authority.eq_ignore_ascii_case(host) && !host.is_empty() && path.chars().all(is_plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_the_configured_page_and_nowhere_else() {
        let host = "status.tune.example";
        for fine in [
            "https://status.tune.example",
            "https://Status.Tune.Example/incidents/a1b2?lang=en#now",
            "https://stspg.io/l1nk",
        ] {
            assert!(leads_to(fine, host), "{fine}");
        }
        for wrong in [
            "http://status.tune.example",
            "https://evil.example/incidents/1",
            "https://status.tune.example.evil.example/",
            "https://status.tune.example@evil.example/",
            "https://a:b@status.tune.example/",
            "https://evil.example\\@status.tune.example/",
            "https://status.tune.example:8443/",
            "https://evil.example/https://status.tune.example/",
            "https://status.tune.example/a)](https://evil.example",
            "https://status.tune.example/a b",
            "https://status.tune.example/\u{202e}gpj",
            "https://stspg.io/",
            "https://stspg.io/a/b",
            "https://stspg.io/a?to=evil.example",
            "https://stspg.io.evil.example/a",
            "https://evil@stspg.io/a",
            "javascript:alert(1)",
            "//status.tune.example",
            "",
        ] {
            assert!(!leads_to(wrong, host), "{wrong}");
        }
        assert!(!leads_to("https:///path", ""));
        assert!(!leads_to(&format!("https://{host}/{}", "a".repeat(LONGEST_LINK)), host));
        assert!(leads_to("http://127.0.0.1:9000/incidents/1", "127.0.0.1:9000"));
        assert!(!leads_to("http://127.0.0.1.evil.example/", "127.0.0.1.evil.example"));
    }
}
