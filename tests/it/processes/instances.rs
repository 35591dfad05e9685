//! Two and three instances of the program on one PostgreSQL. Instances are killed, paused or cut off, and the database dies: each
//! channel gets each start and each recovery once.

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

/// A third of the default, so that the runs are shorter.
const LEASE: SignedDuration = SignedDuration::from_secs(3);
/// Faults in one run, from its start to its end.
const FAULTS_A_STORY: usize = 10;
const CHANNELS: usize = 40;

/// A fault that is injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Killed,
    Paused,
    CutOff,
    DatabaseDies,
}

const FAULTS: [(Fault, &str); 4] = [
    (Fault::Killed, "SIGKILL of an instance"),
    (Fault::Paused, "SIGSTOP of an instance past its lease"),
    (Fault::CutOff, "an instance cut off from the database"),
    (Fault::DatabaseDies, "the database stopped at once"),
];

/// A fault that happened. `leader` is the instance that it hit, if that one was the leader.
struct Happened {
    fault: Fault,
    at: Timestamp,
    leader: Option<usize>,
}

/// Instances of the bot, each with its own connection to their database.
struct Crew {
    cluster: Cluster,
    address: String,
    lines: Vec<Line>,
    instances: Vec<Option<Bot>>,
}

impl Crew {
    /// Starts this many instances on this cluster, with every channel subscribed.
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
            fs::write(home.folder.path().join(format!("instance-{instance}.toml")), text).expect("written");
            crew.lines.push(line);
            crew.instances.push(Some(begin(home, instance)));
        }
        crew
    }

    /// Returns when which instance became the leader, by its log.
    fn begun(&self, home: &Home) -> Vec<(Timestamp, usize)> {
        let mut begun = Vec::new();
        for instance in 0..self.instances.len() {
            let log = home.log_of(&format!("instance-{instance}"));
            let lines = log.lines().filter(|line| line.contains("this instance leads now"));
            let times = lines.filter_map(|line| line.split_whitespace().next()?.parse().ok());
            begun.extend(times.map(|at: Timestamp| (at, instance)));
        }
        begun.sort_unstable();
        begun
    }

    /// Injects faults at random instants, until `FAULTS_A_STORY` have happened. Everything is healthy again afterwards.
    async fn suffers(&mut self, home: &Home) -> Vec<Happened> {
        let clock = home.discord.state.clock.clone();
        let mut happened = Vec::new();
        for _ in 0..FAULTS_A_STORY {
            clock.sleep(between(1_000, 4_000)).await;
            self.restarts_who_ended(home);
            let (fault, _) = FAULTS[random(FAULTS.len())];
            let leader = self.begun(home).last().map(|(_, instance)| *instance);
            // Half of the faults hit the leader, the others a random instance.
            let instance = leader.filter(|_| random(2) == 0).unwrap_or_else(|| random(self.instances.len()));
            let hit = Some(instance).filter(|instance| leader == Some(*instance));
            happened.push(Happened { fault, at: home.now(), leader: hit });
            match fault {
                Fault::Killed => {
                    self.instances[instance].take().expect("it runs").dies();
                    clock.sleep(between(0, 5_000)).await;
                    self.instances[instance] = Some(begin(home, instance));
                }
                Fault::Paused => {
                    let bot = self.instances[instance].as_ref().expect("it runs");
                    bot.signals("STOP");
                    clock.sleep(between(4_500, 6_000)).await;
                    bot.signals("CONT");
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

    /// Supervises the instances until the outage has been played.
    async fn supervises(&mut self, home: &Home, over: &Cell<bool>) {
        while !over.get() {
            home.discord.state.clock.sleep(SignedDuration::from_secs(1)).await;
            self.restarts_who_ended(home);
        }
    }

    /// Restarts ended instances, as a supervisor does. One that started while the database was away has ended with exit code 3.
    fn restarts_who_ended(&mut self, home: &Home) {
        for (instance, slot) in self.instances.iter_mut().enumerate() {
            if let Some(ended) = slot.as_mut().and_then(Bot::ended) {
                assert_eq!(
                    ended.code(),
                    Some(3),
                    "only the store makes it end: {}",
                    home.log_of(&format!("instance-{instance}"))
                );
                *slot = Some(begin(home, instance));
            }
        }
    }

    /// Returns how many seconds each takeover took: a fault hit the leader, and another instance became the leader.
    fn takeovers(&self, home: &Home, happened: &[Happened]) -> Vec<(Fault, f64)> {
        let begun = self.begun(home);
        let mut taken = Vec::new();
        for one in happened.iter().filter(|one| one.leader.is_some() && one.fault != Fault::DatabaseDies) {
            let next = begun.iter().find(|(at, _)| *at > one.at);
            let Some((at, instance)) = next else { continue };
            // A leader that came back before its lease expired stays the leader. If another fault happened before the takeover,
            // it would be measured too.
            let alone = happened.iter().all(|other| other.at <= one.at || other.at >= *at);
            if alone && Some(*instance) != one.leader {
                taken.push((one.fault, at.duration_since(one.at).as_secs_f64()));
            }
        }
        taken
    }

    /// Checks that no delivery is pending in the end, and that every instance still runs and stops cleanly.
    async fn settles(&mut self, home: &Home) {
        self.restarts_who_ended(home);
        home.is_watched().await; // an instance that was just restarted handles signals by then
        let store = open(&self.address).await;
        for _ in 0..90 {
            if store.next_due().await.expect("read").is_none() {
                break;
            }
            home.is_watched().await;
        }
        assert_eq!(store.next_due().await.expect("read"), None, "a delivery stays pending");
        for bot in self.instances.iter_mut().filter_map(Option::take) {
            assert_eq!(bot.stops().await.code(), Some(0), "it stops cleanly");
        }
    }
}

fn begin(home: &Home, instance: usize) -> Bot {
    home.start_instance(&format!("instance-{instance}"), ("PGPASSWORD", PASSWORD))
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

/// Plays one outage with its start, updates and its end, under faults. Returns `None`, and reports it, on a machine without
/// PostgreSQL.
async fn one_story(instances: usize) -> Option<(Vec<Happened>, Vec<(Fault, f64)>)> {
    let cluster = postgres::own(Care::Safe)?;
    let home = Home::with_channels(CHANNELS).await;
    let mut crew = Crew::start(&home, cluster, instances).await;
    home.is_watched().await;
    let over = Cell::new(false);
    let faults = async {
        let happened = crew.suffers(&home).await;
        // Instances that were starting when the database died last have ended, perhaps all of them.
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
    home.announced(&format!("{instances} instances, {FAULTS_A_STORY} faults"), &kinds, late);
    let taken = crew.takeovers(&home, &happened);
    Some((happened, taken))
}

/// Prints the table of faults: how often each happened, and how soon another instance became the leader.
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
            "{instances} instances  {name:<34} runs {runs:>3}  takeovers {many:>3}  p50 {middle}  max {most}"
        );
    }
}

/// `FAULTS=500 cargo test instances_under_random_faults` injects more faults than the default of 20.
async fn suffer(instances: usize) {
    let faults = std::env::var("FAULTS").map_or(20, |faults| faults.parse().expect("FAULTS is a number"));
    let (mut happened, mut taken) = (Vec::new(), Vec::new());
    for _ in 0..(faults / 2_usize).div_ceil(FAULTS_A_STORY) {
        let Some((more, took)) = one_story(instances).await else { return };
        happened.extend(more);
        taken.extend(took);
    }
    say(instances, &happened, &taken);
    // Two leases, and four seconds for a machine that runs all of this and perhaps a compiler besides.
    let late = taken.iter().filter(|(_, took)| *took > 2.0 * LEASE.as_secs_f64() + 4.0);
    assert_eq!(late.count(), 0, "another instance leads within two leases: {taken:?}");
}

#[tokio::test]
async fn two_instances_under_random_faults() {
    suffer(2).await;
}

#[tokio::test]
async fn three_instances_under_random_faults() {
    suffer(3).await;
}
