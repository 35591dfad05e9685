//! What is checked: services that people subscribe to, and the sources of each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a configured source, as in recordings: `web-api`, `status-page`, `control`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceName(pub String);

/// The name of a service that people subscribe to: `web-api`, `login`, `apps`, `web-player`, and `spotify` for a page
/// incident that names nothing we know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceName(pub String);

macro_rules! name {
    ($type:ident) => {
        impl $type {
            /// Returns the name as text.
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
    /// The sources that check it.
    pub sources: Vec<SourceName>,
    /// Page components that map to this service, besides its own two names. Compared without case and punctuation.
    pub components: Vec<String>,
    /// How many of its sources must fail before an outage is reported; `None` means one.
    #[serde(default)]
    pub needs: Option<u32>,
}

/// Everything that is checked, as one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceCatalog {
    /// The name of the whole as people say it: "Spotify".
    pub display: String,
    /// The service that represents the whole: a page incident that matches none of `services` counts for it.
    pub whole: ServiceName,
    /// The services, in display order.
    pub services: Vec<Service>,
    pub pages: Vec<SourceName>,
    /// The first connectivity check: a host that is not Spotify's and shows whether our own network is at fault.
    #[serde(rename = "control")]
    pub connectivity_checks: Option<SourceName>,
    /// Further connectivity checks, of other owners. Our own network is at fault only if all of them fail.
    #[serde(default)]
    pub more_controls: Vec<SourceName>,
    /// Page components without meaning, such as GitHub's "Visit www.githubstatus.com for more information".
    pub ignored_components: Vec<String>,
    /// Where we check from, as people say it: "Frankfurt". Empty if the operator named no location.
    #[serde(rename = "place")]
    pub location: String,
    /// The hosts of the status pages, with a port if it is not the default. Links may lead only there.
    #[serde(default)]
    pub page_hosts: Vec<String>,
    /// The vendors, if there are several, each as a catalog of its own. A page speaks only for its own vendor.
    #[serde(default)]
    pub vendors: Vec<Self>,
}

impl ServiceCatalog {
    /// Returns the display name of a service, or of the whole.
    pub fn display_of<'a>(&'a self, service: &'a ServiceName) -> &'a str {
        if *service == self.whole {
            return &self.display;
        }
        if let Some(vendor) = self.vendors.iter().find(|vendor| vendor.whole == *service) {
            return &vendor.display;
        }
        self.services.iter().find(|s| s.name == *service).map_or(service.as_str(), |s| &s.display)
    }

    /// Whether a service represents all that a page covers.
    pub fn is_whole(&self, service: &ServiceName) -> bool {
        *service == self.whole || self.vendors.iter().any(|vendor| vendor.whole == *service)
    }

    /// Returns the service that represents all that a page covers.
    pub fn whole_of(&self, page: &SourceName) -> &ServiceName {
        self.vendor_of_page(page).map_or(&self.whole, |vendor| &vendor.whole)
    }

    /// Returns the services that a page may report on.
    pub fn services_on(&self, page: &SourceName) -> impl Iterator<Item = &Service> {
        self.vendor_of_page(page).map_or(&self.services, |vendor| &vendor.services).iter()
    }

    /// Whether two services belong to one vendor, so that one cause may affect both.
    pub fn are_related(&self, a: &ServiceName, b: &ServiceName) -> bool {
        let of = |service: &ServiceName| self.vendors.iter().position(|vendor| vendor.has(service));
        self.vendors.is_empty() || of(a) == of(b)
    }

    /// Returns the catalog whose name suits a sentence about these services: their vendor's, if all belong to one.
    pub fn of_services<'s>(&self, services: impl IntoIterator<Item = &'s ServiceName>) -> &Self {
        let names: Vec<_> = services.into_iter().collect();
        let has_all = |vendor: &&Self| !names.is_empty() && names.iter().all(|name| vendor.has(name));
        self.vendors.iter().find(has_all).unwrap_or(self)
    }

    fn has(&self, service: &ServiceName) -> bool {
        self.whole == *service || self.services.iter().any(|own| own.name == *service)
    }

    fn vendor_of_page(&self, page: &SourceName) -> Option<&Self> {
        self.vendors.iter().find(|vendor| vendor.pages.contains(page))
    }

    /// Whether a link from a status page may be shown: it must lead to one of the configured pages.
    pub fn leads_to_page(&self, link: &str) -> bool {
        self.page_hosts.iter().any(|host| leads_to(link, host))
    }

    /// Returns all connectivity checks.
    pub fn controls(&self) -> impl Iterator<Item = &SourceName> {
        self.connectivity_checks.iter().chain(&self.more_controls)
    }

    /// Whether a source is a connectivity check.
    pub fn is_connectivity_check(&self, source: &SourceName) -> bool {
        self.controls().any(|connectivity_checks| connectivity_checks == source)
    }

    /// Returns the service that a source checks; `None` for pages and connectivity checks.
    pub fn service_of(&self, source: &SourceName) -> Option<&Service> {
        self.services.iter().find(|s| s.sources.contains(source))
    }
}

/// Statuspage's short host, for links of every page: `https://stspg.io/` and an id.
const SHORT_HOST: &str = "stspg.io";

/// Discord accepts no longer URL for a button (component reference).
const LONGEST_LINK: usize = 512;

/// Whether a link leads to the page on `host`, or to an id on its provider's short host. It must use HTTPS unless the page
/// is on this machine, and contain no user name and nothing that could end it early in a message.
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
