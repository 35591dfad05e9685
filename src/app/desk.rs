//! Answers what comes in: needs → fetch → answer → change → reply.
//!
//! Each invocation is answered in a task of its own, a bounded number at once, so that a slow one keeps nobody waiting
//! and a broken one breaks nothing else. Whatever takes longer than [`SOON`] is answered with "thinking…" first, and
//! gives its place to the next.
//!
//! Never: nothing that a person typed, and no person's id, stands in a log line.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use super::door::{Door, Entry};
use super::gallery::Gallery;
use super::standing::Answers;
use crate::chat::{Reply, Where, answers};
use crate::clock::Clock;
use crate::commands::{self, Command, Decision, Facts, Input, Invocation, Need};
use crate::config::Limits;
use crate::discord::{Answer, Discord, Incoming, PostError, Refusal, Ticket};
use crate::faq::Handbook;
use crate::health::{Picture, Profile};
use crate::store::{Store, StoreError};
use crate::throttle::Throttle;
use crate::vitals::Vitals;
use crate::watcher::stopped;
use crate::words::Language;

/// Answers under way at once: bounds the memory of a burst. As many as the requests that answers may make at once.
const AT_ONCE: usize = 128;

/// What waits for a place among those, and what is still at work after its "thinking…". More is left unanswered, and its
/// asker sees "did not respond".
const WAITING: usize = 1_000;

/// An answer that takes longer is deferred: half of Discord's 3 seconds, so that the way there has the other half.
const SOON: SignedDuration = SignedDuration::from_millis(1_500);

/// Somebody who waits for an answer.
struct Asker {
    asked: Box<Invocation>,
    ticket: Ticket,
    entry: Entry,
    since: Timestamp,
}

pub(super) struct Parts {
    pub clock: Clock,
    pub store: Arc<dyn Store>,
    pub discord: Arc<dyn Discord>,
    pub profile: Arc<Profile>,
    pub handbook: watch::Receiver<Arc<Handbook>>,
    pub picture: watch::Receiver<Arc<Picture>>,
    pub throttle: Arc<Throttle>,
    pub limits: Limits,
    pub language: Language,
    pub vitals: Vitals,
    pub salt: [u8; 16],
    pub owed: Arc<dyn Fn() + Send + Sync>,
    pub reports: watch::Sender<u32>,
    pub fatal: watch::Sender<Option<String>>,
    pub collect_questions: bool,
}

pub(super) struct Desk {
    pub(super) clock: Clock,
    pub(super) store: Arc<dyn Store>,
    pub(super) discord: Arc<dyn Discord>,
    pub(super) profile: Arc<Profile>,
    pub(super) handbook: watch::Receiver<Arc<Handbook>>,
    pub(super) picture: watch::Receiver<Arc<Picture>>,
    pub(super) throttle: Arc<Throttle>,
    pub(super) limits: Limits,
    pub(super) language: Language,
    door: Door,
    pub(super) salt: [u8; 16],
    vitals: Vitals,
    pub(super) owed: Arc<dyn Fn() + Send + Sync>,
    pub(super) reports: watch::Sender<u32>,
    fatal: watch::Sender<Option<String>>,
    pub(super) collect_questions: bool,
    standing: Mutex<Answers>,
    gallery: Gallery,
    at_once: Arc<Semaphore>,
    at_work: Semaphore,
}

impl Desk {
    pub(super) fn new(parts: Parts) -> Self {
        let Parts {
            clock,
            store,
            discord,
            profile,
            handbook,
            picture,
            throttle,
            limits,
            language,
            vitals,
            salt,
            owed,
            ..
        } = parts;
        Self {
            door: Door::new(&clock, &limits),
            clock,
            store,
            discord,
            profile,
            handbook,
            picture,
            throttle,
            limits,
            language,
            salt,
            vitals,
            owed,
            reports: parts.reports,
            fatal: parts.fatal,
            collect_questions: parts.collect_questions,
            standing: Mutex::default(),
            gallery: Gallery::default(),
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            at_work: Semaphore::new(WAITING),
        }
    }

    pub(super) fn standing(&self) -> MutexGuard<'_, Answers> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// Serves until it is told to stop; then lets what is under way come to its end.
    pub(super) async fn serve(
        self: Arc<Self>,
        mut incoming: mpsc::Receiver<Incoming>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut under_way = JoinSet::new();
        let mut waiting: VecDeque<Asker> = VecDeque::new();
        let (told, tell) = mpsc::channel(WAITING);
        let mut taking = JoinSet::new();
        taking.spawn(Arc::clone(&self).take_in_order(tell));
        loop {
            let next = tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                Some(ended) = under_way.join_next(), if !under_way.is_empty() => {
                    note_end(ended);
                    continue;
                }
                Ok(place) = Arc::clone(&self.at_once).acquire_owned(), if !waiting.is_empty() => {
                    if let Some(asker) = waiting.pop_front() {
                        let desk = Arc::clone(&self);
                        under_way.spawn(async move { desk.answer(asker, place).await });
                    }
                    continue;
                }
                next = incoming.recv() => next,
            };
            match next {
                Some(Incoming::Asked(asked, ticket)) => {
                    let entry = self.door.admit(&asked);
                    if entry == Entry::PassedOver || waiting.len() >= WAITING {
                        self.vitals.passed_over();
                        continue;
                    }
                    waiting.push_back(Asker { asked, ticket, entry, since: self.clock.now() });
                }
                Some(news) => {
                    if told.try_send(news).is_err() {
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
        drop(told);
        while let Some(ended) = under_way.join_next().await {
            note_end(ended);
        }
        while let Some(ended) = taking.join_next().await {
            note_end(ended);
        }
    }

    /// Takes what is no question one after the other: a server that is left and joined again is joined in the end.
    async fn take_in_order(self: Arc<Self>, mut told: mpsc::Receiver<Incoming>) {
        while let Some(news) = told.recv().await {
            self.take(news).await;
        }
    }

    async fn take(&self, incoming: Incoming) {
        let now = self.clock.now();
        let kept = match incoming {
            Incoming::Asked(..) => return,
            Incoming::Unreadable(why) => {
                self.vitals.unreadable();
                tracing::error!(why, "an interaction could not be read; whoever sent it got no answer");
                return;
            }
            Incoming::ChannelGone(guild, channel) => self.store.set_aside(guild, Some(channel), now).await,
            Incoming::ServerLeft(guild) => self.store.set_aside(guild, None, now).await,
            Incoming::ServerJoined(guild) => self.store.restore(guild, now).await.map(|back| {
                if back > 0 {
                    tracing::info!(%guild, back, "invited back: its subscriptions are restored");
                }
            }),
            Incoming::Connected => {
                self.vitals.connected(true);
                return tracing::info!("connected to Discord");
            }
            Incoming::StandsBy => {
                self.vitals.connected(true); // nothing is amiss: it is ready to take over
                return tracing::info!("other copies are connected to Discord; this one stands by");
            }
            Incoming::Disconnected => {
                self.vitals.connected(false);
                return tracing::warn!("the connection to Discord is lost; it comes back by itself");
            }
            Incoming::Fatal(why) => {
                self.fatal.send_replace(Some(why));
                return;
            }
        };
        if let Err(error) = kept {
            tracing::error!(%error, "what Discord told could not be kept");
        }
    }

    async fn answer(&self, Asker { asked, ticket, entry, since }: Asker, place: OwnedSemaphorePermit) {
        let command = commands::find(&asked.command).map_or("unknown", |c| c.spec().name);
        let answer = match entry {
            Entry::TooSoon(wait) => {
                let now = self.clock.now();
                let again = now.checked_add(wait.0).unwrap_or(now);
                Some(private(answers::notes::slow_down(again, asked.language)))
            }
            _ => self.answer_now(&asked, &ticket, place).await,
        };
        if let Some(answer) = answer {
            self.send(&asked, &ticket, answer).await;
        }
        let took = self.clock.now().duration_since(since);
        self.vitals.answered(command, took);
        tracing::debug!(command, took_ms = took.as_millis(), "answered");
    }

    /// The answer; none if it was sent already, as an edit of "thinking…".
    async fn answer_now(
        &self,
        asked: &Invocation,
        ticket: &Ticket,
        place: OwnedSemaphorePermit,
    ) -> Option<Answer> {
        let Some(command) = commands::find(&asked.command) else {
            // A command of a former version that somebody's Discord still shows.
            return Some(private(answers::notes::sorry(&asked.id.to_string(), asked.language)));
        };
        let facts = self.facts_at_hand(asked);
        if matches!(asked.input, Input::Typing { .. }) {
            return Some(Answer::Suggestions(command.suggest(asked, &facts)));
        }
        let needs = command.needs(asked);
        // What waits for Discord may well take longer than the 3 seconds that an answer has.
        let slow = needs.iter().any(waits_for_discord);
        let stands = OnceLock::new();
        let mut work = pin!(self.work_out(asked, command, facts, &needs, &stands));
        if !slow && let Some(answer) = self.clock.timeout(SOON, work.as_mut()).await {
            return Some(answer);
        }
        let later = match stands.get() {
            Some(Where::InPlace) => Answer::Noted,
            stands => Answer::Later { private: stands != Some(&Where::Public) },
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
        if let (Ok(_), Answer::Reply(reply)) = (deferred, answer) {
            // What others read stays as it is, where only the asker is to read of it.
            let said = if later == Answer::Noted && reply.place != Where::InPlace {
                self.discord.follow_up(ticket, &reply).await.map(drop)
            } else {
                self.discord.edit_answer(ticket, &reply.message).await
            };
            if let Err(error) = said {
                self.could_not_answer(&asked.command, &error);
            }
        }
        None
    }

    /// From what is needed to what is said. Where it will stand is told as soon as it is known.
    async fn work_out(
        &self,
        asked: &Invocation,
        command: &dyn Command,
        mut facts: Facts,
        needs: &[Need],
        stands: &OnceLock<Where>,
    ) -> Answer {
        let fetching = self.fetch(&mut facts, needs);
        let slow = needs.iter().any(waits_for_discord);
        let fetched = if slow { fetching.await } else { self.ask(fetching).await };
        let decision = match fetched {
            Ok(()) => match command.answer(asked, &facts) {
                Ok(decision) => decision,
                Err(misuse) => Decision::Say(Reply::private(crate::chat::Message::text(misuse.0))),
            },
            Err(StoreError::Away(why)) => {
                tracing::warn!(why, interaction = %asked.id, "the store is away; an answer needs it");
                Decision::Say(Reply::private(answers::notes::store_away(asked.language)))
            }
            Err(error) => {
                tracing::error!(%error, interaction = %asked.id, "the store could not be read for an answer");
                Decision::Say(Reply::private(answers::notes::sorry(&asked.id.to_string(), asked.language)))
            }
        };
        let place = match &decision {
            Decision::Say(reply) => reply.place,
            Decision::Change(wish) => wish.kept.place,
            Decision::Ask(_) => Where::Private,
            Decision::Delete { .. } | Decision::Nothing => Where::InPlace,
        };
        stands.get_or_init(|| place);
        let mut answer = self.carry_out(asked, decision, &facts).await;
        if let Answer::Reply(reply) = &mut answer {
            self.gallery.draw(&mut reply.message).await;
        }
        answer
    }

    async fn carry_out(&self, asked: &Invocation, decision: Decision, facts: &Facts) -> Answer {
        match decision {
            Decision::Say(reply) => Answer::Reply(reply),
            Decision::Ask(form) => Answer::Form(form),
            Decision::Nothing => Answer::Noted,
            Decision::Delete { channel, message } => {
                self.standing().forget(channel, message);
                if let Err(error) = self.discord.delete(channel, message).await {
                    tracing::info!(%error, "an answer could not be deleted");
                }
                Answer::Noted
            }
            Decision::Change(change) => Answer::Reply(self.change(asked, *change, facts).await),
        }
    }

    async fn send(&self, asked: &Invocation, ticket: &Ticket, answer: Answer) {
        match self.discord.answer(ticket, &answer).await {
            Ok(Some(message)) => {
                if let Answer::Reply(Reply { place: Where::Public, stands_as: Some(name), .. }) = &answer
                    && let Some(channel) = asked.place.channel()
                {
                    let now = self.clock.now();
                    self.standing().stands(asked.place.guild(), channel, message, name, now);
                }
            }
            Ok(None) => {}
            Err(error) => self.could_not_answer(&asked.command, &error),
        }
    }

    fn could_not_answer(&self, command: &str, error: &PostError) {
        match error {
            // What was asked for stays kept; only its answer came too late.
            PostError::Never(Refusal::InteractionOver(code)) => {
                tracing::warn!(
                    command,
                    code,
                    "Discord takes this answer no more: it is too late, or another copy gave it"
                );
            }
            PostError::Never(Refusal::Unauthorized) => {
                self.fatal.send_replace(Some("Discord refuses the token".to_owned()));
            }
            error => tracing::error!(command, %error, "an answer could not be sent"),
        }
    }
}

fn waits_for_discord(need: &Need) -> bool {
    matches!(need, Need::File(_) | Need::Channel(..) | Need::Direct(_))
}

fn private(message: crate::chat::Message) -> Answer {
    Answer::Reply(Reply::private(message))
}

fn note_end(ended: Result<(), tokio::task::JoinError>) {
    if let Err(e) = ended
        && e.is_panic()
    {
        tracing::error!("answering broke on a bug of ours; whoever asked got no answer");
    }
}
