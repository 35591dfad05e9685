//! Renders a planned message with the texts of `chat`.

use crate::alerts::plan::{ChangeSummary, MessageKind, MessagePlan, PlanInput, back_marker};
use crate::alerts::scope::{bad_services, is_work, services_back};
use crate::alerts::{Audience, Delay};
use crate::chat::announce::{self, EndPost, RenderContext};
use crate::chat::{Mentions, Message, limits};
use crate::health::{EventKind, Outage, ServiceCatalog, StatusSnapshot, Update};
use crate::i18n::Language;
use crate::ids::UserId;

/// What all messages of one delivery have in common.
#[derive(Clone, Copy)]
pub(super) struct Renderer<'a> {
    pub(super) case: PlanInput<'a>,
    pub(super) view: &'a Outage,
    pub(super) catalog: &'a ServiceCatalog,
    pub(super) snapshot: Option<&'a StatusSnapshot>,
    /// Users who asked to be notified, to be mentioned by a recovery post.
    pub(super) people: &'a [UserId],
}

impl Renderer<'_> {
    pub(super) fn say(&self, planned: &MessagePlan) -> Message {
        let view = self.view;
        let mut context = self.context(planned.quiet);
        context.late = self.late(planned);
        if planned.ping || context.preview {
            context.roles = &self.case.subscription.roles;
        }
        let context = &context;
        match planned.what {
            MessageKind::Start | MessageKind::Ongoing => announce::start(view, context),
            MessageKind::Worse => announce::update(view, &self.worse(), context),
            MessageKind::Change(news) => announce::update(view, &self.change(news), context),
            MessageKind::Again => announce::update(view, &Update::Reopened, context),
            MessageKind::End => announce::end(view, context),
            MessageKind::CameAndWent => announce::came_and_went(view, context),
            MessageKind::Flapping => announce::flapping(view, context),
            MessageKind::WorkStart => announce::maintenance_start(view, context),
            MessageKind::WorkEnd => announce::maintenance_end(view, context),
            MessageKind::Reminder(turn) => announce::reminder(view, turn, context),
        }
    }

    pub(super) fn late(&self, planned: &MessagePlan) -> Option<Delay> {
        planned.late.map(|by| Delay { known: self.case.now - by, by })
    }

    /// Renders the start post as of now.
    pub(super) fn current_start(&self) -> Message {
        let mut context =
            RenderContext { late: self.case.log.start_late.as_deref().copied(), ..self.context(true) };
        context.roles = &self.case.subscription.roles;
        if is_work(self.view) {
            return announce::maintenance_start(self.view, &context);
        }
        context.end_post = self.end_post();
        announce::current(self.view, &context)
    }

    /// Where the end was posted.
    fn end_post(&self) -> EndPost {
        let PlanInput { log, subscription, .. } = self.case;
        let place = |id| log.stands_in(id, subscription.channel, subscription.channel_kind);
        match (log.start, log.end) {
            (_, None) => EndPost::Nowhere,
            (Some(start), Some(end)) if place(start) != place(end) => EndPost::InThread,
            (_, Some(_)) => EndPost::Below,
        }
    }

    /// Renders the flapping message as of now.
    pub(super) fn current_flapping(&self) -> Message {
        announce::flapping(self.view, &self.context(true))
    }

    /// Renders the recovery post as of now; it pings nobody again.
    pub(super) fn current_end(&self) -> Message {
        let log = self.case.log;
        let once = log.start == log.end;
        let late = if once { &log.start_late } else { &log.end_late };
        let context = RenderContext { people: &[], late: late.as_deref().copied(), ..self.context(true) };
        match (is_work(self.view), once) {
            (true, _) => announce::maintenance_end(self.view, &context),
            (false, true) => announce::came_and_went(self.view, &context),
            (false, false) => announce::end(self.view, &context),
        }
    }

    /// Renders a message for users who asked to be notified and are not mentioned yet, and returns it with its marker.
    pub(super) fn back(&self, people: &[UserId], before: u32) -> (Message, String) {
        let message = announce::back(self.view, people, before, &self.context(false));
        (message, back_marker(self.view, before))
    }

    /// Returns the title of the outage's thread.
    pub(super) fn thread_name(&self) -> String {
        announce::thread_name(self.view, &self.context(true))
    }

    fn context(&self, quiet: bool) -> RenderContext<'_> {
        let PlanInput { subscription, now, audience, .. } = self.case;
        RenderContext {
            mode: subscription.mode,
            people: self.people,
            mentioned_before: self.case.log.mentioned.is_some(),
            snapshot: self.snapshot,
            quiet,
            preview: matches!(audience, Audience::Preview(..)),
            ..RenderContext::new(self.catalog, Language::nearest(&subscription.language), now)
        }
    }

    /// Returns how the outage is worse than what the channel's log says.
    fn worse(&self) -> Update {
        let log = &self.case.log.services;
        let joined: Vec<_> = bad_services(self.view).difference(log).cloned().collect();
        self.previewed().unwrap_or(if joined.is_empty() {
            Update::Worse
        } else {
            Update::ServiceAffected(joined)
        })
    }

    /// Returns what changed without getting worse.
    fn change(&self, news: ChangeSummary) -> Update {
        self.previewed().unwrap_or_else(|| match news {
            ChangeSummary::Back => {
                Update::ServiceRecovered(services_back(self.view, &self.case.log.services))
            }
            ChangeSummary::Better => Update::Better,
            ChangeSummary::PageSpoke => Update::PageSpoke,
            ChangeSummary::PageClosed => Update::PageClosed,
            ChangeSummary::Confirmed => Update::Confirmed,
        })
    }

    /// Returns the update itself for a preview, which has no log to compare with.
    fn previewed(&self) -> Option<Update> {
        match (self.case.audience, &self.case.event.kind) {
            (Audience::Preview(..), EventKind::Updated(update)) => Some(update.clone()),
            _ => None,
        }
    }
}

/// Shortens a message that Discord rejected as malformed to its first line and its marker. Users are named below the first
/// line: another message mentions them.
pub(super) fn shorten(message: &Message) -> Message {
    let first = message.text.lines().next().unwrap_or_default();
    let last = message.text.lines().next_back().unwrap_or_default();
    let text = limits::fit(first, "", if last == first { "" } else { last }, limits::SCREEN);
    let mentions = Mentions { people: Vec::new(), ..message.mentions.clone() };
    Message { text, mentions, quiet: message.quiet, ..Message::default() }
}
