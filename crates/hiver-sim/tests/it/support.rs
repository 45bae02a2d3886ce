//! A client that knows nothing of the simulator's insides.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, Response},
};
use hiver_sim::{Options, Simulator};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tower::ServiceExt;

pub const KEY: &str = "sim-key";

/// Calls a simulator without a network in between.
#[derive(Clone)]
pub struct Client {
    router: Router,
    pub key: String,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The message of a refusal.
    pub fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap().to_owned()
    }

    pub fn retry_after(&self) -> Option<&str> {
        self.headers
            .get("retry-after")
            .map(|value| value.to_str().unwrap())
    }
}

impl Client {
    pub fn new(simulator: &Simulator) -> Self {
        let router = simulator.router();
        let key = KEY.to_owned();
        Self { router, key }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", &format!("/api/v1{path}"), "").await
    }

    pub async fn call(&self, method: &str, path: &str, body: Value) -> Reply {
        self.send(method, &format!("/api/v1{path}"), &body.to_string())
            .await
    }

    pub async fn control(&self, method: &str, path: &str, body: Value) -> Reply {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.send(method, &format!("/_sim{path}"), &body).await
    }

    pub async fn send(&self, method: &str, uri: &str, body: &str) -> Reply {
        let response = self.raw(method, uri, body).await;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub async fn raw(&self, method: &str, uri: &str, body: &str) -> Response<Body> {
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header("Authorization", format!("Bearer {}", self.key))
            .header("Content-Type", "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// All rows of a list, page by page.
    pub async fn all(&self, list: &str, query: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self
                .get(&format!("/{list}?{query}&cursor={cursor}"))
                .await
                .json();
            rows.extend(page[list].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => return rows,
            }
        }
    }
}

pub fn simulator(conversations: usize) -> (Simulator, Client) {
    with(Options::unlimited(conversations))
}

pub fn with(options: Options) -> (Simulator, Client) {
    let simulator = Simulator::new(options).unwrap();
    let client = Client::new(&simulator);
    (simulator, client)
}

/// The ids of some rows.
pub fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

/// The first conversation.
pub fn first_id(simulator: &Simulator) -> String {
    simulator.state().conversations[0].id.clone()
}

/// A request as bytes.
pub fn http(method: &str, path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Sends bytes over a connection of its own and gives all that comes back until it is closed, however it is.
pub async fn exchange(address: std::net::SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    read_to_close(&mut stream).await
}

pub async fn read_to_close(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is one of the ways to be cut off.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}
