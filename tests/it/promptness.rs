//! Commands are answered in time under every load: Discord drops an interaction after three seconds.

use futures_util::future::join_all;
use healthy_upstream::discord::InteractionResponse;
use healthy_upstream::discord::simulator::rules::Fault;
use jiff::SignedDuration;

use crate::instances::faulty_connection::State;
use crate::world::World;

/// Does somebody have an answer at once, now?
async fn is_answered_at_once(world: &World, name: &str, text: &str) -> InteractionResponse {
    let begun = world.clock.now();
    let answer = world.discord.person(name).types("#help", text).await.expect("an answer");
    let took = world.clock.now().duration_since(begun);
    assert!(took < SignedDuration::from_secs(1), "{text} took {took:?}");
    answer
}

#[tokio::test(start_paused = true)]
async fn slow_disk_defers_only_commands_that_need_it() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    world.run_until("09:00").await;
    // Just below what one access may take, and more than one is needed: later than an answer is sent at once.
    world.disk.send_replace(State::Slow(SignedDuration::from_millis(950)));
    let ana = world.discord.person("@ana").who_moderates();
    let begun = world.clock.now();
    let (stored, ()) = tokio::join!(ana.types("#help", "/alerts subscribe channel:#help"), async {
        for n in 0..40 {
            is_answered_at_once(&world, &format!("@person{n}"), "/status private:true").await;
            is_answered_at_once(&world, &format!("@person{n}"), "/faq question:429 private:true").await;
        }
    });
    let Ok(InteractionResponse::Reply(stored)) = stored else { panic!("{stored:?}") };
    assert!(stored.message.text.contains("✅"), "{}", stored.message.text);
    let took = world.clock.now().duration_since(begun);
    assert!(took > SignedDuration::from_millis(1_800), "the disk was slow: {took:?}");
    let doctor = ana.types("#help", "/alerts doctor").await;
    assert!(matches!(doctor, Ok(InteractionResponse::Reply(_))), "{doctor:?}");
    world.disk.send_replace(State::Well);
    world.ends_in_the_middle = true;
}

#[tokio::test(start_paused = true)]
async fn hanging_disk_is_reported_only_to_those_who_need_it() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    world.run_until("09:00").await;
    world.disk.send_replace(State::Silent);
    // More than there are slots, and more than could wait for one slot after the other.
    let needy = (0..500).map(|n| {
        world.discord.channel(&format!("#help{n}"));
        let invoker = world.discord.person(&format!("@needy{n}"));
        async move { invoker.types(&format!("#help{n}"), "/outages").await }
    });
    let (needy, ()) = tokio::join!(join_all(needy), async {
        for n in 0..20 {
            is_answered_at_once(&world, &format!("@person{n}"), "/status private:true").await;
        }
    });
    assert!(needy.iter().all(Result::is_ok), "{needy:?}");
    world.disk.send_replace(State::Well);
    world.ends_in_the_middle = true;
}

#[tokio::test(start_paused = true)]
async fn slow_fan_out_delays_no_command() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    let moderator = world.discord.person("@mo").who_moderates();
    for n in 0..90 {
        world.discord.channel(&format!("#ops-{n}"));
        world.clock.sleep(SignedDuration::from_secs(3)).await; // a moderator's own cooldown
        let text = format!("/alerts subscribe channel:#ops-{n}");
        moderator.types("#help", &text).await.expect("subscribed");
    }
    world.spotify.from("09:00").until("09:30").answers(503, "no healthy upstream");
    world.run_until("09:01").await;
    // Discord takes its time for every post, and the bot has as many under way as it may.
    for n in 0..90 {
        world.discord.channel(&format!("#ops-{n}")).fails(Fault::Slow(SignedDuration::from_secs(8)), 3);
    }
    for n in 0..30 {
        is_answered_at_once(&world, &format!("@person{n}"), "/status private:true").await;
        world.clock.sleep(SignedDuration::from_secs(1)).await;
    }
    world.run_until("10:00").await;
}

#[tokio::test(start_paused = true)]
async fn hanging_probes_delay_no_command() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    world.spotify.from("09:00").until("09:10").everywhere().times_out();
    world.run_until("09:00:01").await;
    for n in 0..60 {
        is_answered_at_once(&world, &format!("@person{n}"), "/status private:true").await;
        world.clock.sleep(SignedDuration::from_secs(1)).await;
    }
    world.run_until("09:30").await;
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_presses_of_one_user_get_three_replies() {
    let mut world = World::new().await;
    world.discord.channel("#help");
    world.run_until("09:00").await;
    let (eve, bob) = (world.discord.person("@eve"), world.discord.person("@bob"));
    let flood = join_all((0..10_000).map(|_| eve.types("#help", "/about")));
    let begun = world.clock.now();
    let others = async {
        let answer = bob.types("#help", "/status private:true").await;
        assert!(matches!(answer, Ok(InteractionResponse::Reply(_))), "{answer:?}");
        world.clock.now().duration_since(begun)
    };
    let (answers, took) = tokio::join!(flood, others);
    assert!(took < SignedDuration::from_secs(1), "bob waited for {took:?}");
    let heard = answers.iter().filter(|answer| answer.is_ok()).count();
    // Five in ten seconds and one each two seconds after; three replies say to slow down.
    assert_eq!(heard, 8);
    // A while later she is answered like anybody else.
    is_answered_at_once(&world, "@eve", "/about").await;
}
