//! Pastes from public bug reports: each is explained by the entry that fits it, or by none.

use healthy_upstream::faq::Faq;

macro_rules! cases {
    ($($file:literal => $entry:expr,)*) => {
        [$(($file, include_str!(concat!("../data/faq/cases/", $file, ".txt")), $entry)),*]
    };
}

#[test]
fn public_paste_is_explained_by_the_matching_entry() {
    let cases: [(&str, &str, Option<&str>); 27] = cases! {
        "g01-audio-key-go-librespot" => Some("librespot-audio-key"),
        "g02-audio-key-librespot" => Some("librespot-audio-key"),
        "g05-audio-key-refused-client-text" => Some("librespot-audio-key"),
        "g07-login5-mopidy" => Some("librespot-login5"),
        "g08-login5-librespot" => Some("librespot-login5"),
        "g09-login5-music-assistant" => Some("librespot-login5"),
        "g10-tls-self-signed-in-chain" => Some("network-tls"),
        "g11-tls-no-local-issuer" => Some("network-tls"),
        "g12-tls-aiohttp-open-spotify" => Some("network-tls"),
        "g15-tls-clock-not-yet-valid" => Some("network-tls"),
        "g16-ha-free-account" => Some("spotify-403-premium-app-owner"),
        "g17-token-400-bad-request" => Some("home-assistant-auth"),
        "g18-redirect-not-matching" => Some("spotify-redirect-invalid"),
        "g20-no-secret-array" => Some("music-bot-lavalink-spotify"),
        "g22-node-etimedout-token" => Some("network-cut"),
        "g23-node-econnreset-token" => Some("network-cut"),
        "g24-html-instead-of-json" => Some("spotify-html-instead-of-json"),
        "g25-spicetify-marker" => Some("spicetify-after-update"),
        "g27-envoy-rbac" => Some("envoy-rbac"),
        "g28-desktop-accounts-103" => Some("spotify-desktop-codes"),
        "g31-premium-account-required-login" => Some("librespot-premium"),
        "g32-html-instead-of-json-python" => Some("spotify-html-instead-of-json"),
        "g34-premium-required-then-fine" => Some("spotify-403-premium-user"),
        "g35-token-cache-of-the-old-app" => Some("spotify-429-shared-client-id"),
        "l016" => Some("spotify-playlist-items"),
        "l018" => Some("spotify-playlist-items"),
        "z020" => None,
    };
    let faq = Faq::builtin();
    for (name, paste, entry) in cases {
        let findings = faq.diagnose(paste).findings;
        assert_eq!(findings.first().map(|it| it.entry.id.as_str()), entry, "{name}");
    }
}
