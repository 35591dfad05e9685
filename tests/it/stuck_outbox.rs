//! What the operator and `/readyz` report while Discord is connected but accepts no messages.

use std::sync::Arc;

use expect_test::expect;
use healthy_upstream::config::Config;
use healthy_upstream::discord::permissions as may;
use healthy_upstream::health::{Detector, Policy, StatusSnapshot};
use healthy_upstream::metrics::Metrics;
use healthy_upstream::operator::http::HealthEndpoints;
use healthy_upstream::operator::self_checks::{SelfCheckDeps, SelfChecks};
use healthy_upstream::throttle::Throttle;
use jiff::SignedDuration;
use tokio::sync::watch;

use crate::notifier_harness::{Newsroom, minutes};

/// Lets minutes pass; returns the operator alerts and each change of what `/readyz` says of the outbox.
async fn watch_for(room: &Newsroom, for_minutes: i64) -> String {
    let metrics = Metrics::default();
    metrics.connected(true);
    let (_, catalog) = Config::default_for_tests().watched().expect("built in");
    let snapshot = Detector::new(catalog, Policy::default()).snapshot(room.clock.now());
    let (probes, snapshot) = watch::channel(Arc::new(snapshot));
    let watching =
        SelfCheckDeps { certificate_warning: SignedDuration::ZERO, questions: false, backups: false };
    let mut self_checks =
        SelfChecks::new(Arc::clone(&room.store), metrics.clone(), snapshot.clone(), watching);
    let pages = HealthEndpoints {
        clock: room.clock.clone(),
        metrics,
        store: Arc::clone(&room.store),
        snapshot,
        throttle: Arc::new(Throttle::new(room.clock.clone())),
    };
    let (mut changes, mut before) = (String::new(), None);
    for _ in 0..for_minutes {
        room.passes(minutes(1)).await;
        let now = room.clock.now();
        probes.send_modify(|snapshot| {
            let mut newer = StatusSnapshot::clone(snapshot);
            newer.services[0].checked_at = Some(now);
            newer.answered = Some(now);
            *snapshot = Arc::new(newer);
        });
        let checks = pages.checks().await;
        assert!(checks.iter().all(|(name, fault)| *name == "outbox" || fault.is_none()), "{checks:?}");
        let outbox = checks.into_iter().find_map(|(name, fault)| fault.filter(|_| name == "outbox"));
        let time = now.strftime("%H:%M");
        if outbox != before {
            changes += &format!("{time} /readyz: {}\n", outbox.as_deref().unwrap_or("ready"));
            before = outbox;
        }
        for alert in self_checks.make(now).await {
            changes += &format!("{time} {alert}\n");
        }
    }
    changes
}

/// Regression: each retry moved the due time on by at most a minute, so nothing ever seemed overdue.
#[tokio::test(start_paused = true)]
async fn stuck_outbox_alerts_and_ends_readiness() {
    let mut room = Newsroom::new();
    room.subscribed("#ops").await;
    let now = room.clock.now();
    room.discord.is_down(now, now + minutes(20));
    room.breaks().await;

    expect![[r#"
        09:05 /readyz: a message has been waiting since 2025-04-16T09:00:00Z
        09:05 Alerts have been stuck since 2025-04-16 09:00 UTC: Discord answered 503. They are sent as soon as possible.
        09:21 /readyz: ready
        09:21 Alerts are delivered again after 21 min.
    "#]].assert_eq(&watch_for(&room, 25).await);
    assert_eq!(room.undelivered().await, []);
}

#[tokio::test(start_paused = true)]
async fn refusing_channel_does_not_make_the_outbox_stuck() {
    let mut room = Newsroom::new();
    let ops = room.subscribed("#ops").await;
    ops.takes_away(may::SEND_MESSAGES);
    room.breaks().await;
    assert_eq!(watch_for(&room, 70).await, "");
}
