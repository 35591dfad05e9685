//! Announced work: named, with its wrench, and without alarm.

use super::{Draft, Part, Telling};
use crate::chat::message::Message;
use crate::chat::{escape, voices};
use crate::health::Outage;

/// Announced work has begun.
pub fn maintenance_start(outage: &Outage, telling: &Telling<'_>) -> Message {
    let subject = telling.subject(outage.services.keys());
    let first = telling.say("maintenance-start", &[("subject", (&subject.names).into())]);
    let title =
        outage.page.first().map(|voice| escape::quoted(&voice.name, 200)).filter(|title| !title.is_empty());
    let whole = telling.whole();
    let title = title.map(|title| {
        telling.say("maintenance-title", &[("whole", (&whole).into()), ("title", (&title).into())])
    });
    Draft::new(telling, first)
        .line(title)
        .line(voices::page_says_of(outage, telling.profile, telling.page(), telling.language))
        .small(telling.say("maintenance-foot", &[]))
        .post(outage, Part::Start)
}

/// Announced work is over.
pub fn maintenance_end(outage: &Outage, telling: &Telling<'_>) -> Message {
    let subject = telling.subject(outage.services.keys());
    let span = telling.lasting(outage.duration(telling.now));
    let first =
        telling.say("maintenance-end", &[("subject", (&subject.names).into()), ("span", (&span).into())]);
    Draft::new(telling, first).post(outage, Part::End)
}
