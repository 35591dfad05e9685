//! Every key, once: its default, its meaning, and its line in the example.

use std::fmt::Write;

/// One key of the configuration.
#[derive(Clone, Copy, Debug)]
pub struct ConfigKey {
    /// Its dotted name: `checks.interval`.
    pub name: &'static str,
    /// Its default as a TOML value; empty when it is absent by default.
    pub default: &'static str,
    /// The value in the example when it is absent by default, as a TOML value.
    pub example: &'static str,
    /// Its meaning, in one line.
    pub meaning: &'static str,
    /// Whether most operators need it; these keys come first.
    pub everyday: bool,
}

const fn everyday(
    name: &'static str,
    default: &'static str,
    example: &'static str,
    meaning: &'static str,
) -> ConfigKey {
    ConfigKey { name, default, example, meaning, everyday: true }
}

const fn other(
    name: &'static str,
    default: &'static str,
    example: &'static str,
    meaning: &'static str,
) -> ConfigKey {
    ConfigKey { name, default, example, meaning, everyday: false }
}

/// Every key.
pub const KEYS: &[ConfigKey] = &[
    everyday(
        "store",
        r#""sled:healthy-upstream.data""#,
        "",
        r#"where data is stored; "postgres://USER@HOST/DB" to share them, "memory:" for trying things"#,
    ),
    everyday("language", r#""en""#, "", "of posts in a server that has set none"),
    everyday("location", r#""""#, r#""Frankfurt""#, "where this instance checks from"),
    everyday(
        "discord.token_file",
        "",
        r#""/etc/healthy-upstream/token""#,
        "a file that holds the token; or set DISCORD_TOKEN",
    ),
    everyday(
        "discord.guild",
        "",
        "613425648685547541",
        "register commands in this server only, at once; absent: everywhere",
    ),
    everyday(
        "checks.interval",
        r#""30s""#,
        "",
        "one check per source; sooner after a failure and in an outage; the status page half as often without a failure",
    ),
    everyday("checks.failure_threshold", "3", "", "failed checks in a row before an outage is posted"),
    everyday("checks.success_threshold", "4", "", "successful checks in a row before its end is posted"),
    everyday(
        "operator.channel",
        "",
        "1045678901234567890",
        "a channel that gets what the operator must know",
    ),
    everyday("admin.listen", "", r#""127.0.0.1:9464""#, "/healthz /readyz /metrics; absent: no listener"),
    other(
        "proxy",
        r#""""#,
        r#""http://proxy.example:3128""#,
        "for HTTP requests to others than this machine; variables such as HTTPS_PROXY are ignored",
    ),
    other(
        "ha.lease",
        r#""10s""#,
        "",
        "with several instances on one store: another takes over after one has been silent for this long",
    ),
    other(
        "store_password_file",
        "",
        r#""/etc/healthy-upstream/store-password""#,
        "a file that holds the database's password; or set PGPASSWORD",
    ),
    other(
        "discord.api",
        r#""https://discord.com""#,
        "",
        "REST base, also asked for the gateway's address; http for loopback only",
    ),
    other("discord.requests_per_second", "50", "", "Discord's global limit for this bot"),
    other(
        "discord.interactions_listen",
        "",
        r#""0.0.0.0:8443""#,
        "receive interactions over HTTP here instead of over the gateway",
    ),
    other(
        "discord.public_key",
        r#""""#,
        r#""…""#,
        "the application's public key, with discord.interactions_listen",
    ),
    other("checks.timeout", r#""8s""#, "", "a check that takes longer has failed"),
    other("checks.slow_after", r#""2s""#, "", "a successful check that takes longer counts as slow"),
    other(
        "checks.ca_file",
        r#""""#,
        r#""/etc/ssl/mirror.pem""#,
        "additional certificate authorities (PEM): of a private mirror or an intercepting proxy",
    ),
    other("catalog.name", r#""Spotify""#, "", "what is checked, as people call it"),
    other("spotify.enabled", "true", "", "false: only your own [[source]]s are checked"),
    other(
        "spotify.client_id",
        r#""""#,
        r#""…""#,
        "of your own app: turns on the tokened search, at most every 15 min",
    ),
    other(
        "spotify.client_secret_file",
        "",
        r#""/etc/healthy-upstream/spotify-secret""#,
        "a file that holds that app's secret",
    ),
    other("limits.subscriptions_per_guild", "100", "", "more: a clear refusal"),
    other(
        "limits.commands_per_user",
        r#""5 in 10s""#,
        "",
        r#"that many at once, then one more each 2 s; beyond: a private "try again in …""#,
    ),
    other("limits.commands_per_guild", r#""50 in 10s""#, "", "the same, for all of a server together"),
    other(
        "faq.dir",
        r#""""#,
        r#""entries""#,
        "your own FAQ entries, one Markdown file each, translations in de/, fr/ …; read again on SIGHUP",
    ),
    other(
        "operator.contact",
        r#""""#,
        r#""mailto:ops@example.org""#,
        "an address or mailbox in the user agent of our requests, for those who run what we check; absent: the project's",
    ),
    other(
        "operator.webhook_url_file",
        "",
        r#""/etc/healthy-upstream/webhook""#,
        "a file with a webhook URL: operator alerts go there when Discord fails",
    ),
    other(
        "operator.heartbeat_url_file",
        "",
        r#""/etc/healthy-upstream/dead-man""#,
        "a file with a URL that is requested every minute while the bot is healthy",
    ),
    other(
        "operator.collect_questions",
        "false",
        "",
        "store the text of questions without an answer, redacted",
    ),
    other("log.format", r#""text""#, "", r#""text" or "json""#),
    other(
        "log.filter",
        r#""info""#,
        "",
        r#"which log events: "info", "debug", "healthy_upstream::notifier=debug"; read again on SIGHUP"#,
    ),
];

/// Keys that SIGHUP applies while the bot runs. The others need a restart, and are named when they changed.
pub const RELOADED: &[&str] = &["faq.dir", "log.filter"];

/// Secrets: given by `NAME` in the environment or by `NAME_file`, never in the file itself.
pub(super) const SECRETS: &[&str] = &[
    "discord.token",
    "store_password",
    "spotify.client_secret",
    "operator.webhook_url",
    "operator.heartbeat_url",
];

/// Keys of earlier builds with their new names: an old key stops the start and names the new one.
pub(super) const RENAMED: &[(&str, &str)] = &[
    ("place", "location"),
    ("watch.every", "checks.interval"),
    ("watch.open_after", "checks.failure_threshold"),
    ("watch.close_after", "checks.success_threshold"),
    ("watch.timeout", "checks.timeout"),
    ("watch.slow", "checks.slow_after"),
    ("watch.authorities_file", "checks.ca_file"),
    ("watch.spotify", "spotify.enabled"),
    ("watch.display", "catalog.name"),
    ("copies.lease", "ha.lease"),
    ("handbook.folder", "faq.dir"),
    ("http.listen", "admin.listen"),
    ("discord.endpoint", "discord.interactions_listen"),
    ("operator.webhook_file", "operator.webhook_url_file"),
    ("operator.dead_man_file", "operator.heartbeat_url_file"),
    ("limits.subscriptions_per_server", "limits.subscriptions_per_guild"),
    ("limits.commands_per_person", "limits.commands_per_user"),
    ("limits.commands_per_server", "limits.commands_per_guild"),
    ("operator.webhook", "operator.webhook_url"),
    ("operator.dead_man", "operator.heartbeat_url"),
];

/// A table that may occur any number of times, such as `[[source]]`.
#[derive(Clone, Copy, Debug)]
pub struct TableKeys {
    pub name: &'static str,
    /// What one of them is, in one line.
    pub meaning: &'static str,
    /// Its keys.
    pub keys: &'static [TableKey],
}

/// A key of such a table.
#[derive(Clone, Copy, Debug)]
pub struct TableKey {
    pub name: &'static str,
    /// What holds without the key.
    pub default: &'static str,
    /// A value, in TOML.
    pub example: &'static str,
    /// Its meaning, in one line.
    pub meaning: &'static str,
}

const fn key(
    name: &'static str,
    default: &'static str,
    example: &'static str,
    meaning: &'static str,
) -> TableKey {
    TableKey { name, default, example, meaning }
}

/// Tables that may occur any number of times.
pub const TABLES: &[TableKeys] = &[
    TableKeys {
        name: "source",
        meaning: "a source that is checked; with the name of a built-in one, its keys replace those of that one",
        keys: &[
            key("name", "needed", r#""web-api""#, "its name, also in recordings and metrics"),
            key(
                "url",
                "needed for a new source",
                r#""http://127.0.0.1:9000/v1/me""#,
                "the address, http or https",
            ),
            key(
                "kind",
                r#""probe""#,
                r#""page""#,
                r#""probe" checks a service, "page" is a status page, "control" is a host of another owner: it shows whether our own network fails"#,
            ),
            key(
                "service",
                "needed for a probe",
                r#""web-api""#,
                "the service that it checks; an unknown name adds a service",
            ),
            key("method", r#""GET""#, r#""POST""#, r#""GET" or "POST""#),
            key("form", "empty", r#""grant_type=client_credentials""#, "the body of a POST, as a form"),
            key(
                "expect",
                "status 200 with JSON",
                r#"{ status = 200, body = "any" }"#,
                r#"what a healthy response is: `status`; `body` "json", "html" or "any"; `key` that the JSON must have; `lists = true` for JSON lists that must not be empty"#,
            ),
            key("tokened", "false", "true", "the check needs a token of spotify.client_id"),
            key(
                "at_most_every",
                "checks.interval",
                r#""15min""#,
                "the shortest time between two checks, if longer than the usual interval",
            ),
            key(
                "ignored_components",
                "none",
                r#"["Community"]"#,
                "components of a page that mean nothing here",
            ),
            key("display", "catalog.name", r#""GitHub""#, "the vendor of this page, if there are several"),
            key("enabled", "true", "false", "false removes a built-in source"),
        ],
    },
    TableKeys {
        name: "service",
        meaning: "a service: its name for people, and the components of the status page that mean it",
        keys: &[
            key("name", "needed", r#""web-api""#, "the name that sources refer to"),
            key("display", "its name", r#""Web API""#, "the name that people read"),
            key("components", "none", r#"["API"]"#, "components of the status page that mean this service"),
            key("needs", "1", "2", "of several sources, how many must fail before an outage is posted"),
            key(
                "page",
                "the only page",
                r#""status-page""#,
                "where several vendors are checked: whose page reports on it",
            ),
        ],
    },
];

/// The environment variable of a key.
pub(super) fn variable(name: &str) -> String {
    format!("HEALTHY_UPSTREAM_{}", name.replace('.', "_").to_uppercase())
}

/// The whole configuration with its defaults, commented: everyday lines first.
pub fn print_default() -> String {
    let mut out = String::from(
        "# healthy-upstream.toml: everything has a default; what you do not need, leave out.\n\
         # Every key can be given as HEALTHY_UPSTREAM_<SECTION>_<KEY>, and by --set key=value, which wins.\n\
         # The token is best given as DISCORD_TOKEN.\n\n# --- everyday\n",
    );
    print_keys(&mut out, true);
    out.push_str("\n# --- everything else\n");
    print_keys(&mut out, false);
    out.push('\n');
    for table in TABLES {
        let _ = writeln!(out, "{:<41} # {}", format!("# [[{}]]", table.name), table.meaning);
        for key in table.keys {
            let _ = writeln!(out, "{:<41} # {}", format!("# {} = {}", key.name, key.example), key.meaning);
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn print_keys(out: &mut String, everyday: bool) {
    let mut section = "";
    for key in KEYS.iter().filter(|k| k.everyday == everyday) {
        let (table, name) = key.name.split_once('.').unwrap_or(("", key.name));
        if table != section {
            // A file may not open a table twice, so the lines below the everyday ones use dotted keys.
            section = table;
            out.push('\n');
        }
        let value = if key.default.is_empty() || key.default == r#""""# { key.example } else { key.default };
        let dotted = if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") };
        let _ = writeln!(out, "{:<41} # {}", format!("# {dotted} = {value}"), key.meaning);
    }
}
