//! A small HTTP server on loopback that misbehaves on demand.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a request.
pub(crate) enum Reply {
    /// Sends these bytes and keeps the connection open.
    Bytes(Vec<u8>),
    /// Sends these bytes and closes the connection.
    Cut(Vec<u8>),
    /// Sends these bytes and then noise, until the client closes or this many bytes are sent.
    Flood(Vec<u8>, u64),
    /// Sends nothing and keeps the connection open.
    Silence,
}

/// Returns a complete response.
pub(crate) fn answer(status: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    let mut text = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text.push_str("\r\n");
    text.push_str(body);
    Reply::Bytes(text.into_bytes())
}

pub(crate) fn json(status: &str, body: &str) -> Reply {
    answer(status, &[("content-type", "application/json")], body)
}

pub(crate) struct Loopback {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicU64>,
    sent: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

impl Loopback {
    /// Answers each request (head, and body if any) as `reply` says.
    pub(crate) async fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let address = listener.local_addr().expect("an address").to_string();
        let (requests, connections, sent) =
            (Arc::<Mutex<Vec<String>>>::default(), Arc::default(), Arc::default());
        let reply = Arc::new(reply);
        let task = {
            let (requests, connections, sent) =
                (Arc::clone(&requests), Arc::clone(&connections), Arc::clone(&sent));
            tokio::spawn(async move {
                let mut open = tokio::task::JoinSet::new();
                while let Ok((socket, _)) = listener.accept().await {
                    AtomicU64::fetch_add(&connections, 1, Ordering::SeqCst);
                    let (requests, sent, reply) =
                        (Arc::clone(&requests), Arc::clone(&sent), Arc::clone(&reply));
                    open.spawn(async move {
                        // The client may close at any time.
                        let _gone = converse(socket, &requests, &sent, reply.as_ref()).await;
                    });
                }
            })
        };
        Self { address, requests, connections, sent, task }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("requests").clone()
    }

    /// Returns the request lines of all requests.
    pub(crate) fn asked(&self) -> Vec<String> {
        let first = |request: &String| {
            request.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned()
        };
        self.requests().iter().map(first).collect()
    }

    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(
    mut socket: TcpStream,
    requests: &Mutex<Vec<String>>,
    sent: &AtomicU64,
    reply: &(impl Fn(&str) -> Reply + Send + Sync),
) -> std::io::Result<()> {
    loop {
        let mut bytes = Vec::new();
        let request = loop {
            if socket.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head
                    .lines()
                    .find_map(|l| l.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                if body.len() >= length.unwrap_or(0) {
                    break text;
                }
            }
        };
        requests.lock().expect("requests").push(request.clone());
        match reply(&request) {
            Reply::Bytes(bytes) => socket.write_all(&bytes).await?,
            Reply::Cut(bytes) => {
                socket.write_all(&bytes).await?;
                return socket.shutdown().await;
            }
            Reply::Flood(head, most) => {
                socket.write_all(&head).await?;
                let noise = vec![b'x'; 64 * 1024];
                while sent.load(Ordering::SeqCst) < most {
                    socket.write_all(&noise).await?;
                    sent.fetch_add(noise.len() as u64, Ordering::SeqCst);
                }
                return socket.shutdown().await;
            }
            Reply::Silence => std::future::pending().await,
        }
    }
}
