//! Somebody who is signed in at a server that runs.

use serde_json::Value;

use crate::support::{LONG, Serving};

/// A session in a browser without cookies of its own.
pub struct Session {
    http: reqwest::Client,
    url: String,
    cookie: String,
}

impl Session {
    pub async fn sign_in(serving: &Serving, (name, password): &(String, String)) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(LONG)
            .build()
            .unwrap();
        let request = http.post(format!("{}/login", serving.url));
        let form = format!("name={name}&password={password}");
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let answer = request.send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["location"]),
            (303, &"/".parse().unwrap())
        );
        let cookie = answer.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        Self {
            http,
            url: serving.url.clone(),
            cookie,
        }
    }

    pub async fn open(&self, path: &str) -> reqwest::Response {
        let request = self
            .http
            .get(format!("{}{path}", self.url))
            .header("cookie", &self.cookie);
        request.send().await.unwrap().error_for_status().unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        serde_json::from_slice(&self.open(path).await.bytes().await.unwrap()).unwrap()
    }

    pub async fn post(&self, path: &str, form: String) -> reqwest::Response {
        let request = self
            .http
            .post(format!("{}{path}", self.url))
            .header("cookie", &self.cookie);
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        request.send().await.unwrap().error_for_status().unwrap()
    }

    /// Follows the live stream until `enough`, which is asked again at each event.
    pub async fn follow(&self, path: &str, enough: impl AsyncFn(&str) -> bool) {
        let mut stream = self.open(path).await;
        let following = async {
            let mut told = String::new();
            while !enough(&told).await {
                let chunk = stream.chunk().await.unwrap().expect("the stream goes on");
                told.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        tokio::time::timeout(LONG, following)
            .await
            .expect("what is waited for happens");
    }
}
