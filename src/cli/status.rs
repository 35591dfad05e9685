//! `status`: one look at all sources from this machine.
//!
//! Never: one look decides nothing; an outage needs several in a row, which only `run` makes.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

use super::looking::{self, Looking};
use super::{Failure, print};
use crate::clock::Clock;
use crate::config::Config;
use crate::health::{Judge, Observation, Picture, Seen};
use crate::spotify::{Exchange, Tap};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print the picture as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn look(args: &Args, config: Config) -> Result<(), Failure> {
    if !args.json {
        return look_and_print(&config).await;
    }
    let seen = look_once(&config).await?;
    // cannot fail: a picture is made of strings, numbers and instants
    print(&serde_json::to_string(&seen.picture).unwrap_or_default());
    seen.fault()
}

/// Looks once at every source and prints what each answered, what that was taken for, and why.
pub(super) async fn look_and_print(config: &Config) -> Result<(), Failure> {
    let seen = look_once(config).await?;
    for (observation, answered) in &seen.looks {
        let took = observation.took.as_millis();
        print(&format!(
            "{:<20} {answered:<10} {took:>5} ms  {}",
            observation.source.as_str(),
            taken_for(&observation.seen)
        ));
    }
    if let Some(page) = seen.picture.page.as_ref().filter(|page| page.read.is_some()) {
        let headline = if page.headline.is_empty() { page.level.as_str() } else { &page.headline };
        print(
            &format!("\nSpotify says: {headline} ({})", page.url).replace("Spotify", &seen.picture.display),
        );
        for incident in &page.incidents {
            print(&format!("  {}: {:?}", incident.name, incident.state));
        }
    }
    seen.fault()
}

struct SeenOnce {
    looks: Vec<(Observation, String)>,
    picture: Picture,
}

impl SeenOnce {
    /// Nothing was reached at all: our own network.
    fn fault(&self) -> Result<(), Failure> {
        let reached = self.looks.iter().any(|(o, _)| !matches!(o.seen, Seen::Unreachable(_)));
        if reached || self.looks.is_empty() {
            return Ok(());
        }
        Err(Failure::Network(
            "no source could be reached: look at this machine's own network first".to_owned(),
        ))
    }
}

async fn look_once(config: &Config) -> Result<SeenOnce, Failure> {
    let clock = Clock::system();
    let answered: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
    let heard = Arc::clone(&answered);
    let Looking { profile, sources, .. } = looking::build(config, &clock, |wire| {
        Arc::new(Tap::new(wire, move |exchange: &Exchange| {
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.insert(exchange.source.to_string(), in_short(exchange));
        }))
    })?;
    let progress = std::io::stderr().is_terminal();
    let all = sources.len();
    let mut looks = JoinSet::new();
    for source in sources {
        looks.spawn(async move { source.look().await });
    }
    let mut judge = Judge::new(profile.clone(), config.watch.policy.clone());
    let mut observations = Vec::with_capacity(all);
    while let Some(looked) = looks.join_next().await {
        let observation = looked.map_err(|e| Failure::Network(format!("a look broke: {e}")))?;
        judge.take(&observation);
        observations.push(observation);
        if progress {
            eprint!("\rlooked at {} of {all} sources", observations.len());
        }
    }
    if progress {
        eprint!("\r\x1b[2K");
    }
    let order = |o: &Observation| {
        let service = profile.services.iter().position(|s| s.sources.contains(&o.source));
        (service.map_or(0, |i| i + 1), o.source.clone())
    };
    observations.sort_by_key(order);
    let mut answered = answered.lock().unwrap_or_else(PoisonError::into_inner);
    let with_answer = |o: Observation| {
        let answer = answered.remove(o.source.as_str()).unwrap_or_else(|| "not asked".to_owned());
        (o, answer)
    };
    let looks = observations.into_iter().map(with_answer).collect();
    Ok(SeenOnce { looks, picture: judge.picture(clock.now()) })
}

fn in_short(exchange: &Exchange) -> String {
    use crate::spotify::Outcome;
    match &exchange.outcome {
        Outcome::Answer(answer) => answer.status.to_string(),
        Outcome::Failed(failure) => failure.error.as_str().to_owned(),
    }
}

fn taken_for(seen: &Seen) -> String {
    match seen {
        Seen::Healthy => "healthy".to_owned(),
        Seen::Failing(symptom) => format!("failing: {} ({})", symptom.brief(), symptom.class.as_str()),
        Seen::Unreachable(symptom) => format!("unreachable: {}", symptom.brief()),
        Seen::Refused { why, detail, .. } => {
            format!("refused for a reason of ours ({why:?}): {detail}").to_lowercase()
        }
        Seen::Unclear(why) => format!("unclear, so neither up nor down: {why}"),
        Seen::Page(page) => format!("a status page, {} incidents", page.incidents.len()),
    }
}
