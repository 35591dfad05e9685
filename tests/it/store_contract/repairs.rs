//! What happens to the waiting deliveries of a channel when it is repaired, on every backend.

use super::*;

/// Makes a start that Discord refuses, with the next retry at half past nine. Returns the suspension.
async fn refused(store: &dyn Store, web: &Outage, now: Timestamp) -> Suspension {
    subscribe(store, 1..2, now).await;
    save(store, step(web, EventKind::Started, now)).await;
    fan_out(store, now).await;
    let first = claim(store, now).await;
    let why = Reason::Other("Missing Permissions (50013)".to_owned());
    let paused = Suspension { since: now, why, retry: at("09:30:00"), tries: 4 };
    assert_eq!(
        store.complete(&first[0], &DeliveryOutcome::Suspended { paused: paused.clone() }, now).await,
        Ok(true)
    );
    paused
}

async fn kind(store: &dyn Store, claim: &Claim) -> EventKind {
    let announced = store.announcement(claim.delivery.announcement).await.expect("read").expect("there");
    announced.event.kind
}

on_every_store!(catch_up_makes_everything_behind_it_due_in_order, |backend, store| {
    let (now, soon) = (at("09:00:00"), at("09:10:00"));
    let web = outage("web-api-1", now);
    refused(&*store, &web, now).await;
    save(&*store, step(&web, EventKind::Updated(Update::Worse), now)).await;
    save(&*store, step(&ended(&web, now), EventKind::Ended, now)).await;
    fan_out(&*store, now).await;
    assert!(claim(&*store, soon).await.is_empty(), "every delivery waits for the next retry");

    backend.it_is(soon).await;
    let missed = Box::new(event(&web, EventKind::Started, now));
    assert_eq!(
        ask(&*store, SubscriptionEdit::CatchUp(GUILD, ChannelId(1), missed), 1, soon).await,
        EditResult::Now
    );
    fan_out(&*store, soon).await;
    let mut kinds = Vec::new();
    while let Some(next) = claim(&*store, soon).await.pop() {
        kinds.push(kind(&*store, &next).await);
        notify(&*store, &next, NotificationLogEntry::default(), soon).await;
    }
    let (start, worse) = (EventKind::Started, EventKind::Updated(Update::Worse));
    assert_eq!(kinds, [start.clone(), worse, EventKind::Ended, start], "each at once, in order");
    assert_eq!(store.next_due().await, Ok(None));
});

on_every_store!(healed_channel_makes_its_next_deliveries_due_at_once, |backend, store| {
    let (now, healed) = (at("09:00:00"), at("09:10:00"));
    let web = outage("web-api-1", now);
    refused(&*store, &web, now).await;
    save(&*store, step(&web, EventKind::Updated(Update::Worse), now)).await;
    save(&*store, step(&ended(&web, now), EventKind::Ended, now)).await;
    fan_out(&*store, now).await;
    backend.it_is(healed).await;
    store.pause(GUILD, ChannelId(1), None).await.expect("healed");
    let start = claim(&*store, healed).await;
    notify(&*store, &start[0], posted(1), healed).await;
    let update = claim(&*store, healed).await;
    assert_eq!(kind(&*store, &update[0]).await, EventKind::Updated(Update::Worse));
    let why = Reason::Refused(PermanentReason::BadBody("content".to_owned()));
    assert_eq!(store.complete(&update[0], &DeliveryOutcome::Failed { why }, healed).await, Ok(true));
    assert_eq!(kind(&*store, &claim(&*store, healed).await[0]).await, EventKind::Ended);
});

on_every_store!(unsubscribed_channel_keeps_only_deliveries_that_people_wait_for, |backend, store| {
    let (now, soon) = (at("09:00:00"), at("09:10:00"));
    let (web, login) = (outage("web-api-1", now), outage("login-1", now));
    refused(&*store, &web, now).await;
    save(&*store, step(&login, EventKind::Started, now)).await;
    let press = SubscriptionEdit::NotifyOnRecovery {
        outage: web.id.clone(),
        person: UserId(5),
        guild: Some(GUILD),
        channel: ChannelId(1),
        message: None,
        direct: false,
        language: "en".to_owned(),
    };
    assert_eq!(ask(&*store, press, 1, now).await, EditResult::Now);
    save(&*store, step(&ended(&web, now), EventKind::Ended, now)).await;
    fan_out(&*store, now).await;
    backend.it_is(soon).await;
    assert_eq!(
        ask(&*store, SubscriptionEdit::Unsubscribe(GUILD, ChannelId(1)), 2, soon).await,
        EditResult::Now
    );
    let mut left = Vec::new();
    while let Some(next) = claim(&*store, soon).await.pop() {
        left.push(next.delivery.outage.clone());
        notify(&*store, &next, NotificationLogEntry::default(), soon).await;
    }
    assert_eq!(left, [web.id.clone(), web.id], "the delivery task decides what is posted of it");
    assert_eq!(store.next_due().await, Ok(None));

    save(&*store, step(&ended(&login, now), EventKind::Ended, now)).await;
    assert_eq!(ask(&*store, subscribing(GUILD, 1, soon), 3, soon).await, EditResult::Now);
    let fresh = outage("web-api-2", soon);
    save(&*store, step(&fresh, EventKind::Started, soon)).await;
    fan_out(&*store, soon).await;
    let claims = claim(&*store, soon).await;
    assert_eq!(
        kind(&*store, &claims[0]).await,
        EventKind::Ended,
        "of the login outage, which ended before that"
    );
});

on_every_store!(preview_does_not_wait_for_the_retry_before_it, |backend, store| {
    let (now, soon) = (at("09:00:00"), at("09:10:00"));
    let web = outage("web-api-1", now);
    refused(&*store, &web, now).await;
    backend.it_is(soon).await;
    let preview = SubscriptionEdit::Preview(GUILD, ChannelId(1), vec![event(&web, EventKind::Ended, soon)]);
    assert_eq!(ask(&*store, preview, 1, soon).await, EditResult::Now);
    fan_out(&*store, soon).await;
    let start = claim(&*store, soon).await;
    assert_eq!(kind(&*store, &start[0]).await, EventKind::Started);
    notify(&*store, &start[0], posted(1), soon).await;
    assert_eq!(kind(&*store, &claim(&*store, soon).await[0]).await, EventKind::Ended);
});

on_every_store!(catch_up_removes_missed_deliveries_of_that_outage, |backend, store| {
    let (now, end) = (at("09:00:00"), at("09:10:00"));
    let (web, login) = (outage("web-api-1", now), outage("login-1", now));
    subscribe(&*store, 1..3, now).await;
    let given_up = || DeliveryOutcome::Failed { why: Reason::Other("Invalid Form Body (50035)".to_owned()) };
    for outage in [&web, &login] {
        save(&*store, step(outage, EventKind::Started, now)).await;
        save(&*store, step(&ended(outage, end), EventKind::Ended, end)).await;
    }
    fan_out(&*store, end).await;
    loop {
        let claims = claim(&*store, end).await;
        if claims.is_empty() {
            break;
        }
        for claim in &claims {
            assert_eq!(store.complete(claim, &given_up(), end).await, Ok(true));
        }
    }
    assert_eq!(store.undelivered(GUILD, 100).await.expect("read").len(), 8);
    let preview = SubscriptionEdit::Preview(GUILD, ChannelId(2), vec![event(&web, EventKind::Ended, end)]);
    assert_eq!(ask(&*store, preview, 1, end).await, EditResult::Now);
    let missed = Box::new(event(&ended(&web, end), EventKind::Ended, end));
    assert_eq!(
        ask(&*store, SubscriptionEdit::CatchUp(GUILD, ChannelId(1), missed), 2, end).await,
        EditResult::Now
    );
    fan_out(&*store, end).await;
    let claims = claim(&*store, end).await;
    assert_eq!(channels(&claims), [2, 1]);
    for claim in &claims {
        notify(&*store, claim, posted(1), end).await;
    }
    let left = store.undelivered(GUILD, 100).await.expect("read");
    let left: Vec<_> = left.iter().map(|it| (it.channel.0, it.outage.as_str())).collect();
    let (web, login) = ("web-api-1", "login-1");
    assert_eq!(left, [(1, login), (1, login), (2, web), (2, web), (2, login), (2, login)]);
});

on_every_store!(longest_waiting_counts_from_first_due_and_ignores_suspensions, |backend, store| {
    let now = at("09:00:00");
    let since = |longest: Option<Delivery>| longest.map(|it| (it.channel.0, it.waits_since(), it.last_error));
    assert_eq!(store.longest_waiting().await, Ok(None));
    subscribe(&*store, 1..4, now).await;
    let web = outage("web-api-1", now);
    save(&*store, step(&web, EventKind::Started, now)).await;
    fan_out(&*store, now).await;
    let later = at("09:01:00");
    backend.it_is(later).await;
    let claims = claim(&*store, later).await;
    let wait = |due| DeliveryOutcome::Retry { due, why: Reason::Answered(503), uncounted: true, log: None };
    let paused =
        Suspension { since: later, why: Reason::Other("50013".to_owned()), retry: at("10:00:00"), tries: 1 };
    let done = DeliveryOutcome::Delivered { log: posted(1) };
    let outcomes = [DeliveryOutcome::Suspended { paused }, wait(at("09:02:00")), done];
    let settled: Vec<_> = claims.into_iter().zip(outcomes).collect();
    assert_eq!(store.complete_all(&settled, later).await, Ok(vec![true; 3]));
    // An update is pending behind it, and the delivery is retried again and again.
    save(&*store, step(&web, EventKind::Updated(Update::Worse), later)).await;
    fan_out(&*store, later).await;
    for minute in 2..9 {
        let now = now + SignedDuration::from_mins(minute);
        backend.it_is(now).await;
        for claim in claim(&*store, now).await {
            let outcome = match claim.delivery.channel.0 {
                2 => wait(now + SignedDuration::from_mins(1)),
                _ => DeliveryOutcome::Delivered { log: posted(1) },
            };
            assert_eq!(store.complete(&claim, &outcome, now).await, Ok(true));
        }
    }
    let longest = store.longest_waiting().await.expect("read");
    assert_eq!(since(longest), Some((2, now, Some(Reason::Answered(503)))));
    // It is reported during another attempt, and after a restart.
    let again = at("09:09:00");
    backend.it_is(again).await;
    assert_eq!(channels(&claim(&*store, again).await), [2]);
    assert_eq!(since(store.longest_waiting().await.expect("read")).map(|it| it.1), Some(now));
    drop(store);
    store = backend.open().await;
    let claims = claim(&*store, again).await;
    assert_eq!(since(store.longest_waiting().await.expect("read")).map(|it| it.1), Some(now));
    notify(&*store, &claims[0], posted(1), again).await;
    let behind = since(store.longest_waiting().await.expect("read"));
    assert_eq!(behind, Some((2, later, None)), "the update, which was due later");
});
