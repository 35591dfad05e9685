//! Connections to the database: a pool that recovers on its own, and one connection that listens.

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

/// Connections of one instance: enough for four notifiers, and far below PostgreSQL's default limit of 100.
const CONNECTIONS: usize = 16;

/// A connection that takes longer means that the database is away.
const CONNECTING: Duration = Duration::from_millis(1_200);

/// A method that takes longer means that the database is away: Discord requires an answer within 3 s.
pub(super) const TIMEOUTS: Duration = Duration::from_millis(2_500);

/// The database cancels a statement that takes longer, and says why.
const STATEMENT: Duration = Duration::from_millis(2_200);

/// The limit for long work that no command waits for: migrations and imports.
const LONG: Duration = Duration::from_secs(600);

/// The delay before a listener that lost its connection reconnects.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// The connections of one instance.
pub(super) struct DatabasePool {
    address: Arc<DatabaseAddress>,
    pool: Pool,
    /// Distinguishes this instance from others in notifications.
    own: String,
    hints: broadcast::Sender<()>,
    listening: tokio::task::AbortHandle,
}

impl Drop for DatabasePool {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// A borrowed connection. It is returned to the pool only if the method finished: an aborted one may still receive an
/// answer that nobody waits for.
pub(super) struct Conn(Option<Object>);

impl Conn {
    pub(super) fn client(&mut self) -> Result<&mut Object, StoreError> {
        self.0.as_mut().ok_or_else(|| StoreError::Away("the connection was already returned".to_owned()))
    }

    pub(super) async fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(self.client()?.transaction().await?)
    }

    /// Begins a transaction that sees everything as of one instant and changes nothing.
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
    /// Connects, migrates the tables, and starts to listen.
    pub(super) async fn open(address: DatabaseAddress) -> Result<Self, StoreError> {
        let address = Arc::new(address);
        let migrated = tokio::time::timeout(LONG, async {
            let (mut client, connection) = connect(&address).await?;
            let talking = tokio::spawn(connection);
            prepare(&client, &address.schema, LONG).await?;
            let migrated = migrate(&mut client, &address.schema).await;
            talking.abort();
            migrated
        });
        migrated.await.unwrap_or_else(|_| Err(away(&address.shown)))?;

        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(address.config.clone(), address.protection.clone(), manager);
        let schema = address.schema.clone();
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
            .map_err(|error| {
                StoreError::Address(format!("the connection pool cannot be created: {error}"))
            })?;
        let mut name = [0; 8];
        getrandom::fill(&mut name)
            .map_err(|error| StoreError::Away(format!("no randomness from the system: {error}")))?;
        let own = data_encoding::HEXLOWER.encode(&name);
        let hints = broadcast::Sender::new(16);
        let listener = connect_listener(&address).await?;
        let listening = tokio::spawn(listen(Arc::clone(&address), listener, own.clone(), hints.clone()));
        let listening = listening.abort_handle();
        Ok(Self { address, pool, own, hints, listening })
    }

    pub(super) async fn line(&self) -> Result<Conn, StoreError> {
        match self.pool.get().await {
            Ok(object) => Ok(Conn(Some(object))),
            Err(PoolError::Backend(error)) => Err(cannot_connect(&error, &self.address.shown)),
            Err(_) => Err(away(&self.address.shown)),
        }
    }

    /// Runs a method, or returns `StoreError::Away` after [`TIMEOUTS`].
    pub(super) async fn in_time<T>(
        &self,
        verb: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        tokio::time::timeout(TIMEOUTS, verb).await.unwrap_or_else(|_| Err(away(&self.address.shown)))
    }

    /// Raises a transaction's timeouts for work that nobody waits for.
    pub(super) async fn unhurried(on: &impl GenericClient) -> Result<(), StoreError> {
        let long = LONG.as_millis();
        let timeouts = format!(
            "set local statement_timeout = {long}; set local idle_in_transaction_session_timeout = {long}"
        );
        Ok(on.batch_execute(&timeouts).await?)
    }

    /// Notifies the other instances of a change when the transaction commits.
    pub(super) async fn hint(&self, on: &impl GenericClient) -> Result<(), StoreError> {
        let notify = on.prepare_cached("select pg_notify($1, $2)").await?;
        on.execute(&notify, &[&self.address.schema, &self.own]).await?;
        Ok(())
    }

    /// Waits for a notification from another instance.
    pub(super) async fn hinted(&self) {
        // A missed notification counts too: it also says that something changed. The sender lives as long as the pool.
        let _ = self.hints.subscribe().recv().await;
    }
}

fn away(address: &str) -> StoreError {
    StoreError::Away(format!("the database at {address} does not answer: it is away, overloaded or cut off"))
}

/// Milliseconds after which the database ends a transaction whose instance was paused and still locks rows, perhaps the
/// lease. It is twice what a connection with two seconds of latency needs between two statements.
const PAUSED: u32 = 4_000;

/// Returns the settings of a connection. They are set by a statement and not in the start packet, which poolers refuse.
///
/// A connection that was cut off silently is freed after a minute. Otherwise the 16 connections of each cut would soon
/// use up all that the database has.
///
/// Every statement of ours is meant to use an index. The planner is told so because it relies on statistics that are
/// refreshed only now and then, while our tables grow from nothing to 100,000 rows within seconds. Without this setting
/// it scanned all rows for each claim (measured: 400 ms for what takes 0.1 ms).
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

async fn connect(address: &DatabaseAddress) -> Result<(tokio_postgres::Client, Connection), StoreError> {
    let connecting = tokio::time::timeout(CONNECTING, address.config.connect(address.protection.clone()));
    match connecting.await {
        Ok(connected) => connected.map_err(|error| cannot_connect(&error, &address.shown)),
        Err(_) => Err(away(&address.shown)),
    }
}

/// A connection that listens. It makes progress only while it is polled.
struct Listener {
    _client: tokio_postgres::Client,
    connection: Connection,
}

async fn connect_listener(address: &DatabaseAddress) -> Result<Listener, StoreError> {
    let (client, mut connection) = connect(address).await?;
    let listen = format!("listen {}", quoted(&address.schema));
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
                    None => return Err(away(&address.shown)),
                },
            }
        }
    }
    Ok(Listener { _client: client, connection })
}

/// Listens for changes by other instances, forever. After a reconnect it sends one notification, to make up for those
/// that were missed.
async fn listen(
    address: Arc<DatabaseAddress>,
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
                let _ = hints.send(()); // without a receiver nobody misses it
            }
        }
        listener = loop {
            again.tick().await;
            let connected = tokio::time::timeout(TIMEOUTS, connect_listener(&address)).await;
            if let Ok(Ok(listener)) = connected {
                break listener;
            }
        };
        let _ = hints.send(());
    }
}
