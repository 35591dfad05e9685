//! Scheduled maintenance: called by name, with a wrench symbol and no alarm.

use super::{PostDraft, RenderContext};
use crate::alerts::plan::MessageKind;
use crate::chat::message::Message;
use crate::chat::{escape, voices};
use crate::health::Outage;

/// The post for maintenance that has begun.
pub fn maintenance_start(outage: &Outage, context: &RenderContext<'_>) -> Message {
    let subject = context.subject(outage.services.keys());
    let first = context.say("maintenance-start", &[("subject", (&subject.names).into())]);
    let title =
        outage.page.first().map(|voice| escape::quoted(&voice.name, 200)).filter(|title| !title.is_empty());
    let whole = context.whole();
    let title = title.map(|title| {
        context.say("maintenance-title", &[("whole", (&whole).into()), ("title", (&title).into())])
    });
    PostDraft::new(context, first)
        .line(title)
        .line(voices::page_says_of(outage, context.catalog, context.page(), context.language))
        .small(context.say("maintenance-foot", &[]))
        .post(outage, MessageKind::Start.marker(outage))
}

/// The post for maintenance that is over.
pub fn maintenance_end(outage: &Outage, context: &RenderContext<'_>) -> Message {
    let subject = context.subject(outage.services.keys());
    let span = context.lasting(outage.duration(context.now));
    let first =
        context.say("maintenance-end", &[("subject", (&subject.names).into()), ("span", (&span).into())]);
    PostDraft::new(context, first).post(outage, MessageKind::End.marker(outage))
}
