//! Pending deliveries, on every backend.

use super::*;

/// Enqueues every announcement for these channels, as if there were no others.
async fn enqueue_each(store: &dyn Store, channels: &[u64], now: Timestamp) {
    for announcement in store.unexpanded(10).await.expect("announcements") {
        let to: Vec<_> = channels.iter().map(|channel| (GUILD, ChannelId(*channel))).collect();
        store.enqueue(announcement.id, &to, None, true, now).await.expect("enqueued");
    }
}

/// Enqueues every announcement for one channel, as if it were the only one.
async fn enqueue_alone(store: &dyn Store, channel: u64, now: Timestamp) {
    enqueue_each(store, &[channel], now).await;
}

on_every_store!(start_is_enqueued_once_and_recovery_knows_its_log, |backend, store| {
    let (start, end) = (at("09:00:00"), at("09:07:00"));
    subscribe(&*store, 1..4, start).await;
    let web = outage("web-api-1", start);
    save(&*store, step(&web, EventKind::Started, start)).await;
    fan_out(&*store, start).await;
    assert_eq!(store.next_due().await, Ok(Some(start)));
    let claims = claim(&*store, start).await;
    assert_eq!(channels(&claims), [1, 2, 3]);
    assert!(claims.iter().all(|it| it.delivery.attempts == 1 && it.delivery.first_tried == Some(start)));
    assert!(claim(&*store, start).await.is_empty(), "all are claimed");
    for claim in &claims {
        notify(&*store, claim, posted(claim.delivery.channel.0 * 10), start).await;
    }
    assert_eq!(store.next_due().await, Ok(None));

    let back = ended(&web, end);
    save(&*store, step(&back, EventKind::Ended, end)).await;
    fan_out(&*store, end).await;
    let claims = claim(&*store, end).await;
    assert_eq!(channels(&claims), [1, 2, 3]);
    assert_eq!(claims[2].log.start, Some(MessageId(30)));
    let remembered = store.load_state().await.expect("loaded");
    assert_eq!(remembered, WatcherState { state: Some(b"tracker".to_vec()), open: vec![] });
});

on_every_store!(killed_process_loses_nothing_and_frees_its_claims, |backend, store| {
    let start = at("09:00:00");
    subscribe(&*store, 1..3, start).await;
    let web = outage("web-api-1", start);
    save(&*store, step(&web, EventKind::Started, start)).await;
    // Killed between the commit and the fan-out.
    drop(store);
    store = backend.open().await;
    assert_eq!(store.load_state().await.expect("loaded").open, std::slice::from_ref(&web));
    let waiting = store.unexpanded(10).await.expect("announcements");
    assert_eq!(waiting.len(), 1);
    // Killed in the middle of the fan-out: repeating it enqueues no delivery twice.
    store.enqueue(waiting[0].id, &[(GUILD, ChannelId(1))], None, false, start).await.expect("enqueued");
    drop(store);
    store = backend.open().await;
    fan_out(&*store, start).await;
    let before = claim(&*store, start).await;
    assert_eq!(channels(&before), [1, 2]);
    // Killed while it sends.
    drop(store);
    store = backend.open().await;
    let later = start + SignedDuration::from_secs(1);
    let again = claim(&*store, later).await;
    assert_eq!(channels(&again), [1, 2]);
    assert_eq!((again[0].delivery.attempts, again[0].delivery.first_tried), (2, Some(start)));
    assert_eq!(
        store.complete(&before[0], &DeliveryOutcome::Delivered { log: posted(1) }, later).await,
        Ok(false)
    );
    assert_eq!(
        store.complete(&again[0], &DeliveryOutcome::Delivered { log: posted(1) }, later).await,
        Ok(true)
    );
    assert_eq!(
        store.complete(&again[0], &DeliveryOutcome::Delivered { log: posted(1) }, later).await,
        Ok(false)
    );
});

on_every_store!(deliveries_of_a_channel_are_claimed_in_order, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..3, now).await;
    let (web, login) = (outage("web-api-1", now), outage("login-1", now));
    save(&*store, step(&web, EventKind::Started, now)).await;
    save(&*store, step(&web, EventKind::Updated(Update::Worse), now)).await;
    enqueue_alone(&*store, 1, now).await;
    save(&*store, step(&login, EventKind::Started, now)).await;
    fan_out(&*store, now).await;

    let first = claim(&*store, now).await;
    assert_eq!(channels(&first), [1, 2], "one for each channel");
    assert_eq!(first[0].delivery.outage, web.id);
    let wait = DeliveryOutcome::Retry {
        due: now + SignedDuration::from_secs(9),
        why: Reason::Answered(500),
        uncounted: false,
        log: None,
    };
    assert_eq!(store.complete(&first[0], &wait, now).await, Ok(true));
    assert!(claim(&*store, now).await.is_empty(), "the deliveries behind it wait too");
    let due = store.next_due().await.expect("read").expect("an instant");
    assert_eq!(due, now + SignedDuration::from_secs(9));
    let again = claim(&*store, due).await;
    assert_eq!(
        (again[0].delivery.attempts, again[0].delivery.last_error.clone()),
        (2, Some(Reason::Answered(500)))
    );
    notify(&*store, &again[0], posted(1), due).await;
    let update = claim(&*store, due).await;
    let event = store.announcement(update[0].delivery.announcement).await.expect("read").expect("there");
    assert_eq!(event.event.kind, EventKind::Updated(Update::Worse));
    assert_eq!(update[0].log, posted(1));
    notify(&*store, &update[0], posted(1), due).await;
    assert_eq!(claim(&*store, due).await[0].delivery.outage, login.id);
});

on_every_store!(starts_are_claimed_before_earlier_updates, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..3, now).await;
    let (web, login) = (outage("web-api-1", now), outage("login-1", now));
    let later = now + SignedDuration::from_secs(5);
    save(&*store, step(&web, EventKind::Updated(Update::Worse), now)).await;
    enqueue_alone(&*store, 1, now).await;
    save(&*store, step(&login, EventKind::Started, later)).await;
    enqueue_alone(&*store, 2, later).await;
    let one = store.claim(1, LEASE, later).await.expect("claims");
    assert_eq!(channels(&one), [2]);
    assert_eq!(channels(&claim(&*store, later).await), [1]);
});

on_every_store!(blocked_start_lets_no_lower_priority_pass, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..4, now).await;
    let (web, login) = (outage("web-api-1", now), outage("login-1", now));
    save(&*store, step(&web, EventKind::Updated(Update::Worse), now)).await;
    enqueue_each(&*store, &[1, 3], now).await;
    assert_eq!(channels(&store.claim(1, LEASE, now).await.expect("claims")), [1]);
    save(&*store, step(&login, EventKind::Started, now)).await;
    enqueue_each(&*store, &[1, 2], now).await;
    let one = store.claim(1, LEASE, now).await.expect("claims");
    assert_eq!(
        channels(&one),
        [2],
        "the first start is behind an update of its channel; the second is claimed before an update"
    );
    assert_eq!(channels(&claim(&*store, now).await), [3]);
});

on_every_store!(expired_claims_are_retaken_by_priority, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..4, now).await;
    let (web, login) = (outage("web-api-1", now), outage("login-1", now));
    save(&*store, step(&web, EventKind::Updated(Update::Worse), now)).await;
    enqueue_each(&*store, &[1, 2], now).await;
    assert_eq!(channels(&claim(&*store, now).await), [1, 2]);
    let later = now + SignedDuration::from_secs(5);
    backend.it_is(later).await;
    save(&*store, step(&login, EventKind::Started, later)).await;
    enqueue_alone(&*store, 3, later).await;
    assert_eq!(channels(&claim(&*store, later).await), [3]);
    let over = later + LEASE;
    backend.it_is(over).await;
    assert_eq!(channels(&store.claim(1, LEASE, over).await.expect("claims")), [3], "its lease ended last");
    assert_eq!(channels(&claim(&*store, over).await), [1, 2]);
});

on_every_store!(claim_lease_expires_and_unsent_attempts_do_not_count, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..2, now).await;
    save(&*store, step(&outage("web-api-1", now), EventKind::Started, now)).await;
    fan_out(&*store, now).await;
    let first = claim(&*store, now).await;
    let wait = DeliveryOutcome::Retry { due: now, why: Reason::RateLimited, uncounted: true, log: None };
    assert_eq!(store.complete(&first[0], &wait, now).await, Ok(true));
    backend.it_is(now + SignedDuration::from_secs(1)).await;
    let second = claim(&*store, now + SignedDuration::from_secs(1)).await;
    assert_eq!(second[0].delivery.attempts, 1);
    assert_eq!(second[0].delivery.first_tried, Some(now + SignedDuration::from_secs(1)));
    let over = store.next_due().await.expect("read").expect("an instant");
    assert_eq!(over, now + SignedDuration::from_secs(61), "nothing is due before the lease ends");
    backend.it_is(over).await;
    let third = claim(&*store, over).await;
    assert_eq!(third[0].delivery.attempts, 2);
    assert_eq!(
        store.complete(&second[0], &DeliveryOutcome::Delivered { log: posted(1) }, over).await,
        Ok(false)
    );
});

on_every_store!(restored_permission_makes_suspended_deliveries_due_again, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..2, now).await;
    let web = outage("web-api-1", now);
    save(&*store, step(&web, EventKind::Started, now)).await;
    fan_out(&*store, now).await;
    let first = claim(&*store, now).await;
    let paused = Suspension {
        since: now,
        why: Reason::Other("Missing Access (50001)".to_owned()),
        retry: at("09:05:00"),
        tries: 1,
    };
    let outcome = DeliveryOutcome::Suspended { paused: paused.clone() };
    assert_eq!(store.complete(&first[0], &outcome, now).await, Ok(true));
    let subscription = store.subscription(GUILD, ChannelId(1)).await.expect("read").expect("there");
    assert_eq!(subscription.paused, Some(paused));
    save(&*store, step(&ended(&web, now), EventKind::Ended, now)).await;
    fan_out(&*store, now).await;
    assert!(claim(&*store, at("09:04:59")).await.is_empty());
    let waiting = store.undelivered(GUILD, 10).await.expect("read");
    assert_eq!(waiting.len(), 2);
    assert_eq!(waiting[0].last_error, Some(Reason::Other("Missing Access (50001)".to_owned())));

    store.pause(GUILD, ChannelId(1), None).await.expect("healed");
    assert_eq!(claim(&*store, at("09:01:00")).await.len(), 1, "at once, not only at the next try");
});

on_every_store!(subscription_of_a_deleted_channel_is_restorable_for_30_days, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..4, now).await;
    save(&*store, step(&outage("web-api-1", now), EventKind::Started, now)).await;
    fan_out(&*store, now).await;
    let claims = claim(&*store, now).await;
    let gone = DeliveryOutcome::ChannelGone { why: Reason::Refused(PermanentReason::UnknownChannel) };
    assert_eq!(store.complete(&claims[0], &gone, now).await, Ok(true));
    assert_eq!(store.subscription(GUILD, ChannelId(1)).await, Ok(None));
    store.soft_delete(GUILD, Some(ChannelId(2)), now).await.expect("soft-deleted");
    store.soft_delete(GUILD, None, now).await.expect("soft-deleted");
    assert_eq!(store.subscriptions(Some(GUILD), None, 10).await, Ok(vec![]));
    assert_eq!(
        store.complete(&claims[1], &DeliveryOutcome::Delivered { log: posted(1) }, now).await,
        Ok(false)
    );
    let given_up = store.undelivered(GUILD, 10).await.expect("read");
    assert!(given_up.iter().all(|it| it.given_up == Some(now)));
    assert_eq!(given_up[0].last_error, Some(Reason::Refused(PermanentReason::UnknownChannel)));

    let month = SignedDuration::from_hours(30 * 24);
    assert_eq!(store.undelete(GUILD, now + month - SignedDuration::from_secs(1)).await, Ok(3));
    assert_eq!(store.subscriptions(Some(GUILD), None, 10).await.expect("read").len(), 3);
    store.soft_delete(GUILD, None, now).await.expect("soft-deleted");
    assert_eq!(store.undelete(GUILD, now + month).await, Ok(0), "a month later it is deleted");
});

on_every_store!(deleted_thread_is_removed_from_the_log, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..3, now).await;
    let web = outage("web-api-1", now);
    save(&*store, step(&web, EventKind::Started, now)).await;
    fan_out(&*store, now).await;
    for claim in &claim(&*store, now).await {
        let channel = claim.delivery.channel.0;
        let log = NotificationLogEntry {
            thread: Some(ChannelId(channel * 100)),
            flapping: Some(MessageId(7)),
            ..posted(channel)
        };
        notify(&*store, claim, log, now).await;
    }
    store.soft_delete(GUILD, Some(ChannelId(100)), now).await.expect("soft-deleted");
    save(&*store, step(&ended(&web, now), EventKind::Ended, now)).await;
    fan_out(&*store, now).await;
    let claims = claim(&*store, now).await;
    let log = &claims[0].log;
    assert_eq!((log.thread, log.flapping, log.start), (None, None, Some(MessageId(1))));
    assert_eq!(claims[1].log.thread, Some(ChannelId(200)), "the other channel's is still there");
});

on_every_store!(data_is_listed_by_guild_and_left_guilds_are_marked, |backend, store| {
    let now = at("09:00:00");
    let servers = async |after: Option<u64>, most| {
        let page = store.servers(after.map(GuildId), most).await.expect("read");
        page.iter().map(|it| (it.guild.0, it.subscribed, it.left)).collect::<Vec<_>>()
    };
    assert_eq!(servers(None, 10).await, []);
    for (id, guild) in (1..).zip([70, 70, 71, 72, 75]) {
        let change = subscribing(GuildId(guild), 100 + id, now);
        assert_eq!(ask(&*store, change, id, now).await, EditResult::Now);
    }
    let live_message = SubscriptionEdit::LiveMessage(GuildId(73), ChannelId(9), "en".into());
    assert_eq!(ask(&*store, live_message, 6, now).await, EditResult::Now);
    store.soft_delete(GuildId(71), None, now).await.expect("left");
    // In this guild only a channel was deleted; the bot was not removed.
    store.soft_delete(GuildId(75), Some(ChannelId(105)), now).await.expect("gone");
    let all = [(70, true, false), (71, false, true), (72, true, false), (73, true, false)];
    assert_eq!(servers(None, 10).await, all);
    assert_eq!(servers(None, 2).await, all[..2]);
    assert_eq!(servers(Some(70), 2).await, all[1..3]);
    assert_eq!(servers(Some(71), 10).await, all[2..]);
    assert_eq!(servers(Some(73), 10).await, []);

    // A new subscription before the return is noticed: both states are reported.
    assert_eq!(ask(&*store, subscribing(GuildId(71), 200, now), 7, now).await, EditResult::Now);
    assert_eq!(servers(Some(70), 1).await, [(71, true, true)]);
    assert_eq!(store.undelete(GuildId(71), now).await, Ok(1));
    assert_eq!(servers(Some(70), 1).await, [(71, true, false)]);
});

on_every_store!(preview_changes_no_state_and_acknowledgement_is_stored, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..2, now).await;
    let web = outage("web-api-1", now);
    let preview = SubscriptionEdit::Preview(GUILD, ChannelId(1), vec![event(&web, EventKind::Started, now)]);
    assert_eq!(ask(&*store, preview, 1, now).await, EditResult::Now);
    fan_out(&*store, now).await;
    let claims = claim(&*store, now).await;
    notify(&*store, &claims[0], posted(1), now).await;
    let catch_up = event(&web, EventKind::Started, now);
    assert_eq!(
        ask(&*store, SubscriptionEdit::CatchUp(GUILD, ChannelId(1), Box::new(catch_up)), 2, now).await,
        EditResult::Now
    );
    fan_out(&*store, now).await;
    assert_eq!(claim(&*store, now).await[0].log, NotificationLogEntry::default());
    let acknowledge = || SubscriptionEdit::Acknowledge(GUILD, ChannelId(1), web.id.clone());
    assert_eq!(ask(&*store, acknowledge(), 3, now).await, EditResult::Now);
    assert_eq!(ask(&*store, acknowledge(), 4, now).await, EditResult::Nothing);
    let stored = store.subscription(GUILD, ChannelId(1)).await.expect("read").expect("there");
    assert_eq!(stored.acknowledged, [web.id].into());
});

on_every_store!(acknowledgement_lasts_until_that_outage_is_over, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..2, now).await;
    let outages = ["web-api-1", "login-1", "apps-1"].map(|name| outage(name, now));
    for outage in &outages {
        save(&*store, step(outage, EventKind::Started, now)).await;
    }
    let [web, login, apps] = &outages;
    let acknowledge = |outage: &Outage| SubscriptionEdit::Acknowledge(GUILD, ChannelId(1), outage.id.clone());
    let acknowledged = || async {
        let stored = store.subscription(GUILD, ChannelId(1)).await.expect("read").expect("there");
        stored.acknowledged.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(ask(&*store, acknowledge(web), 1, now).await, EditResult::Now);
    assert_eq!(ask(&*store, acknowledge(login), 2, now).await, EditResult::Now);
    assert_eq!(acknowledged().await, [login.id.clone(), web.id.clone()], "both are muted");
    assert_eq!(ask(&*store, acknowledge(web), 3, now).await, EditResult::Nothing);
    save(&*store, step(&ended(web, now), EventKind::Ended, now)).await;
    assert_eq!(ask(&*store, acknowledge(apps), 4, now).await, EditResult::Now);
    assert_eq!(acknowledged().await, [apps.id.clone(), login.id.clone()], "what is over is dropped");
});

on_every_store!(completed_deliveries_are_collected_and_pending_ones_stay, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..3, now).await;
    let web = outage("web-api-1", now);
    save(&*store, step(&web, EventKind::Started, now)).await;
    let announced = store.unexpanded(1).await.expect("read")[0].id;
    // Channel 1 gets its post before the fan-out is complete.
    store.enqueue(announced, &[(GUILD, ChannelId(1))], None, false, now).await.expect("enqueued");
    let claims = claim(&*store, now).await;
    notify(&*store, &claims[0], posted(1), now).await;
    fan_out(&*store, now).await;
    let month = now + SignedDuration::from_hours(29 * 24);
    while store.gc(month).await.expect("collected") > 0 {}
    let left = claim(&*store, month).await;
    assert_eq!(channels(&left), [2], "channel 1 has its post; the delivery for channel 2 is pending");
    notify(&*store, &left[0], posted(2), month).await;
    while store.gc(month + SignedDuration::from_hours(2)).await.expect("collected") > 0 {}
    assert_eq!(store.announcement(announced).await, Ok(None));
    let year = now + SignedDuration::from_hours(24 * 370);
    while store.gc(year).await.expect("collected") > 0 {}
    assert!(store.counts(None).await.expect("read").contains(&("told", 2)), "the outage is still open");
    save(&*store, step(&ended(&web, month), EventKind::Ended, month)).await;
    let late = year + SignedDuration::from_hours(24 * 60);
    while store.gc(late).await.expect("collected") > 0 {}
    let stored = store.counts(None).await.expect("read");
    for gone in [("told", 0), ("interactions", 0), ("outages", 0)] {
        assert!(stored.contains(&gone), "{stored:?}");
    }
    assert!(stored.contains(&("subscriptions", 2)), "{stored:?}");
});

on_every_store!(catch_up_retries_waiting_deliveries_at_once, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..3, now).await;
    let web = outage("web-api-1", now);
    save(&*store, step(&web, EventKind::Started, now)).await;
    fan_out(&*store, now).await;
    let claims = claim(&*store, now).await;
    let hour = now + SignedDuration::from_hours(1);
    let paused = Suspension {
        since: now,
        why: Reason::Other("Missing Permissions (50013)".to_owned()),
        retry: hour,
        tries: 5,
    };
    let wait = DeliveryOutcome::Retry { due: hour, why: Reason::Answered(500), uncounted: false, log: None };
    let settled = [(claims[0].clone(), DeliveryOutcome::Suspended { paused }), (claims[1].clone(), wait)];
    assert_eq!(store.complete_all(&settled, now).await, Ok(vec![true, true]));
    let soon = now + SignedDuration::from_mins(5);
    backend.it_is(soon).await;
    assert!(claim(&*store, soon).await.is_empty(), "both wait");
    for channel in [1, 2] {
        let missed = Box::new(event(&web, EventKind::Started, now));
        let change = SubscriptionEdit::CatchUp(GUILD, ChannelId(channel), missed);
        assert_eq!(ask(&*store, change, channel, soon).await, EditResult::Now);
    }
    let tried = claim(&*store, soon).await;
    assert_eq!(channels(&tried), [1, 2], "neither waits for the hour");
    let stored = tried[0].subscription.clone().and_then(|it| it.paused).expect("paused until it is sent");
    assert_eq!((stored.since, stored.retry), (now, soon));
});

on_every_store!(batched_outcomes_are_each_stored_or_reported_as_taken, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..6, now).await;
    let web = outage("web-api-1", now);
    save(&*store, step(&web, EventKind::Started, now)).await;
    fan_out(&*store, now).await;
    let claims = claim(&*store, now).await;
    let done = |claim: &Claim| DeliveryOutcome::Delivered { log: posted(claim.delivery.channel.0 * 10) };
    assert_eq!(store.complete(&claims[4], &done(&claims[4]), now).await, Ok(true));
    let wait = DeliveryOutcome::Retry { due: now, why: Reason::Answered(500), uncounted: false, log: None };
    let nothing = DeliveryOutcome::Delivered { log: NotificationLogEntry::default() };
    let outcomes = [done(&claims[0]), done(&claims[1]), wait, nothing, done(&claims[4])];
    let settled: Vec<_> = claims.iter().cloned().zip(outcomes).collect();
    assert_eq!(store.complete_all(&settled, now).await, Ok(vec![true, true, true, true, false]));
    assert_eq!(store.complete_all(&settled, now).await, Ok(vec![false; 5]), "each is stored once");
    assert_eq!(store.complete_all(&[], now).await, Ok(vec![]));
    let again = claim(&*store, now).await;
    assert_eq!(channels(&again), [3], "the others are done");
    notify(&*store, &again[0], posted(30), now).await;
    save(&*store, step(&ended(&web, now), EventKind::Ended, now)).await;
    fan_out(&*store, now).await;
    let starts: Vec<_> =
        claim(&*store, now).await.into_iter().map(|it| it.log.start.map(|it| it.0)).collect();
    assert_eq!(starts, [Some(10), Some(20), Some(30), None, Some(50)]);
});

on_every_store!(intent_to_send_is_stored_while_the_claim_is_held, |backend, store| {
    let start = at("09:00:00");
    subscribe(&*store, 1..3, start).await;
    let web = outage("web-api-1", start);
    save(&*store, step(&web, EventKind::Started, start)).await;
    fan_out(&*store, start).await;
    let ours = claim(&*store, start).await;
    let sending = |message| DeliveryOutcome::Noted { log: posted(message) };
    let settled =
        [(ours[0].clone(), sending(10)), (ours[1].clone(), DeliveryOutcome::Delivered { log: posted(20) })];
    assert_eq!(store.complete_all(&settled, start).await, Ok(vec![true, true]));
    assert!(claim(&*store, start).await.is_empty(), "the claim stays");
    assert_eq!(store.complete(&ours[0], &sending(11), start).await, Ok(true), "as often as wanted");
    assert_eq!(store.complete(&ours[1], &sending(21), start).await, Ok(false), "that one is over");
    // Killed while it sends: the next claim knows what was being sent.
    drop(store);
    store = backend.open().await;
    let again = claim(&*store, start).await;
    assert_eq!((again.len(), &again[0].log), (1, &posted(11)));
    assert_eq!(
        store.complete(&ours[0], &sending(12), start).await,
        Ok(false),
        "the killed process stores nothing"
    );
    // It was not sent after all, and there is nothing to post.
    assert_eq!(store.complete(&again[0], &sending(13), start).await, Ok(true));
    assert_eq!(
        store
            .complete(&again[0], &DeliveryOutcome::Delivered { log: NotificationLogEntry::default() }, start)
            .await,
        Ok(true)
    );
    save(&*store, step(&ended(&web, start), EventKind::Ended, start)).await;
    fan_out(&*store, start).await;
    assert_eq!(claim(&*store, start).await[0].log, NotificationLogEntry::default(), "nothing is left of it");
});

on_every_store!(postponed_edit_blocks_no_later_delivery, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..2, now).await;
    let web = outage("web-api-1", now);
    save(&*store, step(&web, EventKind::Started, now)).await;
    fan_out(&*store, now).await;
    let edit = |due| DeliveryOutcome::EditLater { due, why: Reason::RateLimited, log: posted(1) };
    let (soon, late) = (now + SignedDuration::from_secs(30), now + SignedDuration::from_secs(90));
    let first = claim(&*store, now).await;
    assert_eq!(store.complete(&first[0], &edit(soon), now).await, Ok(true));
    assert_eq!(store.next_due().await, Ok(Some(soon)), "it is tried again");
    assert_eq!(store.longest_waiting().await, Ok(None), "and it does not count as waiting");
    backend.it_is(soon).await;
    let first = claim(&*store, soon).await;
    assert_eq!((first.len(), &first[0].log), (1, &posted(1)));
    assert_eq!(store.complete(&first[0], &edit(late), soon).await, Ok(true));
    // The outage ends: the edit is due with that, and goes behind the end if it fails again.
    let back = ended(&web, soon);
    save(&*store, step(&back, EventKind::Ended, soon)).await;
    fan_out(&*store, soon).await;
    let again = claim(&*store, soon).await;
    assert_eq!(again[0].delivery.id, first[0].delivery.id, "in their order");
    assert_eq!(store.complete(&again[0], &edit(late), soon).await, Ok(true));
    let next = claim(&*store, soon).await;
    assert_ne!(next[0].delivery.announcement, first[0].delivery.announcement);
    assert_eq!(next[0].log, posted(1));
    notify(&*store, &next[0], posted(1), soon).await;
    assert_eq!(store.next_due().await, Ok(Some(late)), "the edit is still to come");
    backend.it_is(late).await;
    let last = claim(&*store, late).await;
    assert_eq!(last[0].delivery.announcement, first[0].delivery.announcement);
    assert_ne!(
        last[0].delivery.id, first[0].delivery.id,
        "what it may post is told apart from what was posted"
    );
    notify(&*store, &last[0], posted(1), late).await;
    assert_eq!(store.next_due().await, Ok(None), "no delivery is pending");
});

on_every_store!(postponed_edits_of_two_outages_wait_in_turn, |backend, store| {
    let now = at("09:00:00");
    let (soon, late) = (now + SignedDuration::from_secs(30), now + SignedDuration::from_secs(90));
    subscribe(&*store, 1..2, now).await;
    let edit = |due| DeliveryOutcome::EditLater { due, why: Reason::RateLimited, log: posted(1) };
    for id in ["web-api-1", "apps-1"] {
        save(&*store, step(&outage(id, now), EventKind::Started, now)).await;
        fan_out(&*store, now).await;
    }
    let web = claim(&*store, now).await;
    assert_eq!(store.complete(&web[0], &edit(soon), now).await, Ok(true));
    let apps = claim(&*store, now).await;
    assert_ne!(apps[0].delivery.outage, web[0].delivery.outage, "the edit let the other outage pass");
    assert_eq!(store.complete(&apps[0], &edit(late), now).await, Ok(true));
    assert!(claim(&*store, now).await.is_empty(), "neither is tried before its time");
    assert_eq!(store.next_due().await, Ok(Some(soon)));
    // A third outage begins. Both are tried once more, and then it is its turn.
    save(&*store, step(&outage("login-1", now), EventKind::Started, now)).await;
    fan_out(&*store, now).await;
    let (mut tried, mut empty) = (Vec::new(), 0);
    // On PostgreSQL the first claim only finds what is queued behind the edit, and makes the edit due.
    while empty < 2 {
        let Some(next) = claim(&*store, now).await.pop() else {
            empty += 1;
            continue;
        };
        tried.push(next.delivery.outage.clone());
        assert!(tried.len() < 10, "tried again and again: {tried:?}");
        if next.delivery.outage.as_str() == "login-1" {
            notify(&*store, &next, posted(1), now).await;
        } else {
            assert_eq!(store.complete(&next, &edit(late), now).await, Ok(true));
        }
    }
    assert_eq!(tried.iter().filter(|it| it.as_str() == "login-1").count(), 1, "{tried:?}");
    assert_eq!(store.next_due().await, Ok(Some(late)));
    backend.it_is(late).await;
    for _ in 0..2 {
        let next = claim(&*store, late).await;
        notify(&*store, &next[0], posted(1), late).await;
    }
    assert_eq!(store.next_due().await, Ok(None), "no delivery is pending");
});
