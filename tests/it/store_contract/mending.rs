//! What becomes of that which waits in a channel when somebody mends it, on every backend.

use super::*;

/// A start that Discord refuses until half past nine.
async fn refused(store: &dyn Store, web: &Outage, now: Timestamp) -> Paused {
    subscribe(store, 1..2, now).await;
    keep(store, step(web, EventKind::Started, now)).await;
    expand(store, now).await;
    let first = claim(store, now).await;
    let why = "Missing Permissions (50013)".to_owned();
    let paused = Paused { since: now, why, retry: at("09:30:00"), tries: 4 };
    assert_eq!(
        store.settle(&first[0], &Outcome::Paused { paused: paused.clone() }, now).await,
        Ok(true)
    );
    paused
}

async fn kind(store: &dyn Store, claim: &Claim) -> EventKind {
    let announced = store.announcement(claim.delivery.announcement).await.expect("read").expect("there");
    announced.event.kind
}

on_every_store!(what_stands_behind_a_mended_delivery_waits_no_longer_than_it, |backend, store| {
    let (now, soon) = (at("09:00:00"), at("09:10:00"));
    let web = outage("web-api-1", now);
    refused(&*store, &web, now).await;
    keep(&*store, step(&web, EventKind::Updated(Update::Worse), now)).await;
    keep(&*store, step(&ended(&web, now), EventKind::Ended, now)).await;
    expand(&*store, now).await;
    assert!(claim(&*store, soon).await.is_empty(), "all of it waits for the next try");

    backend.it_is(soon).await;
    let missed = Box::new(event(&web, EventKind::Started, now));
    assert_eq!(ask(&*store, Change::CatchUp(GUILD, ChannelId(1), missed), 1, soon).await, Changed::Now);
    expand(&*store, soon).await;
    let mut heard = Vec::new();
    while let Some(next) = claim(&*store, soon).await.pop() {
        heard.push(kind(&*store, &next).await);
        tell(&*store, &next, Told::default(), soon).await;
    }
    let (start, worse) = (EventKind::Started, EventKind::Updated(Update::Worse));
    assert_eq!(heard, [start.clone(), worse, EventKind::Ended, start], "each at once, in order");
    assert_eq!(store.next_due().await, Ok(None));
});

on_every_store!(what_stands_behind_a_delivery_that_heals_its_channel_is_due_at_once, |backend, store| {
    let (now, healed) = (at("09:00:00"), at("09:10:00"));
    let web = outage("web-api-1", now);
    refused(&*store, &web, now).await;
    keep(&*store, step(&web, EventKind::Updated(Update::Worse), now)).await;
    keep(&*store, step(&ended(&web, now), EventKind::Ended, now)).await;
    expand(&*store, now).await;
    backend.it_is(healed).await;
    store.pause(GUILD, ChannelId(1), None).await.expect("healed");
    let start = claim(&*store, healed).await;
    tell(&*store, &start[0], posted(1), healed).await;
    let update = claim(&*store, healed).await;
    assert_eq!(kind(&*store, &update[0]).await, EventKind::Updated(Update::Worse));
    let why = "Invalid Form Body (50035)".to_owned();
    assert_eq!(store.settle(&update[0], &Outcome::GivenUp { why }, healed).await, Ok(true));
    assert_eq!(kind(&*store, &claim(&*store, healed).await[0]).await, EventKind::Ended);
});
