//! The subjects that the FAQ covers, and where people meet each.

/// Where a user met an error: the choices of the question "where did you see it?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TopicPath {
    /// Spotify itself: its apps, login page, Web API, or something that uses them.
    Spotify,
    /// The user's own Envoy, nginx or HAProxy.
    OwnProxy,
    /// Kubernetes, Istio and other gateways in a cluster.
    Kubernetes,
    VCenter,
    /// A managed platform: Azure, Google Cloud, a hosting panel, a CDN.
    Cloud,
    /// Some website, or anywhere at all.
    Anywhere,
}

impl TopicPath {
    /// The locations that a question can be answered with, in the order in which they are offered.
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

    /// Returns the location with this [`id`](Self::id).
    pub fn from_id(id: &str) -> Option<Self> {
        Self::OFFERED.into_iter().find(|place| place.id() == id)
    }

    /// Returns what to add to the question, so that searching again finds the entry for this location.
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
    /// Where people meet it.
    pub path: TopicPath,
}

impl Topic {
    /// Returns the topic of this name.
    pub fn named(name: &str) -> Option<Self> {
        TOPICS.iter().find(|topic| topic.name == name).copied()
    }

    /// Its index in [`TOPICS`].
    pub(super) fn number(&self) -> usize {
        TOPICS.iter().position(|topic| topic == self).unwrap_or_default()
    }
}

const fn topic(name: &'static str, path: TopicPath) -> Topic {
    Topic { name, path }
}

/// Every topic that an entry may name.
pub const TOPICS: [Topic; 42] = [
    topic("nhu-meaning", TopicPath::Anywhere),
    topic("spotify-nhu", TopicPath::Spotify),
    topic("spotify-5xx", TopicPath::Spotify),
    topic("spotify-app", TopicPath::Spotify),
    topic("network-dns", TopicPath::Anywhere),
    topic("spotify-400-bad-request", TopicPath::Spotify),
    topic("spotify-401-token", TopicPath::Spotify),
    topic("spotify-refresh-token", TopicPath::Spotify),
    topic("spotify-oauth-redirect", TopicPath::Spotify),
    topic("spotify-oauth-client", TopicPath::Spotify),
    topic("spotify-403-scope", TopicPath::Spotify),
    topic("spotify-403-user-not-registered", TopicPath::Spotify),
    topic("spotify-403-premium", TopicPath::Spotify),
    topic("spotify-403-restriction", TopicPath::Spotify),
    topic("spotify-deprecated-endpoints", TopicPath::Spotify),
    topic("spotify-404-device", TopicPath::Spotify),
    topic("spotify-404-not-found", TopicPath::Spotify),
    topic("spotify-429-rate-limit", TopicPath::Spotify),
    topic("playback-sdk", TopicPath::Spotify),
    topic("librespot", TopicPath::Spotify),
    topic("spicetify", TopicPath::Spotify),
    topic("home-assistant", TopicPath::Spotify),
    topic("discord-music-bot", TopicPath::Spotify),
    topic("retry-backoff", TopicPath::Anywhere),
    topic("envoy-nhu", TopicPath::OwnProxy),
    topic("envoy-health-checks", TopicPath::OwnProxy),
    topic("envoy-response-flags", TopicPath::OwnProxy),
    topic("envoy-connect-failure", TopicPath::OwnProxy),
    topic("envoy-reset", TopicPath::OwnProxy),
    topic("envoy-tls", TopicPath::OwnProxy),
    topic("envoy-timeout", TopicPath::OwnProxy),
    topic("envoy-overflow", TopicPath::OwnProxy),
    topic("envoy-no-route", TopicPath::OwnProxy),
    topic("envoy-downstream", TopicPath::OwnProxy),
    topic("envoy-rate-limit", TopicPath::OwnProxy),
    topic("k8s-nhu", TopicPath::Kubernetes),
    topic("vcenter-nhu", TopicPath::VCenter),
    topic("cloud-nhu", TopicPath::Cloud),
    topic("nginx-upstream", TopicPath::OwnProxy),
    topic("haproxy-503", TopicPath::OwnProxy),
    topic("gateway-5xx", TopicPath::Anywhere),
    topic("this-bot", TopicPath::Anywhere),
];
