//! What `/outages` and `/uptime` say.

use expect_test::expect;
use healthy_upstream::chat::announce::{self, RenderContext};
use healthy_upstream::commands::{Facts, Invocation};
use healthy_upstream::health::{IncidentState, OutageId};
use healthy_upstream::i18n::Language;

use super::reads;
use crate::fixtures::{at, during, ended, facts, outage, page_spoke, read, typed, well};

#[test]
fn outages_are_listed_and_opened() {
    let over = ended(page_spoke(outage(), IncidentState::Monitoring), "15:45:00");
    let mut facts = Facts { outages: vec![over.clone()], ..facts(well("18:00:00")) };
    reads(
        &typed("outages", &[]),
        &facts,
        &expect![[r#"
        [public] 🟢 **Spotify, the last 7 days**: one outage, over.
        🟢 <t:1744806005:f> · Spotify Web API: down for 3 h 25 min
        [▾ Open one as a timeline]"#]],
    );
    facts.outage = Some(over);
    reads(
        &typed("outages", &[("id", "web-api-20250416T122005Z")]),
        &facts,
        &expect![[r#"
            [public] 🟢 **Spotify Web API is back.** It was down for 3 h 25 min.
            • <t:1744806005:t> **Web API**: first failed check, 503 "no healthy upstream"
            • <t:1744806050:t> we were sure and posted it
            • <t:1744807500:t> Spotify's page: "Investigating"
            • <t:1744818300:t> **Web API**: passed our checks again
            • <t:1744818300:t> over
            -# web-api-20250416T122005Z
            [Status page ↗]"#]],
    );
    reads(
        &typed("uptime", &[("window", "24h")]),
        &facts,
        &expect![[r#"
            [public] 🟢 **Spotify, the last 24 hours**: one outage, over.
            🟢 **Web API**: 85.76 % · down 3 h 25 min
            🟢 **Login & tokens**: 100 %
            🟢 **Desktop & mobile apps**: 100 %
            🟢 **Web player**: 100 %
            -# Share of the time without an outage, from our checks, from Frankfurt and Spotify's page · details: /outages"#]],
    );
    facts.outages.clear();
    facts.outage = None;
    reads(
        &typed("outages", &[]),
        &facts,
        &expect!["[public] 🟢 **Spotify, the last 7 days**: no outage that we or its page know of."],
    );
    reads(
        &typed("outages", &[("id", "nothing-20250416T122005Z")]),
        &facts,
        &expect!["[misuse] I don't know that outage. /outages lists those I know."],
    );
}

#[test]
fn number_of_ongoing_outages_is_shown_in_the_list() {
    let over = |id: &str, from: &str, to: &str| {
        let mut outage = ended(outage(), to);
        (outage.id, outage.since) = (OutageId(id.into()), at(from));
        outage
    };
    // The newest outage is over; an older one is not.
    let mut open = outage();
    open.since = at("12:20:05");
    let three = vec![over("c", "16:00:00", "16:10:00"), open.clone(), over("a", "09:00:00", "09:30:00")];
    let facts = Facts { outages: three, ..facts(during(&open, "18:00:00")) };
    let first = |asked: &Invocation| read(asked, &facts).lines().next().map(str::to_owned);
    let mut said = vec![first(&typed("outages", &[])), first(&typed("uptime", &[("window", "24h")]))];
    for tag in ["de", "es-ES", "fr", "ja", "pt-BR"] {
        let asked = Invocation { language: Language::nearest(tag), ..typed("outages", &[]) };
        said.push(first(&asked));
    }
    expect![[r#"
        [public] 🔴 **Spotify, the last 7 days**: 3 outages, one of them still going on.
        [public] 🔴 **Spotify, the last 24 hours**: 3 outages, one of them still going on.
        [public] 🔴 **Spotify, die letzten 7 Tage**: 3 Ausfälle, einer dauert an.
        [public] 🔴 **Spotify, últimos 7 días**: 3 caídas, una aún en curso.
        [public] 🔴 **Spotify, 7 derniers jours** : 3 pannes, dont une toujours en cours.
        [public] 🔴 **Spotify、直近7日間**: 障害3件、うち1件は継続中。
        [public] 🔴 **Spotify, últimos 7 dias**: 3 quedas, uma ainda em curso."#]]
    .assert_eq(&said.into_iter().flatten().collect::<Vec<_>>().join("\n"));
}

#[test]
fn planted_link_in_a_stored_outage_is_not_shown() {
    let mut spoken = page_spoke(outage(), IncidentState::Monitoring);
    for planted in
        ["https://evil.example/abc", "https://stspg.io@evil.example/abc", "https://stspg.io/a/../b"]
    {
        spoken.page[0].link = Some(planted.to_owned());
        let asked = typed("outages", &[("id", "web-api-20250416T122005Z")]);
        let known = Facts { outage: Some(spoken.clone()), ..facts(during(&spoken, "13:00:00")) };
        assert!(!read(&asked, &known).contains("Status page"), "{planted}");
        let catalog = crate::fixtures::catalog();
        let context = RenderContext::new(&catalog, Language::ENGLISH, at("13:00:00"));
        let said = announce::current(&spoken, &context).text;
        assert!(
            said.contains("**Spotify's status page**") && !said.contains("evil") && !said.contains("stspg"),
            "{said}"
        );
    }
}
