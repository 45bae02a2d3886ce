//! Browsers: cookies, forms, and what is answered.

use std::collections::BTreeMap;
use std::sync::Mutex;

use http::{HeaderMap, Method};
use reqwest::RequestBuilder;

use super::support::LONG;

pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// An answer, read to its end.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(super) async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
        Self {
            status,
            headers,
            body,
        }
    }

    /// A header's value; empty where there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// Keeps cookies, follows no redirect.
pub(super) struct Browser {
    http: reqwest::Client,
    base: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    pub(super) fn at(base: String) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(LONG)
            .build()
            .unwrap();
        Self {
            http,
            base,
            cookies: Mutex::default(),
        }
    }

    pub(super) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// As they are sent.
    pub(super) fn cookies(&self) -> String {
        let cookies = self.cookies.lock().unwrap();
        let cookies: Vec<String> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        cookies.join("; ")
    }

    pub(super) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies
            .lock()
            .unwrap()
            .insert(name.to_owned(), value.to_owned());
    }

    /// A request to be sent with [`send`](Self::send).
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// Sends without reading the answer's body.
    pub(super) async fn open(&self, request: RequestBuilder) -> reqwest::Response {
        let cookies = self.cookies();
        let request = if cookies.is_empty() {
            request
        } else {
            request.header("cookie", cookies)
        };
        let response = request.send().await.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if cookie.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    pub(super) async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::read(self.open(request).await).await
    }

    /// As following a link, or as scripts do it where a server function is asked.
    pub(super) async fn get(&self, path: &str) -> Answer {
        let accept = if path.starts_with("/api/") {
            "application/json"
        } else {
            "text/html"
        };
        self.send(self.request(Method::GET, path).header("accept", accept))
            .await
    }

    /// As a form without scripts, on the page `from`.
    pub(super) async fn submit(&self, path: &str, from: &str, form: &[(&str, &str)]) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header("accept", "text/html,*/*")
            .header("referer", format!("{}{from}", self.base))
            .header("content-type", FORM)
            .body(encode(form));
        self.send(request).await
    }

    /// As scripts do it.
    pub(super) async fn call(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header("accept", "application/json")
            .header("content-type", FORM)
            .body(encode(form));
        self.send(request).await
    }

    pub(super) async fn sign_in(&self, name: &str, password: &str) -> Answer {
        self.submit(
            "/login",
            "/login",
            &[("name", name), ("password", password)],
        )
        .await
    }
}

pub(super) fn encode(form: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish()
}
