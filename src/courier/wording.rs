//! Which words of `chat` a plan's remark is said in.

use crate::alerts::plan::{ChangeSummary, MessageKind, MessagePlan, PlanInput};
use crate::alerts::scope::{bad_services, is_work, services_back};
use crate::alerts::{Audience, Delay};
use crate::chat::announce::{self, PostPart, RenderContext};
use crate::chat::{Mentions, Message, limits};
use crate::health::{EventKind, Outage, ServiceCatalog, StatusSnapshot, Update};
use crate::i18n::Language;
use crate::ids::UserId;

/// What all words of one delivery have in common.
#[derive(Clone, Copy)]
pub(super) struct Voice<'a> {
    pub(super) case: PlanInput<'a>,
    pub(super) view: &'a Outage,
    pub(super) profile: &'a ServiceCatalog,
    pub(super) picture: Option<&'a StatusSnapshot>,
    /// Those who asked to be told, to be mentioned by an end.
    pub(super) people: &'a [UserId],
}

impl Voice<'_> {
    pub(super) fn say(&self, remark: &MessagePlan) -> Message {
        let view = self.view;
        let mut telling = self.telling(remark.quiet);
        telling.late = self.late(remark);
        if remark.ping || telling.preview {
            telling.roles = &self.case.subscription.roles;
        }
        let telling = &telling;
        match remark.what {
            MessageKind::Start | MessageKind::Ongoing => announce::start(view, telling),
            MessageKind::Worse => announce::update(view, &self.worse(), telling),
            MessageKind::Change(news) => announce::update(view, &self.change(news), telling),
            MessageKind::Again => announce::update(view, &Update::Reopened, telling),
            MessageKind::End => announce::end(view, telling),
            MessageKind::CameAndWent => announce::came_and_went(view, telling),
            MessageKind::Flapping => announce::flapping(view, telling),
            MessageKind::WorkStart => announce::maintenance_start(view, telling),
            MessageKind::WorkEnd => announce::maintenance_end(view, telling),
            MessageKind::Reminder(turn) => announce::reminder(view, turn, telling),
        }
    }

    pub(super) fn late(&self, remark: &MessagePlan) -> Option<Delay> {
        remark.late.map(|by| Delay { known: self.case.now - by, by })
    }

    /// The marker by which that message is found again.
    pub(super) fn marker(&self, what: MessageKind) -> String {
        let part = match what {
            MessageKind::Start | MessageKind::Ongoing | MessageKind::WorkStart => PostPart::Start,
            MessageKind::Worse | MessageKind::Change(_) | MessageKind::Again => {
                PostPart::Change(self.view.revision)
            }
            MessageKind::End | MessageKind::WorkEnd | MessageKind::CameAndWent => PostPart::End,
            MessageKind::Flapping => PostPart::Flapping,
            MessageKind::Reminder(turn) => PostPart::Reminder(turn),
        };
        announce::marker(&self.view.id, part)
    }

    /// The post of the start, as it reads now.
    pub(super) fn current_start(&self) -> Message {
        let mut telling =
            RenderContext { late: self.case.log.start_late.as_deref().copied(), ..self.telling(true) };
        telling.roles = &self.case.subscription.roles;
        if is_work(self.view) {
            return announce::maintenance_start(self.view, &telling);
        }
        announce::current(self.view, &telling)
    }

    /// The message that counts, as it reads now.
    pub(super) fn current_flapping(&self) -> Message {
        announce::flapping(self.view, &self.telling(true))
    }

    /// The post of the end, as it reads now; it pinged whom it pinged.
    pub(super) fn current_end(&self) -> Message {
        let told = self.case.log;
        let once = told.start == told.end;
        let late = if once { &told.start_late } else { &told.end_late };
        let telling = RenderContext { people: &[], late: late.as_deref().copied(), ..self.telling(true) };
        match (is_work(self.view), once) {
            (true, _) => announce::maintenance_end(self.view, &telling),
            (false, true) => announce::came_and_went(self.view, &telling),
            (false, false) => announce::end(self.view, &telling),
        }
    }

    /// A message for those who asked to be told and whom none mentions yet, and the marker by which it is found again.
    pub(super) fn back(&self, people: &[UserId], before: u32) -> (Message, String) {
        let message = announce::back(self.view, people, before, &self.telling(false));
        (message, announce::marker(&self.view.id, PostPart::Back(before)))
    }

    /// What the outage's thread is called.
    pub(super) fn thread_name(&self) -> String {
        announce::thread_name(self.view, &self.telling(true))
    }

    fn telling(&self, quiet: bool) -> RenderContext<'_> {
        let PlanInput { subscription, now, audience, .. } = self.case;
        RenderContext {
            mode: subscription.mode,
            people: self.people,
            image: self.picture,
            quiet,
            preview: matches!(audience, Audience::Preview(..)),
            ..RenderContext::new(self.profile, Language::nearest(&subscription.language), now)
        }
    }

    /// How it is worse than what the channel was told.
    fn worse(&self) -> Update {
        let told = &self.case.log.services;
        let joined: Vec<_> = bad_services(self.view).difference(told).cloned().collect();
        self.previewed().unwrap_or(if joined.is_empty() {
            Update::Worse
        } else {
            Update::ServiceAffected(joined)
        })
    }

    /// What changed without getting worse.
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

    /// A preview shows what it is a preview of: nothing was told.
    fn previewed(&self) -> Option<Update> {
        match (self.case.audience, &self.case.event.kind) {
            (Audience::Preview(..), EventKind::Updated(update)) => Some(update.clone()),
            _ => None,
        }
    }
}

/// A message that Discord took for malformed: its first line and its marker, bare. People are named below the first line:
/// another message mentions them.
pub(super) fn shorten(message: &Message) -> Message {
    let first = message.text.lines().next().unwrap_or_default();
    let last = message.text.lines().next_back().unwrap_or_default();
    let text = limits::fit(first, "", if last == first { "" } else { last }, limits::SCREEN);
    let mentions = Mentions { people: Vec::new(), ..message.mentions.clone() };
    Message { text, mentions, quiet: message.quiet, ..Message::default() }
}
