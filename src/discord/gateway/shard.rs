//! One shard: its socket, kept alive; its session, kept over restarts.
//!
//! Never: an interaction waits behind a full queue so long that a heartbeat is late.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use twilight_gateway::error::ReceiveMessageErrorType;
use twilight_gateway::{ConfigBuilder, Intents, Message, Session, Shard, ShardId, ShardState};

use super::Options;
use super::event::{Read, Reader};
use super::identify::Starts;
use super::seating::Until;
use super::session::{self, Keeper, Kept};
use crate::discord::{Incoming, Servers};

/// So often the session is kept: a process that is killed resumes from there, and what came since comes again.
const KEEP_EVERY: SignedDuration = SignedDuration::from_secs(5);
/// A session that may be another copy's by now is resumed after this, and after twice as long the next time: longer than a
/// lease takes to be told by a store that is there.
const ASTRAY: SignedDuration = SignedDuration::from_secs(15);
/// It doubles so often: up to four minutes.
const MOST_ASTRAY: u32 = 4;
/// So many may wait to be taken; an interaction beyond them is dropped, and its asker sees "did not respond".
const MOST_WAITING: usize = 1024;

/// Runs one shard.
pub(super) struct Runner {
    pub(super) options: Options,
    pub(super) shard: (u32, u32),
    pub(super) url: String,
    pub(super) starts: Starts,
    pub(super) keeper: Arc<dyn Keeper>,
    pub(super) incoming: mpsc::Sender<Incoming>,
    /// Until when the shard is surely ours: later no session is begun, only the one that we have is resumed.
    pub(super) until: Until,
}

/// What is remembered while it runs.
struct Life {
    shard: Shard<Starts>,
    reader: Reader,
    waiting: VecDeque<Incoming>,
    connected: bool,
    /// When the present attempt to connect began, or the last message came.
    heard: Timestamp,
    /// The present connection has said something.
    greeted: bool,
    /// Attempts in vain since we were connected.
    attempts: u32,
    /// No attempt is made before.
    rests_until: Option<Timestamp>,
    /// How often the connection was lost since the shard was surely ours.
    astray: u32,
    kept: Option<Session>,
    /// Keeping is under way: a slow disk holds up no interaction and no heartbeat.
    keeping: JoinSet<()>,
    said: Option<String>,
    closed: Option<u16>,
}

impl Runner {
    /// Runs until it is stopped; gives a text if Discord refuses us for good.
    pub(super) async fn run(self, mut stop: watch::Receiver<bool>) -> Option<String> {
        let clock = self.options.clock.clone();
        let mut presence = self.options.presence.clone();
        let mut life = self.begin().await;
        let mut tick = Box::pin(clock.sleep(KEEP_EVERY));
        loop {
            if self.is_surely_ours() {
                life.astray = 0;
            } else if !life.connected && life.shard.session().is_none() {
                // Perhaps another copy begins a session by now. If it does not, the shard is taken up again.
                return None;
            }
            tokio::select! {
                biased;
                () = super::stopped(&mut stop) => {
                    // The socket is dropped as it is: a close frame of ours would end the session.
                    while life.keeping.join_next().await.is_some() {}
                    self.keep(&mut life);
                    while life.keeping.join_next().await.is_some() {}
                    return None;
                }
                place = self.incoming.reserve(), if !life.waiting.is_empty() => {
                    match (place, life.waiting.pop_front()) {
                        (Ok(place), Some(incoming)) => place.send(incoming),
                        // Nobody listens any more.
                        _ => return None,
                    }
                }
                () = &mut tick => {
                    tick = Box::pin(clock.sleep(KEEP_EVERY));
                    self.keep(&mut life);
                }
                Ok(()) = presence.changed() => self.say(&mut life),
                () = clock.sleep_until(self.looks_again(&life)) => {
                    if self.is_out_of_patience(&mut life) {
                        if life.shard.state() == ShardState::FatallyClosed {
                            return Some(self.give_up(life.closed).await);
                        }
                        self.begin_anew(&mut life);
                    }
                }
                message = life.shard.next(), if life.rests_until.is_none() => match message {
                    Some(Ok(message)) => self.take(&mut life, message),
                    Some(Err(error)) => self.fail(&mut life, error.kind()),
                    None => return Some(self.give_up(life.closed).await),
                },
            }
        }
    }

    fn is_surely_ours(&self) -> bool {
        self.options.clock.ticks() < *self.until.borrow()
    }

    /// The session is over and no other will be given: says why.
    async fn give_up(&self, code: Option<u16>) -> String {
        self.keeper.keep(&session::name(self.shard), None).await;
        session::refused(code.unwrap_or_default())
    }

    async fn begin(&self) -> Life {
        let kept = self.keeper.kept(&session::name(self.shard)).await;
        let kept = kept.and_then(|bytes| Kept::read(&bytes, &self.options.token));
        let (session, url) = kept.map_or((None, None), |kept| (Some(kept.session), kept.resume_url));
        // The store may hold anything by now, and the token is sent to this address.
        let url = url.filter(|url| super::resumes_at(url, &self.url));
        Life {
            shard: self.open(session.clone(), url),
            reader: Reader::default(),
            waiting: VecDeque::new(),
            connected: false,
            heard: self.options.clock.now(),
            greeted: false,
            attempts: 0,
            rests_until: None,
            astray: 0,
            kept: session,
            keeping: JoinSet::new(),
            said: None,
            closed: None,
        }
    }

    fn open(&self, session: Option<Session>, url: Option<String>) -> Shard<Starts> {
        let config =
            ConfigBuilder::new(self.options.token.clone(), Intents::GUILDS).proxy_url(self.url.clone());
        let config = config.queue(self.starts.only_until(&self.until));
        let config = session.into_iter().fold(config, ConfigBuilder::session);
        let config = url.into_iter().fold(config, ConfigBuilder::resume_url);
        // cannot fail: `Shards` and Discord's advice both keep the number below the total.
        let id = ShardId::new_checked(self.shard.0, self.shard.1).unwrap_or(ShardId::ONE);
        Shard::with_config(id, config.build())
    }

    fn take(&self, life: &mut Life, message: Message) {
        life.heard = self.options.clock.now();
        // After a farewell, ours or Discord's, a new connection begins.
        life.greeted = !matches!(life.shard.state(), ShardState::Disconnected { .. });
        if life.shard.state() != ShardState::Active && matches!(message, Message::Text(_)) {
            self.lose(life);
        }
        let json = match message {
            Message::Text(json) => json,
            Message::Close(frame) => {
                life.closed = frame.map(|frame| frame.code);
                self.lose(life);
                return;
            }
        };
        match life.reader.read(&json) {
            Read::Nothing => {}
            Read::Ready(named) => {
                // A new session shows no presence yet.
                life.said = None;
                let servers = named.map(|named| Servers { shard: self.shard, named });
                life.waiting.extend(servers.map(Incoming::Servers));
                self.connect(life);
                if life.shard.resume_url().is_some_and(|url| !super::resumes_at(url, &self.url)) {
                    tracing::warn!(
                        shard = self.shard.0,
                        "the session's resume address is outside the advised domain; it is not used"
                    );
                    self.reopen(life);
                }
            }
            Read::Resumed => self.connect(life),
            Read::Came(Incoming::Asked(..)) if life.waiting.len() >= MOST_WAITING => {
                tracing::warn!("too many interactions are waiting; one was dropped");
            }
            Read::Came(incoming) => life.waiting.push_back(incoming),
        }
    }

    fn connect(&self, life: &mut Life) {
        life.connected = true;
        life.attempts = 0;
        life.waiting.push_back(Incoming::Connected);
        self.say(life);
    }

    fn lose(&self, life: &mut Life) {
        if std::mem::take(&mut life.connected) {
            tracing::info!(
                shard = self.shard.0,
                code = life.closed,
                "the gateway's connection is lost; it comes back"
            );
            life.waiting.push_back(Incoming::Disconnected);
            self.go_astray(life);
        }
    }

    /// Where the store does not say whose the shard is, the session that we have is resumed all the same: a lost connection
    /// must not leave the bot deaf while the database is away. Perhaps it was lost because another copy has resumed it; so
    /// the first time we are back at once, and then after pauses that double, for whoever has the lease to keep it.
    fn go_astray(&self, life: &mut Life) {
        if self.is_surely_ours() {
            return;
        }
        if life.astray > 0 {
            let pause = ASTRAY.saturating_mul(1 << (life.astray - 1).min(MOST_ASTRAY));
            life.rests_until = self.options.clock.now().checked_add(pause).ok();
        }
        life.astray = life.astray.saturating_add(1);
    }

    fn fail(&self, life: &mut Life, error: &ReceiveMessageErrorType) {
        match error {
            ReceiveMessageErrorType::Reconnect => {
                self.reopen(life);
                let pause = self.options.patience.pause(life.attempts);
                life.rests_until = self.options.clock.now().checked_add(pause).ok();
                tracing::warn!(
                    shard = self.shard.0,
                    attempts = life.attempts,
                    "the gateway cannot be reached; trying again"
                );
            }
            // The library reads only the frame of an event: what it cannot read is none of Discord's.
            ReceiveMessageErrorType::Deserializing { .. } => {
                life.waiting.push_back(Incoming::Unreadable("a gateway event without its frame".into()));
            }
            _ => self.lose(life),
        }
    }

    /// When the state of the connection is looked at again: the library connects anew without a word.
    fn looks_again(&self, life: &Life) -> Timestamp {
        let now = self.options.clock.now();
        // Four looks in the time that a connection may take: it ends at most a quarter later.
        let soon = now.checked_add(self.options.patience.connect / 4).unwrap_or(now);
        life.rests_until.unwrap_or(soon)
    }

    /// Whether a connection was accepted and then nothing came.
    fn is_out_of_patience(&self, life: &mut Life) -> bool {
        let now = self.options.clock.now();
        if life.rests_until.take().is_some() || (life.connected && life.shard.state() != ShardState::Active) {
            // A pause is over, or a connection was lost: the time of the next one begins.
            self.lose(life);
            (life.heard, life.greeted) = (now, false);
            return false;
        }
        let lasts = match life.shard.state() {
            ShardState::Active => return false,
            ShardState::Identifying | ShardState::Resuming if life.greeted => self.options.patience.begin,
            _ => self.options.patience.connect,
        };
        now.duration_since(life.heard) >= lasts
    }

    fn begin_anew(&self, life: &mut Life) {
        self.reopen(life);
        tracing::warn!(
            shard = self.shard.0,
            attempts = life.attempts,
            "the gateway says nothing; connecting anew"
        );
        // The silence itself was a pause: only after a second one in a row there is another.
        if life.attempts > 1 {
            let pause = self.options.patience.pause(life.attempts - 1);
            life.rests_until = life.heard.checked_add(pause).ok();
        }
    }

    /// Leaves an attempt that was in vain; the session goes on in the next.
    fn reopen(&self, life: &mut Life) {
        self.lose(life);
        life.attempts = life.attempts.saturating_add(1);
        life.heard = self.options.clock.now();
        life.greeted = false;
        life.shard = self.open(life.shard.session().cloned(), None);
    }

    /// Shows the state in the bot's presence, if it says something else than before.
    fn say(&self, life: &mut Life) {
        let text = self.options.presence.borrow().clone();
        if !life.connected || life.said.as_ref() == Some(&text) {
            return;
        }
        // Type 4 is a custom status, whose text is its state (reference, "Activity types").
        let activity = json!({ "name": "Custom Status", "type": 4, "state": text });
        let activities = if text.is_empty() { json!([]) } else { json!([activity]) };
        let presence = json!({ "since": null, "activities": activities, "status": "online", "afk": false });
        life.shard.send(json!({ "op": 3, "d": presence }).to_string());
        life.said = Some(text);
    }

    /// Keeps the session, unless that is under way.
    fn keep(&self, life: &mut Life) {
        while life.keeping.try_join_next().is_some() {}
        let session = life.shard.session().cloned();
        if session == life.kept || !life.keeping.is_empty() {
            return;
        }
        let kept = session.clone().map(|session| Kept {
            owner: session::owner(&self.options.token),
            session,
            resume_url: life.shard.resume_url().map(str::to_owned),
            at: self.options.clock.now(),
        });
        // cannot fail: plain data with text keys.
        let bytes = kept.map(|kept| serde_json::to_vec(&kept).unwrap_or_default());
        let (keeper, name) = (Arc::clone(&self.keeper), session::name(self.shard));
        life.keeping.spawn(async move { keeper.keep(&name, bytes.as_deref()).await });
        life.kept = session;
    }
}
