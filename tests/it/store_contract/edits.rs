//! Edits that people ask for, on every backend.

use super::*;

on_every_store!(repeated_interaction_changes_the_store_once, |backend, store| {
    let now = at("09:00:00");
    assert_eq!(ask(&*store, subscribing(GUILD, 1, now), 5, now).await, EditResult::Now);
    assert_eq!(
        ask(&*store, SubscriptionEdit::Unsubscribe(GUILD, ChannelId(1)), 6, now).await,
        EditResult::Now
    );
    drop(store);
    store = backend.open().await;
    assert_eq!(ask(&*store, subscribing(GUILD, 1, now), 5, now).await, EditResult::Before);
    assert_eq!(store.subscription(GUILD, ChannelId(1)).await, Ok(None));
    assert_eq!(
        ask(&*store, SubscriptionEdit::Unsubscribe(GUILD, ChannelId(1)), 7, now).await,
        EditResult::Nothing
    );
});

on_every_store!(
    subscriptions_per_guild_are_limited,
    StoreOptions { subscriptions_per_guild: 2, ..StoreOptions::default() },
    |backend, store| {
        let now = at("09:00:00");
        subscribe(&*store, 1..3, now).await;
        assert_eq!(ask(&*store, subscribing(GUILD, 3, now), 3, now).await, EditResult::Full);
        assert_eq!(
            ask(&*store, subscribing(GUILD, 2, now), 4, now).await,
            EditResult::Now,
            "it is not a new subscription"
        );
        assert_eq!(ask(&*store, subscribing(GuildId(8), 3, now), 5, now).await, EditResult::Now);
        assert_eq!(
            ask(&*store, SubscriptionEdit::Unsubscribe(GUILD, ChannelId(1)), 6, now).await,
            EditResult::Now
        );
        assert_eq!(ask(&*store, subscribing(GUILD, 3, now), 3, now).await, EditResult::Now, "asked again");
    }
);

on_every_store!(
    nearly_full_disk_refuses_edits_but_stores_outages,
    StoreOptions { free_space: Some(Arc::new(|_| Ok(199_000_000))), ..StoreOptions::default() },
    |backend, store| {
        let now = at("09:00:00");
        let refused = store.change(&subscribing(GUILD, 1, now), InteractionId(1), now).await;
        let Err(StoreError::Full(text)) = refused else { panic!("{refused:?}") };
        assert_eq!(store.usage().await.expect("known").free, Some(199_000_000));
        assert_eq!(text, "the disk of the store is nearly full: 199 MB are free, changes need 200 MB");
        save(&*store, step(&outage("web-api-1", now), EventKind::Started, now)).await;
        assert_eq!(store.load_state().await.expect("loaded").open.len(), 1);
        // Edits of the notifier, and edits that free space, are accepted.
        let goes_on = event(&outage("web-api-1", now), EventKind::Updated(Update::FlapCount), now);
        assert_eq!(
            ask(&*store, SubscriptionEdit::Remind(Box::new(goes_on), 1), 2, now).await,
            EditResult::Now
        );
        assert_eq!(
            ask(&*store, SubscriptionEdit::EndLiveStatus(GUILD, None), 3, now).await,
            EditResult::Nothing
        );
        assert_eq!(
            ask(&*store, SubscriptionEdit::Unsubscribe(GUILD, ChannelId(1)), 4, now).await,
            EditResult::Nothing
        );
        assert_eq!(ask(&*store, SubscriptionEdit::DeleteData(GUILD), 5, now).await, EditResult::Now);
    }
);

on_every_store!(recovery_subscribers_are_known_until_a_day_after_recovery, |backend, store| {
    let (start, end) = (at("09:00:00"), at("10:00:00"));
    let web = outage("web-api-1", start);
    let press = |outage: &Outage, person: u64, channel: u64| SubscriptionEdit::NotifyOnRecovery {
        outage: outage.id.clone(),
        person: UserId(person),
        guild: Some(GUILD),
        channel: ChannelId(channel),
        message: Some(MessageId(9)),
        direct: false,
        language: "de".to_owned(),
    };
    assert_eq!(ask(&*store, press(&web, 1, 1), 1, start).await, EditResult::Nothing, "no such outage");
    save(&*store, step(&web, EventKind::Started, start)).await;
    for person in 1..=100 {
        assert_eq!(ask(&*store, press(&web, person, 1), 100 + person, start).await, EditResult::Now);
    }
    // A second press takes it back.
    assert_eq!(ask(&*store, press(&web, 7, 1), 2, start).await, EditResult::TakenBack);
    assert_eq!(ask(&*store, press(&web, 7, 1), 5, start).await, EditResult::Now);
    assert_eq!(ask(&*store, press(&web, 101, 1), 3, start).await, EditResult::Full);
    assert_eq!(ask(&*store, press(&web, 101, 2), 4, start).await, EditResult::Now);
    let here = store.waiting(&web.id, Some(ChannelId(2)), None, 10).await.expect("read");
    assert_eq!(here.iter().map(|it| it.person.0).collect::<Vec<_>>(), [101]);
    let page = store.waiting(&web.id, None, Some((ChannelId(1), UserId(97))), 2).await.expect("read");
    assert_eq!(page.iter().map(|it| it.person.0).collect::<Vec<_>>(), [98, 99]);

    // People who were mentioned are waiting no longer, and may ask again.
    for time in 0..2 {
        let mentioned = [UserId(3), UserId(7), UserId(101)];
        assert_eq!(store.stop_waiting(&web.id, ChannelId(1), &mentioned).await, Ok(()));
        let left = store.waiting(&web.id, None, None, 200).await.expect("read");
        assert_eq!(left.len(), 99, "99 in one channel, one in the other");
        assert!(left.iter().all(|it| it.channel == ChannelId(2) || ![3, 7].contains(&it.person.0)));
        for person in [3, 7] {
            assert_eq!(
                ask(&*store, press(&web, person, 1), 210 + 10 * time + person, start).await,
                EditResult::Now
            );
        }
    }

    // They are never deleted while the outage goes on.
    while store.gc(at("09:00:00") + SignedDuration::from_hours(72)).await.expect("collected") > 0 {}
    save(&*store, step(&ended(&web, end), EventKind::Ended, end)).await;
    assert_eq!(store.waiting(&web.id, None, None, 200).await.expect("read").len(), 101);
    while store.gc(end + SignedDuration::from_hours(24 * 5)).await.expect("collected") > 0 {}
    assert_eq!(store.waiting(&web.id, None, None, 200).await, Ok(vec![]));
});

on_every_store!(reports_count_each_person_once_and_then_forget_them, |backend, store| {
    let (start, end) = (at("09:00:00"), at("10:00:00"));
    let web = outage("web-api-1", start);
    let fails = |outage: Option<&Outage>, person: u64| SubscriptionEdit::Report {
        outage: outage.map(|outage| outage.id.clone()),
        person: UserId(person),
    };
    assert_eq!(ask(&*store, fails(None, 1), 1, start).await, EditResult::Now);
    assert_eq!(ask(&*store, fails(None, 1), 2, at("09:14:59")).await, EditResult::Nothing);
    assert_eq!(ask(&*store, fails(None, 1), 3, at("09:15:00")).await, EditResult::Now);
    save(&*store, step(&web, EventKind::Started, start)).await;
    assert_eq!(ask(&*store, fails(Some(&web), 1), 4, at("09:16:00")).await, EditResult::Now);
    assert_eq!(ask(&*store, fails(Some(&web), 2), 5, at("09:16:00")).await, EditResult::Now);
    assert_eq!(store.reports(None, at("09:01:00")).await, Ok(2), "two people, whatever they reported");
    let salt =
        |store: Arc<dyn Store>, name: &'static str| async move { store.get_meta(name).await.expect("read") };
    let (quiet, of_web) = ("report-salt/", "report-salt/web-api-1");
    assert_ne!(salt(Arc::clone(&store), quiet).await, salt(Arc::clone(&store), of_web).await);
    while store.gc(at("09:40:00")).await.expect("collected") > 0 {}
    assert_eq!(ask(&*store, fails(Some(&web), 1), 6, at("09:41:00")).await, EditResult::Nothing);
    assert_eq!(
        salt(Arc::clone(&store), quiet).await,
        None,
        "it is deleted with the last report that used it"
    );
    assert_eq!(store.reports(None, at("09:26:00")).await, Ok(0));
    assert_eq!(store.reports(Some(&web.id), start).await, Ok(2));
    save(&*store, step(&ended(&web, end), EventKind::Ended, end)).await;
    while store.gc(at("10:30:00")).await.expect("collected") > 0 {}
    assert_eq!(store.reports(Some(&web.id), start).await, Ok(2), "their number is still stored");
    let stored = store.counts(None).await.expect("read");
    assert!(stored.contains(&("reports", 0)), "the people are deleted: {stored:?}");
    assert_eq!(salt(Arc::clone(&store), of_web).await, None, "it is deleted with the outage");
});

on_every_store!(votes_and_questions_are_counted_without_user_ids, |backend, store| {
    let now = at("09:00:00");
    let vote = |entry: &str, helped| SubscriptionEdit::Vote { entry: entry.to_owned(), helped };
    for (id, (entry, helped)) in
        [("nhu", true), ("nhu", true), ("nhu", false), ("jam", true)].iter().enumerate()
    {
        assert_eq!(ask(&*store, vote(entry, *helped), id as u64, now).await, EditResult::Now);
    }
    let votes = store.votes().await.expect("read");
    let votes: Vec<_> = votes.iter().map(|it| (it.entry.as_str(), it.helped, it.did_not)).collect();
    assert_eq!(votes, [("jam", 1, 0), ("nhu", 2, 1)]);
    for (id, text) in [None, Some("why"), Some("why"), Some("how"), None, None].into_iter().enumerate() {
        let change = SubscriptionEdit::Unanswered { text: text.map(str::to_owned) };
        assert_eq!(ask(&*store, change, 10 + id as u64, now).await, EditResult::Now);
    }
    let questions = store.questions(2).await.expect("read");
    let questions: Vec<_> = questions.iter().map(|it| (it.text.as_deref(), it.asked)).collect();
    assert_eq!(questions, [(None, 3), (Some("why"), 2)]);
});

on_every_store!(question_is_deleted_90_days_after_it_was_asked, |backend, store| {
    let day = |days: i64| at("09:00:00") + SignedDuration::from_hours(24 * days);
    let asks = |text: &str| SubscriptionEdit::Unanswered { text: Some(text.to_owned()) };
    let line = r#"{"kind":"question","record":{"text":"older than that promise","asked":4}}"#;
    store.load(vec![serde_json::from_str(line).expect("an entry")]).await.expect("loaded");
    for (id, text, when) in [(1, "once", day(0)), (2, "again", day(0)), (3, "again", day(60))] {
        assert_eq!(ask(&*store, asks(text), id, when).await, EditResult::Now);
    }
    let mut stored = Vec::new();
    for days in [1, 89, 92, 149, 151] {
        drop(store);
        store = backend.open().await;
        while store.gc(day(days)).await.expect("collected") > 0 {}
        let questions = store.questions(10).await.expect("read");
        stored.push((days, questions.into_iter().filter_map(|it| it.text).collect::<Vec<_>>().join(", ")));
    }
    let older = "older than that promise";
    assert_eq!(
        stored,
        [
            (1, format!("{older}, again, once")),
            (89, format!("{older}, again, once")),
            (92, "again".to_owned()),
            (149, "again".to_owned()),
            (151, String::new()),
        ]
    );
});

on_every_store!(live_message_moves_and_is_found_after_a_restart, |backend, store| {
    let now = at("09:00:00");
    let live_message =
        |channel: u64| SubscriptionEdit::LiveMessage(GUILD, ChannelId(channel), "de".to_owned());
    assert_eq!(ask(&*store, SubscriptionEdit::EndLiveStatus(GUILD, None), 1, now).await, EditResult::Nothing);
    assert_eq!(ask(&*store, live_message(1), 2, now).await, EditResult::Now);
    assert_eq!(ask(&*store, live_message(1), 3, now).await, EditResult::Nothing);
    assert_eq!(store.save_live_message(GUILD, ChannelId(1), Some(MessageId(5))).await, Ok(true));
    drop(store);
    store = backend.open().await;
    let stored = live_message_of(1, Some(5), &[]);
    assert_eq!(store.live_messages(None, 10).await, Ok(vec![stored]));
    assert_eq!(ask(&*store, live_message(2), 4, now).await, EditResult::Now);
    assert_eq!(store.save_live_message(GUILD, ChannelId(1), Some(MessageId(6))).await, Ok(false), "it moved");
    assert_eq!(store.live_messages(Some(GUILD), 10).await, Ok(vec![]));
});

/// Returns the live status message of a German server: its channel, its message, and former messages that are left to remove.
fn live_message_of(channel: u64, message: Option<u64>, former: &[(u64, u64)]) -> LiveStatusMessage {
    LiveStatusMessage {
        guild: GUILD,
        channel: ChannelId(channel),
        message: message.map(MessageId),
        language: Some("de".to_owned()),
        former: former.iter().map(|(channel, message)| (ChannelId(*channel), MessageId(*message))).collect(),
        ended: false,
    }
}

on_every_store!(moved_or_ended_live_message_is_known_until_removed, |backend, store| {
    let now = at("09:00:00");
    let live_message =
        |channel: u64| SubscriptionEdit::LiveMessage(GUILD, ChannelId(channel), "de".to_owned());
    let gone = |channel: u64, message: u64| {
        SubscriptionEdit::TakenDown(GUILD, ChannelId(channel), MessageId(message))
    };
    assert_eq!(ask(&*store, live_message(1), 1, now).await, EditResult::Now);
    assert_eq!(store.save_live_message(GUILD, ChannelId(1), Some(MessageId(5))).await, Ok(true));
    assert_eq!(ask(&*store, live_message(2), 2, now).await, EditResult::Now);
    assert_eq!(store.live_messages(None, 10).await, Ok(vec![live_message_of(2, None, &[(1, 5)])]));
    let of_another = SubscriptionEdit::EndLiveStatus(GUILD, Some(ChannelId(1)));
    assert_eq!(
        ask(&*store, of_another, 3, now).await,
        EditResult::Nothing,
        "the live message is in another channel by now"
    );
    assert_eq!(store.save_live_message(GUILD, ChannelId(2), Some(MessageId(6))).await, Ok(true));
    assert_eq!(ask(&*store, gone(1, 5), 4, now).await, EditResult::Now);
    assert_eq!(store.live_messages(None, 10).await, Ok(vec![live_message_of(2, Some(6), &[])]));
    drop(store);
    store = backend.open().await;
    assert_eq!(ask(&*store, SubscriptionEdit::EndLiveStatus(GUILD, None), 5, now).await, EditResult::Now);
    let ended = LiveStatusMessage { ended: true, ..live_message_of(2, None, &[(2, 6)]) };
    assert_eq!(store.live_messages(None, 10).await, Ok(vec![ended]));
    assert_eq!(
        store.save_live_message(GUILD, ChannelId(2), Some(MessageId(7))).await,
        Ok(false),
        "it is over"
    );
    assert_eq!(ask(&*store, SubscriptionEdit::EndLiveStatus(GUILD, None), 6, now).await, EditResult::Nothing);
    assert_eq!(ask(&*store, gone(2, 6), 7, now).await, EditResult::Now);
    assert_eq!(store.live_messages(None, 10).await, Ok(vec![]));
});

/// Makes a server with a stored record of every kind, and another one with the same outage. Returns the outage and the claims.
async fn two_busy_servers(store: &dyn Store, other: GuildId, now: Timestamp) -> (Outage, Vec<Claim>) {
    subscribe(store, 1..4, now).await;
    assert_eq!(ask(store, subscribing(other, 9, now), 1, now).await, EditResult::Now);
    let web = outage("web-api-1", now);
    save(store, step(&web, EventKind::Started, now)).await;
    fan_out(store, now).await;
    let claims = claim(store, now).await;
    notify(store, &claims[0], posted(1), now).await;
    let gave_up = DeliveryOutcome::Failed { why: Reason::Other("blocked".to_owned()) };
    assert_eq!(store.complete(&claims[1], &gave_up, now).await, Ok(true));
    assert_eq!(
        ask(store, SubscriptionEdit::LiveMessage(GUILD, ChannelId(1), "de".to_owned()), 2, now).await,
        EditResult::Now
    );
    for (id, guild) in [(3, GUILD), (4, other)] {
        let press = SubscriptionEdit::NotifyOnRecovery {
            outage: web.id.clone(),
            person: UserId(id),
            guild: Some(guild),
            channel: ChannelId(id),
            message: None,
            direct: false,
            language: "de".to_owned(),
        };
        assert_eq!(ask(store, press, id, now).await, EditResult::Now);
    }
    let started = event(&web, EventKind::Started, now);
    let preview = SubscriptionEdit::Preview(GUILD, ChannelId(1), vec![started]);
    assert_eq!(ask(store, preview, 5, now).await, EditResult::Now);
    (web, claims)
}

on_every_store!(removed_servers_data_is_gone_after_a_month, |backend, store| {
    let (other, now) = (GuildId(8), at("09:00:00"));
    let (web, _) = two_busy_servers(&*store, other, now).await;
    fan_out(&*store, now).await;
    store.soft_delete(GUILD, None, now).await.expect("soft-deleted");
    let over = now + SignedDuration::from_hours(1);
    save(&*store, step(&ended(&web, over), EventKind::Ended, over)).await;
    fan_out(&*store, over).await;
    let left = |store: Arc<dyn Store>| async move {
        let counts = store.counts(Some(GUILD)).await.expect("read").into_iter();
        counts.filter(|(_, count)| *count > 0).map(|(kind, _)| kind).collect::<Vec<_>>()
    };
    assert_ne!(left(Arc::clone(&store)).await, [""; 0], "the server could come back within a month");
    let month = over + SignedDuration::from_hours(30 * 24 + 1);
    while store.gc(month).await.expect("collected") > 0 {}
    assert_eq!(left(Arc::clone(&store)).await, [""; 0]);
    assert_eq!(store.subscriptions(Some(other), None, 10).await.expect("read").len(), 1);
});

on_every_store!(deleting_data_of_one_server_leaves_other_servers_untouched, |backend, store| {
    let (other, now) = (GuildId(8), at("09:00:00"));
    let (web, claims) = two_busy_servers(&*store, other, now).await;
    let gave_up = DeliveryOutcome::Failed { why: Reason::Other("blocked".to_owned()) };

    assert_eq!(ask(&*store, SubscriptionEdit::DeleteData(GUILD), 6, now).await, EditResult::Now);
    let left = store.counts(Some(GUILD)).await.expect("read");
    assert!(left.iter().all(|(_, count)| *count == 0), "{left:?}");
    assert_eq!(store.unexpanded(10).await, Ok(vec![]));
    let waiting = store.waiting(&web.id, None, None, 10).await.expect("read");
    assert_eq!(waiting.iter().map(|it| it.person.0).collect::<Vec<_>>(), [4]);
    assert_eq!(store.subscriptions(Some(other), None, 10).await.expect("read").len(), 1);
    assert_eq!(store.complete(&claims[2], &gave_up, now).await, Ok(false));
    assert_eq!(ask(&*store, SubscriptionEdit::DeleteData(GUILD), 6, now).await, EditResult::Before);
});

on_every_store!(subscriptions_are_read_in_pages, |backend, store| {
    let now = at("09:00:00");
    subscribe(&*store, 1..6, now).await;
    assert_eq!(ask(&*store, subscribing(GuildId(8), 1, now), 1, now).await, EditResult::Now);
    let (mut seen, mut after) = (BTreeSet::new(), None);
    loop {
        let page = store.subscriptions(None, after, 2).await.expect("read");
        let Some(last) = page.last() else { break };
        after = Some((last.guild, last.channel));
        seen.extend(page.iter().map(|it| (it.guild, it.channel)));
    }
    assert_eq!(seen.len(), 6);
    assert_eq!(
        store.subscriptions(Some(GUILD), Some((GUILD, ChannelId(4))), 9).await.expect("read").len(),
        1
    );
});

/// Regression: a deletion that a full disk interrupted was finished only by the next start.
#[tokio::test]
async fn interrupted_deletion_of_a_servers_data_is_finished() {
    let writes = Arc::new(AtomicU64::new(u64::MAX));
    let left = Arc::clone(&writes);
    let free_space: FreeSpace = Arc::new(move |_| {
        let has_room =
            left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        Ok(if has_room { 1_000_000_000 } else { 0 })
    });
    let options = StoreOptions { free_space: Some(free_space), ..StoreOptions::default() };
    let store = MemoryStore::with(&options).open().expect("a store");
    let (other, now) = (GuildId(8), at("09:00:00"));
    two_busy_servers(&store, other, now).await;
    // Room is asked for before the edit and before its first write; the next one finds none.
    writes.store(2, Ordering::SeqCst);
    let change = SubscriptionEdit::DeleteData(GUILD);
    let cut = store.change(&change, InteractionId(6), now).await;
    assert!(matches!(cut, Err(StoreError::Full(_))), "{cut:?}");
    writes.store(u64::MAX, Ordering::SeqCst);
    let records = async || store.records_of(GUILD, 99).await.expect("read").len();
    assert_ne!(records().await, 0);
    assert_eq!(store.change(&change, InteractionId(6), now).await, Ok(EditResult::Before));
    assert_eq!(records().await, 0, "the repeated request finishes it");

    assert_eq!(ask(&store, subscribing(GUILD, 1, now), 7, now).await, EditResult::Now);
    writes.store(2, Ordering::SeqCst);
    store.change(&change, InteractionId(8), now).await.expect_err("the disk is full again");
    writes.store(u64::MAX, Ordering::SeqCst);
    store.gc(now).await.expect("collected");
    assert_eq!(records().await, 0, "or the next collection");
}
