//! A PostgreSQL of the tests' own: a scratch cluster on loopback, in a folder that goes with it when the tests end, however
//! they end. Tests share one, each in its own schema; tests of faults have a cluster of their own.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The password of the cluster's only user: it must be in no text that anybody reads.
pub(crate) const PASSWORD: &str = "planted-hunter2";

/// The environment variable that says these tests must run.
const REQUIRED: &str = "HEALTHY_UPSTREAM_POSTGRES";

/// A cluster that runs.
pub(crate) struct Cluster {
    programs: Programs,
    folder: PathBuf,
    pub(crate) port: u16,
    guard: Child,
}

/// Where PostgreSQL's programs are, and as whom they run: root may not run them.
#[derive(Clone)]
struct Programs {
    folder: PathBuf,
    /// The user, and its group.
    user: Option<(&'static str, String)>,
}

/// How safely a cluster stores its data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    /// As a real one.
    Safe,
    /// Quick: nobody pulls its plug.
    Quick,
}

/// The cluster that tests share. `None`, with a note on stderr, if PostgreSQL is not installed.
pub(crate) fn shared() -> Option<&'static Cluster> {
    static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
    SHARED.get_or_init(|| Some(Cluster::start(Programs::find()?, Care::Quick))).as_ref()
}

/// A cluster for one test alone.
pub(crate) fn own(care: Care) -> Option<Cluster> {
    Some(Cluster::start(Programs::find()?, care))
}

impl Programs {
    fn find() -> Option<Self> {
        static FOUND: OnceLock<Option<Programs>> = OnceLock::new();
        FOUND.get_or_init(Self::probe).clone()
    }

    fn probe() -> Option<Self> {
        let mut folders: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
            .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
            .unwrap_or_default();
        folders.sort();
        folders.reverse(); // the newest first
        let path = std::env::var_os("PATH").unwrap_or_default();
        folders.extend(std::env::split_paths(&path));
        let folder = folders.into_iter().find(|folder| {
            ["initdb", "pg_ctl", "postgres"].iter().all(|program| folder.join(program).exists())
        });
        let Some(folder) = folder else {
            assert!(
                std::env::var(REQUIRED).as_deref() != Ok("required"),
                "PostgreSQL is not installed, and {REQUIRED}=required: apt-get install postgresql"
            );
            // Written to stderr directly: the test harness would hide it.
            let _ = writeln!(
                std::io::stderr(),
                "NOT RUN: the stories on PostgreSQL, because it is not installed here (apt-get install postgresql)"
            );
            return None;
        };
        let user = (said("id", &["-u"]) == "0").then(|| {
            let user = ["postgres", "nobody"].into_iter().find(|user| !said("id", &["-u", user]).is_empty());
            let user = user.expect("a user who may run PostgreSQL");
            (user, said("id", &["-g", user]))
        });
        Some(Self { folder, user })
    }

    /// A program of PostgreSQL's, as the user who may run it.
    fn program(&self, name: &str) -> Command {
        self.command(&self.folder.join(name))
    }

    fn command(&self, program: &Path) -> Command {
        let Some((user, group)) = &self.user else { return Command::new(program) };
        let mut command = Command::new("setpriv");
        command.args(["--reuid", user, "--regid", group, "--clear-groups"]).arg(program);
        command
    }
}

/// What a program says on one line; nothing if it fails.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().expect("a program");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

impl Cluster {
    fn start(programs: Programs, care: Care) -> Self {
        let folder = tempfile::Builder::new().prefix("hu-postgres-").tempdir().expect("a folder").keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("ours");
        let secret = folder.join("password");
        fs::write(&secret, PASSWORD).expect("written");
        if let Some((user, _)) = &programs.user {
            let id = said("id", &["-u", user]).parse().expect("a number");
            chown(&folder, Some(id), None).expect("given away");
            chown(&secret, Some(id), None).expect("given away");
        }
        let data = folder.join("data");
        let mut init = programs.program("initdb");
        init.args(["--username=healthy", "--auth-local=trust", "--auth-host=scram-sha-256"]);
        init.args(["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions", "-D"]).arg(&data);
        init.arg(format!("--pwfile={}", secret.display())).current_dir(&folder);
        let done = init.output().expect("initdb runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));

        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let quick = if care == Care::Quick { "fsync = off\nfull_page_writes = off\n" } else { "" };
        let settings = format!(
            "port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\nmax_connections = 400\n\
             shared_buffers = 64MB\n{quick}",
            folder.display()
        );
        let file = data.join("postgresql.conf");
        let before = fs::read_to_string(&file).expect("settings");
        fs::write(&file, before + &settings).expect("written");

        // Waits for the end of its input, which comes when this process ends, in whatever way.
        let script = "\"$1/pg_ctl\" -D \"$2/data\" -l \"$2/log\" -w start >/dev/null && echo ready; read -r _; \
                      \"$1/pg_ctl\" -D \"$2/data\" -m immediate stop >/dev/null 2>&1; rm -rf \"$2\"";
        let mut guard = programs.command(Path::new("sh"));
        guard.args(["-c", script, "sh"]).arg(&programs.folder).arg(&folder).current_dir(&folder);
        let mut guard = guard.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
        let mut line = String::new();
        let out = guard.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert_eq!(line.trim(), "ready", "{log}");
        Self { programs, folder, port, guard }
    }

    /// The address of a new store for one test, in this cluster.
    pub(crate) fn address(&self) -> String {
        static STORIES: AtomicU64 = AtomicU64::new(1);
        let story = STORIES.fetch_add(1, Ordering::SeqCst);
        address(self.port, &format!("story_{story}"))
    }

    /// From now on it offers TLS with this certificate, and lets people in by these lines before its own.
    pub(crate) async fn offers_tls(&self, address: &str, certificate: &str, key: &str, hba: &str) {
        let data = self.folder.join("data");
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let file = data.join(name);
            fs::write(&file, text).expect("written");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("ours");
            if let Some((user, _)) = &self.programs.user {
                let id = said("id", &["-u", user]).parse().expect("a number");
                chown(&file, Some(id), None).expect("given away");
            }
        }
        let file = data.join("pg_hba.conf");
        let before = fs::read_to_string(&file).expect("rules");
        fs::write(&file, format!("{hba}\n{before}")).expect("written");
        sql(address, "alter system set ssl = on").await;
        self.connectivity_check(&["-w", "restart"]);
    }

    /// The server dies at once, as in a power cut.
    pub(crate) fn dies(&self) {
        self.connectivity_check(&["-m", "immediate", "stop"]);
    }

    /// The server is started again, and recovers its data.
    pub(crate) fn comes_back(&self) {
        self.connectivity_check(&["-w", "start"]);
    }

    fn connectivity_check(&self, what: &[&str]) {
        let mut connectivity_check = self.programs.program("pg_ctl");
        connectivity_check
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("-l")
            .arg(self.folder.join("log"))
            .args(what);
        let done =
            connectivity_check.current_dir(&self.folder).stdout(Stdio::null()).status().expect("pg_ctl runs");
        assert!(done.success(), "{what:?}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// The address of a schema behind a port, for a store that is given the password besides.
pub(crate) fn address(port: u16, schema: &str) -> String {
    format!("postgres://healthy@127.0.0.1:{port}/postgres?sslmode=disable&schema={schema}")
}

/// The schema of an address.
pub(crate) fn schema(address: &str) -> &str {
    address.rsplit_once("schema=").expect("an address of ours").1
}

/// Carries out statements behind the store's back, in the schema of its address.
pub(crate) async fn sql(address: &str, statements: &str) -> Vec<tokio_postgres::SimpleQueryMessage> {
    let base = address.split_once("&schema=").expect("an address of ours").0;
    let mut config: tokio_postgres::Config = base.parse().expect("an address");
    let (client, connection) =
        config.password(PASSWORD).connect(tokio_postgres::NoTls).await.expect("connected");
    let talking = tokio::spawn(connection);
    client.batch_execute(&format!("set search_path to {}", schema(address))).await.expect("set");
    let answered = client.simple_query(statements).await.unwrap_or_else(|error| panic!("{error:?}"));
    talking.abort();
    answered
}

/// The first value that a statement returns.
pub(crate) async fn value(address: &str, statement: &str) -> String {
    let answered = sql(address, statement).await;
    let row = answered.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    row.and_then(|row| row.get(0)).unwrap_or_default().to_owned()
}
