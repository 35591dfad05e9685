//! What is watched: services that people subscribe to, and the sources that tell about each.
//!
//! Never: no address and no way of asking; `spotify` knows how a source is looked at.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a configured source, as in recordings: `web-api`, `status-page`, `control`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceName(pub String);

/// The name of a service that people subscribe to: `web-api`, `login`, `apps`, `web-player`, and `spotify` for an
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
pub struct Profile {
    /// The whole of it, as people say it: "Spotify".
    pub display: String,
    /// The service that stands for the whole: an incident of the page that matches none of `services` counts for it.
    pub whole: ServiceName,
    /// The services, in the order in which people read them.
    pub services: Vec<Service>,
    /// The status pages.
    pub pages: Vec<SourceName>,
    /// The control: a host that is not Spotify's, which tells our own network's fault.
    pub control: Option<SourceName>,
    /// Components of the page that mean nothing, such as GitHub's "Visit www.githubstatus.com for more information".
    pub ignored_components: Vec<String>,
    /// Where we look from, as people say it: "Frankfurt". Empty when the operator named none.
    pub place: String,
}

impl Profile {
    /// What people read for a service: its display name, or the whole's.
    pub fn display_of<'a>(&'a self, service: &'a ServiceName) -> &'a str {
        if *service == self.whole {
            return &self.display;
        }
        self.services.iter().find(|s| s.name == *service).map_or(service.as_str(), |s| &s.display)
    }

    /// The service that a source tells about; none for pages and the control.
    pub fn service_of(&self, source: &SourceName) -> Option<&Service> {
        self.services.iter().find(|s| s.sources.contains(source))
    }
}
