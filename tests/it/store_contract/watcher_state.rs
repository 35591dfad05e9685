//! What the watcher and other internal parts store, on every backend.

use super::*;

on_every_store!(outages_are_listed_newest_first_and_old_revisions_lose, |backend, store| {
    for hour in 1..6 {
        let since = at(&format!("0{hour}:00:00"));
        let one = outage(&format!("web-api-{hour}"), since);
        save(&*store, step(&ended(&one, since), EventKind::Ended, since)).await;
        save(&*store, step(&one, EventKind::Started, since)).await;
    }
    let found = store.outages(at("02:00:00"), 3).await.expect("read");
    let found: Vec<_> = found.iter().map(|it| (it.id.as_str(), it.is_open())).collect();
    assert_eq!(found, [("web-api-5", false), ("web-api-4", false), ("web-api-3", false)]);
    assert_eq!(store.outages(at("04:30:00"), 9).await.expect("read").len(), 1);
    assert!(store.load_state().await.expect("loaded").open.is_empty());
});

on_every_store!(two_years_of_probes_stay_small, |backend, store| {
    let web = ServiceName::from("web-api");
    let begin: Timestamp = "2024-01-01T00:00:00Z".parse().expect("an instant");
    let good = ProbeCounts { good: 10, bad: 1, ..ProbeCounts::default() };
    for hour in 0..24 * 30 {
        let now = begin + SignedDuration::from_hours(hour);
        store.record_probes(now, &[(web.clone(), good), (web.clone(), good)]).await.expect("stored");
    }
    let end = begin + SignedDuration::from_hours(24 * 30);
    while store.gc(end).await.expect("collected") > 0 {}
    let slots = store.uptime_buckets(&web, BucketSize::Slot, begin).await.expect("read");
    assert_eq!(slots.len(), 47, "48 hours, the first of which has expired");
    assert_eq!(slots[0].probes.good, 20);
    let days = store.uptime_buckets(&web, BucketSize::Day, begin).await.expect("read");
    assert_eq!(days.len(), 30);
    assert_eq!((days[0].from, days[0].probes.good, days[0].probes.bad), (begin, 480, 48));
    assert_eq!(
        store
            .uptime_buckets(&web, BucketSize::Day, end - SignedDuration::from_hours(24))
            .await
            .expect("read")
            .len(),
        1
    );

    let mut stored = Vec::new();
    for day in 30..730 {
        let now = begin + SignedDuration::from_hours(24 * day);
        store.record_probes(now, &[(web.clone(), good)]).await.expect("stored");
        while store.gc(now).await.expect("collected") > 0 {}
        if [399, 500, 729].contains(&day) {
            let counts = store.counts(None).await.expect("read");
            stored.extend(counts.into_iter().filter(|(kind, _)| *kind == "tallies"));
        }
    }
    assert_eq!(
        stored,
        [("tallies", 402), ("tallies", 402), ("tallies", 402)],
        "400 days, and the slots of two"
    );
});

on_every_store!(meta_values_are_stored_and_removed, |backend, store| {
    let long = vec![7; 64 << 10];
    store.put_meta("ban/api.spotify.com", Some(b"until noon")).await.expect("stored");
    store.put_meta("gateway", Some(&long)).await.expect("stored");
    drop(store);
    store = backend.open().await;
    assert_eq!(store.get_meta("gateway").await, Ok(Some(long)));
    store.put_meta("gateway", Some(b"short")).await.expect("stored");
    assert_eq!(store.get_meta("gateway").await, Ok(Some(b"short".to_vec())));
    store.put_meta("gateway", None).await.expect("removed");
    assert_eq!(store.get_meta("gateway").await, Ok(None));
    assert_eq!(store.get_meta("ban/api.spotify.com").await, Ok(Some(b"until noon".to_vec())));
    let too_long = store.put_meta("gateway", Some(&vec![0; (64 << 10) + 1])).await;
    assert!(matches!(too_long, Err(StoreError::Full(_))), "{too_long:?}");
});
