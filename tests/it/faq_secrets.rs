//! No credential in pasted text is ever shown, and ordinary ids are not redacted.

use healthy_upstream::faq::{
    Faq,
    redact::{CredentialKind, redact},
};
use healthy_upstream::i18n::Language;
use proptest::prelude::*;

const CLIENT_ID: &str = "5fe01282e44241328a84e7c5cc169165";

/// How people paste each kind; `§` is the credential.
const SHAPES: [(CredentialKind, &str); 34] = [
    (CredentialKind::Bearer, "> Authorization: Bearer §\n> Accept: */*"),
    (CredentialKind::Bearer, "curl -H 'authorization: bearer §' https://api.spotify.com/v1/me"),
    (CredentialKind::Bearer, "headers: { Authorization: 'Bearer §' }, status: 401"),
    (CredentialKind::Bearer, "{\"Authorization\":\"Bearer §\"}"),
    (CredentialKind::Bearer, "\"{\\\"Authorization\\\":\\\"Bearer §\\\"}\""),
    (CredentialKind::Bearer, "Authorization: Bearer Bearer §"),
    (CredentialKind::Password, "{\"access_token\": \"§\", \"token_type\": \"Bearer\", \"expires_in\": 3600}"),
    (CredentialKind::Password, "http://127.0.0.1:8888/callback#access_token=§&token_type=Bearer"),
    (CredentialKind::Basic, "Authorization: Basic §"),
    (CredentialKind::Basic, "-H \"Authorization: Basic §\" -d grant_type=client_credentials"),
    (
        CredentialKind::RefreshToken,
        "grant_type=refresh_token&refresh_token=§&client_id=5fe01282e44241328a84e7c5cc169165",
    ),
    (CredentialKind::RefreshToken, "\"refresh_token\": \"§\""),
    (CredentialKind::RefreshToken, "SPOTIFY_REFRESH_TOKEN=§"),
    (CredentialKind::RefreshToken, "refreshToken: '§',"),
    (CredentialKind::ClientSecret, "client_secret=§"),
    (CredentialKind::ClientSecret, "SPOTIPY_CLIENT_SECRET='§'"),
    (CredentialKind::ClientSecret, "clientSecret: \"§\""),
    (CredentialKind::Cookie, "sp_dc=§; sp_t=1"),
    (CredentialKind::Cookie, "spotcast:\n  sp_dc: \"§\""),
    (CredentialKind::Cookie, "sp_key: §"),
    (CredentialKind::Cookie, "> Cookie: session=§"),
    (CredentialKind::OauthCode, "GET /callback?code=§&state=abc HTTP/1.1"),
    (CredentialKind::OauthCode, "http://127.0.0.1:8888/callback?state=x&code=§"),
    (CredentialKind::DiscordWebhook, "https://discord.com/api/webhooks/1199999999999999999/§"),
    (CredentialKind::Password, "password=§"),
    (CredentialKind::Password, "  password: \"§\""),
    (CredentialKind::Password, "DB_PWD=§"),
    (CredentialKind::Password, "MYPWD = '§'"),
    (CredentialKind::Password, "mypwd=§"),
    (CredentialKind::Password, "dbPwd: '§',"),
    (CredentialKind::Password, "API_KEY=§"),
    (CredentialKind::Password, "api_key: '§'"),
    (CredentialKind::Password, "postgres://bot:§@db.internal:5432/bot"),
    (CredentialKind::PrivateKey, "-----BEGIN PRIVATE KEY-----\n§\n-----END PRIVATE KEY-----"),
];

/// Returns a part of a secret that is in a text, if it is longer than the four characters that may remain.
fn leak<'a>(secret: &'a str, text: &str) -> Option<&'a str> {
    secret.as_bytes().windows(5).enumerate().find_map(|(at, _)| {
        let part = &secret[at..at + 5];
        text.contains(part).then_some(part)
    })
}

/// A generated credential with at least one digit.
fn credential() -> impl Strategy<Value = String> {
    ("[A-Za-z0-9_-]{20,160}", "[0-9]", "[A-Z][a-z]")
        .prop_map(|(body, digit, pair)| format!("Zq{pair}{digit}{body}"))
        // The delimiter of a key has such a run. It stays in the text, and would count as a part of the secret.
        .prop_filter("no run of dashes", |secret| !secret.contains("----"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_part_of_a_planted_secret_leaks(
        (kind, shape) in proptest::sample::select(SHAPES.to_vec()),
        secret in credential(),
        before in "[ -~\n]{0,60}",
        ending in proptest::sample::select(vec!["\n", "\r\n", "\n```\n"]),
    ) {
        // The surrounding text is arbitrary too, but must not join the word of the planted secret.
        let planted = format!("{before}\n{}{ending}503 no healthy upstream spotify", shape.replace('§', &secret));
        let clean = redact(&planted);
        prop_assert!(leak(&secret, &clean.text).is_none(), "{kind:?} leaks in {}", clean.text);
        prop_assert!(!clean.secrets.is_empty());
        prop_assert_eq!(clean.text.matches('\n').count(), planted.matches('\n').count(), "lines keep their numbers");
        for finding in Faq::builtin().diagnose(&planted).findings {
            prop_assert!(leak(&secret, &finding.matched).is_none(), "{:?} leaks through a finding", kind);
        }
    }

    #[test]
    fn repeated_secret_is_redacted_without_its_name_too(secret in credential()) {
        let pasted = format!("Authorization: Bearer {secret}\nsome log\ntoken was [{secret}] I think\n{secret}");
        let clean = redact(&pasted);
        prop_assert!(leak(&secret, &clean.text).is_none(), "{}", clean.text);
        prop_assert_eq!(clean.secrets.len(), 1);
    }

    #[test]
    fn repeat_behind_an_open_escape_sequence_is_redacted(secret in credential()) {
        // A terminal takes the letter for the end of the sequence, and shows the rest; Discord shows all of it.
        let pasted = format!("Authorization: Bearer {secret}\n\u{1b}[99{secret}\n\u{1b}[1;31");
        let clean = redact(&pasted);
        prop_assert!(leak(&secret, &clean.text).is_none(), "{}", clean.text);
        prop_assert_eq!(clean.text.matches('\n').count(), 2);
    }

    #[test]
    fn any_text_is_redacted_without_panic_and_keeps_its_lines(text in "\\PC{0,200}(\n\\PC{0,80}){0,5}") {
        prop_assert_eq!(redact(&text).text.matches('\n').count(), text.matches('\n').count());
        let _ = Faq::builtin().diagnose(&text);
        let _ = Faq::builtin().search(&text);
        let _ = Faq::builtin().suggest(&text);
    }

    #[test]
    fn ids_and_hashes_are_not_redacted(
        track in "[A-Za-z0-9]{22}",
        commit in "[0-9a-f]{40}",
        md5 in "[0-9a-f]{32}",
        uuid in "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}",
    ) {
        let text = format!(
            "GET https://api.spotify.com/v1/tracks/{track}?market=DE 503\nspotify:track:{track}\nx-request-id: {uuid}\n\
             commit {commit}\nimage@sha256:{commit}{md5}\netag: \"{md5}\"\ntraceparent: 00-{md5}-00f067aa0ba902b7-01\n\
             user 3{track} playlist/{track}\nContent-MD5: {md5}\n{md5}  file.tar.gz"
        );
        prop_assert_eq!(redact(&text).text, text);
    }
}

/// Regression: the three letters of "jwt" in a track's id made the next word a secret.
#[test]
fn letters_of_a_name_inside_an_id_name_no_secret() {
    let text = "user 30a0JWtAaaAA0AA0aA0aAaa playlist/0a0JWtAaaAA0AA0aA0aAaa";
    assert_eq!(redact(text).text, text);
    let named = redact("my_jwt: q9Zr4Tn2Wb8Lx5Vc7Kd1Hs6P").text;
    assert!(!named.contains("q9Zr4Tn2"), "{named}");
}

#[test]
fn endless_secret_like_word_is_redacted_whole() {
    // Regression: this took minutes, because tables were built for every byte.
    let clean = redact(&format!("{}\nEnd", "token=".repeat(8_000)));
    assert!(clean.text.ends_with("[password or key removed]\nEnd"), "{} bytes are left", clean.text.len());
}

#[test]
fn words_about_credentials_are_not_redacted() {
    for text in [
        "Only valid bearer authentication supported",
        "www-authenticate: Bearer realm=\"spotify\", error=\"invalid_token\", error_description=\"The access token expired\"",
        "{\"error\":\"invalid_grant\",\"error_description\":\"Refresh token revoked\"}",
        "KeyError: 'access_token'",
        "Authorization: Bearer undefined",
        "Authorization: Bearer <token>",
        "password: incorrect",
        "client_secret=os.environ['SPOTIPY_CLIENT_SECRET']",
        "api_key: ${API_KEY}",
        "FATAL: password authentication failed for user \"postgres\"",
        "error code=403 reason=PREMIUM_REQUIRED",
        "basic authentication is not supported here",
        "Config entry 'Spotify' for spotify integration not ready yet",
        "upstream_reset_before_response_started{remote_connection_failure,delayed_connect_error:_111}",
        "spotify-api-token-expired-after-an-hour: token is refreshed",
        "spotify:track:4uLU6hMCjMI75M1A2tKpWD\nx-request-id: 7c1f0a52-90b3-4f7e-a3c1-0d9be2f4a811",
    ] {
        let clean = redact(text);
        assert!(clean.secrets.is_empty(), "{text} → {}", clean.text);
        assert_eq!(clean.text, text);
    }
}

#[test]
fn client_secret_beside_a_client_id_is_found() {
    let secret = "0123456789abcdef0123456789abcdef";
    for text in [
        format!("client_id = '{CLIENT_ID}'\nmine = '{secret}'"),
        format!("SpotifyClientCredentials(\"{CLIENT_ID}\", \"{secret}\")"),
        format!("Client ID: {CLIENT_ID}\nSecret: {secret}"),
        format!("CLIENT_ID={CLIENT_ID}\nCLIENT_SECRET={secret}"),
    ] {
        let clean = redact(&text);
        assert!(leak(secret, &clean.text).is_none(), "{}", clean.text);
        assert!(
            clean.text.contains(CLIENT_ID) || text.contains("Credentials("),
            "a client id is public: {}",
            clean.text
        );
        assert_eq!(
            clean.secrets.iter().map(|secret| secret.kind).collect::<Vec<_>>(),
            [CredentialKind::ClientSecret]
        );
    }
}

#[test]
fn bare_discord_token_is_found_with_reset_instructions() {
    let token = ["MTE5OTk5OTk5OTk5OTk5OTk5", "GabcDE", "abcdefghijklmnopqrstuvwxyz0123456789AB"].join(".");
    let clean = redact(&format!("discord.errors.LoginFailure with {token} why"));
    assert_eq!(clean.text, "discord.errors.LoginFailure with [Discord token removed] why");
    assert_eq!(clean.secrets[0].kind.id(), "discord-token");
    for language in Language::all() {
        let said = healthy_upstream::chat::replies::diagnose::secrets(&clean.secrets, None, language);
        assert!(said.expect("a warning").contains("discord.com/developers"), "{language:?}");
    }
}

#[test]
fn token_wrapped_by_a_terminal_is_redacted_whole() {
    let (first, second) = ("BQ7dA9".repeat(12), "Xy9Ab3".repeat(6));
    let clean = redact(&format!("Authorization: Bearer {first}\n{second}\nHost: api.spotify.com"));
    assert_eq!(clean.text, "Authorization: Bearer [access token removed]\n\nHost: api.spotify.com");
}

#[test]
fn private_key_is_redacted_whole_even_when_cut() {
    let key = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\nVJTUt9Us8cKjMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNb";
    for text in [
        format!("-----BEGIN RSA PRIVATE KEY-----\n{key}\n-----END RSA PRIVATE KEY-----\nenvoy started"),
        format!("-----BEGIN PRIVATE KEY-----\n{key}"),
        format!(
            "\"private_key\": \"-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----\\n\"",
            key.replace('\n', "\\n")
        ),
    ] {
        let clean = redact(&text);
        assert!(key.lines().all(|line| leak(line, &clean.text).is_none()), "{}", clean.text);
        assert_eq!(clean.secrets.len(), 1);
    }
}

#[test]
fn value_after_a_non_breaking_space_is_found() {
    let clean = redact("client_secret\u{a0}=\u{a0}5fe01282e44241328a84e7c5cc169165");
    assert_eq!(clean.text, "client_secret\u{a0}=\u{a0}[client secret removed]");
}

#[test]
fn passwords_are_redacted_to_their_last_character() {
    for (pasted, left) in [
        (r#""password": "ab\"cd ef", "x": 1"#, r#""password": "[password or key removed]", "x": 1"#),
        (r#"{\"password\":\"ab'cd\",\"x\":1}"#, r#"{\"password\":\"[password or key removed]\",\"x\":1}"#),
        ("DB_PASS=ab$%^&*(cd\nX=1", "DB_PASS=[password or key removed]\nX=1"),
        ("PASS hunter2\r\n230 Login ok", "PASS [password or key removed]\r\n230 Login ok"),
        ("https://u:p%40ss/w0rd@h.example/x", "https://u:[password or key removed]@h.example/x"),
        (
            "curl -u \u{1b}[1mid1234:Se\u{200b}cr3t\u{1b}[0m h",
            "curl -u \u{1b}[1mid1234:[password or key removed]\u{1b}[0m h",
        ),
        ("password: \u{ff41}B\u{ff13}xyz.", "password: [password or key removed]."),
        ("token=gh%70_AbCdEf0123456789abcd&x", "token=[GitHub key removed]&x"),
        ("--password hunter2!x --port 3", "--password [password or key removed] --port 3"),
    ] {
        assert_eq!(redact(pasted).text, left, "{pasted}");
    }
}

#[test]
fn test_results_and_words_about_passwords_are_not_redacted() {
    for text in [
        "PASS src/app.test.js (5.2 s)",
        "--- PASS: TestLogin2 (0.00s)",
        "pass: 12 fail: 3",
        "bypass: true, compass=north42",
        "Password: This field is required",
        "password must be at least 8 characters",
        "token_type: Bearer123456789012",
        "const token = config.spotify2.token;",
        "password={db_password}",
        "next_page_token: CAUQAA1234567890",
        "tokens used: 123456789012345",
        "docker run -u 1000:1000 x",
        "http://localhost:8888/@user",
        "git checkout -b fix/cookie",
        "Cookie: required",
    ] {
        assert_eq!(redact(text).text, text);
    }
}

#[test]
fn warning_names_the_issuer_and_where_to_revoke() {
    use healthy_upstream::chat::replies::diagnose::secrets;
    use healthy_upstream::faq::redact::{FoundCredential, Maker};

    let of = |maker| FoundCredential { kind: CredentialKind::Made(maker) };
    for language in Language::all() {
        for maker in Maker::all() {
            let said = secrets(&[of(maker)], None, language).expect("a warning");
            assert!(said.contains(maker.name()) && said.contains(maker.revoke()), "{said}");
        }
        let all: Vec<FoundCredential> = Maker::all().map(of).collect();
        let said = secrets(&all, None, language).expect("a warning");
        assert!(said.chars().count() < 2_000, "{language:?}: a message holds 2,000 characters");
    }
}

#[test]
fn key_id_beside_other_scripts_is_redacted() {
    for after in ["é", " ключ от облака", "（秘密）", "\u{fffd}\u{fffd}", "=♥ AKIAQWERTYUIOP234567"]
    {
        let clean = redact(&format!("AKIAQWERTYUIOP234567{after}"));
        assert!(!clean.text.contains("QWERTY"), "{}", clean.text);
    }
    let pem = "-----BEGIN PRIVATE KEY-日日-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC7\n-----END";
    assert!(!redact(pem).text.contains("MIIEvQ"));
}
