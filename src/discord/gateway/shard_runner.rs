//! Runs one shard: its connections, one after the other, and its session, which is stored over restarts.
//!
//! A connection goes through its stages in this order: resting, opening, HELLO, IDENTIFY or RESUME, READY or RESUMED. However
//! it ends, at whichever stage, it comes to [`ShardRunner::end`], which alone decides when the next one is tried.

use std::collections::VecDeque;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_websockets::Connector;

use super::GatewayOptions;
use super::event::{Decoded, EventDecoder, Frame, Ready};
use super::identify_queue::{IdentifyPermit, IdentifyQueue};
use super::session::{self, Session, SessionStore, StoredSession};
use super::socket::{Ended, Socket};
use crate::clock::{Clock, stopped};
use crate::cluster::shards::LeaseDeadline;
use crate::discord::{Identifies, Incoming, ShardGuilds};
use crate::throttle::Jitter;

/// The session is stored this often: a killed process resumes from there, and receives later events again.
const KEEP_EVERY: SignedDuration = SignedDuration::from_secs(5);
/// A session that another instance may have by now is resumed after this delay, which doubles each time. It is longer than a
/// reachable store takes to report a lease.
const WITHOUT_LEASE: SignedDuration = SignedDuration::from_secs(15);
/// That delay doubles this often: up to four minutes.
const MOST_WITHOUT_LEASE: u32 = 4;
/// The most events that wait to be received. An interaction beyond them is dropped, and its user sees "did not respond".
const MOST_WAITING: usize = 1024;
/// Presences that are sent over one connection in a minute. Discord accepts 120 messages (reference, "Rate limiting"); the
/// rest is for heartbeats and for starting the session.
const PRESENCES_PER_MINUTE: usize = 110;
/// While connections do not stay up, their number is logged this often.
const COUNT_EVERY: Duration = Duration::from_secs(5 * 60);
/// While connections do not stay up, no IDENTIFY is spent on one that ends within this time after its HELLO.
const SETTLES: SignedDuration = SignedDuration::from_secs(1);
/// Bounds of the heartbeat interval, which is 41.25 s at Discord: a wrong one must neither flood nor be endless.
const RHYTHMS: (u64, u64) = (100, 10 * 60 * 1_000);
/// While connections do not stay up, the first heartbeat of the next one is sent within this time after its HELLO.
const FIRST_BEAT_AFTER_TROUBLE: SignedDuration = SignedDuration::from_secs(5);
/// GUILDS: servers, channels and threads that come and go. Nothing privileged.
const INTENTS: u32 = 1;

type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub(super) struct ShardRunner {
    pub(super) options: GatewayOptions,
    pub(super) shard: (u32, u32),
    pub(super) url: String,
    pub(super) connector: Arc<Connector>,
    pub(super) jitter: Jitter,
    pub(super) starts: IdentifyQueue,
    pub(super) sessions: Arc<dyn SessionStore>,
    pub(super) incoming: mpsc::Sender<Incoming>,
    /// Until when the lease is surely ours: later no session is begun, only the existing one is resumed.
    pub(super) until: LeaseDeadline,
}

/// The state of a runner.
struct RunnerState {
    stage: Stage,
    session: Option<Session>,
    /// Where the session is resumed. After a connection that never came up, the default address is used again.
    resume_url: Option<String>,
    decoder: EventDecoder,
    waiting: VecDeque<Incoming>,
    trouble: Trouble,
    /// How often the connection was lost since the lease was surely ours.
    without_lease: u32,
    stored: Option<Session>,
    /// A save that is under way: a slow disk delays no interaction and no heartbeat.
    keeping: JoinSet<()>,
    identified: Identifies,
    said: Option<String>,
}

impl RunnerState {
    fn is_up(&self) -> bool {
        matches!(&self.stage, Stage::Open(link) if link.is_up())
    }
}

/// Connections in a row that did not stay up.
#[derive(Default)]
struct Trouble {
    count: u32,
    /// When their number was last logged, in ticks.
    reported: Duration,
}

/// The stage of the connection.
enum Stage {
    /// There is none; the next one is tried when this future ends.
    Resting(Later<()>),
    /// The handshake is under way.
    Opening(Later<Result<Box<Socket>, Ended>>),
    Open(Box<Link>),
}

/// An open socket, and the phase of its session. Times are ticks.
struct Link {
    socket: Box<Socket>,
    phase: Phase,
    heart: Option<Heart>,
    /// When presences were sent over it in the last minute.
    shown: VecDeque<Duration>,
}

enum Phase {
    /// Waits for HELLO until then.
    Greeting { by: Duration },
    /// Waits for permission to identify.
    InLine(Later<IdentifyPermit>),
    /// Waits for READY or RESUMED until then.
    Beginning { by: Duration, resumes: bool },
    /// The session is up. From `trusted` on, the connection counts as one that stayed up.
    Up { trusted: Duration, steady: bool },
}

struct Heart {
    every: Duration,
    next: Duration,
    /// Something was received since the last heartbeat.
    alive: bool,
    /// Until when something must be received after the last heartbeat.
    answer_by: Duration,
}

impl Heart {
    /// Returns when the next heartbeat is due, or when the last one was not answered in time.
    fn due(&self) -> Duration {
        if self.alive { self.next } else { self.next.min(self.answer_by) }
    }
}

/// The next event of a connection.
enum Happened {
    Rested,
    Opened(Result<Box<Socket>, Ended>),
    Received(Result<String, Ended>),
    MayIdentify(IdentifyPermit),
    BeatIsDue,
    IsSteady,
    WasSilent,
}

impl Stage {
    /// Waits for the next event. Cancel safe.
    async fn next(&mut self, clock: &Clock) -> Happened {
        match self {
            Self::Resting(rest) => {
                rest.await;
                Happened::Rested
            }
            Self::Opening(opening) => Happened::Opened(opening.await),
            Self::Open(link) => link.next(clock).await,
        }
    }
}

impl Link {
    async fn next(&mut self, clock: &Clock) -> Happened {
        let Self { socket, phase, heart, .. } = self;
        let of_phase = match phase {
            Phase::Greeting { by } | Phase::Beginning { by, .. } => Some((*by, Happened::WasSilent)),
            Phase::Up { trusted, steady: false } => Some((*trusted, Happened::IsSteady)),
            Phase::Up { .. } | Phase::InLine(_) => None,
        };
        let beat = heart.as_ref().map(|heart| (heart.due(), Happened::BeatIsDue));
        let due = of_phase.into_iter().chain(beat).min_by_key(|(at, _)| *at);
        let due = async {
            let Some((at, happens)) = due else { return pending().await };
            let left = at.saturating_sub(clock.ticks());
            clock.sleep(SignedDuration::try_from(left).unwrap_or(SignedDuration::MAX)).await;
            happens
        };
        let turn = async {
            match phase {
                Phase::InLine(turn) => turn.await,
                _ => pending().await,
            }
        };
        tokio::select! {
            // Time first: no flood of events delays a heartbeat.
            biased;
            happened = due => happened,
            // A close that is already received comes before an IDENTIFY that would be lost.
            received = socket.next() => Happened::Received(received),
            permit = turn => Happened::MayIdentify(permit),
        }
    }

    fn is_up(&self) -> bool {
        matches!(self.phase, Phase::Up { .. })
    }
}

impl ShardRunner {
    /// Runs until `stop` turns true. Returns a text if Discord refuses us for good.
    pub(super) async fn run(self, mut stop: watch::Receiver<bool>) -> Option<String> {
        let clock = self.options.clock.clone();
        let mut presence = self.options.presence.clone();
        let mut state = self.begin().await;
        let mut tick = Box::pin(clock.sleep(KEEP_EVERY));
        loop {
            if self.is_surely_ours() {
                state.without_lease = 0;
            } else if state.session.is_none() && !state.is_up() {
                // Another instance may begin a session by now. If it does not, the shard is taken up again.
                self.leave();
                return None;
            }
            tokio::select! {
                biased;
                () = stopped(&mut stop) => {
                    // The socket is dropped without a close frame, which could end the session.
                    while state.keeping.join_next().await.is_some() {}
                    self.save(&mut state);
                    while state.keeping.join_next().await.is_some() {}
                    self.leave();
                    return None;
                }
                slot = self.incoming.reserve(), if !state.waiting.is_empty() => {
                    match (slot, state.waiting.pop_front()) {
                        (Ok(slot), Some(incoming)) => slot.send(incoming),
                        // The receiver is gone.
                        _ => return None,
                    }
                }
                () = &mut tick => {
                    tick = Box::pin(clock.sleep(KEEP_EVERY));
                    self.save(&mut state);
                    self.say(&mut state);
                    self.count(&mut state);
                }
                Ok(()) = presence.changed() => self.say(&mut state),
                happened = state.stage.next(&clock) => {
                    if let Err(code) = self.go_on(&mut state, happened) {
                        self.sessions.save(&session::name(self.shard), None).await;
                        return Some(session::refused(code));
                    }
                }
            }
        }
    }

    fn is_surely_ours(&self) -> bool {
        self.options.clock.ticks() < *self.until.borrow()
    }

    /// Reports that the shard no longer runs here, so that nobody waits for its connection.
    fn leave(&self) {
        let _ = self.incoming.try_send(Incoming::Steady(self.shard.0));
    }

    async fn begin(&self) -> RunnerState {
        let stored = self.sessions.load(&session::name(self.shard)).await;
        let stored = stored.and_then(|bytes| StoredSession::read(&bytes, &self.options.token));
        let (session, resume_url) =
            stored.map_or((None, None), |stored| (Some(stored.session), stored.resume_url));
        // The stored value may be anything, and the token is sent to this address.
        let resume_url = resume_url.filter(|url| super::resumes_at(url, &self.url));
        RunnerState {
            stage: self.rest(SignedDuration::ZERO, session.is_some()),
            stored: session.clone(),
            session,
            resume_url,
            decoder: EventDecoder::default(),
            waiting: VecDeque::new(),
            trouble: Trouble::default(),
            without_lease: 0,
            keeping: JoinSet::new(),
            identified: Identifies::default(),
            said: None,
        }
    }

    /// Returns the stage before the next connection. If that must identify, it also waits while no IDENTIFY may be sent.
    fn rest(&self, pause: SignedDuration, resumes: bool) -> Stage {
        let (clock, starts) = (self.options.clock.clone(), self.starts.clone());
        Stage::Resting(Box::pin(async move {
            clock.sleep(pause).await;
            if !resumes {
                starts.wait_for_budget().await;
            }
        }))
    }

    /// Handles an event. An error is the close code with which Discord refused us for good.
    fn go_on(&self, state: &mut RunnerState, happened: Happened) -> Result<(), u16> {
        match happened {
            Happened::Rested => self.open(state),
            Happened::Opened(Ok(socket)) => self.greet(state, socket),
            Happened::Opened(Err(ended)) | Happened::Received(Err(ended)) => {
                return self.ended(state, &ended);
            }
            Happened::Received(Ok(message)) => self.take(state, &message),
            Happened::MayIdentify(permit) => self.identify(state, permit),
            Happened::BeatIsDue => self.beat(state),
            Happened::IsSteady => self.is_steady(state),
            Happened::WasSilent => self.end(state, None, "it says nothing"),
        }
        Ok(())
    }

    fn open(&self, state: &mut RunnerState) {
        // The stored or received address may be anything, so it is checked again.
        let url =
            state.resume_url.clone().filter(|url| state.session.is_some() && super::checked_url(url).is_ok());
        let url = url.unwrap_or_else(|| self.url.clone());
        let (clock, connector) = (self.options.clock.clone(), Arc::clone(&self.connector));
        let timeouts = self.options.timeouts.connect;
        state.stage = Stage::Opening(Box::pin(async move {
            let opened = clock.timeout(timeouts, Socket::open(&url, &connector)).await;
            let opened = opened.map(|opened| opened.map(Box::new));
            opened.unwrap_or_else(|| Err(Ended { code: None, why: "it does not answer".to_owned() }))
        }));
    }

    fn greet(&self, state: &mut RunnerState, socket: Box<Socket>) {
        let by = self.after(self.options.timeouts.connect);
        let phase = Phase::Greeting { by };
        state.stage = Stage::Open(Box::new(Link { socket, phase, heart: None, shown: VecDeque::new() }));
    }

    fn after(&self, span: SignedDuration) -> Duration {
        self.options.clock.ticks() + Duration::try_from(span).unwrap_or_default()
    }

    /// Handles a message of the gateway.
    fn take(&self, state: &mut RunnerState, message: &str) {
        let Some(frame) = Frame::read(message) else {
            state.waiting.push_back(Incoming::Unreadable("a gateway event without its frame".into()));
            return;
        };
        let begun_by = self.after(self.options.timeouts.begin);
        let Stage::Open(link) = &mut state.stage else { return };
        if let Some(heart) = &mut link.heart {
            heart.alive = true;
        }
        match frame.op {
            0 => {
                if let Phase::Beginning { by, .. } = &mut link.phase {
                    *by = begun_by;
                }
                self.handle(state, &frame);
            }
            1 => send_beat(state),
            7 => self.end(state, None, "it asks us to reconnect"),
            9 => {
                if !frame.is_resumable() {
                    state.session = None;
                }
                self.end(state, None, "the session is no longer valid");
            }
            10 => match frame.heartbeat_interval() {
                Some(every) => self.hello(state, every),
                None => self.end(state, None, "its HELLO cannot be read"),
            },
            _ => {}
        }
    }

    fn hello(&self, state: &mut RunnerState, every: u64) {
        let every = Duration::from_millis(every.clamp(RHYTHMS.0, RHYTHMS.1));
        let (begun_by, ticks) = (self.after(self.options.timeouts.begin), self.options.clock.ticks());
        let Stage::Open(link) = &mut state.stage else { return };
        // The first heartbeat is sent at a random time in the first interval (reference, "Sending heartbeats"). After
        // connections that did not stay up it is sent soon, so that another silent one is noticed.
        let most = SignedDuration::try_from(every).unwrap_or_default();
        let most = if state.trouble.count > 0 { most.min(FIRST_BEAT_AFTER_TROUBLE) } else { most };
        let first = self.jitter.part("heartbeat", u64::from(self.shard.0), most);
        let next = ticks + Duration::try_from(first).unwrap_or_default();
        link.heart = Some(Heart { every, next, alive: true, answer_by: next });
        if let Some(session) = &state.session {
            let resume = json!({ "op": 6, "d": {
                "token": self.options.token, "session_id": session.id, "seq": session.sequence } });
            link.socket.send(resume.to_string());
            link.phase = Phase::Beginning { by: begun_by, resumes: true };
        } else {
            let (starts, shard) = (self.starts.only_until(&self.until), self.shard.0);
            let settles = if state.trouble.count > 0 { SETTLES } else { SignedDuration::ZERO };
            let clock = self.options.clock.clone();
            link.phase = Phase::InLine(Box::pin(async move {
                clock.sleep(settles).await;
                starts.turn(shard).await
            }));
        }
    }

    /// Sends the IDENTIFY, which is already counted.
    fn identify(&self, state: &mut RunnerState, permit: IdentifyPermit) {
        let by = self.after(self.options.timeouts.begin);
        let Stage::Open(link) = &mut state.stage else { return };
        let us = env!("CARGO_PKG_NAME");
        let properties = json!({ "os": std::env::consts::OS, "browser": us, "device": us });
        let identify = json!({ "op": 2, "d": { "token": self.options.token, "intents": INTENTS,
            "shard": [self.shard.0, self.shard.1], "properties": properties, "compress": false } });
        link.socket.send(identify.to_string());
        link.phase = Phase::Beginning { by, resumes: false };
        permit.sent();
        self.count(state);
    }

    fn beat(&self, state: &mut RunnerState) {
        let Stage::Open(link) = &mut state.stage else { return };
        let Some(heart) = &mut link.heart else { return };
        if !std::mem::take(&mut heart.alive) {
            // Reference, "Heartbeat ACK": the connection is a zombie.
            self.end(state, None, "it does not answer our heartbeats");
            return;
        }
        heart.next = self.options.clock.ticks() + heart.every;
        heart.answer_by = self.after(self.options.timeouts.heartbeat_answer);
        send_beat(state);
    }

    fn handle(&self, state: &mut RunnerState, frame: &Frame<'_>) {
        let read = state.decoder.read(frame);
        if let Decoded::Ready(Ready { session, .. }) = &read {
            let sequence = frame.s.unwrap_or_default();
            state.session = session.clone().map(|id| Session { id, sequence });
        } else if let (Some(session), Some(sequence)) = (&mut state.session, frame.s) {
            session.sequence = sequence;
        }
        match read {
            Decoded::Nothing => {}
            Decoded::Ready(Ready { resume_url, servers, .. }) => {
                let (ours, foreign): (Option<String>, Option<String>) = match resume_url {
                    Some(url) if super::resumes_at(&url, &self.url) => (Some(url), None),
                    other => (None, other),
                };
                if foreign.is_some() {
                    tracing::warn!(
                        shard = self.shard.0,
                        "the session's resume address is outside the advised domain; it is not used"
                    );
                }
                state.resume_url = ours;
                // A new session shows no presence yet.
                state.said = None;
                let servers = servers.map(|named| ShardGuilds { shard: self.shard, named });
                state.waiting.extend(servers.map(Incoming::Servers));
                self.come_up(state);
            }
            Decoded::Resumed => self.come_up(state),
            Decoded::Came(Incoming::Interaction(..)) if state.waiting.len() >= MOST_WAITING => {
                tracing::warn!("too many interactions are waiting; one was dropped");
            }
            Decoded::Came(incoming) => state.waiting.push_back(incoming),
        }
    }

    fn come_up(&self, state: &mut RunnerState) {
        if let Stage::Open(link) = &mut state.stage {
            let trusted = self.after(self.options.timeouts.steady);
            link.phase = Phase::Up { trusted, steady: false };
        }
        state.waiting.push_back(Incoming::Connected);
        self.say(state);
    }

    fn is_steady(&self, state: &mut RunnerState) {
        if let Stage::Open(link) = &mut state.stage
            && let Phase::Up { steady, .. } = &mut link.phase
        {
            *steady = true;
        }
        let trouble = std::mem::take(&mut state.trouble);
        if trouble.count > 0 {
            tracing::info!(
                shard = self.shard.0,
                after = trouble.count,
                "the connection to Discord stays up again"
            );
        }
        state.waiting.push_back(Incoming::Steady(self.shard.0));
    }

    /// Handles a connection that the other side or the network ended.
    fn ended(&self, state: &mut RunnerState, ended: &Ended) -> Result<(), u16> {
        if let Some(code) = ended.code {
            if session::is_final(code) {
                return Err(code);
            }
            let resumed = matches!(&state.stage, Stage::Open(link) if matches!(link.phase, Phase::Beginning { resumes: true, .. }));
            if resumed && session::ends_session(code) {
                state.session = None;
            }
        }
        self.end(state, ended.code, &ended.why);
        Ok(())
    }

    /// Handles a connection that ended or never opened. After one that stayed up, the next one is tried at once, otherwise
    /// after a delay that grows with each.
    fn end(&self, state: &mut RunnerState, code: Option<u16>, why: &str) {
        let ended = std::mem::replace(&mut state.stage, Stage::Resting(Box::pin(pending())));
        let (mut was_up, mut was_steady) = (false, false);
        if let Stage::Open(link) = ended {
            if let Phase::Up { steady, .. } = link.phase {
                (was_up, was_steady) = (true, steady);
            }
            if code.is_none() {
                link.socket.close();
            }
        }
        if !was_up {
            state.resume_url = None;
        }
        state.waiting.push_back(Incoming::Lost(self.shard.0));
        if was_up {
            state.waiting.push_back(Incoming::Disconnected);
        }
        if was_steady {
            tracing::info!(shard = self.shard.0, code, why, "the connection to Discord ended; reconnecting");
        } else {
            self.count_trouble(&mut state.trouble, code, why);
        }
        let pause = self.options.timeouts.pause(state.trouble.count, self.jitter, self.shard.0);
        let pause = pause.max(self.without_lease(state, was_up));
        state.stage = self.rest(pause, state.session.is_some());
    }

    fn count_trouble(&self, trouble: &mut Trouble, code: Option<u16>, why: &str) {
        let (shard, now) = (self.shard.0, self.options.clock.ticks());
        trouble.count = trouble.count.saturating_add(1);
        let count = trouble.count;
        if count == 1 {
            trouble.reported = now;
            tracing::warn!(
                shard,
                code,
                why,
                "the connection to Discord does not stay up; retrying with backoff"
            );
        } else if now.saturating_sub(trouble.reported) >= COUNT_EVERY {
            trouble.reported = now;
            tracing::warn!(shard, code, why, count, "the connection to Discord still does not stay up");
        } else {
            tracing::debug!(shard, code, why, count, "a connection to Discord did not stay up");
        }
    }

    /// Returns the delay before a session is resumed whose lease is not known to be ours. The session is resumed anyway: a lost
    /// connection must not leave the bot offline while the database is away. The connection may have been lost because another
    /// instance resumed the session. So the first attempt comes at once, and later ones with doubling delays, so that the holder
    /// of the lease retains the session.
    fn without_lease(&self, state: &mut RunnerState, was_up: bool) -> SignedDuration {
        if !was_up || self.is_surely_ours() {
            return SignedDuration::ZERO;
        }
        let before = state.without_lease;
        state.without_lease = before.saturating_add(1);
        match before.checked_sub(1) {
            Some(doublings) => WITHOUT_LEASE.saturating_mul(1 << doublings.min(MOST_WITHOUT_LEASE)),
            None => SignedDuration::ZERO,
        }
    }

    /// Updates the bot's presence, if its text changed.
    fn say(&self, life: &mut RunnerState) {
        let text = self.options.presence.borrow().clone();
        let now = self.options.clock.ticks();
        let Stage::Open(link) = &mut life.stage else { return };
        if !link.is_up() || life.said.as_ref() == Some(&text) {
            return;
        }
        while link.shown.front().is_some_and(|at| now.saturating_sub(*at) >= Duration::from_secs(60)) {
            link.shown.pop_front();
        }
        if link.shown.len() >= PRESENCES_PER_MINUTE {
            return; // the newest is shown at a later tick
        }
        link.shown.push_back(now);
        // Type 4 is a custom status, whose text is its state (reference, "Activity types").
        let activity = json!({ "name": "Custom Status", "type": 4, "state": text });
        let activities = if text.is_empty() { json!([]) } else { json!([activity]) };
        let presence = json!({ "since": null, "activities": activities, "status": "online", "afk": false });
        link.socket.send(json!({ "op": 3, "d": presence }).to_string());
        life.said = Some(text);
    }

    /// Reports how many IDENTIFYs were sent, if that changed.
    fn count(&self, state: &mut RunnerState) {
        let count = self.starts.count();
        if std::mem::replace(&mut state.identified, count) != count {
            state.waiting.push_back(Incoming::Identified(count));
        }
    }

    /// Stores the session, unless a save is under way.
    fn save(&self, state: &mut RunnerState) {
        while state.keeping.try_join_next().is_some() {}
        let session = state.session.clone();
        if session == state.stored || !state.keeping.is_empty() {
            return;
        }
        let stored = session.clone().map(|session| StoredSession {
            owner: session::owner(&self.options.token),
            session,
            resume_url: state.resume_url.clone(),
            at: self.options.clock.now(),
        });
        // cannot fail: plain data with text keys.
        let bytes = stored.map(|stored| serde_json::to_vec(&stored).unwrap_or_default());
        let (sessions, name) = (Arc::clone(&self.sessions), session::name(self.shard));
        state.keeping.spawn(async move { sessions.save(&name, bytes.as_deref()).await });
        state.stored = session;
    }
}

fn send_beat(state: &mut RunnerState) {
    let sequence = state.session.as_ref().map(|session| session.sequence);
    if let Stage::Open(link) = &mut state.stage {
        link.socket.send(json!({ "op": 1, "d": sequence }).to_string());
    }
}
