//! Two and three copies of the program on one PostgreSQL, killed, paused, cut off, and their database with them: each channel
//! hears of each start and each end once.

use std::cell::Cell;
use std::fs;
use std::sync::Arc;

use healthy_upstream::alerts::{Subscription, SubscriptionEdit, UpdateMode};
use healthy_upstream::ids::InteractionId;
use healthy_upstream::store::{self, Store, StoreOptions};
use jiff::{SignedDuration, Timestamp};

use super::bot::{Bot, Home, is_end, is_start, is_update};
use super::kills::Kind;
use crate::faulty_proxy::{Line, Weather};
use crate::postgres::{self, Care, Cluster, PASSWORD};

/// A third of the usual one, so that the stories are shorter.
const LEASE: SignedDuration = SignedDuration::from_secs(3);
/// Faults in one story, from its start to its end.
const FAULTS_A_STORY: usize = 10;
const CHANNELS: usize = 40;

/// What happens to the copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Killed,
    Paused,
    CutOff,
    DatabaseDies,
}

const FAULTS: [(Fault, &str); 4] = [
    (Fault::Killed, "SIGKILL of a copy"),
    (Fault::Paused, "SIGSTOP of a copy past its lease"),
    (Fault::CutOff, "a copy cut off from the database"),
    (Fault::DatabaseDies, "the database stopped at once"),
];

/// A fault that happened; `watched` is the copy that it hit, if that one watched.
struct Happened {
    fault: Fault,
    at: Timestamp,
    watched: Option<usize>,
}

/// Copies of the bot, each with a line of its own to their database.
struct Crew {
    cluster: Cluster,
    address: String,
    lines: Vec<Line>,
    instances: Vec<Option<Bot>>,
}

impl Crew {
    /// So many copies on this cluster, and everybody subscribed.
    async fn start(home: &Home, cluster: Cluster, instances: usize) -> Self {
        let address = cluster.address();
        let store = open(&address).await;
        for (asked, (guild, channel)) in (1..).zip(&home.channels) {
            let mode = if asked % 2 == 0 { UpdateMode::Edit } else { UpdateMode::Posts };
            let subscription = Subscription { mode, ..Subscription::new(*guild, *channel, home.now()) };
            let change = SubscriptionEdit::Subscribe(Box::new(subscription));
            store.change(&change, InteractionId(asked), home.now()).await.expect("subscribed");
        }
        let mut crew = Self { cluster, address, lines: Vec::new(), instances: Vec::new() };
        for instance in 0..instances {
            let line = Line::to(crew.cluster.port).await;
            let theirs = postgres::address(line.port, postgres::schema(&crew.address));
            let text = format!("{}[ha]\nlease = \"{LEASE:#}\"\n", home.configuration_on(&theirs));
            fs::write(home.folder.path().join(format!("copy-{instance}.toml")), text).expect("written");
            crew.lines.push(line);
            crew.instances.push(Some(begin(home, instance)));
        }
        crew
    }

    /// When which copy began to watch, by what it says.
    fn begun(&self, home: &Home) -> Vec<(Timestamp, usize)> {
        let mut begun = Vec::new();
        for instance in 0..self.instances.len() {
            let log = home.log_of(&format!("copy-{instance}"));
            let lines = log.lines().filter(|line| line.contains("this copy of the bot watches now"));
            let times = lines.filter_map(|line| line.split_whitespace().next()?.parse().ok());
            begun.extend(times.map(|at: Timestamp| (at, instance)));
        }
        begun.sort_unstable();
        begun
    }

    /// Faults at random instants, until so many happened; everything is well again afterwards.
    async fn suffers(&mut self, home: &Home) -> Vec<Happened> {
        let clock = home.discord.state.clock.clone();
        let mut happened = Vec::new();
        for _ in 0..FAULTS_A_STORY {
            clock.sleep(between(1_000, 4_000)).await;
            self.restarts_who_ended(home);
            let (fault, _) = FAULTS[random(FAULTS.len())];
            let leader = self.begun(home).last().map(|(_, instance)| *instance);
            // The one that watches is hit as often as all of them by chance.
            let instance = leader.filter(|_| random(2) == 0).unwrap_or_else(|| random(self.instances.len()));
            let watched = Some(instance).filter(|instance| leader == Some(*instance));
            happened.push(Happened { fault, at: home.now(), watched });
            match fault {
                Fault::Killed => {
                    self.instances[instance].take().expect("it runs").dies();
                    clock.sleep(between(0, 5_000)).await;
                    self.instances[instance] = Some(begin(home, instance));
                }
                Fault::Paused => {
                    let bot = self.instances[instance].as_ref().expect("it runs");
                    bot.hears("STOP");
                    clock.sleep(between(4_500, 6_000)).await;
                    bot.hears("CONT");
                }
                Fault::CutOff => {
                    self.lines[instance].turns(Weather::Cut);
                    clock.sleep(between(4_500, 6_000)).await;
                    self.lines[instance].turns(Weather::Fair);
                }
                Fault::DatabaseDies => {
                    self.cluster.dies();
                    clock.sleep(between(0, 3_000)).await;
                    self.cluster.comes_back();
                }
            }
        }
        happened
    }

    /// Looks after the copies until the story is over.
    async fn supervises(&mut self, home: &Home, over: &Cell<bool>) {
        while !over.get() {
            home.discord.state.clock.sleep(SignedDuration::from_secs(1)).await;
            self.restarts_who_ended(home);
        }
    }

    /// As a supervisor does: a copy that started while the database was away has ended with exit code 3.
    fn restarts_who_ended(&mut self, home: &Home) {
        for (instance, place) in self.instances.iter_mut().enumerate() {
            if let Some(ended) = place.as_mut().and_then(Bot::ended) {
                assert_eq!(
                    ended.code(),
                    Some(3),
                    "it ends for the store alone: {}",
                    home.log_of(&format!("copy-{instance}"))
                );
                *place = Some(begin(home, instance));
            }
        }
    }

    /// How long it took until another copy watched, each time that the one which did was hit and another took over.
    fn takeovers(&self, home: &Home, happened: &[Happened]) -> Vec<(Fault, f64)> {
        let begun = self.begun(home);
        let mut taken = Vec::new();
        for one in happened.iter().filter(|one| one.watched.is_some() && one.fault != Fault::DatabaseDies) {
            let next = begun.iter().find(|(at, _)| *at > one.at);
            let Some((at, instance)) = next else { continue };
            // Where it came back before its lease was over it goes on itself; and where the next fault hit whoever was to take
            // over, that fault is measured with it.
            let alone = happened.iter().all(|other| other.at <= one.at || other.at >= *at);
            if alone && Some(*instance) != one.watched {
                taken.push((one.fault, at.duration_since(one.at).as_secs_f64()));
            }
        }
        taken
    }

    /// Nothing is owed in the end, and every copy still runs and stops in order.
    async fn settles(&mut self, home: &Home) {
        self.restarts_who_ended(home);
        home.is_watched().await; // whoever was started again just now hears signals by then
        let store = open(&self.address).await;
        for _ in 0..90 {
            if store.next_due().await.expect("read").is_none() {
                break;
            }
            home.is_watched().await;
        }
        assert_eq!(store.next_due().await.expect("read"), None, "something stays owed");
        for bot in self.instances.iter_mut().filter_map(Option::take) {
            assert_eq!(bot.stops().await.code(), Some(0), "it stops in order");
        }
    }
}

fn begin(home: &Home, instance: usize) -> Bot {
    home.start_copy(&format!("copy-{instance}"), ("PGPASSWORD", PASSWORD))
}

async fn open(address: &str) -> Arc<dyn Store> {
    let options = StoreOptions { password: Some(PASSWORD.to_owned()), ..StoreOptions::default() };
    store::open(address, &options).await.expect("a store")
}

fn random(below: usize) -> usize {
    use std::hash::{BuildHasher, RandomState};
    usize::try_from(RandomState::new().hash_one(0) % below.max(1) as u64).unwrap_or(0)
}

fn between(least: usize, most: usize) -> SignedDuration {
    SignedDuration::from_millis(i64::try_from(least + random(most - least)).unwrap_or(0))
}

/// One outage with its start, a change and its end, under faults; none on a machine without PostgreSQL, which is then said.
async fn one_story(instances: usize) -> Option<(Vec<Happened>, Vec<(Fault, f64)>)> {
    let cluster = postgres::own(Care::Safe)?;
    let home = Home::with_channels(CHANNELS).await;
    let mut crew = Crew::start(&home, cluster, instances).await;
    home.is_watched().await;
    let over = Cell::new(false);
    let faults = async {
        let happened = crew.suffers(&home).await;
        // Whoever was starting when the database died last has ended, perhaps all of them.
        crew.supervises(&home, &over).await;
        happened
    };
    let story = async {
        let late = home.plays_a_story().await;
        over.set(true);
        late
    };
    let (happened, late) = tokio::join!(faults, story);
    crew.settles(&home).await;
    let kinds = [(is_start as Kind, 1), (is_update, 3), (is_end, 1)];
    home.announced(&format!("{instances} copies, {FAULTS_A_STORY} faults"), &kinds, late);
    let taken = crew.takeovers(&home, &happened);
    Some((happened, taken))
}

/// The table of faults: how often each was, and how soon another copy watched.
fn say(instances: usize, happened: &[Happened], taken: &[(Fault, f64)]) {
    for (fault, name) in FAULTS {
        let runs = happened.iter().filter(|one| one.fault == fault).count();
        let of_this = taken.iter().filter(|(of, _)| *of == fault);
        let mut times: Vec<f64> = of_this.map(|(_, took)| *took).collect();
        times.sort_by(f64::total_cmp);
        let shown = |time: Option<&f64>| time.map_or_else(|| "-".to_owned(), |time| format!("{time:.1} s"));
        let (middle, most) = (shown(times.get(times.len() / 2)), shown(times.last()));
        let many = times.len();
        eprintln!(
            "{instances} copies  {name:<34} runs {runs:>3}  takeovers {many:>3}  p50 {middle}  max {most}"
        );
    }
}

/// `FAULTS=500 cargo test instances_under_random_faults` has more of them than the twenty that are always had.
async fn suffer(instances: usize) {
    let faults = std::env::var("FAULTS").map_or(20, |faults| faults.parse().expect("FAULTS is a number"));
    let (mut happened, mut taken) = (Vec::new(), Vec::new());
    for _ in 0..(faults / 2_usize).div_ceil(FAULTS_A_STORY) {
        let Some((more, took)) = one_story(instances).await else { return };
        happened.extend(more);
        taken.extend(took);
    }
    say(instances, &happened, &taken);
    // Four seconds more than that are the machine's, which runs all of it and perhaps a compiler besides.
    let late = taken.iter().filter(|(_, took)| *took > 2.0 * LEASE.as_secs_f64() + 4.0);
    assert_eq!(late.count(), 0, "another copy watches within two leases: {taken:?}");
}

#[tokio::test]
async fn two_instances_under_random_faults() {
    suffer(2).await;
}

#[tokio::test]
async fn three_instances_under_random_faults() {
    suffer(3).await;
}
