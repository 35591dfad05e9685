//! From a Discord interaction to its answer: admission → needs → facts → answer → change → reply.
//!
//! Each invocation is answered in a task of its own, a bounded number at once, so that a slow or failing one affects no
//! other. Requests that need only memory are queued separately from those that wait for the store or for Discord. A request
//! older than `SOON` is first answered with "thinking…", and its slot goes to the next one.

mod admission;
mod facts;
mod image_cache;
mod mutations;
mod paste_admission;
mod responses;

use std::collections::VecDeque;
use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, OnceLock};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use self::admission::{Admission, AdmissionControl};
pub(crate) use self::facts::restore;
use self::facts::{FactSources, within};
use self::image_cache::ImageCache;
use self::mutations::Mutations;
use self::paste_admission::PasteAdmission;
use self::responses::Responses;
use crate::chat::{Reply, Visibility, replies};
use crate::clock::{Clock, stopped};
use crate::commands::{self, Command, Facts, Input, Invocation, Need, Response, UserError};
use crate::config::CommandLimits;
use crate::discord::{Discord, Incoming, InteractionResponse, InteractionToken};
use crate::faq::SharedFaq;
use crate::health::{ServiceCatalog, StatusSnapshot};
use crate::i18n::Language;
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};
use crate::throttle::Throttle;

/// Answers that are worked on at once, of those that need only memory and of the others: bounds the memory of a burst. It
/// equals the number of requests that answers may make at once.
const AT_ONCE: usize = 128;

/// The most interactions that wait for a slot, and the most that are still worked on after their "thinking…". More are left
/// unanswered, and their users see "did not respond".
const WAITING: usize = 1_000;

/// A request older than this gets "thinking…": half of Discord's 3 seconds, so that the way there has the other half.
const SOON: SignedDuration = SignedDuration::from_millis(1_500);

struct QueuedInteraction {
    asked: Box<Invocation>,
    token: InteractionToken,
    entry: Admission,
    since: Timestamp,
}

/// FIFO queue for a limited number of slots.
struct WaitQueue {
    waiting: VecDeque<QueuedInteraction>,
    slots: Arc<Semaphore>,
}

impl Default for WaitQueue {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl WaitQueue {
    /// Returns the first interaction as soon as a slot is free. Cancel safe: dropping the future loses no interaction.
    async fn next(&mut self) -> Option<(QueuedInteraction, OwnedSemaphorePermit)> {
        if self.waiting.is_empty() {
            return pending().await;
        }
        let slot = Arc::clone(&self.slots).acquire_owned().await.ok()?;
        Some((self.waiting.pop_front()?, slot))
    }
}

/// What the service works with.
pub(crate) struct Deps {
    pub clock: Clock,
    pub store: Arc<dyn Store>,
    pub discord: Arc<dyn Discord>,
    pub catalog: Arc<ServiceCatalog>,
    pub faq: watch::Receiver<SharedFaq>,
    pub snapshot: watch::Receiver<Arc<StatusSnapshot>>,
    pub throttle: Arc<Throttle>,
    pub limits: CommandLimits,
    pub language: Language,
    pub metrics: Metrics,
    pub pending: Arc<dyn Fn() + Send + Sync>,
    pub reports: watch::Sender<u32>,
    pub fatal: watch::Sender<Option<String>>,
    pub collect_questions: bool,
    pub paste_steps: u64,
}

/// Answers interactions.
pub(crate) struct InteractionService {
    clock: Clock,
    metrics: Metrics,
    admission: AdmissionControl,
    facts: FactSources,
    mutations: Mutations,
    responses: Responses,
    image_cache: ImageCache,
    reading: PasteAdmission,
    at_work: Semaphore,
}

impl InteractionService {
    pub(crate) fn new(deps: Deps) -> Self {
        let Deps { clock, store, discord, metrics, limits, collect_questions, .. } = deps;
        Self {
            admission: AdmissionControl::new(&clock, &limits),
            facts: FactSources {
                clock: clock.clone(),
                store: Arc::clone(&store),
                discord: Arc::clone(&discord),
                catalog: deps.catalog,
                faq: deps.faq,
                snapshot: deps.snapshot,
                throttle: deps.throttle,
                metrics: metrics.clone(),
                subscriptions_per_guild: limits.subscriptions_per_guild,
                language: deps.language,
                collect_questions,
                paste_steps: deps.paste_steps,
                said: Arc::default(),
            },
            mutations: Mutations {
                clock: clock.clone(),
                store,
                pending: deps.pending,
                reports: deps.reports,
                collect_questions,
            },
            responses: Responses::new(clock.clone(), discord, deps.fatal),
            clock,
            metrics,
            image_cache: ImageCache::default(),
            reading: PasteAdmission::default(),
            at_work: Semaphore::new(WAITING),
        }
    }

    /// Updates the number of users who report failures as time passes.
    pub(crate) async fn count_people(self: Arc<Self>, stop: watch::Receiver<bool>) {
        self.mutations.count_people(stop).await;
    }
}

impl InteractionService {
    /// Serves until `stop` turns true; then waits for the answers that are under way. Everything that is no interaction is
    /// given to `on_event`.
    pub(crate) async fn serve(
        self: Arc<Self>,
        mut incoming: mpsc::Receiver<Incoming>,
        on_event: impl Fn(Incoming) + Send + Sync,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut under_way = JoinSet::new();
        let (mut in_memory, mut from_store) = (WaitQueue::default(), WaitQueue::default());
        loop {
            let next = tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                Some(ended) = under_way.join_next(), if !under_way.is_empty() => {
                    note_end(ended);
                    continue;
                }
                Some((invoker, slot)) = async {
                    tokio::select! {
                        biased;
                        invoker = in_memory.next() => invoker,
                        invoker = from_store.next() => invoker,
                    }
                } => {
                    let interactions = Arc::clone(&self);
                    under_way.spawn(async move { interactions.answer(invoker, slot).await });
                    continue;
                }
                next = incoming.recv() => next,
            };
            match next {
                Some(Incoming::Interaction(asked, token)) => {
                    let entry = self.admission.admit(&asked);
                    if entry == Admission::Drop
                        || in_memory.waiting.len() + from_store.waiting.len() >= WAITING
                    {
                        self.metrics.passed_over();
                        continue;
                    }
                    let line = if needs_only_memory(&asked) { &mut in_memory } else { &mut from_store };
                    line.waiting.push_back(QueuedInteraction {
                        asked,
                        token,
                        entry,
                        since: self.clock.now(),
                    });
                }
                Some(event) => on_event(event),
                None => {
                    // No more commands can arrive; the watcher and the notifier go on.
                    stopped(&mut stop).await;
                    break;
                }
            }
        }
        while let Some(ended) = under_way.join_next().await {
            note_end(ended);
        }
    }

    async fn answer(
        &self,
        QueuedInteraction { asked, token, entry, since }: QueuedInteraction,
        slot: OwnedSemaphorePermit,
    ) {
        let command = commands::find(&asked.command).map_or("unknown", |c| c.spec().name);
        let answer = match entry {
            Admission::Throttled(wait) => {
                let now = self.clock.now();
                let again = now.checked_add(wait.0).unwrap_or(now);
                Some(private(replies::notes::slow_down(again, asked.language)))
            }
            // Boxed, so that its memory is freed while the answer is sent: it is most of the memory of a burst.
            _ => Box::pin(self.answer_now(&asked, &token, (since, slot))).await,
        };
        if let Some(answer) = answer {
            self.responses.send(&asked, &token, answer).await;
        }
        let took = self.clock.now().duration_since(since);
        self.metrics.answered(command, took);
        tracing::debug!(command, took_ms = took.as_millis(), "answered");
    }

    /// Returns the answer, or `None` if it was sent already as an edit of "thinking…".
    async fn answer_now(
        &self,
        asked: &Invocation,
        token: &InteractionToken,
        (since, slot): (Timestamp, OwnedSemaphorePermit),
    ) -> Option<InteractionResponse> {
        let Some(command) = commands::find(&asked.command) else {
            // A command of an earlier version that the user's Discord still shows.
            tracing::warn!(interaction = %asked.id, "unknown command; its user was shown this id");
            return Some(private(replies::notes::sorry(&asked.id.to_string(), asked.language)));
        };
        let recent_answers = asked.context.channel().map(|channel| self.responses.recent_in(channel));
        let mut facts = self.facts.in_memory(recent_answers.unwrap_or_default());
        let needs = command.needs(asked);
        if matches!(asked.input, Input::Autocomplete { .. }) {
            self.facts.fetch_while_typing(asked, &mut facts, &needs).await;
            return Some(InteractionResponse::Suggestions(command.suggest(asked, &facts)));
        }
        // What waits for Discord may take longer than the 3 seconds that an answer has. The check of the channel where the
        // command was used mostly fits in them: it only completes what the interaction says of the channel.
        let asks_discord = needs.iter().any(|need| waits_for_discord(need) && !is_here(need, asked));
        let stands = OnceLock::new();
        let mut work = pin!(self.work_out(asked, command, facts, &needs, &stands));
        // A zero timeout still polls the future once, so an answer that is ready is sent.
        let soon = (SOON - self.clock.now().duration_since(since)).max(SignedDuration::ZERO);
        if !asks_discord && let Some(answer) = self.clock.timeout(soon, work.as_mut()).await {
            return Some(answer);
        }
        let later = match stands.get() {
            Some(Visibility::InPlace) => InteractionResponse::DeferredUpdate,
            // The message of the pressed button may be about to be replaced: a "thinking…" would appear as a second message.
            None if matches!(asked.input, Input::Component { message: Some(_), .. }) => {
                InteractionResponse::DeferredUpdate
            }
            stands => InteractionResponse::Deferred { private: stands != Some(&Visibility::Public) },
        };
        let deferred = self.responses.defer(asked, token, &later).await;
        // A slow answer delays nobody else, but their number is bounded.
        let _thinks = self.at_work.acquire().await;
        drop(slot);
        // The request is carried out whether or not Discord still accepts its answer.
        let answer = work.await;
        if deferred {
            self.responses.send_later(asked, token, &later, answer).await;
        }
        None
    }

    /// Fetches, decides, carries out, and returns the answer. Sets `stands` as soon as its visibility is known.
    async fn work_out(
        &self,
        asked: &Invocation,
        command: &'static dyn Command,
        mut facts: Facts,
        needs: &[Need],
        stands: &OnceLock<Visibility>,
    ) -> InteractionResponse {
        let fetching = self.facts.fetch(asked, &mut facts, needs);
        let asks_discord = needs.iter().any(waits_for_discord);
        let fetched = if asks_discord { fetching.await } else { within(&self.clock, fetching).await };
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
        let visibility = match &decision {
            Response::Say(reply) => reply.visibility,
            Response::Change(wish) => wish.stored.visibility,
            Response::Ask(_) => Visibility::Private,
            Response::Delete { .. } | Response::Nothing => Visibility::InPlace,
        };
        stands.get_or_init(|| visibility);
        let mut answer = self.carry_out(asked, decision, &facts).await;
        if let InteractionResponse::Reply(reply) = &mut answer {
            self.image_cache.draw(&mut reply.message).await;
        }
        answer
    }

    /// Returns the command's decision. A command that reads a paste runs on a thread of its own, within the paste deadline.
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
                self.responses.forget(channel, message);
                InteractionResponse::Deleted
            }
            Response::Change(change) => {
                InteractionResponse::Reply(self.mutations.change(asked, *change, facts).await)
            }
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
    matches!(need, Need::Channel(_, channel) if asked.context.channel() == Some(*channel))
}

fn private(message: crate::chat::Message) -> InteractionResponse {
    InteractionResponse::Reply(Reply::private(message))
}

fn note_end(ended: Result<(), tokio::task::JoinError>) {
    if let Err(e) = ended
        && e.is_panic()
    {
        tracing::error!("an answer panicked, which is a bug; its user got no answer");
    }
}
