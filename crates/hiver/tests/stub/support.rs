//! A server of raw TCP: answers each request with the next of its replies.

#![expect(
    clippy::unwrap_used,
    reason = "test support, but outside of test functions"
)]

use std::net::TcpListener as StdListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hiver::{Hiver, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The key that must never be seen.
pub const KEY: &str = "hvr_topsecret_0123456789";

/// What the stub does with a request, after reading all of it.
#[derive(Clone)]
pub enum Reply {
    /// Sends these bytes. If they are no complete answer, the connection is cut after them.
    Raw(String),
    /// Closes the connection.
    Cut,
    /// Says nothing and keeps the connection open.
    Silence,
    /// A chunked body without an end.
    Endless,
}

impl Reply {
    pub fn raw(text: &str) -> Self {
        Self::Raw(text.to_owned())
    }

    pub fn status(status: u16, body: &str) -> Self {
        Self::with_type(status, "application/json", body)
    }

    pub fn json(body: &str) -> Self {
        Self::status(200, body)
    }

    pub fn html(body: &str) -> Self {
        Self::with_type(200, "text/html", body)
    }

    fn with_type(status: u16, kind: &str, body: &str) -> Self {
        let length = match status {
            204 => String::new(),
            _ => format!("content-length: {}\r\n", body.len()),
        };
        Self::Raw(format!(
            "HTTP/1.1 {status} Status\r\ncontent-type: {kind}\r\n{length}\r\n{body}"
        ))
    }

    fn is_complete(answer: &str) -> bool {
        let Some((head, body)) = answer.split_once("\r\n\r\n") else {
            return false;
        };
        head.lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .is_none_or(|length| length.parse() == Ok(body.len()))
    }
}

#[derive(Default)]
struct Seen {
    replies: Vec<Reply>,
    requests: Vec<String>,
    connections: usize,
}

/// The stub. Requests beyond its replies are counted and cut.
pub struct Stub {
    address: String,
    seen: Arc<Mutex<Seen>>,
}

impl Stub {
    pub async fn answering(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let mut replies: Vec<_> = replies.into_iter().collect();
        replies.reverse();
        let seen = Arc::new(Mutex::new(Seen {
            replies,
            ..Seen::default()
        }));
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { address, seen }
    }

    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// The requests read so far, head and body.
    pub fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().requests.clone()
    }

    pub fn count(&self) -> usize {
        self.seen.lock().unwrap().requests.len()
    }

    pub fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Seen>>) -> Option<()> {
    loop {
        let request = read_request(&mut stream).await?;
        let reply = {
            let mut seen = seen.lock().unwrap();
            seen.requests.push(request);
            seen.replies.pop().unwrap_or(Reply::Cut)
        };
        match reply {
            Reply::Raw(answer) => {
                stream.write_all(answer.as_bytes()).await.ok()?;
                if !Reply::is_complete(&answer) {
                    return None;
                }
            }
            Reply::Cut => return None,
            Reply::Silence => std::future::pending().await,
            Reply::Endless => {
                let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
                stream.write_all(head.as_bytes()).await.ok()?;
                let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000));
                loop {
                    stream.write_all(chunk.as_bytes()).await.ok()?;
                }
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).await.ok()?;
        if read == 0 {
            return None;
        }
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let named = name.eq_ignore_ascii_case("content-length");
            named.then(|| value.trim().parse::<usize>().ok()).flatten()
        });
        if body.len() >= length.unwrap_or(0) {
            return Some(text.into_owned());
        }
    }
}

/// An address where nobody listens.
pub fn closed_port() -> String {
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// An address where somebody answers the first bytes with something that is not TLS, and hangs up.
pub async fn hangs_up() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 1024];
            if stream.read(&mut hello).await.is_ok() {
                stream.write_all(b"pardon?").await.ok();
            }
        }
    });
    address
}

/// Fast settings for an address without path.
pub fn settings(address: &str) -> Settings {
    Settings {
        base_url: format!("{address}/api/v1"),
        requests_per_second: 1000.0,
        backoff: Duration::from_millis(2),
        ..Settings::tutorial(KEY.to_owned().into())
    }
}

pub fn client_with(settings: Settings) -> Hiver {
    Hiver::new(settings).unwrap()
}

pub fn client(stub: &Stub) -> Hiver {
    client_with(settings(&stub.address()))
}
