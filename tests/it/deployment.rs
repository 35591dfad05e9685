//! What is shipped beside the binary: examples that are valid, and dashboards and rules that use existing metrics.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use healthy_upstream::clock::Clock;
use healthy_upstream::config::Config;
use healthy_upstream::health::{Detector, Policy};
use healthy_upstream::metrics::Metrics;
use healthy_upstream::operator::http::{self, HealthEndpoints};
use healthy_upstream::store::{MemoryStore, Store};
use healthy_upstream::throttle::{Caller, Throttle};
use jiff::{SignedDuration, Timestamp};
use regex::Regex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::watch;

fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Returns metrics of which each was counted once, so that every name is printed.
fn metrics() -> Metrics {
    let (metrics, span) = (Metrics::default(), SignedDuration::from_secs(1));
    metrics.probed("web-api", "healthy", span);
    metrics.probe_age("web-api", span);
    metrics.answered("status", span);
    metrics.unreadable();
    metrics.watching(true);
    metrics.connected(true);
    metrics.delivered("delivered");
    metrics.odd_delivery("shortened");
    metrics.lagged(span);
    metrics.outages_open(1);
    metrics.budget("api.spotify.com", 1.0, false);
    metrics.records("subscription", 1);
    metrics.usage(Some(1), Some(1));
    metrics.backed_up(Timestamp::from_second(1).expect("an instant"));
    metrics
}

/// Returns the names of all series, such as `healthy_upstream_probes_total`.
fn names(metrics: &str) -> BTreeSet<String> {
    let lines = metrics.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split(['{', ' ']).next()).map(ToOwned::to_owned).collect()
}

fn named_in(text: &str) -> BTreeSet<String> {
    let name = Regex::new(r"healthy_upstream_[a-z_]+").expect("a pattern");
    name.find_iter(text).map(|found| found.as_str().to_owned()).collect()
}

#[test]
fn dashboard_and_alert_rules_name_only_existing_metrics() {
    let known = names(&metrics().print());
    let dashboard: serde_json::Value = serde_json::from_str(&read("deploy/dashboard.json")).expect("JSON");
    let rules: serde_json::Value = serde_yaml_ng::from_str(&read("deploy/alerts.yml")).expect("YAML");
    let rules = &rules["groups"][0]["rules"];
    let expressions: Vec<&serde_json::Value> = dashboard["panels"]
        .as_array()
        .expect("panels")
        .iter()
        .flat_map(|panel| panel["targets"].as_array().expect("targets"))
        .chain(rules.as_array().expect("rules"))
        .map(|holder| &holder["expr"])
        .collect();
    assert!(expressions.len() > 20, "{}", expressions.len());
    for expression in expressions {
        let expression = expression.as_str().expect("an expression");
        let named = named_in(expression);
        assert!(!named.is_empty(), "{expression} names no metric");
        let unknown: Vec<_> = named.difference(&known).collect();
        assert!(unknown.is_empty(), "{expression}: {unknown:?} are not among {known:#?}");
        assert_eq!(expression.matches('(').count(), expression.matches(')').count(), "{expression}");
    }
    for rule in rules.as_array().expect("rules") {
        assert!(rule["annotations"]["summary"].as_str().is_some_and(|s| s.ends_with('.')), "{rule}");
    }
}

#[test]
fn every_metric_is_documented_and_on_the_dashboard() {
    let plain = |name: &String| {
        ["_bucket", "_sum", "_count"]
            .iter()
            .fold(name.clone(), |name, end| name.trim_end_matches(end).to_owned())
    };
    let known: BTreeSet<String> =
        names(&metrics().print()).iter().filter(|n| !n.is_empty()).map(plain).collect();
    let table = named_in(&read("docs/OPERATING.md"));
    assert_eq!(table, known);
    let shown: BTreeSet<String> = named_in(&read("deploy/dashboard.json")).iter().map(plain).collect();
    assert_eq!(shown, known);
}

#[test]
fn two_services_example_is_valid_and_watches_both() {
    let config =
        Config::read("two-services.toml", &read("deploy/two-services.toml"), &[], &[]).expect("reads");
    let (specs, catalog) = config.watched().expect("a catalog");
    let mut names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["control", "discord-api", "discord-status", "github-api", "github-status"]);
    let services: Vec<&str> = catalog.services.iter().map(|service| service.display.as_str()).collect();
    assert_eq!(services, ["GitHub API", "Discord API"]);
    assert_eq!((catalog.pages.len(), catalog.connectivity_checks.is_some()), (2, true));
}

#[test]
fn systemd_unit_and_image_run_unprivileged() {
    let unit = read("deploy/healthy-upstream.service");
    for line in [
        "Type=notify",
        "WatchdogSec=60s",
        "User=healthy-upstream",
        "StateDirectory=healthy-upstream",
        "StartLimitIntervalSec=0",
        "LoadCredential=token:/etc/healthy-upstream/token",
    ] {
        assert!(unit.lines().any(|l| l == line), "{line} is not in the unit");
    }
    let image = read("deploy/Dockerfile");
    assert!(image.contains("USER 65532:65532") && image.contains("\"check\", \"--health\""), "{image}");
}

/// Checks what can be read from the Dockerfile without a container engine; CI builds the image.
#[test]
fn image_copies_existing_files_and_known_keys() {
    let image = read("deploy/Dockerfile");
    let mut copied = 0;
    for line in image.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let words: Vec<&str> = line.split(' ').filter(|word| !word.starts_with("--")).collect();
        let (from, _) = words.split_at(words.len() - 1);
        let of_the_build = line.contains("--from=build");
        for path in from {
            let built = ["/build/target/release/healthy-upstream", "/data"].contains(path);
            let ours = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path).exists();
            assert!(if of_the_build { built } else { ours }, "{path} is copied but does not exist");
            copied += 1;
        }
    }
    assert!(copied >= 3, "{copied}");
    let variable = Regex::new(r"(HEALTHY_UPSTREAM_[A-Z_]+)=(\S+)").expect("a pattern");
    let set: Vec<(String, String)> =
        variable.captures_iter(&image).map(|found| (found[1].to_owned(), found[2].to_owned())).collect();
    let config = Config::read("none", "", &set, &[]).expect("each is a key with a valid value");
    assert_eq!((set.len(), config.store.as_str()), (2, "sled:/data/store"));
    assert!(
        config.admin_listen.is_some_and(|address| address.ip().is_loopback()),
        "the image asks itself there"
    );
}

#[test]
fn package_ships_existing_files_and_a_unit_with_known_keys() {
    let cargo: toml::Table = toml::from_str(&read("Cargo.toml")).expect("TOML");
    let package = &cargo["package"]["metadata"]["deb"];
    for asset in package["assets"].as_array().expect("assets") {
        let path = asset[0].as_str().expect("a path");
        let built =
            path.starts_with("target/") && read(".ci/package").contains(path.trim_end_matches("/*.1"));
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        assert!(built || root.join(path).exists(), "{path} neither exists nor is built");
    }
    let variable = Regex::new(r"(?m)^Environment=(HEALTHY_UPSTREAM_[A-Z_]+)=(\S+)").expect("a pattern");
    let unit = read("deploy/healthy-upstream.service");
    for found in variable.captures_iter(&unit) {
        let read = Config::read("none", "", &[(found[1].to_owned(), String::new())], &[]);
        let error = read.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(!error.contains("is not known"), "{error}");
    }
    // Both listeners at their limits, and the same number again for outgoing connections.
    let files = unit.lines().find_map(|line| line.strip_prefix("LimitNOFILE=")?.parse::<usize>().ok());
    assert!(files.is_some_and(|files| files >= 2 * (512 + 32)), "{files:?}");
}

/// Checks the dependencies. Our own code is checked by clippy's `incompatible_msrv`, so the toolchain of the stated version is
/// not needed.
#[test]
fn every_dependency_supports_the_stated_rust_version() {
    let cargo = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO"));
        let done =
            command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().expect("cargo runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("text")
    };
    let version = cargo(&["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let asked = ["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform", host];
    let metadata: serde_json::Value = serde_json::from_str(&cargo(&asked)).expect("JSON");
    let number = |version: &str| {
        let mut parts = version.split('.').map(|part| part.parse::<u32>().expect("a number"));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
    };
    let packages = metadata["packages"].as_array().expect("packages");
    let ours = packages.iter().find(|package| package["name"] == "healthy-upstream").expect("ours");
    let stated = number(ours["rust_version"].as_str().expect("stated"));
    let newer: Vec<String> = packages
        .iter()
        .filter(|package| package["rust_version"].as_str().is_some_and(|wanted| number(wanted) > stated))
        .map(|package| {
            format!("{} {} wants {}", package["name"], package["version"], package["rust_version"])
        })
        .collect();
    assert!(packages.len() > 200, "{}", packages.len());
    assert_eq!(newer, [""; 0]);
}

#[test]
fn multi_instance_examples_use_known_keys_and_served_pages() {
    let manifest = read("deploy/kubernetes.yaml");
    let documents: Vec<serde_json::Value> = serde_yaml_ng::Deserializer::from_str(&manifest)
        .map(|document| serde::Deserialize::deserialize(document).expect("YAML"))
        .collect();
    let [deployment, budget, network] = &documents[..] else { panic!("{}", documents.len()) };
    assert_eq!((&deployment["kind"], &budget["kind"]), (&"Deployment".into(), &"PodDisruptionBudget".into()));
    assert_eq!((&deployment["spec"]["replicas"], &budget["spec"]["minAvailable"]), (&2.into(), &1.into()));
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    assert_eq!(labels, &budget["spec"]["selector"]["matchLabels"], "the budget is about these pods");
    assert_eq!(labels, &deployment["spec"]["selector"]["matchLabels"]);
    // Only scrapers may reach the admin pages. The kubelet's probes come from the node, which no policy stops.
    assert_eq!(network["kind"], "NetworkPolicy");
    assert_eq!(labels, &network["spec"]["podSelector"]["matchLabels"]);
    assert_eq!(network["spec"]["policyTypes"], serde_json::json!(["Ingress"]));
    let admin = &network["spec"]["ingress"][0];
    assert_eq!(
        admin["ports"][0]["port"],
        deployment["spec"]["template"]["spec"]["containers"][0]["ports"][0]["name"]
    );
    assert!(admin["from"][0]["namespaceSelector"].is_object(), "{admin}");
    let pod = &deployment["spec"]["template"]["spec"];
    let bot = &pod["containers"][0];
    assert_eq!(bot["readinessProbe"]["httpGet"]["path"], "/readyz");
    assert_eq!(bot["livenessProbe"]["httpGet"]["path"], "/healthz");
    assert_eq!(
        (&pod["securityContext"]["runAsNonRoot"], &pod["securityContext"]["runAsUser"]),
        (&true.into(), &65532.into())
    );
    assert_eq!(bot["securityContext"]["readOnlyRootFilesystem"], true);
    assert_eq!(bot["volumeMounts"][0]["name"], pod["volumes"][0]["name"]);

    let of_pod = bot["env"].as_array().expect("variables").iter();
    let mut variables: Vec<(String, String)> = of_pod
        .map(|one| {
            (one["name"].as_str().expect("a name").into(), one["value"].as_str().expect("a value").into())
        })
        .collect();
    let unit = read("deploy/shared-store.conf");
    let of_unit = unit.lines().filter_map(|line| line.strip_prefix("Environment=")?.split_once('='));
    variables.extend(of_unit.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(variables.len() > 6, "{variables:?}");
    let secret = tempfile::NamedTempFile::new().expect("a file");
    fs::write(secret.path(), "a.secret.value").expect("written");
    for (name, value) in variables {
        // The paths exist only where the bot is deployed; another file replaces them here.
        let here = secret.path().display().to_string();
        let value = if name.ends_with("_FILE") { here } else { value };
        let read = Config::read("example", "", &[(name.clone(), value)], &[]);
        assert!(read.is_ok(), "{name}: {}", read.expect_err("a problem"));
    }
    assert!(unit.contains("LoadCredential=store-password:"), "{unit}");
}

/// Returns `compose.yaml`, or a file that it mounts, with its anchors merged.
fn yaml(path: &str) -> serde_json::Value {
    let mut file: serde_yaml_ng::Value = serde_yaml_ng::from_str(&read(path)).expect("YAML");
    file.apply_merge().expect("anchors that exist");
    serde_json::to_value(&file).expect("keys that are text")
}

/// Returns `${NAME:-value}` as Compose expands it while no variable is set.
fn interpolated(text: &str) -> String {
    let variable = Regex::new(r"\$\{[A-Z_]+:-([^}]*)\}").expect("a pattern");
    variable.replace_all(text, "$1").into_owned()
}

/// Returns the strings of a list, or an empty list if the key is absent.
fn texts(list: &serde_json::Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(|item| item.as_str().expect("text")).collect()
}

#[test]
fn compose_sets_keys_that_exist_for_both_instances() {
    let file = yaml("compose.yaml");
    let services = file["services"].as_object().expect("services");
    let of_profile = |profile: &[&str]| -> Vec<&str> {
        let named = services.iter().filter(|(_, service)| texts(&service["profiles"]) == profile);
        named.map(|(name, _)| name.as_str()).collect()
    };
    assert_eq!(of_profile(&[]), ["bot"]);
    let mut shared = of_profile(&["postgres"]);
    shared.sort_unstable();
    assert_eq!(shared, ["postgres", "second"]);
    // Two instances with different stores would both post every alert.
    let bot = &services["bot"];
    assert_eq!(bot["environment"], services["second"]["environment"]);

    let variables = bot["environment"].as_object().expect("variables");
    let set: Vec<(String, String)> = variables
        .iter()
        .filter(|(name, _)| name.starts_with("HEALTHY_UPSTREAM_"))
        .map(|(name, value)| (name.clone(), interpolated(value.as_str().expect("text"))))
        .collect();
    let config = Config::read("none", "", &set, &[]).expect("each is a key with a valid value");
    assert_eq!((set.len(), config.store.as_str()), (3, "sled:/data/store"));
    assert!(variables.contains_key("DISCORD_TOKEN") && variables.contains_key("PGPASSWORD"), "{variables:?}");
    let admin = config.admin_listen.expect("Prometheus reads it");
    assert!(admin.ip().is_unspecified() && bot["ports"].is_null(), "reachable for containers only: {bot}");

    // The store address in the comment is valid, and names the database of this file.
    let address = Regex::new(r"HEALTHY_UPSTREAM_STORE='([^']+)'").expect("a pattern");
    let text = read("compose.yaml");
    let shared = address.captures(&text).expect("an address")[1].to_owned();
    let set = [("HEALTHY_UPSTREAM_STORE".to_owned(), shared.clone())];
    Config::read("none", "", &set, &[]).expect("a valid address");
    let database = &services["postgres"]["environment"];
    let (user, name) = (&database["POSTGRES_USER"], &database["POSTGRES_DB"]);
    let expected = format!(
        "postgres://{}@postgres/{}?sslmode=disable",
        user.as_str().expect("a user"),
        name.as_str().expect("a database")
    );
    assert_eq!(shared, expected);
}

#[test]
fn compose_mounts_files_that_exist_and_monitors_every_instance() {
    let file = yaml("compose.yaml");
    let services = file["services"].as_object().expect("services");
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut mounted = BTreeSet::new();
    for (name, service) in services {
        for volume in texts(&service["volumes"]) {
            let (from, to) = volume.split_once(':').expect("a source and a target");
            let to = to.trim_end_matches(":ro");
            let there = from.strip_prefix("./").map_or_else(
                || file["volumes"].get(from).is_some(),
                |path| root.join(path).is_file() && volume.ends_with(":ro"),
            );
            assert!(there, "{name}: {volume}");
            mounted.insert(to.to_owned());
        }
        for port in texts(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name} is published to others: {port}");
        }
        let dockerfile = service["build"]["dockerfile"].as_str();
        assert!(dockerfile.is_none_or(|path| root.join(path).is_file()), "{name}: {dockerfile:?}");
    }

    let prometheus = yaml("deploy/prometheus.yml");
    for rules in texts(&prometheus["rule_files"]) {
        assert!(mounted.contains(rules), "{rules} is not among {mounted:#?}");
    }
    let scraped = &prometheus["scrape_configs"][0]["dns_sd_configs"][0];
    for instance in ["bot", "second"] {
        assert_eq!(services[instance]["networks"]["default"]["aliases"], scraped["names"], "{instance}");
        let listen = &services[instance]["environment"]["HEALTHY_UPSTREAM_ADMIN_LISTEN"];
        assert_eq!(listen, &serde_json::json!(format!("0.0.0.0:{}", scraped["port"])), "{instance}");
    }

    let source = &yaml("deploy/grafana/datasources.yml")["datasources"][0]["url"];
    assert!(services.contains_key("prometheus") && source == "http://prometheus:9090", "{source}");
    let provider = yaml("deploy/grafana/dashboards.yml");
    let folder = provider["providers"][0]["options"]["path"].as_str().expect("a folder");
    assert!(mounted.contains(&format!("{folder}/dashboard.json")), "{folder}: {mounted:#?}");
    let home = &services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"];
    assert_eq!(home, &serde_json::json!(format!("{folder}/dashboard.json")));
}

/// Returns the text of every source file below a folder.
fn sources(folder: &str) -> String {
    let mut text = String::new();
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(&folder).expect("a folder") {
            let path = file.expect("a file").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                text.push_str(&fs::read_to_string(&path).expect("text"));
            }
        }
    }
    text
}

#[test]
fn runbook_lists_every_alert_and_only_logged_messages() {
    let runbook = read("docs/RUNBOOK.md");
    let rules = yaml("deploy/alerts.yml");
    let rules = rules["groups"][0]["rules"].as_array().expect("rules");
    let in_rules: BTreeSet<&str> = rules.iter().map(|rule| rule["alert"].as_str().expect("a name")).collect();
    for rule in rules {
        let step = rule["annotations"]["runbook"].as_str().unwrap_or_default();
        assert!(step.ends_with('.'), "{} has no first step: {step:?}", rule["alert"]);
    }
    let row = Regex::new(r"(?m)^\| `([^`]+)` \|").expect("a pattern");
    let rows: BTreeSet<&str> =
        row.captures_iter(&runbook).map(|found| found.get(1).expect("a name").as_str()).collect();
    let (in_table, messages): (BTreeSet<&str>, BTreeSet<&str>) =
        rows.into_iter().partition(|row| row.starts_with("HealthyUpstream"));
    assert_eq!(in_table, in_rules);

    let source = sources("src");
    // A message must be one literal on one line of the source to be found.
    let never: Vec<&&str> =
        messages.iter().filter(|message| !source.contains(&format!("\"{message}\""))).collect();
    assert!(messages.len() > 10 && never.is_empty(), "nothing logs {never:#?}");

    let heading = Regex::new(r"(?m)^##+ (.+)$").expect("a pattern");
    let anchors: BTreeSet<String> =
        heading.captures_iter(&runbook).map(|found| found[1].to_lowercase().replace(' ', "-")).collect();
    let link = Regex::new(r"\]\(#([^)]+)\)").expect("a pattern");
    for found in link.captures_iter(&runbook) {
        assert!(anchors.contains(&found[1]), "#{} is not among {anchors:?}", &found[1]);
    }
}

#[test]
fn every_file_names_the_same_repository() {
    let ours = env!("CARGO_PKG_REPOSITORY");
    assert!(
        !sources("src").contains(ours),
        "take it from CARGO_PKG_REPOSITORY: a fork changes Cargo.toml alone"
    );
    let files = [
        "compose.yaml",
        "deploy/healthy-upstream.service",
        "CHANGELOG.md",
        ".github/ISSUE_TEMPLATE/config.yml",
    ];
    for file in files {
        assert!(read(file).contains(ours), "{file} names another repository than {ours}");
    }
    let image = ours.replace("https://github.com/", "ghcr.io/").to_lowercase();
    assert!(
        read("compose.yaml").contains(&format!("image: {image}:")),
        "compose.yaml pulls another image than {image}"
    );
}

/// Returns the example below a heading: the content of the first code block that opens with `fence`.
fn example<'t>(text: &'t str, heading: &str, fence: &str) -> &'t str {
    let (_, below) = text.split_once(heading).unwrap_or_else(|| panic!("no {heading}"));
    let (_, inside) = below.split_once(&format!("\n{fence}\n")).expect("the fence opens");
    let closes = format!("\n{}", fence.trim_end_matches(char::is_alphabetic));
    inside.split_once(&closes).expect("the fence closes").0
}

#[test]
fn contributing_examples_are_a_valid_entry_and_source() {
    use healthy_upstream::faq::Faq;

    let text = read(".github/CONTRIBUTING.md");
    let entry = example(&text, "## Add an FAQ entry", "````markdown");
    let builtin = Faq::builtin_files().map(|(name, text)| (name.to_owned(), text.to_owned()));
    let with_it = builtin.chain([("spotify-embed-blank.md".to_owned(), entry.to_owned())]);
    let errors = Faq::read(with_it).err().unwrap_or_default();
    assert!(errors.is_empty(), "{errors:#?}");

    let source = example(&text, "## Add a source", "```toml");
    let config = Config::read("example.toml", source, &[], &[]).expect("reads");
    let (specs, _) = config.watched().expect("a catalog");
    assert!(specs.iter().any(|spec| spec.name.as_str() == "oembed"), "{specs:#?}");
}

/// The admin endpoints of a bot, on their own port.
struct Served {
    address: std::net::SocketAddr,
    store: Arc<dyn Store>,
    stop: watch::Sender<bool>,
    serving: tokio::task::JoinHandle<()>,
    _snapshot: watch::Sender<Arc<healthy_upstream::health::StatusSnapshot>>,
}

impl Served {
    async fn start(clock: Clock, throttle: Arc<Throttle>) -> Self {
        let (_, catalog) = Config::default_for_tests().watched().expect("built in");
        let detector = Detector::new(catalog, Policy::default());
        let (sender, snapshot) = watch::channel(Arc::new(detector.snapshot(clock.now())));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default().open().expect("opens"));
        let pages = HealthEndpoints {
            clock,
            metrics: Metrics::default(),
            store: Arc::clone(&store),
            snapshot,
            throttle,
        };
        let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (stop, stopping) = watch::channel(false);
        let serving = tokio::spawn(http::serve(listener, pages, stopping));
        Self { address: ([127, 0, 0, 1], port).into(), store, stop, serving, _snapshot: sender }
    }

    async fn connect(&self, said: &str) -> tokio::net::TcpStream {
        let mut stream = tokio::net::TcpStream::connect(self.address).await.expect("it listens");
        stream.write_all(said.as_bytes()).await.expect("sent");
        stream
    }
}

#[tokio::test]
async fn silent_connections_never_block_the_health_check() {
    let served = Served::start(Clock::system(), Arc::new(Throttle::new(Clock::system()))).await;
    let mut held = Vec::new();
    for n in 0..200 {
        held.push(served.connect(["", "GET /healthz HT", "GET /metrics HTTP/1.1\r\nX-A: "][n % 3]).await);
        if n % 20 == 0 {
            http::ask_health(served.address).await.expect("alive");
        }
    }
    http::ask_health(served.address).await.expect("alive");
    // At most 32 of them are still open; the others were closed to make room.
    let mut open = 0;
    for stream in &mut held {
        let read = tokio::time::timeout(std::time::Duration::from_millis(1), stream.read(&mut [0; 64])).await;
        open += usize::from(read.is_err());
    }
    assert!(open <= 32, "{open}");
}

/// The clock runs ten times faster than the sockets.
#[tokio::test]
async fn connection_serves_one_request_within_a_time_limit() {
    let clock = Clock::fast(Clock::system().now(), 10);
    let served = Served::start(clock.clone(), Arc::new(Throttle::new(clock))).await;
    let mut asked = served.connect("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let mut answer = String::new();
    asked.read_to_string(&mut answer).await.expect("answered and closed");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("alive\n"), "{answer}");
    for said in ["", "GET /healthz HTTP/1.1\r\n"] {
        assert_eq!(
            crate::http_interactions::hear(&mut served.connect(said).await).await,
            "",
            "closed without a word"
        );
    }
    let answer =
        crate::http_interactions::hear(&mut served.connect(crate::http_interactions::HTTP2).await).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "HTTP/2 is refused: {answer:?}");
}

/// `/metrics` reads request budgets, rate limits and the store when it is scraped.
#[tokio::test]
async fn health_check_answers_with_rate_limits_and_counts() {
    let clock = Clock::system();
    let throttle = Arc::new(Throttle::new(clock.clone()));
    throttle.set_budget("api.example", 10, 5, 2);
    let caller = Caller { host: "api.example".into(), credential: None, source: "api".into() };
    throttle.hold(&caller, clock.now() + SignedDuration::from_hours(1), "429");
    let served = Served::start(clock, throttle).await;
    let address = served.address;
    http::ask_health(address).await.expect("alive");
    let scrape = async || {
        let page = reqwest::get(format!("http://127.0.0.1:{}/metrics", address.port())).await;
        page.expect("served").text().await.expect("text")
    };
    let metrics = scrape().await;
    assert!(metrics.contains("healthy_upstream_rate_limited{host=\"api.example\"} 1"), "{metrics}");
    assert!(metrics.contains("healthy_upstream_budget_left{host=\"api.example\"} 12"), "{metrics}");
    // A million records are not counted for each scrape: what was stored since the last minute's count is not included.
    served.store.put_meta("one", Some(b"more")).await.expect("stored");
    assert!(scrape().await.contains("healthy_upstream_store_records{kind=\"kept\"} 0"));
    served.stop.send_replace(true);
    served.serving.await.expect("ends in order");
    http::ask_health(address).await.expect_err("nobody listens any more");
}
