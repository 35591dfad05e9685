//! Answers what comes in: needs → fetch → answer → change → reply.
//!
//! Each invocation is answered in a task of its own, a bounded number at once, so that a slow one keeps nobody waiting
//! and a broken one breaks nothing else. What needs only memory never stands behind what waits for the store or for
//! Discord. Whoever came longer than [`SOON`] ago is answered with "thinking…" first, and gives their place to the next.

use std::collections::VecDeque;
use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use super::admission::{Admission, AdmissionControl};
use super::image_cache::ImageCache;
use super::paste_admission::PasteAdmission;
use super::recent_answers::RecentAnswers;
use crate::chat::{Reply, Visibility, replies};
use crate::clock::Clock;
use crate::commands::{self, AnswerCache, Command, Facts, Input, Invocation, Need, Response, UserError};
use crate::config::CommandLimits;
use crate::discord::{Discord, Incoming, InteractionResponse, InteractionToken};
use crate::faq::Faq;
use crate::health::{ServiceCatalog, StatusSnapshot};
use crate::i18n::Language;
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};
use crate::throttle::Throttle;
use crate::watcher::stopped;

/// Answers under way at once, of those that need only memory and of the others: bounds the memory of a burst. As many as the
/// requests that answers may make at once.
const AT_ONCE: usize = 128;

/// What waits for a place among those, and what is still at work after its "thinking…". More is left unanswered, and its
/// asker sees "did not respond".
const WAITING: usize = 1_000;

/// Who asked longer ago is told to wait: half of Discord's 3 seconds, so that the way there has the other half.
const SOON: SignedDuration = SignedDuration::from_millis(1_500);

/// Somebody who waits for an answer.
struct QueuedInteraction {
    asked: Box<Invocation>,
    ticket: InteractionToken,
    entry: Admission,
    since: Timestamp,
}

/// Those who wait for one of so many places, in the order in which they came.
struct WaitQueue {
    waiting: VecDeque<QueuedInteraction>,
    places: Arc<Semaphore>,
}

impl Default for WaitQueue {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl WaitQueue {
    /// The first of them, as soon as there is a place. Nobody is lost when this is dropped before.
    async fn next(&mut self) -> Option<(QueuedInteraction, OwnedSemaphorePermit)> {
        if self.waiting.is_empty() {
            return pending().await;
        }
        let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
        Some((self.waiting.pop_front()?, place))
    }
}

pub(super) struct Deps {
    pub clock: Clock,
    pub store: Arc<dyn Store>,
    pub discord: Arc<dyn Discord>,
    pub catalog: Arc<ServiceCatalog>,
    pub faq: watch::Receiver<Arc<Faq>>,
    pub snapshot: watch::Receiver<Arc<StatusSnapshot>>,
    pub throttle: Arc<Throttle>,
    pub limits: CommandLimits,
    pub language: Language,
    pub metrics: Metrics,
    pub pending: Arc<dyn Fn() + Send + Sync>,
    pub reports: watch::Sender<u32>,
    pub fatal: watch::Sender<Option<String>>,
    pub collect_questions: bool,
}

pub(super) struct InteractionService {
    pub(super) clock: Clock,
    pub(super) store: Arc<dyn Store>,
    pub(super) discord: Arc<dyn Discord>,
    pub(super) catalog: Arc<ServiceCatalog>,
    pub(super) faq: watch::Receiver<Arc<Faq>>,
    pub(super) snapshot: watch::Receiver<Arc<StatusSnapshot>>,
    pub(super) throttle: Arc<Throttle>,
    pub(super) limits: CommandLimits,
    pub(super) language: Language,
    admission: AdmissionControl,
    pub(super) metrics: Metrics,
    pub(super) pending: Arc<dyn Fn() + Send + Sync>,
    pub(super) reports: watch::Sender<u32>,
    pub(super) fatal: watch::Sender<Option<String>>,
    pub(super) collect_questions: bool,
    recent_answers: Mutex<RecentAnswers>,
    pub(super) said: Arc<AnswerCache>,
    image_cache: ImageCache,
    reading: PasteAdmission,
    at_work: Semaphore,
}

impl InteractionService {
    pub(super) fn new(parts: Deps) -> Self {
        let Deps {
            clock,
            store,
            discord,
            catalog,
            faq,
            snapshot,
            throttle,
            limits,
            language,
            metrics,
            pending,
            ..
        } = parts;
        Self {
            admission: AdmissionControl::new(&clock, &limits),
            clock,
            store,
            discord,
            catalog,
            faq,
            snapshot,
            throttle,
            limits,
            language,
            metrics,
            pending,
            reports: parts.reports,
            fatal: parts.fatal,
            collect_questions: parts.collect_questions,
            recent_answers: Mutex::default(),
            said: Arc::default(),
            image_cache: ImageCache::default(),
            reading: PasteAdmission::default(),
            at_work: Semaphore::new(WAITING),
        }
    }

    pub(super) fn standing(&self) -> MutexGuard<'_, RecentAnswers> {
        self.recent_answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InteractionService {
    /// Serves until it is told to stop; then lets what is under way come to its end.
    pub(super) async fn serve(
        self: Arc<Self>,
        mut incoming: mpsc::Receiver<Incoming>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut under_way = JoinSet::new();
        let (mut at_hand, mut needy) = (WaitQueue::default(), WaitQueue::default());
        let (reported, report) = mpsc::channel(WAITING);
        let mut taking = JoinSet::new();
        taking.spawn(Arc::clone(&self).keep_in_order(report, stop.clone()));
        loop {
            let next = tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                Some(ended) = under_way.join_next(), if !under_way.is_empty() => {
                    note_end(ended);
                    continue;
                }
                Some((invoker, place)) = async {
                    tokio::select! {
                        biased;
                        invoker = at_hand.next() => invoker,
                        invoker = needy.next() => invoker,
                    }
                } => {
                    let interactions = Arc::clone(&self);
                    under_way.spawn(async move { interactions.answer(invoker, place).await });
                    continue;
                }
                next = incoming.recv() => next,
            };
            match next {
                Some(Incoming::Interaction(asked, ticket)) => {
                    let entry = self.admission.admit(&asked);
                    if entry == Admission::Drop || at_hand.waiting.len() + needy.waiting.len() >= WAITING {
                        self.metrics.passed_over();
                        continue;
                    }
                    let line = if needs_only_memory(&asked) { &mut at_hand } else { &mut needy };
                    line.waiting.push_back(QueuedInteraction {
                        asked,
                        ticket,
                        entry,
                        since: self.clock.now(),
                    });
                }
                Some(news) => {
                    let Some(news) = self.hear(news) else { continue };
                    if reported.try_send(news).is_err() {
                        tracing::error!(
                            "the store does not keep up with what Discord tells; some of it is lost"
                        );
                    }
                }
                None => {
                    // Nobody can ask any more; what the bot watches and tells goes on.
                    stopped(&mut stop).await;
                    break;
                }
            }
        }
        drop(reported);
        while let Some(ended) = under_way.join_next().await {
            note_end(ended);
        }
        while let Some(ended) = taking.join_next().await {
            note_end(ended);
        }
    }

    async fn answer(
        &self,
        QueuedInteraction { asked, ticket, entry, since }: QueuedInteraction,
        place: OwnedSemaphorePermit,
    ) {
        let command = commands::find(&asked.command).map_or("unknown", |c| c.spec().name);
        let answer = match entry {
            Admission::Throttled(wait) => {
                let now = self.clock.now();
                let again = now.checked_add(wait.0).unwrap_or(now);
                Some(private(replies::notes::slow_down(again, asked.language)))
            }
            // Boxed, so that what working it out took is given back while its answer is sent: a burst is mostly that.
            _ => Box::pin(self.answer_now(&asked, &ticket, (since, place))).await,
        };
        if let Some(answer) = answer {
            self.send(&asked, &ticket, answer).await;
        }
        let took = self.clock.now().duration_since(since);
        self.metrics.answered(command, took);
        tracing::debug!(command, took_ms = took.as_millis(), "answered");
    }

    /// The answer; none if it was sent already, as an edit of "thinking…".
    async fn answer_now(
        &self,
        asked: &Invocation,
        ticket: &InteractionToken,
        (since, place): (Timestamp, OwnedSemaphorePermit),
    ) -> Option<InteractionResponse> {
        let Some(command) = commands::find(&asked.command) else {
            // A command of a former version that somebody's Discord still shows.
            tracing::warn!(interaction = %asked.id, "unknown command; its asker was shown this id");
            return Some(private(replies::notes::sorry(&asked.id.to_string(), asked.language)));
        };
        let mut facts = self.facts_at_hand(asked);
        let needs = command.needs(asked);
        if matches!(asked.input, Input::Autocomplete { .. }) {
            self.fetch_while_typing(asked, &mut facts, &needs).await;
            return Some(InteractionResponse::Suggestions(command.suggest(asked, &facts)));
        }
        // What waits for Discord may well take longer than the 3 seconds that an answer has. The channel where it was asked
        // is checked besides what the interaction says of it: mostly within that time.
        let slow = needs.iter().any(|need| waits_for_discord(need) && !is_here(need, asked));
        let stands = OnceLock::new();
        let mut work = pin!(self.work_out(asked, command, facts, &needs, &stands));
        // What is at hand is answered all the same: a time-out of nothing still looks once.
        let soon = (SOON - self.clock.now().duration_since(since)).max(SignedDuration::ZERO);
        if !slow && let Some(answer) = self.clock.timeout(soon, work.as_mut()).await {
            return Some(answer);
        }
        let later = match stands.get() {
            Some(Visibility::InPlace) => InteractionResponse::DeferredUpdate,
            // What was pressed may be about to be replaced: a "thinking…" would stand there as a second one of it.
            None if matches!(asked.input, Input::Component { message: Some(_), .. }) => {
                InteractionResponse::DeferredUpdate
            }
            stands => InteractionResponse::Deferred { private: stands != Some(&Visibility::Public) },
        };
        let deferred = self.discord.answer(ticket, &later).await;
        if let Err(error) = &deferred {
            self.could_not_answer(&asked.command, error);
        }
        // Whoever thinks keeps nobody waiting; but not without end.
        let _thinks = self.at_work.acquire().await;
        drop(place);
        // What was asked for is done, whether its answer is still taken or not.
        let answer = work.await;
        if deferred.is_ok() {
            self.send_later(asked, ticket, &later, answer).await;
        }
        None
    }

    /// From what is needed to what is said. Where it will stand is told as soon as it is known.
    async fn work_out(
        &self,
        asked: &Invocation,
        command: &'static dyn Command,
        mut facts: Facts,
        needs: &[Need],
        stands: &OnceLock<Visibility>,
    ) -> InteractionResponse {
        let fetching = self.fetch(asked, &mut facts, needs);
        let slow = needs.iter().any(waits_for_discord);
        let fetched = if slow { fetching.await } else { self.ask(fetching).await };
        let facts = Arc::new(facts);
        let decision = match fetched {
            Ok(()) => match self.decide(asked, command, &facts).await {
                Ok(decision) => decision,
                Err(misuse) => Response::Say(Reply::private(crate::chat::Message::text(misuse.0))),
            },
            Err(StoreError::Away(why)) => {
                tracing::warn!(why, interaction = %asked.id, "the store is away; an answer needs it");
                Response::Say(Reply::private(replies::notes::store_away(asked.language)))
            }
            Err(error) => {
                tracing::error!(%error, interaction = %asked.id, "the store could not be read for an answer");
                Response::Say(Reply::private(replies::notes::sorry(&asked.id.to_string(), asked.language)))
            }
        };
        let place = match &decision {
            Response::Say(reply) => reply.place,
            Response::Change(wish) => wish.stored.place,
            Response::Ask(_) => Visibility::Private,
            Response::Delete { .. } | Response::Nothing => Visibility::InPlace,
        };
        stands.get_or_init(|| place);
        let mut answer = self.carry_out(asked, decision, &facts).await;
        if let InteractionResponse::Reply(reply) = &mut answer {
            self.image_cache.draw(&mut reply.message).await;
        }
        answer
    }

    /// The command's decision. One that reads much is worked out beside, for as long as one may take.
    async fn decide(
        &self,
        asked: &Invocation,
        command: &'static dyn Command,
        facts: &Arc<Facts>,
    ) -> Result<Response, UserError> {
        if !command.reads_at_length(asked) {
            return command.answer(asked, facts);
        }
        let (own, known) = (asked.clone(), Arc::clone(facts));
        let work = move || command.answer(&own, &known);
        let decided = self.reading.work(&self.clock, asked.invoker.id, facts.fuel.switch(), work).await;
        decided.unwrap_or_else(|| Err(commands::too_much(asked.language)))
    }

    async fn carry_out(&self, asked: &Invocation, decision: Response, facts: &Facts) -> InteractionResponse {
        match decision {
            Response::Say(reply) => InteractionResponse::Reply(reply),
            Response::Ask(form) => InteractionResponse::Form(form),
            Response::Nothing => InteractionResponse::DeferredUpdate,
            Response::Delete { channel, message } => {
                self.standing().forget(channel, message);
                InteractionResponse::Deleted
            }
            Response::Change(change) => InteractionResponse::Reply(self.change(asked, *change, facts).await),
        }
    }
}

fn needs_only_memory(asked: &Invocation) -> bool {
    commands::find(&asked.command).is_none_or(|command| command.needs(asked).is_empty())
}

fn waits_for_discord(need: &Need) -> bool {
    matches!(
        need,
        Need::File(_) | Need::Channel(..) | Need::SubscribedChannels(_) | Need::Server(_) | Need::Direct(_)
    )
}

fn is_here(need: &Need, asked: &Invocation) -> bool {
    matches!(need, Need::Channel(_, channel) if asked.place.channel() == Some(*channel))
}

fn private(message: crate::chat::Message) -> InteractionResponse {
    InteractionResponse::Reply(Reply::private(message))
}

fn note_end(ended: Result<(), tokio::task::JoinError>) {
    if let Err(e) = ended
        && e.is_panic()
    {
        tracing::error!("answering broke on a bug of ours; whoever asked got no answer");
    }
}
