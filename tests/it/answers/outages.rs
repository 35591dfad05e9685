//! What `/outages` and `/uptime` say.

use expect_test::expect;
use healthy_upstream::commands::Facts;
use healthy_upstream::health::IncidentState;

use super::reads;
use crate::scene::{ended, facts, outage, page_spoke, typed, well};

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
        • <t:1744806005:t> **Web API**: first failed look, 503 "no healthy upstream"
        • <t:1744806050:t> we were sure, and told it
        • <t:1744807500:t> Spotify's page: "Investigating"
        • <t:1744818300:t> **Web API**: first good look
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
            -# Share of the time without an outage, by our looks, from Frankfurt and Spotify's page · details: /outages"#]],
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
        &expect!["[misuse] I know no such outage. /outages lists those that I know."],
    );
}
