//! Separate messages about an open outage: it got worse or better, the page posted an update, it flaps, it is still open.

use super::{PostDraft, RenderContext, headline, people_too, service_lines, start};
use crate::alerts::UpdateMode;
use crate::alerts::plan::MessageKind;
use crate::chat::message::Message;
use crate::chat::{symbols, time, voices};
use crate::health::{Level, Outage, ServiceName, Update};

/// Renders a change as a separate message: a short reply to the start post, or a full post if the channel wants one per change.
pub fn update(outage: &Outage, change: &Update, context: &RenderContext<'_>) -> Message {
    let (first, lines) = match change {
        Update::ServiceAffected(services) => joined(outage, services, context),
        Update::ServiceRecovered(services) => back(outage, services, context),
        Update::Worse | Update::Better | Update::Reopened => moved(outage, change, context),
        Update::PageSpoke => page_spoke(outage, context),
        Update::Confirmed => confirmed(outage, context),
        Update::PageClosed => page_closed(outage, context),
        Update::FlapCount => return flapping(outage, context),
    };
    let mut draft = PostDraft::new(context, first).lines(lines);
    if change.is_worsening() {
        draft = draft.fact(people_too(context));
    }
    let message = draft.post(outage, MessageKind::Worse.marker(outage));
    // If the start post is edited to stay current, a change is a silent reply to it.
    Message { quiet: context.quiet || context.mode == UpdateMode::Edit, ..message }
}

fn joined(outage: &Outage, services: &[ServiceName], context: &RenderContext<'_>) -> (String, Vec<String>) {
    let subject = context.subject(services);
    let hits = || services.iter().filter_map(|service| outage.services.get(service));
    let level = hits().map(|hit| hit.level).max().unwrap_or(outage.level);
    let first = context.say(
        "joined",
        &[
            ("symbol", symbols::symbol(level).into()),
            ("subject", (&subject.names).into()),
            ("n", subject.count.into()),
        ],
    );
    let evidence = hits()
        .find_map(|hit| hit.failure.as_ref())
        .map(|failure| symbols::evidence(failure, context.language));
    (with_evidence(first, evidence, context), service_lines(outage, context))
}

fn back(outage: &Outage, services: &[ServiceName], context: &RenderContext<'_>) -> (String, Vec<String>) {
    let subject = context.subject(services);
    let open = outage.services.iter().filter(|(_, hit)| hit.until.is_none()).map(|(name, _)| name);
    let rest = symbols::Subject::short(context.catalog, open, context.language);
    let parts =
        [("subject", (&subject.names).into()), ("n", subject.count.into()), ("rest", (&rest.names).into())];
    (context.say("back-partly", &parts), service_lines(outage, context))
}

fn moved(outage: &Outage, change: &Update, context: &RenderContext<'_>) -> (String, Vec<String>) {
    let open = outage.services.iter().filter(|(_, hit)| hit.until.is_none());
    let names = open.clone().map(|(name, _)| name);
    let subject = if outage.seen.is_some() { context.subject(names) } else { context.short(names) };
    let span = context.lasting(outage.age(context.now));
    let message = match (change, outage.level) {
        (Update::Reopened, _) if outage.seen.is_none() => "reopened-page",
        (Update::Reopened, _) => "reopened",
        (Update::Better, _) => "better",
        (_, Level::Outage) => "worse-down",
        _ => "worse-trouble",
    };
    let first = context.say(
        message,
        &[
            ("symbol", symbols::symbol(outage.level).into()),
            ("subject", (&subject.names).into()),
            ("n", subject.count.into()),
            ("span", (&span).into()),
            ("whole", context.whole().into()),
        ],
    );
    let failure = open.filter(|(_, hit)| hit.level == outage.level).find_map(|(_, hit)| hit.failure.as_ref());
    let evidence = failure.map(|failure| symbols::evidence(failure, context.language));
    let first = if change == &Update::Reopened { first } else { with_evidence(first, evidence, context) };
    let again =
        (*change == Update::Reopened && context.mentioned_before).then(|| context.say("ask-again", &[]));
    (first, [since(outage, context)].into_iter().chain(again).collect())
}

fn page_spoke(outage: &Outage, context: &RenderContext<'_>) -> (String, Vec<String>) {
    let subject = context.short(outage.services.keys());
    let newest = outage.page.iter().max_by_key(|voice| (voice.closed.is_none(), voice.last_said));
    let state = newest.map_or_else(String::new, |voice| symbols::state(voice.state, context.language));
    let whole = context.whole();
    let first = context.say(
        "page-spoke",
        &[
            ("symbol", symbols::symbol(outage.level).into()),
            ("whole", (&whole).into()),
            ("state", (&state).into()),
            ("subject", (&subject.names).into()),
        ],
    );
    let says = voices::page_says_of(outage, context.catalog, context.page(), context.language);
    (first, start::we_see(outage, context).into_iter().chain([says]).collect())
}

fn confirmed(outage: &Outage, context: &RenderContext<'_>) -> (String, Vec<String>) {
    let first = start::first_line(outage, context);
    let says = voices::page_says_of(outage, context.catalog, context.page(), context.language);
    let confirmed = context.say("confirmed", &[("whole", context.whole().into())]);
    (first, [Some(confirmed), start::we_see(outage, context), Some(says)].into_iter().flatten().collect())
}

fn page_closed(outage: &Outage, context: &RenderContext<'_>) -> (String, Vec<String>) {
    let subject = context.short(outage.services.keys());
    let closed = outage.page.iter().filter_map(|voice| voice.closed).max();
    let (message, span) = match (outage.until, closed) {
        (Some(until), closed) => {
            let after = closed.unwrap_or(context.now).duration_since(until);
            ("page-closed-after", time::roughly(after, context.language))
        }
        (None, _) if outage.fails_for_us() => ("page-closed-open", String::new()),
        (None, _) => ("page-closed", String::new()),
    };
    let whole = context.whole();
    let first = context.say(
        message,
        &[
            ("symbol", symbols::symbol(outage.level).into()),
            ("whole", (&whole).into()),
            ("subject", (&subject.names).into()),
            ("span", (&span).into()),
        ],
    );
    (first, if outage.is_open() { vec![since(outage, context)] } else { Vec::new() })
}

/// `**Spotify Web API comes and goes**`.
pub(super) fn comes_and_goes(outage: &Outage, context: &RenderContext<'_>) -> String {
    let services = outage.services.keys();
    let by_page = outage.seen.is_none();
    let subject = if by_page { context.short(services) } else { context.subject(services) };
    let whole = context.whole();
    let parts =
        [("subject", (&subject.names).into()), ("n", subject.count.into()), ("whole", (&whole).into())];
    context.say(if by_page { "outage-page-flapping" } else { "outage-flapping" }, &parts)
}

/// The one message of a flapping outage. Edits keep its count current. Pings nobody.
pub fn flapping(outage: &Outage, context: &RenderContext<'_>) -> Message {
    let headline = comes_and_goes(outage, context);
    let level = if outage.is_open() { outage.level } else { Level::Up };
    let span = context.lasting(outage.age(context.now));
    let first = context.say(
        "flapping-count",
        &[
            ("symbol", symbols::symbol(level).into()),
            ("headline", (&headline).into()),
            ("n", outage.times().into()),
            ("span", (&span).into()),
        ],
    );
    PostDraft::new(context, first)
        .line(start::we_see(outage, context))
        .line(voices::page_says_of(outage, context.catalog, context.page(), context.language))
        .small(context.say("flapping-foot", &[]))
        .fact(people_too(context))
        .post(outage, MessageKind::Flapping.marker(outage))
}

/// The `n`-th reminder, counted from 1, that an outage is still open. Pings nobody.
pub fn reminder(outage: &Outage, n: u32, context: &RenderContext<'_>) -> Message {
    let subject =
        context.subject(outage.services.iter().filter(|(_, hit)| hit.until.is_none()).map(|(name, _)| name));
    let (level, span) =
        (symbols::word(outage.level, context.language), context.lasting(outage.duration(context.now)));
    let first = context.say(
        "reminder",
        &[
            ("symbol", symbols::symbol(outage.level).into()),
            ("subject", (&subject.names).into()),
            ("n", subject.count.into()),
            ("level", (&level).into()),
            ("span", (&span).into()),
        ],
    );
    PostDraft::new(context, first)
        .line(start::we_see(outage, context))
        .line(voices::page_says_of(outage, context.catalog, context.page(), context.language))
        .small(context.say("reminder-foot", &[("n", u64::from(n).into())]))
        .fact(people_too(context))
        .post(outage, MessageKind::Reminder(n).marker(outage))
}

fn with_evidence(first: String, evidence: Option<String>, context: &RenderContext<'_>) -> String {
    let Some(evidence) = evidence else { return first };
    context.say("headline-evidence", &[("headline", (&first).into()), ("evidence", (&evidence).into())])
}

/// `Since 12:20 · 🔴 Spotify Web API is down`, so that a reply is understood without the post that it replies to.
fn since(outage: &Outage, context: &RenderContext<'_>) -> String {
    let rest = headline(outage, context).replace("**", "");
    context.say("since-part", &[("at", time::clock(outage.since).into()), ("rest", (&rest).into())])
}
