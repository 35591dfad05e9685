//! What operators write in the configuration, and which errors they read.

use std::collections::BTreeSet;

use expect_test::{expect, expect_file};
use healthy_upstream::config::{ChangedKeys, Config, KEYS, TABLES, print_default};

fn read(text: &str) -> Result<Config, String> {
    read_with(text, &[], &[])
}

fn read_with(text: &str, environment: &[(&str, &str)], set: &[&str]) -> Result<Config, String> {
    let environment: Vec<_> = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let set: Vec<_> = set.iter().map(|s| (*s).to_owned()).collect();
    Config::read("bot.toml", text, &environment, &set).map_err(|e| e.to_string())
}

#[test]
fn empty_file_is_a_valid_configuration() {
    let config = read("").expect("the defaults are valid");
    assert_eq!(config.store, "sled:healthy-upstream.data");
    assert_eq!(config.checks.policy.failure_threshold, 3);
    assert_eq!(config.discord.api, "https://discord.com");
    assert_eq!(config.limits.subscriptions_per_guild, 100);
}

#[test]
fn every_problem_is_reported_with_its_key_and_nearest_match() {
    let text = r#"
        stroe = "memory:"
        [checks]
        interval = "30"
        failure_threshold = 0
        success_treshold = 4
        [discord]
        api = "http://discord.example"
        token = "planted.secret.token"
        requests_per_second = "many"
        [admin]
        listen = "9464"
        [limits]
        commands_per_user = "5/10s"
    "#;
    let error = read(text).expect_err("it is broken");
    expect![[r#"
        bot.toml: checks.interval: is "30"; a duration from 1s to 1h is wanted, such as "30s" or "5m"
        bot.toml: checks.failure_threshold: is "0"; a whole number from 1 to 100 is wanted
        bot.toml: admin.listen: is "9464"; an address with a port is wanted, such as "127.0.0.1:9464"
        bot.toml: discord.api: is "http://discord.example"; https://… is wanted (http://… for loopback only)
        bot.toml: discord.requests_per_second: is "many"; a whole number from 1 to 1000000 is wanted
        bot.toml: limits.commands_per_user: is "5/10s"; a number in a time is wanted, such as "5 in 10s"
        bot.toml: checks.success_treshold: is not known; did you mean checks.success_threshold?
        bot.toml: discord.token: is a secret: give HEALTHY_UPSTREAM_DISCORD_TOKEN or discord.token_file instead
        bot.toml: stroe: is not known; did you mean store?"#]]
    .assert_eq(&error);
}

#[test]
fn flags_override_environment_and_environment_overrides_file() {
    let file = "[checks]\ninterval = \"10s\"\nfailure_threshold = 5\nsuccess_threshold = 6";
    let environment =
        [("HEALTHY_UPSTREAM_CHECKS_INTERVAL", "20s"), ("HEALTHY_UPSTREAM_CHECKS_FAILURE_THRESHOLD", "7")];
    let config = read_with(file, &environment, &["checks.interval=40s"]).expect("valid");
    assert_eq!(config.checks.interval.as_secs(), 40);
    assert_eq!(config.checks.policy.failure_threshold, 7);
    assert_eq!(config.checks.policy.success_threshold, 6);
}

#[test]
fn changed_keys_are_reported_with_need_for_restart() {
    let before = "store = \"memory:\"\nfaq.dir = \"a\"\nchecks.failure_threshold = 3";
    let after = "store = \"memory:\"\nlog.filter = \"debug\"\nchecks.failure_threshold = 4\n[[source]]\nname = \"web-api\"";
    let [before, after] = [before, after].map(|text| read(text).expect("valid"));
    let changed = after.changed_since(&before);
    assert_eq!(changed.taken, ["faq.dir", "log.filter"]);
    assert_eq!(
        changed.restart,
        ["checks.failure_threshold", "source"],
        "a default that is written out is no change"
    );
    assert_eq!(before.changed_since(&before.clone()), ChangedKeys::default());
    let with = |token: &str| read_with("", &[("DISCORD_TOKEN", token)], &[]).expect("valid");
    assert_eq!(with("another.token").changed_since(&with("planted.token")).restart, ["discord.token"]);
}

#[test]
fn invalid_token_is_reported_with_its_origin() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let refused = |name: &str, path: &str| {
        let error = read_with("", &[(name, path)], &[]).expect_err("no token").replace(path, "PATH");
        assert!(!error.contains("planted"), "{error}");
        error
    };
    let by_file = "HEALTHY_UPSTREAM_DISCORD_TOKEN_FILE";
    let all = [
        refused("DISCORD_TOKEN", "planted token"),
        refused(by_file, &file("words", "no token at all, planted\n")),
        refused(by_file, &file("empty", "\n")),
        refused(by_file, &folder.path().join("none").display().to_string()),
    ];
    expect![[r#"
        environment: DISCORD_TOKEN: holds characters that no token has; copy it again: developer portal → your application → Bot → Reset Token
        HEALTHY_UPSTREAM_DISCORD_TOKEN_FILE: discord.token_file: holds characters that no token has; copy it again: developer portal → your application → Bot → Reset Token
        HEALTHY_UPSTREAM_DISCORD_TOKEN_FILE: discord.token_file: "PATH" is empty: write the secret into it
        HEALTHY_UPSTREAM_DISCORD_TOKEN_FILE: discord.token_file: "PATH" cannot be read: No such file or directory (os error 2); put the secret into it, or name another"#]]
    .assert_eq(&all.join("\n"));
}

#[test]
fn unknown_variable_is_reported_with_its_nearest_match() {
    let error = read_with("", &[("HEALTHY_UPSTREAM_CHECKS_INTREVAL", "1s")], &[]).expect_err("unknown");
    expect!["environment: HEALTHY_UPSTREAM_CHECKS_INTREVAL: is not known; did you mean HEALTHY_UPSTREAM_CHECKS_INTERVAL?"]
    .assert_eq(&error);
}

#[test]
fn invalid_toml_is_reported_with_its_line() {
    let error = read("store = \"memory:\"\n[checks\nevery = 3").expect_err("broken");
    assert!(error.starts_with("bot.toml: line 2: "), "{error}");
}

/// People paste the secret itself where the path of its file, or something else, is expected.
#[test]
fn refused_value_that_may_be_secret_is_hidden() {
    const PLANTED: &str = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GPLANT.planted-planted_planted-planted0";
    let files = ["DISCORD_TOKEN", "STORE_PASSWORD", "OPERATOR_WEBHOOK_URL", "OPERATOR_HEARTBEAT_URL"];
    for name in files.map(|name| format!("HEALTHY_UPSTREAM_{name}_FILE")) {
        let error = read_with("", &[(&name, PLANTED)], &[]).expect_err(&name);
        assert!(
            error.contains("_file: what it names cannot be read") && !error.contains("planted"),
            "{error}"
        );
    }
    let address = format!("discord.api=https://planted:{PLANTED}@example.com");
    let mut given = vec![PLANTED.to_owned(), format!("{PLANTED}=1"), address];
    for key in ["admin.listen", "discord.guild", "log.format", "checks.interval", "limits.commands_per_user"]
    {
        given.push(format!("{key}={PLANTED}"));
    }
    for one in given {
        let error = read_with("", &[], &[&one]).expect_err(&one);
        assert!(!error.contains("planted"), "{one}: {error}");
    }
    let error =
        read_with("", &[("HEALTHY_UPSTREAM_OPERATOR_WEBHOOK_URL", PLANTED)], &[]).expect_err("no address");
    assert!(error.contains("operator.webhook_url: is no address") && !error.contains("planted"), "{error}");
    let keys = ["kind", "at_most_every", "name", "service", "method", PLANTED];
    let mut sources: Vec<_> = keys.iter().map(|key| format!("\"{key}\" = \"{PLANTED}\"")).collect();
    sources.push("url = \"https://planted:planted@example.com/\"".to_owned());
    sources.push("url = \"planted:planted@example.com\"".to_owned());
    sources.push(format!("expect = \"{PLANTED}\""));
    for source in sources {
        let name = if source.starts_with("\"name") { "" } else { "name = \"own\"\n" };
        let watched = read(&format!("[[source]]\n{name}{source}"))
            .and_then(|config| config.watched().map(drop).map_err(|e| e.to_string()));
        let error = watched.expect_err(&source);
        assert!(!error.contains("planted"), "{source}: {error}");
    }
    // A value that is no secret is shown, so that the operator finds it.
    let error = read("[[source]]\nname = \"own\"\nurrl = \"x\"").expect_err("refused");
    assert!(error.contains("source[1]: unknown field `urrl`, expected one of `name`, `url`"), "{error}");
    assert!(read_with("", &[], &["log.format=xml"]).expect_err("refused").contains("\"xml\""));
}

#[test]
fn writable_secret_file_is_refused_and_readable_one_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().display().to_string();
    let read = |mode: u32, text: &str| {
        std::fs::write(file.path(), text).expect("written");
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).expect("set");
        read_with("", &[("HEALTHY_UPSTREAM_DISCORD_TOKEN_FILE", &path)], &[])
    };
    for mode in [0o600, 0o400, 0o440] {
        assert_eq!(read(mode | 0o200, "a.b.c").expect("read").warnings, [""; 0], "{mode:o}");
    }
    let warned = read(0o644, "a.b.c").expect("read").warnings;
    assert!(warned.len() == 1 && warned[0].ends_with("can be read by everybody: chmod 600 it"), "{warned:?}");
    for mode in [0o620, 0o602, 0o666] {
        let error = read(mode, "a.b.c").expect_err("refused");
        assert!(error.contains("can be written by others"), "{error}");
    }
    let error = read(0o600, &"x".repeat((64 << 10) + 1)).expect_err("refused");
    assert!(error.contains("is larger than 64 KiB"), "{error}");
}

#[test]
fn one_key_sets_a_proxy_and_ignored_variables_are_reported() {
    let variable = [("https_proxy", "http://planted:planted@proxy.example")];
    let warned = read_with("", &variable, &[]).expect("valid").warnings;
    assert_eq!(warned, ["https_proxy is not used; to use a proxy, set proxy = \"http://HOST:PORT\""]);
    let set = read_with("proxy = \"http://proxy.example:3128\"", &variable, &[]).expect("valid");
    assert_eq!(set.warnings, [""; 0]);
    for wrong in ["proxy.example", "socks5://planted", "http://planted:planted@proxy.example"] {
        let error = read(&format!("proxy = \"{wrong}\"")).expect_err(wrong);
        assert!(error.starts_with("bot.toml: proxy: ") && !error.contains("planted"), "{error}");
    }
}

#[test]
fn token_is_never_shown() {
    let config = read_with("", &[("DISCORD_TOKEN", "Bot planted.secret.token\n")], &[]).expect("valid");
    assert_eq!(config.discord.token.as_ref().expect("a token").reveal(), "planted.secret.token");
    assert!(!format!("{config:?}").contains("planted"));
}

#[test]
fn printed_example_equals_the_default_configuration() {
    let example = print_default();
    for key in KEYS {
        assert!(example.contains(&format!("# {} = ", key.name)), "{} is not in the example", key.name);
    }
    // With every default uncommented, the example gives the same configuration.
    let uncommented: String = example
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| {
            KEYS.iter()
                .any(|k| !k.default.is_empty() && line.starts_with(&format!("{} = {}", k.name, k.default)))
        })
        .fold(String::new(), |all, line| all + line + "\n");
    let from_example = read(&uncommented).expect("the example can be read");
    assert_eq!(format!("{from_example:?}"), format!("{:?}", read("").expect("defaults")));
}

#[test]
fn own_source_overrides_the_built_in_one() {
    let text = "[[source]]\nname = \"web-api\"\nurl = \"http://127.0.0.1:9000/v1/me\"";
    let (specs, _) = read(text).expect("valid").watched().expect("a catalog");
    let web_api = specs.iter().find(|s| s.name.as_str() == "web-api").expect("web-api");
    assert_eq!(web_api.url, "http://127.0.0.1:9000/v1/me");
    assert_eq!(web_api.expect.status, 401, "the expected status stays the default");
}

#[test]
fn another_service_is_watched_by_configuration_alone() {
    let text = r#"
        spotify.enabled = false
        catalog.name = "GitHub"
        [[source]]
        name = "status-page"
        kind = "page"
        url = "https://www.githubstatus.com/api/v2/summary.json"
        [[source]]
        name = "api"
        service = "api"
        url = "https://api.github.com/zen"
        expect = { status = 200, body = "any" }
        [[service]]
        name = "api"
        display = "REST API"
        components = ["API Requests"]
    "#;
    let (specs, catalog) = read(text).expect("valid").watched().expect("a catalog");
    assert_eq!(specs.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["status-page", "api"]);
    assert_eq!(catalog.display, "GitHub");
    assert_eq!(catalog.services[0].display, "REST API");
}

#[test]
fn unusable_source_is_reported() {
    let error = read("[[source]]\nname = \"mine\"\nulr = \"https://a.example\"").expect_err("unknown field");
    assert!(error.contains("source[1]: unknown field `ulr`"), "{error}");
    let config = read("[[source]]\nname = \"mine\"").expect("read");
    let error = config.watched().expect_err("no url").to_string();
    expect![[r#"configuration: source: source "mine": is not built in, so it needs a url"#]]
        .assert_eq(&error);
}

#[test]
fn store_password_is_given_separately_and_never_shown() {
    for wrong in ["postgres://bot:planted@db/alerts", "postgres://bot@db/alerts?password=planted"] {
        let error = read(&format!("store = \"{wrong}\"")).expect_err("shown with the address");
        expect!["bot.toml: store: holds a password: leave it out, and give PGPASSWORD, HEALTHY_UPSTREAM_STORE_PASSWORD or store_password_file"]
            .assert_eq(&error);
    }
    let file = "store = \"postgres://bot@db/alerts\"";
    let environment = [("PGPASSWORD", "planted"), ("HEALTHY_UPSTREAM_STORE_PASSWORD", "planted-too")];
    for (environment, expected) in [(&environment[..1], "planted"), (&environment[..], "planted-too")] {
        let config = read_with(file, environment, &[]).expect("valid");
        assert_eq!(config.store_password.as_ref().expect("a password").reveal(), expected);
        assert!(!format!("{config:?}").contains("planted"));
    }
}

#[test]
fn old_key_stops_the_start_with_its_new_name() {
    let file = "place = \"Frankfurt\"\nhttp.listen = \"127.0.0.1:9464\"\n[watch]\nevery = \"30s\"\n[operator]\nwebhook_file = \"/w\"";
    let environment = [
        ("HEALTHY_UPSTREAM_WATCH_EVERY", "20s"),
        ("HEALTHY_UPSTREAM_OPERATOR_DEAD_MAN", "https://a.example"),
    ];
    let problems = read_with(file, &environment, &["copies.lease=10s"]).expect_err("old keys");
    let mut lines: Vec<&str> = problems.lines().collect();
    lines.sort_unstable();
    expect![[r#"
        --set: copies.lease: is now called ha.lease
        bot.toml: http.listen: is now called admin.listen
        bot.toml: operator.webhook_file: is now called operator.webhook_url_file
        bot.toml: place: is now called location
        bot.toml: watch.every: is now called checks.interval
        environment: HEALTHY_UPSTREAM_OPERATOR_DEAD_MAN: is now called HEALTHY_UPSTREAM_OPERATOR_HEARTBEAT_URL
        environment: HEALTHY_UPSTREAM_WATCH_EVERY: is now called HEALTHY_UPSTREAM_CHECKS_INTERVAL"#]]
    .assert_eq(&lines.join("\n"));
}

/// What is watched instead of Spotify, in ten lines.
const SOMETHING_ELSE: &str = r#"spotify.enabled = false
catalog.name = "GitHub"
[[source]]
name = "status-page"
kind = "page"
url = "https://www.githubstatus.com/api/v2/summary.json"
[[source]]
name = "api"
service = "api"
url = "https://api.github.com"
"#;

#[test]
fn configuration_page_lists_every_key() {
    use std::fmt::Write as _;
    let escaped = |text: &str| text.replace('|', "\\|");
    let mut page = String::from(
        "# Configuration\n\n<!-- Written by the test configuration_page_lists_every_key: UPDATE_EXPECT=1 cargo test configuration_page -->\n\n\
         Every key has a default. A key is given in `healthy-upstream.toml`, as `HEALTHY_UPSTREAM_<SECTION>_<KEY>` in the \
         environment, or by `--set key=value`, which wins. Secrets are never in the file itself: a key that ends in `_file` names a \
         file with the secret, and the same name without `_file` is read from the environment. The token is best given as \
         `DISCORD_TOKEN`. `healthy-upstream check` reports everything that `run` would refuse and connects to nothing; \
         `check --live` checks every source once and asks Discord who the bot is.\n\n\
         | key | default | meaning | example |\n| --- | --- | --- | --- |\n",
    );
    for key in KEYS {
        let default = if key.default.is_empty() { "—".to_owned() } else { format!("`{}`", key.default) };
        let example = if key.example.is_empty() { key.default } else { key.example };
        let _ = writeln!(
            page,
            "| `{}` | {default} | {} | `{}` |",
            key.name,
            escaped(key.meaning),
            escaped(example)
        );
    }
    for table in TABLES {
        let _ = write!(
            page,
            "\n## `[[{}]]`\n\nThere may be any number of these tables. Each is {}.\n\n| key | without it | meaning | example |\n| --- | --- | --- | --- |\n",
            table.name, table.meaning
        );
        for key in table.keys {
            let (meaning, example) = (escaped(key.meaning), escaped(key.example));
            let _ = writeln!(page, "| `{}` | {} | {meaning} | `{example}` |", key.name, escaped(key.default));
        }
    }
    let _ = write!(
        page,
        "\n## Something else than Spotify\n\nTen lines are enough. `deploy/two-services.toml` checks two vendors with a page each.\n\n```toml\n{SOMETHING_ELSE}```\n"
    );
    expect_file!["../../docs/CONFIGURATION.md"].assert_eq(&page);
}

#[test]
fn something_else_than_spotify_takes_ten_lines() {
    let config = read_with(SOMETHING_ELSE, &[], &[]).expect("a whole configuration");
    let (specs, catalog) = config.watched().expect("something is checked");
    assert_eq!(specs.iter().map(|spec| spec.name.as_str()).collect::<Vec<_>>(), ["status-page", "api"]);
    assert_eq!(catalog.display, "GitHub");
    assert_eq!(SOMETHING_ELSE.lines().count(), 10);
}

#[test]
fn contact_is_in_the_user_agent_and_fits_a_header() {
    let config = read("operator.contact = \"mailto:ops@example.org\"").expect("a mailbox");
    assert_eq!(config.operator.contact.as_deref(), Some("mailto:ops@example.org"));
    let agent = healthy_upstream::probe::user_agent("mailto:ops@example.org");
    assert!(agent.ends_with(" (+mailto:ops@example.org)"), "{agent}");
    let refused = read("operator.contact = \"two words\"").expect_err("no address");
    expect!["bot.toml: operator.contact: is no address or mailbox: write https://… or mailto:…"]
        .assert_eq(&refused);
}

#[test]
fn every_key_of_a_table_is_documented() {
    let keys = |value: serde_json::Value| {
        value.as_object().expect("a table").keys().cloned().collect::<BTreeSet<String>>()
    };
    let service = healthy_upstream::config::ServiceConfig {
        name: String::new(),
        display: None,
        components: Vec::new(),
        needs: None,
        page: None,
    };
    let source = healthy_upstream::probe::SourceConfig::default();
    let real = [
        ("source", keys(serde_json::to_value(source).expect("JSON"))),
        ("service", keys(serde_json::to_value(service).expect("JSON"))),
    ];
    for (name, real) in real {
        let table = TABLES.iter().find(|table| table.name == name).expect("a documented table");
        assert_eq!(
            table.keys.iter().map(|key| key.name.to_owned()).collect::<BTreeSet<_>>(),
            real,
            "[[{name}]]"
        );
    }
}
