//! Pastes of many shapes and any length: for the test that counts steps and for the bench that measures seconds.

use healthy_upstream::faq::{Faq, redact::Maker};

/// Lines of ordinary logs, repeated in the same way.
pub(crate) const ORDINARY: &[(&str, &str)] = &[
    (
        "Envoy access log",
        "[2026-11-20T10:00:00.429Z] \"GET /v1/tracks/00c0ffee0000#?market=DE HTTP/2\" 200 - via_upstream - \"-\" 0 1911 41 40 \
         \"10.0.0.7\" \"okhttp/4.9.3\" \"4a5b6c7d-8e9f-4a1b-8c2d-0000000#\" \"api.example.org\" \"10.1.2.3:8080\"\n",
    ),
    (
        "JSON log",
        "{\"level\":\"info\",\"ts\":\"2026-11-20T10:00:00.429Z\",\"msg\":\"track fetched\",\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0#\",\
         \"url\":\"https://api.spotify.com/v1/tracks/4uLU6hMCjMI75M1A2tK#\",\"status\":200,\"took_ms\":41}\n",
    ),
    (
        "Python traceback",
        "Traceback (most recent call last):\n  File \"/app/bot/music.py\", line #, in play\n    track = await self.sp.track(uri)\n  \
         File \"/usr/lib/python3.12/site-packages/spotipy/client.py\", line 312, in _internal_call\n    raise SpotifyException(\n\
         spotipy.exceptions.SpotifyException: http status: 503, code: -1 - https://api.spotify.com/v1/tracks/x:\n None, reason: None\n",
    ),
    (
        "curl -v",
        "> GET /v1/me HTTP/2\n> Host: api.spotify.com\n> authorization: Bearer BQ7dA9Xy3bQ7dA9Xy3b#aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n\
         > accept: */*\n< HTTP/2 401\n< content-type: application/json\n< set-cookie: sp_t=0000#; Path=/\n",
    ),
    (
        "coloured log",
        "\u{1b}[2m2026-11-20T10:00:00Z\u{1b}[0m \u{1b}[32m INFO\u{1b}[0m bot::music: \u{1b}[3mguild\u{1b}[0m=11234567890123# joined\r\n",
    ),
    ("Japanese text", "再生できませんでした。もう一度お試しください（コード #）。\n"),
];

/// Pieces that are repeated until a paste is long enough, with `#` for a number that differs each time.
const REPEATED: &[&str] = &[
    // What brought the bot down.
    "BQ7dA9Xy3b#aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
    "token=BQ7dA9Xy3b#aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
    "Authorization: Bearer aB#aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nzZ9#bbbbbbbbbbbbbbbbbbbbbbbbbbbb\n",
    "pwd=aaa",
    "pwd=aaa#\n",
    // Keys without values, values without ends.
    "pwd=xxxx",
    "pass=/",
    "password=$",
    "password=\"",
    "password=\"a\\\"",
    "token='\\\"",
    "token:[({",
    "secret",
    "secret ",
    "secret: \n",
    "api_key => Some(",
    "name: token\n  value: ",
    "token: str = ",
    "password=a;",
    "password=a&b=",
    "password=,,,,,,,,",
    // Marks without bodies, and within each other.
    "ghp_",
    "sk-",
    "sk-ant-sk-proj-xoxb-",
    "ghp_aB3dE5fG7hI9jK1l",
    "hf_glpat-npm_SG.AKIA",
    "AKIAABCDEFGHIJKLMNOP ",
    "eyJ",
    "eyJaaaaaaaaaa.",
    "a.b.c.",
    "MTE5OTk5OTk5OTk5OTk5OTk5.GabcDE.",
    "AC0123456789abcdef0123456789abcdef 0123456789abcdef0123456789abcdef ",
    "client 0123456789abcdef0123456789abcde# ",
    "spotify",
    ":AA",
    "123456789:AA",
    "Q~",
    "mfa.",
    "BQAQ",
    // Addresses, headers, cookies, commands.
    "://",
    "://a:b",
    "://a:b@",
    "https://discord.com/api/webhooks/123456789012345678/",
    "hooks.slack.com/services/",
    "/webhooks/",
    "authorization",
    "authorization: bearer ",
    "Authorization: Basic ",
    "bearer bearer ",
    "cookie: ",
    "Cookie: a=",
    "set-cookie: a='b\n",
    " -b ",
    " -u a:",
    " -u a:b",
    " --user 'a:b",
    "auth=('a', '",
    "?code=aaaa",
    "&key=",
    // Private keys without end.
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n",
    "-----BEGIN RSA PRIVATE KEY----- -----END",
    "-----END",
    // What is normalised.
    "\u{1b}",
    "\u{1b}[31m",
    "\u{1b}]0;a",
    "\u{1b}[38;5;",
    "[31m",
    "\u{200b}",
    "p\u{200b}wd=\u{200b}aB3\u{200b}",
    "%",
    "%25",
    "%2525252525253D",
    "%70%77%64%3D",
    "\\",
    "\\\\\\\\n",
    "\\u00",
    "\\u003d",
    "&",
    "&amp;",
    "&#x3D;",
    "＝ｐｗｄ",
    "ａ",
    "😀",
    "e\u{301}",
    "İ",
    "\u{0}",
    "\u{a0}",
    "\r",
    "\r\n",
    "\n",
    "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nno healthy\n\n\n\nupstream",
    " ",
    "\t",
    // Walls and nests.
    "a",
    "aB3",
    "=",
    ".",
    ":",
    "-",
    "\"",
    "'",
    "`",
    "[",
    "{",
    "{\"a\":",
    "{\"token\":{\"",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAA\n",
    // Logs, flags, fingerprints.
    "UH",
    "UH.",
    "uh \"\"\"\"\"\"\"\"UH ",
    "503 UH - ",
    "UF,URX,",
    "503 ",
    "503\n",
    "429 503 404 401 ",
    "no healthy upstream ",
    "upstream connect error or disconnect/reset before headers. reset reason: ",
    "spotify 503 error 429 token expired 401 http\n",
    "envoy nginx spotify librespot error failed connection refused\n",
    "<html><head><title>503</title>\n",
    "Traceback (most recent call last):\n  File \"spotipy/client.py\", line #, in _internal_call\n",
];

/// A piece, repeated until it is this long.
pub(crate) fn repeated(piece: &str, length: usize) -> String {
    let mut text = String::with_capacity(length + piece.len());
    for n in 0.. {
        if text.len() >= length {
            break;
        }
        text.push_str(&piece.replace('#', &format!("{n:05}")));
    }
    text
}

/// A shape of paste: its name, and a function that makes one of about this many bytes.
pub(crate) type Shape = (String, Box<dyn Fn(usize) -> String>);

/// Every shape: repeated pieces, nests, and every fingerprint's and every maker's words.
pub(crate) fn shapes() -> Vec<Shape> {
    let mut shapes: Vec<Shape> = Vec::new();
    for (name, piece) in ORDINARY {
        shapes.push(((*name).to_owned(), Box::new(|length| repeated(piece, length))));
    }
    for piece in REPEATED {
        shapes.push((format!("{piece:?}"), Box::new(|length| repeated(piece, length))));
    }
    // 200 nested passwords and one long run of what they are made of.
    shapes.push((
        "nested".into(),
        Box::new(|length| {
            let nested =
                (0..200).map(|n| format!("pwd={}\n", "a".repeat(n + 4))).collect::<Vec<_>>().concat();
            nested + &"a".repeat(length)
        }),
    ));
    for (name, between) in [("one line", " "), ("many lines", "\n"), ("one word", "")] {
        let marks: Vec<&str> = Maker::all().flat_map(Maker::prefixes).collect();
        let all = marks.join(between) + between;
        shapes.push((format!("marks: {name}"), Box::new(move |length| repeated(&all, length))));
        let bodies = marks.join(&format!("aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5z#{between}"));
        shapes.push((format!("keys: {name}"), Box::new(move |length| repeated(&bodies, length))));
        let literals: Vec<String> = Faq::builtin()
            .entries()
            .iter()
            .flat_map(|entry| &entry.fingerprints)
            .flat_map(|print| print.all.iter().chain(&print.any).chain(&print.flag))
            .cloned()
            .collect();
        let literals = literals.join(between) + between;
        shapes.push((format!("fingerprints: {name}"), Box::new(move |length| repeated(&literals, length))));
    }
    shapes
}
