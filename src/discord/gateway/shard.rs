//! One shard: its socket, kept alive; its session, kept over restarts.
//!
//! Never: an interaction waits behind a full queue so long that a heartbeat is late.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::{mpsc, watch};
use twilight_gateway::error::ReceiveMessageErrorType;
use twilight_gateway::{ConfigBuilder, Intents, Message, Session, Shard, ShardId, ShardState};

use super::Options;
use super::event::{Read, Reader};
use super::identify::Starts;
use super::seating::Until;
use super::session::{self, Keeper, Kept};
use crate::discord::Incoming;

/// So often the session is kept: a process that is killed resumes from there, and what came since comes again.
const KEEP_EVERY: SignedDuration = SignedDuration::from_secs(5);
/// A connection that says nothing this long before it is ready is none; Discord beats every 41.25 s.
const SILENT_MOST: SignedDuration = SignedDuration::from_secs(60);
/// After so many attempts in vain the waits grow past 16 s: we begin anew, so that we are back soon after Discord is.
const ATTEMPTS: u8 = 6;
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
    /// Until when the shard is surely ours: later no connection is begun.
    pub(super) until: Until,
}

/// What is remembered while it runs.
struct Life {
    shard: Shard<Starts>,
    reader: Reader,
    waiting: VecDeque<Incoming>,
    connected: bool,
    heard: Timestamp,
    kept: Option<Session>,
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
            if !life.connected && self.options.clock.ticks() >= *self.until.borrow() {
                // Perhaps another copy runs it by now. If it does not, the shard is taken up again.
                return None;
            }
            tokio::select! {
                biased;
                () = super::stopped(&mut stop) => {
                    // The socket is dropped as it is: a close frame of ours would end the session.
                    self.keep(&mut life).await;
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
                    self.keep(&mut life).await;
                    self.revive(&mut life);
                }
                Ok(()) = presence.changed() => self.say(&mut life),
                message = life.shard.next() => match message {
                    Some(Ok(message)) => self.take(&mut life, message),
                    Some(Err(error)) => self.fail(&mut life, error.kind()),
                    None => {
                        self.keeper.keep(&session::name(self.shard), None).await;
                        return Some(session::refused(life.closed.unwrap_or_default()));
                    }
                },
            }
        }
    }

    async fn begin(&self) -> Life {
        let kept = self.keeper.kept(&session::name(self.shard)).await;
        let kept = kept.and_then(|bytes| Kept::read(&bytes, &self.options.token));
        let (session, url) = kept.map_or((None, None), |kept| (Some(kept.session), kept.resume_url));
        // What was kept may be anything by now: only an address that we would accept is gone to.
        let url = url.filter(|url| super::checked_url(url).is_ok());
        Life {
            shard: self.open(session.clone(), url),
            reader: Reader::default(),
            waiting: VecDeque::new(),
            connected: false,
            heard: self.options.clock.now(),
            kept: session,
            said: None,
            closed: None,
        }
    }

    fn open(&self, session: Option<Session>, url: Option<String>) -> Shard<Starts> {
        let config =
            ConfigBuilder::new(self.options.token.clone(), Intents::GUILDS).proxy_url(self.url.clone());
        let config = config.queue(self.starts.clone());
        let config = session.into_iter().fold(config, ConfigBuilder::session);
        let config = url.into_iter().fold(config, ConfigBuilder::resume_url);
        // cannot fail: `Shards` and Discord's advice both keep the number below the total.
        let id = ShardId::new_checked(self.shard.0, self.shard.1).unwrap_or(ShardId::ONE);
        Shard::with_config(id, config.build())
    }

    fn take(&self, life: &mut Life, message: Message) {
        life.heard = self.options.clock.now();
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
            Read::Ready => {
                // A new session shows no presence yet.
                life.said = None;
                self.connect(life);
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
        }
    }

    fn fail(&self, life: &mut Life, error: &ReceiveMessageErrorType) {
        match error {
            ReceiveMessageErrorType::Reconnect => {
                self.lose(life);
                let attempts = match life.shard.state() {
                    ShardState::Disconnected { reconnect_attempts } => reconnect_attempts,
                    _ => 0,
                };
                tracing::warn!(shard = self.shard.0, attempts, "the gateway cannot be reached; trying again");
                if attempts >= ATTEMPTS {
                    life.shard = self.open(life.shard.session().cloned(), None);
                }
            }
            // The library reads only the frame of an event: what it cannot read is none of Discord's.
            ReceiveMessageErrorType::Deserializing { .. } => {
                life.waiting.push_back(Incoming::Unreadable("a gateway event without its frame".into()));
            }
            _ => self.lose(life),
        }
    }

    /// Begins anew where a connection was accepted and then nothing came.
    fn revive(&self, life: &mut Life) {
        let silent = self.options.clock.now().duration_since(life.heard);
        let beginning = matches!(life.shard.state(), ShardState::Identifying | ShardState::Resuming);
        if beginning && silent >= SILENT_MOST {
            tracing::warn!(shard = self.shard.0, "the gateway says nothing; connecting anew");
            life.heard = self.options.clock.now();
            self.lose(life);
            life.shard = self.open(life.shard.session().cloned(), None);
        }
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

    async fn keep(&self, life: &mut Life) {
        let session = life.shard.session().cloned();
        if session == life.kept {
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
        self.keeper.keep(&session::name(self.shard), bytes.as_deref()).await;
        life.kept = session;
    }
}
