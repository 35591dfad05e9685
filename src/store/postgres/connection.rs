//! Connections to the database: a pool that heals by itself, and one that listens.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    GenericClient, Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod,
    Runtime, Transaction,
};
use futures_util::{StreamExt as _, stream};
use tokio::sync::broadcast;
use tokio_postgres::{AsyncMessage, IsolationLevel};

use super::super::StoreError;
use super::address::DatabaseAddress;
use super::errors::cannot_connect;
use super::migration::{migrate, quoted};

/// Connections of one copy: four notifiers' worth, far below the 100 that PostgreSQL allows by default.
const CONNECTIONS: usize = 16;

/// Within this a connection is there, or the database is away.
const CONNECTING: Duration = Duration::from_millis(1_200);

/// Within this a verb is done, or the database is away: Discord wants an answer within 3 s.
pub(super) const TIMEOUTS: Duration = Duration::from_millis(2_500);

/// Within this a statement is done, or the database itself gives it up and says why.
const STATEMENT: Duration = Duration::from_millis(2_200);

/// Within this long works are done that nobody waits for with a command: tables, imports.
const LONG: Duration = Duration::from_secs(600);

/// A listener that lost its connection tries again after this long.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// The database, as one copy reaches it.
pub(super) struct DatabasePool {
    place: Arc<DatabaseAddress>,
    pool: Pool,
    /// Tells this copy from others in hints.
    own: String,
    hints: broadcast::Sender<()>,
    listening: tokio::task::AbortHandle,
}

impl Drop for DatabasePool {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// A connection on loan. It goes back only if the verb came to its end: one that was given up in the middle may still
/// have an answer under way that is meant for nobody.
pub(super) struct Conn(Option<Object>);

impl Conn {
    pub(super) fn client(&mut self) -> Result<&mut Object, StoreError> {
        self.0.as_mut().ok_or_else(|| StoreError::Away("the connection was given back".to_owned()))
    }

    pub(super) async fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(self.client()?.transaction().await?)
    }

    /// A transaction that sees everything as of one instant, and changes nothing.
    pub(super) async fn snapshot(&mut self) -> Result<Transaction<'_>, StoreError> {
        let whole = self.client()?.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
        Ok(whole.read_only(true).start().await?)
    }

    pub(super) fn give_back(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        if let Some(broken) = self.0.take() {
            drop(Object::take(broken));
        }
    }
}

impl DatabasePool {
    /// Connects, moves the tables on, and begins to listen.
    pub(super) async fn open(place: DatabaseAddress) -> Result<Self, StoreError> {
        let place = Arc::new(place);
        let migrated = tokio::time::timeout(LONG, async {
            let (mut client, connection) = connect(&place).await?;
            let talking = tokio::spawn(connection);
            prepare(&client, &place.schema, LONG).await?;
            let migrated = migrate(&mut client, &place.schema).await;
            talking.abort();
            migrated
        });
        migrated.await.unwrap_or_else(|_| Err(away(&place.shown)))?;

        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(place.config.clone(), place.protection.clone(), manager);
        let schema = place.schema.clone();
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .wait_timeout(Some(CONNECTING))
            .create_timeout(Some(CONNECTING))
            .recycle_timeout(Some(CONNECTING))
            .runtime(Runtime::Tokio1)
            .post_create(Hook::async_fn(move |client, _| {
                let schema = schema.clone();
                Box::pin(async move {
                    let set = client.batch_execute(&settings(&schema, STATEMENT)).await;
                    set.map_err(HookError::Backend)
                })
            }))
            .build()
            .map_err(|error| StoreError::Address(format!("connections cannot be pooled: {error}")))?;
        let mut name = [0; 8];
        getrandom::fill(&mut name)
            .map_err(|error| StoreError::Away(format!("the system gives no randomness: {error}")))?;
        let own = data_encoding::HEXLOWER.encode(&name);
        let hints = broadcast::Sender::new(16);
        let listener = hear(&place).await?;
        let listening = tokio::spawn(listen(Arc::clone(&place), listener, own.clone(), hints.clone()));
        let listening = listening.abort_handle();
        Ok(Self { place, pool, own, hints, listening })
    }

    pub(super) async fn line(&self) -> Result<Conn, StoreError> {
        match self.pool.get().await {
            Ok(object) => Ok(Conn(Some(object))),
            Err(PoolError::Backend(error)) => Err(cannot_connect(&error, &self.place.shown)),
            Err(_) => Err(away(&self.place.shown)),
        }
    }

    /// Carries out a verb, or says that the database is away.
    pub(super) async fn in_time<T>(
        &self,
        verb: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        tokio::time::timeout(TIMEOUTS, verb).await.unwrap_or_else(|_| Err(away(&self.place.shown)))
    }

    /// Lets a connection take its time, for a work that nobody waits for.
    pub(super) async fn unhurried(on: &impl GenericClient) -> Result<(), StoreError> {
        let long = LONG.as_millis();
        let timeouts = format!(
            "set local statement_timeout = {long}; set local idle_in_transaction_session_timeout = {long}"
        );
        Ok(on.batch_execute(&timeouts).await?)
    }

    /// Lets the other copies know, when the transaction is committed, that there is something new.
    pub(super) async fn hint(&self, on: &impl GenericClient) -> Result<(), StoreError> {
        let notify = on.prepare_cached("select pg_notify($1, $2)").await?;
        on.execute(&notify, &[&self.place.schema, &self.own]).await?;
        Ok(())
    }

    /// Waits for a hint of another copy.
    pub(super) async fn hinted(&self) {
        // Behind by many or by one: there is something new. The sender lives as long as we do.
        let _ = self.hints.subscribe().recv().await;
    }
}

fn away(place: &str) -> StoreError {
    StoreError::Away(format!("the database at {place} does not answer: it is away, overloaded or cut off"))
}

/// A copy that is paused within a transaction holds what it locked, which may be the lead: after so many milliseconds the
/// database ends it. Twice what a line that is slow by two seconds needs between two statements.
const PAUSED: u32 = 4_000;

/// A connection's settings. They go here, not into the start packet, which poolers refuse.
///
/// A connection that was cut off without a word is given free after a minute: 16 of each cut would soon be all that the
/// database has.
///
/// Every statement of ours looks by an index. The planner is told so, because it knows a table by statistics that it makes
/// every now and then, and ours grow from nothing to 100,000 rows within seconds: without this it read all of them for each
/// claim (measured: 400 ms for what takes 0.1 ms).
fn settings(schema: &str, timeouts: Duration) -> String {
    format!(
        "set search_path to {}; set statement_timeout to {}; \
         set idle_in_transaction_session_timeout to {PAUSED}; \
         set tcp_keepalives_idle to 30; set tcp_keepalives_interval to 10; set tcp_keepalives_count to 3; set enable_seqscan to off; set enable_bitmapscan to off; \
         set enable_hashjoin to off; set enable_mergejoin to off",
        quoted(schema),
        timeouts.as_millis()
    )
}

async fn prepare(
    client: &tokio_postgres::Client,
    schema: &str,
    timeouts: Duration,
) -> Result<(), StoreError> {
    Ok(client.batch_execute(&settings(schema, timeouts)).await?)
}

type Connection = tokio_postgres::Connection<
    tokio_postgres::Socket,
    super::protection::ProtectedStream<tokio_postgres::Socket>,
>;

async fn connect(place: &DatabaseAddress) -> Result<(tokio_postgres::Client, Connection), StoreError> {
    let connecting = tokio::time::timeout(CONNECTING, place.config.connect(place.protection.clone()));
    match connecting.await {
        Ok(connected) => connected.map_err(|error| cannot_connect(&error, &place.shown)),
        Err(_) => Err(away(&place.shown)),
    }
}

/// A connection that listens. It works only while it is polled.
struct Listener {
    _client: tokio_postgres::Client,
    connection: Connection,
}

async fn hear(place: &DatabaseAddress) -> Result<Listener, StoreError> {
    let (client, mut connection) = connect(place).await?;
    let listen = format!("listen {}", quoted(&place.schema));
    {
        let mut begun = std::pin::pin!(client.batch_execute(&listen));
        let mut talking = stream::poll_fn(|context| connection.poll_message(context));
        loop {
            tokio::select! {
                biased;
                done = &mut begun => break done?,
                message = talking.next() => match message {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error.into()),
                    None => return Err(away(&place.shown)),
                },
            }
        }
    }
    Ok(Listener { _client: client, connection })
}

/// Hears what other copies keep, forever; what was said while the connection was gone is made up for by one hint.
async fn listen(
    place: Arc<DatabaseAddress>,
    mut listener: Listener,
    own: String,
    hints: broadcast::Sender<()>,
) {
    let mut again = tokio::time::interval(LISTEN_AGAIN);
    again.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let mut messages = stream::poll_fn(|context| listener.connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if matches!(message, AsyncMessage::Notification(hint) if hint.payload() != own) {
                let _ = hints.send(()); // nobody waits: nobody misses it
            }
        }
        listener = loop {
            again.tick().await;
            let heard = tokio::time::timeout(TIMEOUTS, hear(&place)).await;
            if let Ok(Ok(listener)) = heard {
                break listener;
            }
        };
        let _ = hints.send(());
    }
}
