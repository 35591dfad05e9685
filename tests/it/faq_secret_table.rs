//! How many planted secrets leak, and which harmless ids are redacted: kinds × contexts × ways of pasting, from a fixed seed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use data_encoding::BASE64;
use healthy_upstream::faq::{Faq, redact::redact};

/// A small random number generator (xorshift), so that every run plants the same secrets.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).expect("few")).expect("few")
    }

    fn text(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| letters[self.roll(letters.len())]).collect()
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }

    /// Fills a pattern: `{a40}` is forty letters and digits, `{h32}` hex, `{w24}` base64url, `{u16}` capitals, `{d9}` digits.
    fn fill(&mut self, form: &str) -> String {
        const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut out = String::new();
        for (nth, part) in form.split(['{', '}']).enumerate() {
            if nth % 2 == 0 {
                out.push_str(part);
                continue;
            }
            let length = part[1..].parse().expect("a length");
            out += &match &part[..1] {
                "a" => self.text(LETTERS, length),
                "h" => self.text("0123456789abcdef", length),
                "l" => self.text("abcdefghijklmnopqrstuvwxyz0123456789", length),
                "u" => self.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length),
                "d" => self.text("123456789", length),
                "w" => self.text(&format!("{LETTERS}_-"), length),
                "b" => self.text(&format!("{LETTERS}+/"), length),
                "p" => self.text(&format!("{LETTERS}!#*+-._~^"), length),
                other => panic!("{other}"),
            };
        }
        out
    }
}

/// Secrets with a prefix or form that identifies who issued them.
const MARKED: &[(&str, &str)] = &[
    ("AWS key id", "AKIA{u16}"),
    ("Google API key", "AIza{w35}"),
    ("Google OAuth secret", "GOCSPX-{w28}"),
    ("Google access token", "ya29.{w120}"),
    ("Google refresh token", "1//0{w80}"),
    ("Slack bot token", "xoxb-{d12}-{d12}-{a24}"),
    ("Slack user token", "xoxp-{d12}-{d12}-{d12}-{h32}"),
    ("Slack app token", "xapp-1-A{u10}-{d12}-{h64}"),
    ("Slack webhook", "https://hooks.slack.com/services/T{u8}/B{u8}/{a24}"),
    ("Discord token", "MTE5OTk5OTk5OTk5OTk5OTk5.G{a5}.{w38}"),
    ("Discord webhook", "https://discord.com/api/webhooks/119999999999999999/{w68}"),
    ("Stripe key", "sk_live_{a24}"),
    ("Stripe webhook", "whsec_{a32}"),
    ("OpenAI key", "sk-{a48}"),
    ("OpenAI project key", "sk-proj-{w74}T3BlbkFJ{w74}"),
    ("Anthropic key", "sk-ant-api03-{w93}AA"),
    ("Telegram bot", "{d10}:AA{w33}"),
    ("npm token", "npm_{a36}"),
    ("PyPI token", "pypi-AgEIcHlwaS5vcmc{w120}"),
    ("SendGrid key", "SG.{w22}.{w43}"),
    ("Hugging Face", "hf_{a34}"),
    ("GitHub token", "ghp_{a36}"),
    ("GitHub fine-grained", "github_pat_{a22}_{a59}"),
    ("GitLab token", "glpat-{w20}"),
    ("Twilio key", "SK{h32}"),
    ("DigitalOcean", "dop_v1_{h64}"),
    ("Shopify", "shpat_{h32}"),
    ("Mailgun", "key-{h32}"),
    ("Heroku", "HRKU-AA{w58}"),
    ("Databricks", "dapi{h32}"),
    ("Notion", "ntn_{a46}"),
    ("Linear", "lin_api_{a40}"),
    ("Azure secret", "{a3}8Q~{w34}"),
    ("Docker", "dckr_pat_{w27}"),
    ("Grafana", "glsa_{a32}_{h8}"),
    ("Vault", "hvs.{w90}"),
    ("Spotify access token", "BQ{w150}"),
    ("Spotify refresh token", "AQ{w128}"),
    ("JWT", "eyJhbGciOiJIUzI1NiJ9.eyJ{w60}.{w43}"),
    ("AWS session token", "IQoJb3JpZ2luX2VjE{b300}"),
    ("AWS temporary key id", "ASIA{u16}"),
    ("Gemini key", "AQ.Ab8RN6{w44}"),
    ("Azure OpenAI key", "{a52}JQQJ99B{a25}"),
    ("Mailgun private key", "{h32}-{h8}-{h8}"),
    ("Mailchimp", "{h32}-us{d1}"),
    ("New Relic licence", "{h36}NRAL"),
    ("New Relic user key", "NRAK-{u27}"),
    ("Sentry token", "sntryu_{h64}"),
    ("Terraform", "{a14}.atlasv1.{w67}"),
    ("Airtable", "pat{a14}.{h64}"),
    ("Vercel", "vcp_{w56}"),
    ("Netlify", "nfp_{a36}"),
    ("Dropbox", "sl.u.{w130}"),
    ("Fly.io", "fm2_{b200}"),
    ("Render", "rnd_{a28}"),
    ("Supabase", "sbp_{h40}"),
    ("PlanetScale", "pscale_pw_{w43}"),
    ("Doppler", "dp.pt.{a43}"),
    ("Postman", "PMAK-{h24}-{h34}"),
    ("Figma", "figd_{w40}"),
    ("Atlassian", "ATATT3{w180}"),
    ("Cloudflare user token", "cfut_{a40}{h8}"),
    ("Cloudflare global key", "cfk_{a40}{h8}"),
    ("Cloudflare account token", "cfat_{a40}{h8}"),
    ("Square", "sq0atp-{w22}"),
    ("Meta", "EAA{a180}"),
    ("X bearer", "AAAAAAAAAAAAAAAAAAAAA{a90}"),
    ("Pinecone", "pcsk_{a6}_{a63}"),
    ("Neon", "napi_{a64}"),
    ("NVIDIA", "nvapi-{w64}"),
    ("Groq", "gsk_{a52}"),
    ("Replicate", "r8_{a37}"),
    ("LangSmith", "lsv2_pt_{h32}_{h10}"),
    ("CircleCI", "CCIPAT_{a22}_{h40}"),
    ("Buildkite", "bkua_{h40}"),
    ("Tailscale", "tskey-auth-{a12}CNTRL-{a32}"),
    ("crates.io", "cio{a32}"),
    ("RubyGems", "rubygems_{h48}"),
    ("ntfy", "tk_{l29}"),
    ("Alibaba Cloud", "LTAI5t{a18}"),
    ("bcrypt", "$2b$12${a53}"),
    ("argon2", "$argon2id$v=19$m=65536,t=3,p=4${a22}${a43}"),
    ("Firebase", "{w11}:APA91b{w134}"),
];

/// Contexts in which people paste such a secret.
const ANYWHERE: &[&str] = &[
    "why does § not work?",
    "§",
    "`§`",
    "key: §",
    "SOME_NAME=§",
    "\"value\": \"§\",",
    "('§')",
    "- §",
    "Authorization: Bearer §",
    "export X=§ && node .",
    "login failed for §, retry 3",
    "client.start(\"§\")",
    "[2026-11-20 10:00:00] 401 for §.",
];

/// Secrets that are recognised only by their context, with the contexts in which people paste them.
const PLACED: &[(&str, &str, &[&str])] = &[
    (
        "token by key",
        "{a40}",
        &[
            "SPOTIFY_ACCESS_TOKEN=§",
            "  \"accessToken\": \"§\",",
            "access_token: §",
            "token = '§'",
            "token: str = \"§\"",
            "https://x.example/cb?access_token=§&state=1",
            "--token §",
            "--token=§ --verbose",
            "setAccessToken('§')",
            "my token is § and it fails",
            "**Token:** §",
            "<accessToken>§</accessToken>",
            "- name: BOT_TOKEN\n  value: §",
            "{\"name\":\"API_TOKEN\",\"value\":\"§\"}",
            "| token | § |",
            "token: Some(\"§\")",
            "//registry.npmjs.org/:_authToken=§",
            "x-auth-token: §",
            "token:\n  §",
        ],
    ),
    (
        "API key by key",
        "{w32}",
        &[
            "LASTFM_API_KEY=§",
            "api_key: '§'",
            "X-Api-Key: §",
            "curl -H \"x-api-key: §\" https://x.example",
            "https://x.example/v1?api_key=§",
            "https://x.example/v1?q=a&key=§",
            "apiKey := \"§\"",
            "\"apikey\" => \"§\"",
            "Api-Key §",
            "AccountKey=§==;EndpointSuffix=core.windows.net",
        ],
    ),
    (
        "client secret",
        "{h32}",
        &[
            "SPOTIPY_CLIENT_SECRET='§'",
            "client_secret=§",
            "clientSecret: \"§\"",
            "Client Secret: §",
            "Client secret\n§",
            "grant_type=client_credentials&client_id=5fe01282e44241328a84e7c5cc169165&client_secret=§",
            "curl -u 5fe01282e44241328a84e7c5cc169165:§ https://accounts.spotify.com/api/token",
            "curl --user \"5fe01282e44241328a84e7c5cc169165:§\" https://accounts.spotify.com/api/token",
            "SpotifyClientCredentials('5fe01282e44241328a84e7c5cc169165', '§')",
            "spotipy: ('5fe01282e44241328a84e7c5cc169165', '§')",
            "requests.post(url, auth=('5fe01282e44241328a84e7c5cc169165', '§'))",
            "HTTPBasicAuth(\"5fe01282e44241328a84e7c5cc169165\", \"§\")",
            "spotify 5fe01282e44241328a84e7c5cc169165:§",
            "client_id: 5fe01282e44241328a84e7c5cc169165\nsecret: §",
            "[spotify]\nclient_id = \"5fe01282e44241328a84e7c5cc169165\"\nclient_secret = \"§\"",
            "ClientSecret { id: \"5fe01282e44241328a84e7c5cc169165\", secret: \"§\" }",
        ],
    ),
    (
        "refresh token",
        "{w131}",
        &["refresh_token=§", "\"refresh_token\":\"§\"", "refreshToken: '§'", "REFRESH_TOKEN: §"],
    ),
    (
        "header",
        "{b60}==",
        &[
            "Authorization: Basic §",
            "-H 'Authorization: Basic §'",
            "authorization: Basic §",
            "\"Authorization\": \"Basic §\"",
            "('Authorization', 'Basic §')",
            "Proxy-Authorization: Basic §",
        ],
    ),
    (
        "bearer",
        "{w90}",
        &[
            "> authorization: Bearer §",
            "-H 'Authorization: Bearer §' \\",
            "headers={'Authorization': 'Bearer §'}",
            "headers: { Authorization: `Bearer §` }",
            "Authorization: Bot §",
            "Authorization: §",
        ],
    ),
    (
        "cookie",
        "{w60}",
        &[
            "Cookie: sp_dc=§; sp_t=1",
            "Set-Cookie: sid=§; Path=/; HttpOnly",
            "< set-cookie: __Host-sp_csrf_sid=§; Max-Age=3600",
            "curl -b 'sp_dc=§' https://open.spotify.com",
            "curl -b sp_dc=§ https://open.spotify.com",
            "curl --cookie \"session=§\" https://x.example",
            "-H 'cookie: a=b; sp_key=§'",
            "\"cookie\": \"sp_dc=§; a=b\"",
            ".spotify.com\tTRUE\t/\tTRUE\t1790000000\tsp_dc\t§",
            "sp_dc: §",
            "document.cookie = 'auth=§'",
        ],
    ),
    (
        "login code",
        "{w180}",
        &["GET /callback?code=§&state=x HTTP/1.1", "http://127.0.0.1:8888/callback?code=§"],
    ),
    (
        "password",
        "{p14}",
        &[
            "password=§",
            "password: \"§\"",
            "DB_PASS=§",
            "PASS=§",
            "pass: '§'",
            "smtp_pass: §",
            "PASSWORD = '§'",
            "my password is §",
            "Passwort: §",
            "contraseña: §",
            "mot de passe : §",
            "senha: §",
            "パスワード：§",
            "<password>§</password>",
            "Server=db;User Id=sa;Password=§;Database=x",
            "{\"username\": \"bob\", \"password\": \"§\"}",
            "--password §",
            "--password='§'",
            "pw: §",
            "MYSQL_PWD=§",
        ],
    ),
    (
        "password in an address",
        "{a18}",
        &[
            "postgres://bot:§@db.internal:5432/bot",
            "redis://:§@cache:6379/0",
            "mongodb+srv://u:§@cluster0.x.mongodb.net/?retryWrites=true",
            "https://me:§@git.example/x.git",
            "amqp://u:§@mq",
            "http://user:§@proxy.example:3128",
        ],
    ),
    (
        "quoted phrase",
        "{a6} {a7} {a5}",
        &["password: \"§\"", "'password': '§'", "DB_PASSWORD=\"§\"", "passphrase = \"§\""],
    ),
    (
        "private key",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC{b200}",
        &[
            "-----BEGIN PRIVATE KEY-----\n§\n-----END PRIVATE KEY-----",
            "-----BEGIN OPENSSH PRIVATE KEY-----\n§",
            "\"private_key\": \"-----BEGIN RSA PRIVATE KEY-----\\n§\\n-----END RSA PRIVATE KEY-----\\n\"",
        ],
    ),
    (
        "AWS secret",
        "{b40}",
        &[
            "aws_secret_access_key = §",
            "AWS_SECRET_ACCESS_KEY=§",
            "\"SecretAccessKey\": \"§\"",
            "AKIAQWERTYUIOP234567\n§",
            "new AWS('AKIAQWERTYUIOP234567', '§')",
        ],
    ),
    (
        "Sentry DSN",
        "{h32}",
        &["https://§@o450612.ingest.us.sentry.io/4506111", "SENTRY_DSN=https://§@o1.ingest.sentry.io/2"],
    ),
    (
        "key by its end",
        "{a40}",
        &[
            "GENIUS_KEY=§",
            "\"subscriptionKey\": \"§\"",
            "dd-application-key: §",
            "access key: §",
            "GITHUB_PAT=§",
            "DEEZER_ARL=§",
            "Authorization: SSWS §",
            "client.login('§')",
            "https://b.s3.example/x?X-Amz-Signature=§",
        ],
    ),
    (
        "password of a command",
        "{a12}",
        &[
            "mysql -u root -p§ app",
            "sshpass -p '§' ssh bob@x",
            "redis-cli -h x -a §",
            "docker login -u bob -p §",
            "requirepass §",
            "WIFI_PSK=§",
            "пароль: §",
            "密码：§",
            "비밀번호: §",
        ],
    ),
    (
        "value of a Secret",
        "{b40}",
        &[
            "apiVersion: v1\nkind: Secret\ndata:\n  spotify: §",
            "kind: Secret\nstringData:\n  DISCORD: \"§\"",
            "apiVersion: v1\ndata:\n  any.yaml: §\nkind: Secret",
        ],
    ),
    (
        "stored login",
        "{a24}",
        &["{\"auths\":{\"ghcr.io\":{\"auth\":\"§\"}}}", "//npm.pkg.github.com/:_auth=§", "APP_KEY=base64:§"],
    ),
];

const WAYS: usize = 14;

/// Returns the text as one way of pasting delivers it, or `None` if that way makes no sense for it.
fn paste(way: usize, context: &str, secret: &str) -> Option<String> {
    let middle = secret.char_indices().nth(secret.chars().count() / 2).map_or(0, |(at, _)| at);
    let (head, tail) = secret.split_at(middle);
    let plain = context.replace('§', secret);
    let full = |text: &str| -> String {
        let wide = |c: char| {
            if ('!'..='~').contains(&c) { char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c) } else { c }
        };
        text.chars().map(wide).collect()
    };
    Some(match way {
        0 => plain,
        1 => context.replace('§', &format!("\u{1b}[32m{secret}\u{1b}[0m")),
        2 => context.replace('§', &format!("{head}\u{200b}{tail}")),
        3 => full(&plain),
        4 => {
            let coded = secret.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
            context.replace('§', &coded)
        }
        5 => {
            // A terminal of 60 columns.
            let (line, rest) =
                plain.rsplit_once('\n').map_or(("", plain.as_str()), |(lines, last)| (lines, last));
            if !rest.is_ascii() || rest.len() <= 60 || secret.contains(' ') || line.contains('§') {
                return None;
            }
            let start = rest.find(secret)?;
            // The break must cut the secret, and the cut part must end the line.
            if start >= 60
                || start + secret.len() <= 60
                || start + secret.len() != rest.trim_end_matches(['"', '\'', ')', ',']).len()
            {
                return None;
            }
            let parts: Vec<&str> =
                rest.as_bytes().chunks(60).map(|part| std::str::from_utf8(part).expect("ASCII")).collect();
            if parts.last().is_some_and(|last| last.len() < 8) {
                return None;
            }
            format!("{line}\n{}", parts.join("\n"))
        }
        6 => plain.replace('"', "”").replace('\'', "’"),
        7 => plain.replace('&', "&amp;").replace('"', "&quot;"),
        8 => serde_json::Value::String(plain).to_string(),
        9 => plain.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\r\n"),
        10 => format!("hi, this is what I get:\n```\n{plain}\n```\nthanks"),
        11 => plain.chars().map(|c| format!("{c}\u{feff}")).collect::<Vec<_>>().concat(),
        12 => format!("2026-11-30T10:00:00.429Z INFO [bot] {plain}"),
        _ => format!("\u{1b}[1m\u{1b}[31m{plain}\u{1b}[39m\u{1b}[22m"),
    })
}

/// Returns the text with the effects of pasting undone.
fn read(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{200b}' | '\u{feff}' | '\n' | '\r' => {}
            '\u{1b}' => while rest.next().is_some_and(|c| c != 'm') {},
            '\u{ff01}'..='\u{ff5e}' => out.extend(char::from_u32(u32::from(c) - 0xfee0)),
            '%' => {
                let code: String = rest.clone().take(2).collect();
                match u8::from_str_radix(&code, 16) {
                    Ok(byte) => {
                        out.push(char::from(byte));
                        rest.nth(1);
                    }
                    Err(_) => out.push('%'),
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// Returns whether six consecutive characters of a secret are in a text, not counting the prefix that identifies its issuer.
fn leaks(secret: &str, form: &str, text: &str) -> bool {
    let text = read(text);
    let marked = form.find('{').unwrap_or(0);
    let body: Vec<char> = secret[marked..].chars().collect();
    body.windows(6).any(|part| text.contains(&part.iter().collect::<String>()))
}

#[derive(Default)]
struct Row {
    planted: usize,
    leaked: Vec<String>,
    false_alarms: Vec<String>,
}

fn table(rows: &BTreeMap<&str, Row>) -> String {
    let mut out = format!("{:<24}{:>8}{:>8}{:>14}\n", "kind", "planted", "leaked", "false alarms");
    for (kind, row) in rows {
        let _ = writeln!(
            out,
            "{kind:<24}{:>8}{:>8}{:>14}",
            row.planted,
            row.leaked.len(),
            row.false_alarms.len()
        );
    }
    out
}

#[test]
fn fewer_than_two_percent_of_planted_secrets_leak() {
    let faq = Faq::builtin();
    let mut dice = Dice(0x5eed_1234_5678_9abc);
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    let marked = MARKED.iter().map(|(kind, form)| (*kind, *form, ANYWHERE));
    for (kind, form, contexts) in marked.chain(PLACED.iter().copied()) {
        for context in contexts {
            for way in 0..WAYS {
                let mut secret = dice.fill(form);
                // Like a generated secret: it contains a digit and does not end with punctuation.
                while !secret.bytes().any(|byte| byte.is_ascii_digit())
                    || secret.ends_with(['.', '-', '*', '~', '+', '^', '!', '#', '_'])
                {
                    secret = dice.fill(form);
                }
                let Some(pasted) = paste(way, context, &secret) else { continue };
                let row = rows.entry(kind).or_default();
                row.planted += 1;
                let clean = redact(&pasted);
                // Quotes come from the same text, so one way of pasting is enough to check them.
                let quotes = way == 0 && {
                    let said = faq.diagnose(&format!("{pasted}\n503 no healthy upstream spotify"));
                    said.findings.iter().any(|finding| leaks(&secret, form, &finding.matched))
                };
                if leaks(&secret, form, &clean.text) || quotes || clean.secrets.is_empty() {
                    row.leaked.push(format!("way {way}: {pasted:?} → {:?}", clean.text));
                }
            }
        }
    }
    let (planted, leaked) =
        rows.values().fold((0, 0), |sum, row| (sum.0 + row.planted, sum.1 + row.leaked.len()));
    println!("{}{leaked} of {planted} leak", table(&rows));
    let examples: Vec<&String> = rows.values().flat_map(|row| row.leaked.iter().take(12)).collect();
    assert!(planted >= 2_000 && leaked * 50 < planted, "{leaked} of {planted}:\n{examples:#?}");
}

/// Ids that are no secrets, with the contexts in which people paste them.
const INNOCENT: &[(&str, &str, &[&str])] = &[
    (
        "Spotify id",
        "{a22}",
        &[
            "spotify:track:§",
            "https://open.spotify.com/track/§?si=a1b2c3d4e5f60718",
            "GET /v1/playlists/§/tracks 404",
            "trackId: §",
            "\"id\": \"§\", \"type\": \"artist\"",
            "user 31§",
        ],
    ),
    (
        "UUID",
        "{h8}-{h4}-4{h3}-a{h3}-{h12}",
        &["x-request-id: §", "correlationId=§", "Request ID: §", "session §", "deviceId: '§'", "(node:§)"],
    ),
    (
        "git hash",
        "{h40}",
        &["commit §", "HEAD is now at §", "checkout § in 3 s", "git+https://github.com/x/y#§", "rev: §"],
    ),
    (
        "snowflake",
        "1{d18}",
        &["<@§>", "guild §", "channelId: '§'", "https://discord.com/channels/§/§", "user_id=§"],
    ),
    (
        "trace id",
        "{h32}",
        &["traceparent: 00-§-00f067aa0ba902b7-01", "trace_id=§", "spotify trace=§ span=1", "x-b3-traceid: §"],
    ),
    ("file hash", "{h64}", &["sha256:§", "§  spotify.deb", "integrity § ok", "image@sha256:§"]),
    ("npm integrity", "sha512-{b86}==", &["\"integrity\": \"§\",", "expected § but got other"]),
    (
        "md5",
        "{h32}",
        &[
            "Content-MD5: §",
            "etag: \"§\"",
            "§  a.tar.gz\n§  b.tar.gz",
            "md5 §",
            "cover https://i.scdn.co/image/§",
        ],
    ),
    ("ETag", "W/\"{h2}-{b27}\"", &["etag: §", "if-none-match: §"]),
    (
        "base64 image",
        "iVBORw0KGgo{b200}",
        &["<img src=\"data:image/png;base64,§==\">", "url(data:image/png;base64,§)", "image: §"],
    ),
    (
        "version",
        "v{d1}.{d2}.{d1}-rc.{d1}+{h7}",
        &["spotipy §", "librespot § (abc)", "\"version\": \"§\"", "node § on linux x64"],
    ),
    ("request id", "{u16}", &["x-amz-request-id: §", "cf-ray: §-FRA", "requestId §", "RequestId: §"]),
    (
        "client id",
        "{h32}",
        &[
            "client_id=§",
            "SPOTIFY_CLIENT_ID: '§'",
            "https://accounts.spotify.com/authorize?client_id=§&response_type=code",
        ],
    ),
    (
        "Envoy log",
        "{h8}-{h4}-4{h3}-a{h3}-{h12}",
        &["\"GET /v1/me HTTP/2\" 503 UH - \"-\" 0 19 0 - \"§\" \"api.spotify.com\" \"-\""],
    ),
    (
        "path",
        "{l12}/{l8}",
        &[
            "/home/bob/token/§/main.py",
            "at /app/node_modules/§/index.js:12:5",
            "https://cdn.example/§/app.js",
        ],
    ),
    ("public key", "{h64}", &["DISCORD_PUBLIC_KEY=§", "publicKey: '§'", "public_key = §"]),
    (
        "cache key",
        "{h32}",
        &["cache_key=§", "cacheKey: \"§\"", "IDEMPOTENCY_KEY=§", "trackKey: §", "partition-key: §"],
    ),
    ("fingerprint", "SHA256:{b43}", &["ED25519 key fingerprint is §.", "§ bob@host (RSA)"]),
    ("nonce", "{b22}==", &["Sec-WebSocket-Key: §", "script-src 'nonce-§'", "Sec-WebSocket-Accept: §"]),
    (
        "port or option",
        "{d4}",
        &[
            "ssh -p § host",
            "redis-cli -p §",
            "mysql -h db -P § app",
            "docker run -p §:80 x",
            "ls -a §",
            "$5§",
            "cost $2a$§",
        ],
    ),
    (
        "pod",
        "{h10}-{l5}",
        &[
            "pod/auth-service-§ ready",
            "token-server-§ 1/1 Running",
            "kind: Secret\nname: bot-§",
            "passwordSecretName: db-§x",
        ],
    ),
];

#[test]
fn no_harmless_id_is_redacted() {
    let mut dice = Dice(0xfeed_1234_5678_9abc);
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for (kind, form, contexts) in INNOCENT {
        for context in *contexts {
            for _ in 0..20 {
                let id = dice.fill(form);
                let text = format!(
                    "{}\n{}",
                    dice.pick(&["hi", "2026-11-30 10:00:00 INFO spotify client up", "why?"]),
                    context.replace('§', &id)
                );
                let row = rows.entry(kind).or_default();
                row.planted += 1;
                let clean = redact(&text);
                if clean.text != text || !clean.secrets.is_empty() {
                    row.false_alarms.push(format!("{text:?} → {:?}", clean.text));
                }
            }
        }
    }
    let planted: usize = rows.values().map(|row| row.planted).sum();
    println!("{}{planted} ids", table(&rows));
    let alarms: Vec<&String> = rows.values().flat_map(|row| row.false_alarms.iter().take(4)).collect();
    assert!(planted >= 800 && alarms.is_empty(), "{alarms:#?}");
}

#[test]
fn long_base64_holds_no_secret() {
    let mut dice = Dice(7);
    let bytes: Vec<u8> = (0..60_000).map(|_| u8::try_from(dice.roll(256)).expect("a byte")).collect();
    let encoded = BASE64.encode(&bytes);
    let lines: Vec<&str> =
        encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    for text in [encoded.clone(), lines.join("\n"), lines.join("\r\n")] {
        let clean = redact(&text);
        assert!(clean.secrets.is_empty(), "{:?}", clean.secrets);
    }
}
