//! Leases, shared rates and change notifications between instances, on every backend.

use futures_util::FutureExt as _;

use super::*;

const TEN: SignedDuration = SignedDuration::from_secs(10);

async fn leads(on: (&Backend, &Arc<dyn Store>), holder: &str, now: Timestamp) -> Option<u64> {
    let (backend, store) = on;
    backend.it_is(now).await;
    store.acquire_lease("watch", holder, TEN, now).await.expect("an answer").map(|fence| fence.epoch)
}

on_every_store!(one_holder_leads_per_lease_and_fencing_numbers_grow, |backend, store| {
    let first = leads((backend, &store), "a", at("09:00:00")).await.expect("nobody leads yet");
    assert_eq!(leads((backend, &store), "b", at("09:00:05")).await, None);
    assert_eq!(leads((backend, &store), "a", at("09:00:05")).await, Some(first), "its lease is renewed");
    assert_eq!(leads((backend, &store), "b", at("09:00:14")).await, None);
    let all = store.leases("wat", at("09:00:14")).await.expect("read");
    let all: Vec<_> = all.iter().map(|it| (it.role.as_str(), it.holder.as_str(), it.until)).collect();
    assert_eq!(all, [("watch", "a", at("09:00:15"))]);
    assert_eq!(store.leases("shard", at("09:00:14")).await, Ok(vec![]));

    let second = leads((backend, &store), "b", at("09:00:15")).await.expect("the lease is over");
    assert!(second > first);
    backend.it_is(at("09:00:25")).await;
    assert_eq!(store.leases("", at("09:00:25")).await, Ok(vec![]));
    let third = leads((backend, &store), "b", at("09:00:25")).await.expect("nobody leads");
    assert!(third > second, "also for the same holder, because another could have led meanwhile");
    drop(store);
    store = backend.open().await;
    let fourth = leads((backend, &store), "c", at("09:01:00")).await.expect("nobody leads");
    assert!(fourth > third, "{fourth} {third}");
});

on_every_store!(former_leader_is_fenced_and_stores_nothing, |backend, store| {
    let now = at("09:00:00");
    let web = outage("web-api-1", now);
    let started = step(&web, EventKind::Started, now);
    backend.it_is(now).await;
    let paused = store.acquire_lease("watch", "a", TEN, now).await.expect("an answer").expect("leads");
    let over = now + TEN;
    // The commit is late, but nobody took over, so it is still stored.
    assert_eq!(store.commit(&started, &paused).await, Ok(Committed::Stored));
    backend.it_is(over).await;
    let newer = store.acquire_lease("watch", "b", TEN, over).await.expect("an answer").expect("leads");
    let news = store.unexpanded(9).await;
    let end = WatcherStep { state: b"stale".to_vec(), ..step(&ended(&web, over), EventKind::Ended, over) };
    assert_eq!(store.commit(&end, &paused).await, Ok(Committed::Fenced));
    let remembered = store.load_state().await.expect("loaded");
    assert_eq!((remembered.state.as_deref(), remembered.open.len()), (Some(&b"tracker"[..]), 1));
    assert_eq!(store.unexpanded(9).await, news);
    assert_eq!(store.commit(&end, &newer).await, Ok(Committed::Stored));

    store.release_lease(&paused).await.expect("nothing to give back");
    assert_eq!(leads((backend, &store), "c", over).await, None, "b still leads");
    store.release_lease(&newer).await.expect("given back");
    assert_eq!(store.commit(&started, &newer).await, Ok(Committed::Fenced));
    assert!(leads((backend, &store), "c", over).await > Some(newer.epoch));
});

on_every_store!(each_slot_of_a_shared_rate_is_reserved_once, |backend, store| {
    let (now, every) = (at("09:00:00"), SignedDuration::from_millis(20));
    let other = backend.beside().await;
    let second = other.as_ref().unwrap_or(&store);
    let wait = |store: Arc<dyn Store>, slots, now| async move {
        backend.it_is(now).await;
        store.reserve("discord", slots, every, now).await.expect("reserved").as_millis()
    };
    assert_eq!(wait(Arc::clone(&store), 10, now).await, 0);
    assert_eq!(wait(Arc::clone(second), 5, now).await, 200);
    assert_eq!(wait(Arc::clone(&store), 1, now).await, 300);
    let later = now + SignedDuration::from_millis(310);
    assert_eq!(wait(Arc::clone(&store), 1, later).await, 10);
    let rested = now + SignedDuration::from_secs(9);
    assert_eq!(wait(Arc::clone(second), 1, rested).await, 0, "unused slots are not saved up");
    assert_eq!(store.reserve("spotify", 1, every, now).await, Ok(SignedDuration::ZERO), "another rate");
});

on_every_store!(claimed_delivery_is_given_to_no_other_instance, |backend, store| {
    let now = at("09:00:00");
    let Some(other) = backend.beside().await else { continue };
    subscribe(&*store, 1..9, now).await;
    save(&*store, step(&outage("web-api-1", now), EventKind::Started, now)).await;
    fan_out(&*other, now).await;
    backend.it_is(now).await;
    let ours = store.claim(3, LEASE, now).await.expect("claims");
    let theirs = other.claim(9, LEASE, now).await.expect("claims");
    assert_eq!((channels(&ours), channels(&theirs)), (vec![1, 2, 3], vec![4, 5, 6, 7, 8]));
    notify(&*other, &theirs[0], posted(4), now).await;
    // One instance is killed: its claims are free when their leases end.
    drop(store);
    let nearly = now + LEASE - SignedDuration::from_secs(1);
    backend.it_is(nearly).await;
    assert!(claim(&*other, nearly).await.is_empty());
    backend.it_is(now + LEASE).await;
    assert_eq!(claim(&*other, now + LEASE).await.len(), 7);
    assert_eq!(
        other.complete(&ours[0], &DeliveryOutcome::Delivered { log: posted(1) }, now + LEASE).await,
        Ok(false)
    );
});

on_every_store!(instance_is_notified_of_changes_by_others_only, |backend, store| {
    let now = at("09:00:00");
    let Some(other) = backend.beside().await else { continue };
    let (mut ours, mut theirs) = (Box::pin(store.wait_for_change()), Box::pin(other.wait_for_change()));
    assert!((&mut ours).now_or_never().is_none());
    assert!((&mut theirs).now_or_never().is_none());
    save(&*store, step(&outage("web-api-1", now), EventKind::Started, now)).await;
    theirs.await;
    assert!((&mut ours).now_or_never().is_none(), "its own change does not notify it");
    assert_eq!(ask(&*other, subscribing(GUILD, 1, now), 1, now).await, EditResult::Now);
    ours.await;
});

on_every_store!(only_stores_with_their_own_clock_return_a_time, |backend, store| {
    let now = at("09:30:00");
    backend.it_is(now).await;
    let own = matches!(backend, Backend::Postgres(_)).then_some(now);
    assert_eq!(store.server_time().await, Ok(own));
});
