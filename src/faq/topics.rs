//! The subjects that the handbook covers, and where each is met.

/// Where somebody met an error: what the question "where did you see it?" offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Spotify itself: its apps, login page, Web API, or something that uses them.
    Spotify,
    /// The asker's own Envoy, nginx or HAProxy.
    OwnProxy,
    /// Kubernetes, Istio and other gateways in a cluster.
    Kubernetes,
    VCenter,
    /// A managed platform: Azure, Google Cloud, a hosting panel, a CDN.
    Cloud,
    /// Some website, or anywhere at all.
    Anywhere,
}

impl Place {
    /// The places that a question can be answered with, in the order in which they are offered.
    pub const OFFERED: [Self; 6] =
        [Self::Spotify, Self::OwnProxy, Self::Kubernetes, Self::VCenter, Self::Cloud, Self::Anywhere];

    /// A stable name for button ids and logs.
    pub fn id(self) -> &'static str {
        match self {
            Self::Spotify => "spotify",
            Self::OwnProxy => "proxy",
            Self::Kubernetes => "kubernetes",
            Self::VCenter => "vcenter",
            Self::Cloud => "cloud",
            Self::Anywhere => "website",
        }
    }

    /// The place with this [`id`](Self::id).
    pub fn from_id(id: &str) -> Option<Self> {
        Self::OFFERED.into_iter().find(|place| place.id() == id)
    }

    /// What to add to the question, so that asking again finds the entry for this place.
    pub fn words(self) -> &'static str {
        match self {
            Self::Spotify => "spotify",
            Self::OwnProxy => "envoy proxy",
            Self::Kubernetes => "kubernetes istio gateway",
            Self::VCenter => "vmware vcenter",
            Self::Cloud => "azure google cloud load balancer",
            Self::Anywhere => "any website",
        }
    }
}

/// One subject. An entry names exactly one; a subject may have several entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// The name that entries use.
    pub name: &'static str,
    /// Where it is met.
    pub place: Place,
}

impl Topic {
    /// The topic of this name.
    pub fn named(name: &str) -> Option<Self> {
        TOPICS.iter().find(|topic| topic.name == name).copied()
    }

    /// Its place in [`TOPICS`].
    pub(super) fn number(&self) -> usize {
        TOPICS.iter().position(|topic| topic == self).unwrap_or_default()
    }
}

const fn topic(name: &'static str, place: Place) -> Topic {
    Topic { name, place }
}

/// Every topic that an entry may name.
pub const TOPICS: [Topic; 41] = [
    topic("nhu-meaning", Place::Anywhere),
    topic("spotify-nhu", Place::Spotify),
    topic("spotify-5xx", Place::Spotify),
    topic("spotify-app", Place::Spotify),
    topic("network-dns", Place::Anywhere),
    topic("spotify-400-bad-request", Place::Spotify),
    topic("spotify-401-token", Place::Spotify),
    topic("spotify-refresh-token", Place::Spotify),
    topic("spotify-oauth-redirect", Place::Spotify),
    topic("spotify-oauth-client", Place::Spotify),
    topic("spotify-403-scope", Place::Spotify),
    topic("spotify-403-user-not-registered", Place::Spotify),
    topic("spotify-403-premium", Place::Spotify),
    topic("spotify-403-restriction", Place::Spotify),
    topic("spotify-deprecated-endpoints", Place::Spotify),
    topic("spotify-404-device", Place::Spotify),
    topic("spotify-404-not-found", Place::Spotify),
    topic("spotify-429-rate-limit", Place::Spotify),
    topic("playback-sdk", Place::Spotify),
    topic("librespot", Place::Spotify),
    topic("spicetify", Place::Spotify),
    topic("home-assistant", Place::Spotify),
    topic("discord-music-bot", Place::Spotify),
    topic("retry-backoff", Place::Anywhere),
    topic("envoy-nhu", Place::OwnProxy),
    topic("envoy-health-checks", Place::OwnProxy),
    topic("envoy-response-flags", Place::OwnProxy),
    topic("envoy-connect-failure", Place::OwnProxy),
    topic("envoy-reset", Place::OwnProxy),
    topic("envoy-tls", Place::OwnProxy),
    topic("envoy-timeout", Place::OwnProxy),
    topic("envoy-overflow", Place::OwnProxy),
    topic("envoy-no-route", Place::OwnProxy),
    topic("envoy-downstream", Place::OwnProxy),
    topic("envoy-rate-limit", Place::OwnProxy),
    topic("k8s-nhu", Place::Kubernetes),
    topic("vcenter-nhu", Place::VCenter),
    topic("cloud-nhu", Place::Cloud),
    topic("nginx-upstream", Place::OwnProxy),
    topic("haproxy-503", Place::OwnProxy),
    topic("gateway-5xx", Place::Anywhere),
];
