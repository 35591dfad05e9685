//! Charts as screen readers present them, and the replies that contain them.

use expect_test::expect;
use healthy_upstream::alerts::SubscriptionEdit;
use healthy_upstream::charts::{self, ChartSpec};
use healthy_upstream::chat::{Png, limits};
use healthy_upstream::commands::{Facts, Need, Response, find};
use healthy_upstream::discord::permissions;
use healthy_upstream::discord::simulator::TranscriptEntry;
use healthy_upstream::health::{BucketSize, IncidentState, Level, ProbeCounts, ServiceName, UptimeBucket};
use healthy_upstream::i18n::Language;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::fixtures::{
    at, catalog, decide, during, ended, facts, hits_too, outage, page_spoke, pressed, typed, well,
};
use crate::notifier_harness::{Newsroom, minutes};

/// Returns the uptime buckets of every service over the last days, with the probes that `probes` gives for a service and the
/// index of a bucket, oldest first.
fn counted(
    days: u16,
    now: Timestamp,
    probes: impl Fn(&str, i32) -> ProbeCounts,
) -> Vec<(ServiceName, Vec<UptimeBucket>)> {
    let (span, first) = BucketSize::covering(days, now);
    let uptime_bucket = |service: &ServiceName, n: i32| UptimeBucket {
        service: service.clone(),
        span,
        from: first + span.length() * n,
        probes: probes(service.as_str(), n),
    };
    let spans = if span == BucketSize::Slot { 288 } else { i32::from(days) };
    let of = |service: &ServiceName| (0..spans).map(|n| uptime_bucket(service, n)).collect();
    catalog().services.into_iter().map(|service| (service.name.clone(), of(&service.name))).collect()
}

fn good() -> ProbeCounts {
    ProbeCounts { good: 10, ..ProbeCounts::default() }
}

/// Returns what one reply shows: its text, and the text alternatives of its charts.
fn announced(decision: Result<Response, healthy_upstream::commands::UserError>) -> String {
    let Ok(Response::Say(reply)) = decision else { panic!("an answer") };
    let mut lines = vec![format!("{:?}", reply.visibility), reply.message.text];
    for image in reply.message.images {
        assert!(image.png.bytes().starts_with(b"\x89PNG"), "{} is a PNG", image.name);
        assert!(matches!(image.png, Png::ToDraw(_)), "a command renders nothing itself");
        lines.push(format!("[{}] {}", image.name, image.alt));
    }
    lines.join("\n")
}

#[test]
fn last_day_chart_has_numbers_and_a_text_alternative() {
    let asked = pressed("status:day", &[]);
    let needs = find("status").expect("a command").needs(&asked);
    assert!(needs.contains(&Need::UptimeBuckets { days: 1 }), "{needs:?}");
    let mut facts = facts(well("13:02:00"));
    facts.uptime_buckets = counted(1, facts.now, |service, n| match (service, n) {
        ("web-api", 240..=260) => ProbeCounts { bad: 10, ..ProbeCounts::default() },
        ("web-api", 40 | 80 | 120) => ProbeCounts { bad: 1, ..good() },
        ("login", 250) => ProbeCounts { degraded: 8, good: 2, ..ProbeCounts::default() },
        ("web-player", _) => ProbeCounts { unknown: 10, ..ProbeCounts::default() },
        _ => good(),
    });
    expect![[r#"
        Private
        🟢 **Spotify, the last 24 hours**: no outage.
        🟢 **Web API**: up 92.61 % of the time
        🟢 **Login & tokens**: up 100 % of the time
        🟢 **Desktop & mobile apps**: up 100 % of the time
        ⚪ **Web player**: no data
        -# 48 min 3 s of data, from Frankfurt, since <t:1744722300:f>. Down times from our checks and Spotify's page · details: /outages
        [uptime-24h.png] Spotify in the 24 hours until 13:05 UTC, from our checks, from Frankfurt. Web API: 92.61 % of checks passed, trouble 19:45–19:50, 23:05–23:10, 09:05–10:50 and 1 earlier. Login & tokens: 100 % of checks passed, trouble 09:55–10:00. Desktop & mobile apps: 100 % of checks passed, no trouble. Web player: no checks."#]]
    .assert_eq(&announced(decide(&asked, &facts)));
}

#[test]
fn uptime_shows_its_counts_and_their_first_day() {
    let asked = typed("uptime", &[("window", "30d")]);
    let over = page_spoke(ended(outage(), "15:45:00"), IncidentState::Resolved);
    let mut facts: Facts = facts(well("18:00:00"));
    facts.outages = vec![over];
    facts.uptime_buckets = counted(30, facts.now, |service, n| match (service, n) {
        (_, 0..=9) => ProbeCounts::default(), // this bot is twenty days old
        ("web-api", 29) => ProbeCounts { good: 2_400, bad: 410, ..ProbeCounts::default() },
        _ => ProbeCounts { good: 2_880, ..ProbeCounts::default() },
    });
    expect![[r#"
        Public
        🟢 **Spotify, the last 30 days**: one outage, over.
        🟢 **Web API**: up 99.28 % of the time · down 3 h 25 min
        🟢 **Login & tokens**: up 100 % of the time
        🟢 **Desktop & mobile apps**: up 100 % of the time
        🟢 **Web player**: up 100 % of the time
        -# 16 h 0 min of data, from Frankfurt, since <t:1743120000:f>. Down times from our checks and Spotify's page · details: /outages
        [uptime-30d.png] Spotify in the last 30 days, from our checks, from Frankfurt. Web API: 99.28 % of checks passed, lowest on 16 Apr 2025 with 85.4 %. Login & tokens: 100 % of checks passed. Desktop & mobile apps: 100 % of checks passed. Web player: 100 % of checks passed."#]].assert_eq(&announced(decide(&asked, &facts)));
}

#[test]
fn fresh_bot_shows_no_empty_chart() {
    let facts = facts(well("13:02:00"));
    assert!(!announced(decide(&typed("uptime", &[]), &facts)).contains(".png"));
}

#[test]
fn one_outage_is_shown_with_both_voices() {
    let spoken = page_spoke(outage(), IncidentState::Investigating);
    let hit = hits_too(spoken, "login", Level::Degraded, "12:41:00");
    let over = page_spoke(ended(hit, "15:45:00"), IncidentState::Resolved);
    let mut facts = facts(well("18:00:00"));
    facts.outage = Some(over);
    let shown = announced(decide(&typed("outages", &[("id", "web-api-20250416T122005Z")]), &facts));
    let image = shown.lines().last().expect("a chart");
    expect!["[outage.png] Spotify: down for 3 h 25 min; all times are UTC. Web API: down 12:20 to 15:45. Login & tokens: slow or partly failing 12:41 to 15:45. Our checks: 12:20 first failed check, 12:20 posted, 15:45 recovered. Spotify's page: 12:45 Investigating."].assert_eq(image);
}

/// Returns the texts that a chart contains.
fn words_in(drawing: &ChartSpec) -> String {
    let (head, numbers, ticks) = match drawing {
        ChartSpec::Chart(it) => {
            (format!("{} | {}", it.title, it.note), it.rows.iter().map(|row| &row.share), &it.ticks)
        }
        ChartSpec::Timeline(it) => {
            let marks = it.voices.iter().flat_map(|voice| &voice.marks).map(|mark| mark.label.as_str());
            return format!("{} | {} | {}", it.title, it.note, marks.collect::<Vec<_>>().join(" | "));
        }
    };
    let number = numbers.into_iter().next().map_or("", String::as_str);
    format!("{head} | {number} | {}", ticks.first().map_or("", |tick| &tick.label))
}

#[test]
fn every_chart_is_localized_with_numbers_and_days() {
    let now = at("13:02:00");
    let probes = |service: &str, n: i32| match (service, n) {
        ("web-api", 10..=12) => ProbeCounts { bad: 10, ..ProbeCounts::default() },
        _ => good(),
    };
    let over = page_spoke(ended(outage(), "15:45:00"), IncidentState::Investigating);
    let mut lines = Vec::new();
    for language in Language::all() {
        let span = healthy_upstream::chat::time::lasting(over.duration(at("15:45:00")), language);
        let drawn = [
            charts::strip(&counted(1, now, probes), &catalog(), now, language),
            charts::uptime(&counted(30, now, probes), &catalog(), "30d", 30, now, language),
            charts::timeline(&over, &catalog(), &span, at("18:00:00"), language),
        ];
        lines.extend(drawn.iter().map(|drawing| format!("{}: {}", language.tag(), words_in(drawing))));
    }
    expect![[r#"
        en: Spotify, the last 24 hours | Our checks, from Frankfurt, five minutes a column, hours in UTC | 98.95 % | 16:00
        en: Spotify, the last 30 days | Checks that passed, from Frankfurt, a day a column, in UTC | 90 % | Mar 22
        en: Spotify: Web API | 3 h 25 min: 16 Apr 2025 12:20 – 15:45 UTC | 12:20 first failed check | 12:20 posted | 15:45 recovered | 12:45 Investigating
        de: Spotify, die letzten 24 Stunden | Unsere Prüfungen, aus Frankfurt, fünf Minuten je Spalte, Stunden in UTC | 98,95~% | 16:00
        de: Spotify, die letzten 30 Tage | Erfolgreiche Prüfungen, aus Frankfurt, ein Tag je Spalte, in UTC | 90~% | 22.03.
        de: Spotify: Web API | 3 h 25 min: 16.04.2025 12:20 – 15:45 UTC | 12:20 erste fehlgeschlagene Prüfung | 12:20 gemeldet | 15:45 wieder verfügbar | 12:45 Wird untersucht
        es-ES: Spotify, últimas 24 horas | Comprobaciones, desde Frankfurt, 5 min por columna, horas en UTC | 98,95~% | 16:00
        es-ES: Spotify, últimos 30 días | Comprobaciones correctas, desde Frankfurt, un día por columna, en UTC | 90~% | 22/3
        es-ES: Spotify: Web API | 3 h 25 min: 16/4/2025 12:20 – 15:45 UTC | 12:20 primera comprobación fallida | 12:20 publicado | 15:45 recuperado | 12:45 Investigando
        fr: Spotify, les 24 dernières heures | Nos vérifications, vu de Frankfurt, 5 minutes par colonne, heures en UTC | 98,95_% | 16:00
        fr: Spotify, sur 30 jours | Nos vérifications réussies, vu de Frankfurt, un jour par colonne, en UTC | 90_% | 22/03
        fr: Spotify~: Web API | 3 h 25 min~: 16/04/2025 12:20 – 15:45 UTC | 12:20 première vérification en échec | 12:20 publié | 15:45 rétabli | 12:45 Enquête en cours
        ja: Spotify、直近24時間 | こちらのチェック（Frankfurt から）、1列5分、時刻は UTC | 98.95% | 16:00
        ja: Spotify、直近30日間 | 成功したチェック（Frankfurt から）、1列1日、UTC | 90% | 3/22
        ja: Spotify: Web API | 3時間25分: 2025/4/16 12:20 – 15:45 UTC | 12:20 最初のチェック失敗 | 12:20 通知 | 15:45 復旧 | 12:45 調査中
        pt-BR: Spotify, últimas 24 horas | Checagens, a partir de Frankfurt, 5 min por coluna, horas em UTC | 98,95% | 16:00
        pt-BR: Spotify, últimos 30 dias | Checagens que passaram, a partir de Frankfurt, um dia por coluna, em UTC | 90% | 22/03
        pt-BR: Spotify: Web API | 3 h 25 min: 16/04/2025 12:20 – 15:45 UTC | 12:20 primeira checagem com falha | 12:20 publicado | 15:45 normalizado | 12:45 Investigando"#]].assert_eq(&lines.join("\n").replace('\u{202f}', "_").replace('\u{a0}', "~"));
}

#[test]
fn ongoing_outage_chart_is_rendered_once_a_minute() {
    let open = outage();
    let catalog = catalog();
    let drawn = |time: &str| charts::timeline(&open, &catalog, "1 h", at(time), Language::ENGLISH);
    assert_eq!(drawn("13:32:05"), drawn("13:32:59"));
    assert_ne!(drawn("13:32:05"), drawn("13:33:00"));
    assert!(during(&open, "13:32:05").open.len() == 1 && drawn("13:32:05").alt().contains("so far"));
}

#[test]
fn strip_is_rendered_once_every_five_minutes() {
    let now = at("13:01:00");
    let uptime_buckets = counted(1, now, |_, _| good());
    let strip = |now| charts::strip(&uptime_buckets, &catalog(), now, Language::ENGLISH);
    assert_eq!(strip(now), strip(at("13:04:59")));
    assert_ne!(strip(now), strip(at("13:05:00")));
}

#[test]
fn unsupported_glyphs_are_replaced_only_inside_the_image() {
    let mut catalog = catalog();
    catalog.services[0].display = "웹 API".into();
    catalog.services[1].display = "ログイン".into();
    let now = at("13:01:00");
    let drawing = charts::strip(&counted(1, now, |_, _| good()), &catalog, now, Language::ENGLISH);
    assert!(drawing.alt().contains("웹 API"));
    let ChartSpec::Chart(chart) = drawing else { panic!("a chart") };
    assert_eq!((chart.rows[0].name.as_str(), chart.rows[1].name.as_str()), ("web-api", "ログイン"));
}

fn any_probes() -> impl Strategy<Value = ProbeCounts> {
    (any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>())
        .prop_map(|(good, degraded, bad, unknown)| ProbeCounts { good, degraded, bad, unknown })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn any_counts_render_within_discords_limits(
        probes in prop::collection::vec(any_probes(), 1..40),
        days in 1_u16..=90,
        askew in -200_000_i64..200_000,
    ) {
        let now = at("13:01:00");
        let mut uptime_buckets = counted(days, now, |_, n| probes[usize::try_from(n).unwrap_or(0) % probes.len()]);
        for (_, uptime_buckets) in &mut uptime_buckets {
            uptime_buckets[0].from += SignedDuration::from_secs(askew); // outside of the requested days, or not on the edge of a bucket
        }
        let mut facts = facts(well("13:01:00"));
        facts.uptime_buckets = uptime_buckets;
        let window = match days { 1 => "24h", 2..=7 => "7d", 8..=30 => "30d", _ => "90d" };
        let Ok(Response::Say(reply)) = decide(&typed("uptime", &[("window", window)]), &facts) else {
            panic!("an answer")
        };
        prop_assert_eq!(limits::broken(&reply.message), Vec::<String>::new());
        for image in &reply.message.images {
            let png = image.png.bytes();
            prop_assert!(!png.is_empty() && png.len() <= charts::BYTES, "{} bytes", png.len());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn live_message_has_a_chart_unless_files_are_forbidden() {
    let mut room = Newsroom::new();
    let ops = room.discord.channel("#ops");
    room.store.record_probes(room.clock.now(), &[("web-api".into(), good())]).await.expect("counted");
    ops.takes_away(permissions::ATTACH_FILES);
    room.changes(SubscriptionEdit::LiveMessage(ops.guild, ops.id, "en".to_owned())).await;
    room.passes(minutes(1)).await;
    let shown =
        |entry: &TranscriptEntry| entry.images.iter().any(|alt| alt.contains("Web API: 100 % of checks"));
    let strips = |room: &Newsroom| room.discord.entries().iter().map(shown).collect::<Vec<bool>>();
    assert_eq!(strips(&room), [false]);
    ops.gives(permissions::ATTACH_FILES);
    room.passes(minutes(71)).await;
    assert_eq!(strips(&room).last(), Some(&true));
}
