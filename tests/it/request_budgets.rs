//! How the whole bot limits its requests: probe intervals, request budgets, and rate limits from hosts.

use expect_test::expect;
use healthy_upstream::probe::HttpResponse;
use jiff::{SignedDuration, Timestamp};

use crate::fixtures::at;
use crate::instances::faulty_connection::State;
use crate::world::World;

/// When a source was checked between two times of the day, as times of the day.
fn probes(world: &World, source: &str, from: &str, until: &str) -> Vec<Timestamp> {
    let within = at(from)..at(until);
    world.spotify.asked_at(source).into_iter().filter(|probe| within.contains(probe)).collect()
}

/// Seconds between the probes of a source.
fn steps(world: &World, source: &str, from: &str, until: &str) -> Vec<i64> {
    let probes = probes(world, source, from, until);
    probes.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_secs()).collect()
}

#[tokio::test(start_paused = true)]
async fn services_are_probed_each_30_s_and_page_each_minute() {
    let mut world = World::new().await;
    world.run_until("09:30").await;
    for source in ["web-api", "accounts", "accounts-discovery", "client-bootstrap", "web-player"] {
        assert_eq!(steps(&world, source, "08:56", "09:30"), vec![30; 67], "{source}");
    }
    for source in ["status-page", "control"] {
        assert_eq!(steps(&world, source, "08:56", "09:30"), vec![60; 33], "{source}");
    }
}

#[tokio::test(start_paused = true)]
async fn first_failure_is_reprobed_at_once_and_outages_more_often() {
    let mut world = World::new().await;
    world.subscribes("#ops").await;
    world.spotify.from("09:00:10").until("09:03").answers(503, "no healthy upstream");
    world.run_until("09:10").await;
    let times = |source| {
        let probes = probes(&world, source, "08:59:30", "09:05");
        probes.iter().map(|probe| probe.strftime("%M:%S").to_string()).collect::<Vec<_>>().join(" ")
    };
    expect![[r#"
        web-api     59:30 00:00 00:30 00:45 01:00 01:20 01:40 02:00 02:20 02:40 03:00 03:20 03:40 04:00 04:30
        control     00:00 00:30 00:45 01:00 01:30 02:00 02:30 03:00 03:30 04:00
        status-page 00:00 00:30 01:00 01:30 02:00 02:30 03:00 03:30 04:00
        web-player  59:30 00:00 00:30 01:00 01:30 02:00 02:30 03:00 03:30 04:00 04:30
    "#]]
    .assert_eq(&format!(
        "web-api     {}\ncontrol     {}\nstatus-page {}\nweb-player  {}\n",
        times("web-api"),
        times("control"),
        times("status-page"),
        times("web-player")
    ));
    assert_eq!(steps(&world, "status-page", "09:06", "09:10"), vec![60; 3], "calm again");
}

#[tokio::test(start_paused = true)]
async fn long_total_outage_is_probed_every_20_s_within_budget() {
    let mut world = World::new().await;
    world.spotify.from("09:00").until("11:00").everywhere().answers(502, "<html><title>502</title></html>");
    world.run_until("11:10").await;
    let mut accounts = probes(&world, "accounts", "08:55", "11:10");
    for source in ["web-api", "accounts", "client-bootstrap"] {
        let steps = steps(&world, source, "09:05", "10:59");
        assert!(steps.iter().all(|step| *step == 20), "{source}: {steps:?}");
    }
    accounts.extend(probes(&world, "accounts-discovery", "08:55", "11:10"));
    accounts.sort();
    let most = accounts.iter().map(|start| {
        accounts.iter().filter(|probe| *probe >= start && probe.duration_since(*start).as_secs() < 60).count()
    });
    assert!(most.max().is_some_and(|most| most <= 8), "two sources each 20 s, and their first rechecks");
}

#[tokio::test(start_paused = true)]
async fn long_rate_limit_survives_crash_and_stops_only_its_probe() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    let refused = HttpResponse::text(429, "Too many requests").with("retry-after", "7200");
    world.spotify.from("09:00").until("09:01").on(&["accounts"]).answers_with(refused);
    world.run_until("09:05").await;
    world.crash();
    world.start().await;
    world.run_until("11:10").await;

    assert_eq!(probes(&world, "accounts", "09:00", "09:59").len(), 1, "the probe that was refused");
    assert!(
        probes(&world, "accounts", "10:00", "10:10").len() >= 18,
        "two hours were asked for, but nobody waits longer than one"
    );
    assert!(
        probes(&world, "accounts-discovery", "09:05", "11:10").len() >= 248,
        "its neighbour never stopped"
    );
    assert_eq!(world.posts(), "", "what refuses us is no outage");
}

#[tokio::test(start_paused = true)]
async fn about_shows_request_budgets_and_rate_limits() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    let refused = HttpResponse::text(429, "Too many requests").with("retry-after", "7200");
    world.spotify.from("09:00").until("09:01").on(&["accounts"]).answers_with(refused);
    world.run_until("09:05").await;
    world.discord.types("#help", "/about").await.expect("an answer");
    world.discord.presses("#help", "Details").await.expect("an answer");
    let read = world.all_of_it();
    let lines = read
        .lines()
        .map(str::trim)
        .filter(|line| line.contains("requests a minute left") || line.contains("refused"));
    expect![[r#"
        • accounts.spotify.com: 20 of 22 requests a minute left · accounts is rate limited until 2025-04-16 10:00: 429 Too many requests
        • api.spotify.com: 18 of 22 requests a minute left
        • apresolve.spotify.com: 12 of 14 requests a minute left
        • captive.apple.com: 13 of 14 requests a minute left
        • open.spotify.com: 12 of 14 requests a minute left
        • spotify.statuspage.io: 21 of 22 requests a minute left
        • www.cloudflare.com: 13 of 14 requests a minute left
        • accounts: refused: 429 Too many requests, checked 30 seconds ago · rate limited until 2025-04-16 10:00"#]].assert_eq(&lines.collect::<Vec<_>>().join("\n"));
}

#[tokio::test(start_paused = true)]
async fn shared_reads_happen_once_for_many_channels() {
    let mut world = World::new().await;
    for n in 0..60 {
        world.clock.sleep(SignedDuration::from_secs(3)).await; // a moderator's own cooldown
        world.subscribes(&format!("#ops-{n}")).await;
    }
    world.spotify.from("09:00").until("09:10").answers(503, "no healthy upstream");
    // Slower than everything else, so that separate reads of the same data are noticed.
    world.disk.send_replace(State::Slow(SignedDuration::from_millis(200)));
    world.run_until("09:20").await;
    world.disk.send_replace(State::Well);
    assert_eq!(world.posts().matches("is down").count(), 60);
    for verb in ["outage", "announcement"] {
        // The notifier and at most one other reader.
        assert!((1..=2).contains(&world.crowd.most(verb)), "{verb}: {}", world.crowd.most(verb));
    }
}
