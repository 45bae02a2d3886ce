//! A Hiver, a folder with a database, and a console between them.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use engine::{Clock, Config, Engine};
use hiver::Dialect;
use hiver_sim::{Options, Running, Simulator};
use store::{NewOperator, Role, SecretKey, Store};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use triage::actions::Actions;
use triage::model::RunId;
use triage::outcome::RunState;
use triage::selection::Selection;

use super::browser::{Answer, Browser, FORM};
use crate::args::{LogFormat, Settings};
use crate::web::{Web, router, service};

/// What the simulated Hiver lets in.
pub(super) const KEY: &str = "key-of-the-test-4f1e";
/// Everybody's password.
pub(super) const PASSWORD: &str = "correct horse battery";
/// Its hash, as cheap as argon2id can be: what is tested is not the hash.
const HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$uxWTSOnvlCJwDdrvGjf7x3xvw771mTCJHUN5gdfCrTw";
const SECRET: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// Nothing here takes this long unless it hangs.
pub(super) const LONG: Duration = Duration::from_secs(40);

/// The operators, from the least role up. Each is called like their role.
pub(super) const ROLES: [Role; 3] = [Role::Viewer, Role::Lead, Role::Admin];

/// A Hiver and a folder, both of which outlive consoles.
pub(super) struct House {
    pub(super) hiver: Running,
    pub(super) folder: TempDir,
}

/// What differs from one console to the next.
#[derive(Default)]
pub(super) struct With {
    /// Starts without a key in its environment.
    pub(super) no_key: bool,
    pub(super) public_url: Option<&'static str>,
}

impl House {
    pub(super) async fn new() -> Self {
        let options = Options {
            key: KEY.to_owned(),
            ..Options::unlimited(60)
        };
        Self {
            hiver: Simulator::spawn(options).await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(super) fn sim(&self) -> &Simulator {
        self.hiver.simulator()
    }

    pub(super) async fn console(&self, with: With) -> Console {
        let database = self.folder.path().join("console.db");
        let store = Store::open(&format!("sqlite://{}?mode=rwc", database.display()))
            .await
            .unwrap();
        for role in ROLES {
            let new = operator(role.as_str(), role);
            store.add_operator(new).await.unwrap();
        }
        let config = Config {
            dialect: Dialect::Tutorial,
            base_url: self.hiver.base_url(),
            identity: "the simulator".to_owned(),
            key: (!with.no_key).then(|| KEY.to_owned().into()),
            demo: false,
            requests_per_second: Some(900.0),
            requests_per_day: None,
            conversation_url: None,
            duties: engine::Duties::All,
        };
        let secret = SecretKey::from_hex(SECRET).unwrap();
        let engine = Engine::start(store.clone(), secret, Clock::system(), config)
            .await
            .unwrap();
        let settings = Settings {
            public_url: with.public_url.map(str::to_owned),
            ..self.settings()
        };
        let stop = CancellationToken::new();
        let web = Web::new(engine.clone(), store.clone(), &settings, stop.clone()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn({
            let (web, stop) = (web.clone(), stop.clone());
            async move {
                axum::serve(listener, service(&web))
                    .with_graceful_shutdown(stop.cancelled_owned())
                    .await
                    .unwrap();
            }
        });
        Console {
            engine,
            store,
            web,
            address,
            stop,
            serving,
        }
    }

    fn settings(&self) -> Settings {
        Settings {
            api_key: None,
            base_url: None,
            dialect: "tutorial".to_owned(),
            requests_per_second: None,
            requests_per_day: None,
            conversation_url: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir: self.folder.path().to_owned(),
            database_url: None,
            public_url: None,
            trusted_proxies: Vec::new(),
            secret_key_file: None,
            log: "off".to_owned(),
            log_format: LogFormat::Text,
        }
    }
}

pub(super) fn operator(name: &str, role: Role) -> NewOperator {
    NewOperator {
        name: name.to_owned(),
        role,
        password_hash: HASH.to_owned(),
        created_at: 0,
    }
}

/// A console that serves.
pub(super) struct Console {
    pub(super) engine: Engine,
    pub(super) store: Store,
    pub(super) web: Web,
    pub(super) address: SocketAddr,
    pub(super) stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Console {
    /// One that has read everything from Hiver once.
    pub(super) async fn synced(house: &House) -> Self {
        let console = house.console(With::default()).await;
        console.until_synced().await;
        console
    }

    pub(super) async fn until_synced(&self) {
        self.eventually("everything is read", async || {
            let status = self.engine.status().await.unwrap();
            status.sync.is_none() && status.mirror_as_of.is_some()
        })
        .await;
    }

    /// Waits until `condition` holds, looking again whenever the engine says that something happened.
    pub(super) async fn eventually(&self, what: &str, condition: impl AsyncFn() -> bool) {
        let mut live = self.engine.listen();
        let waiting = async {
            while !condition().await {
                match live.recv().await {
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => panic!("the engine is gone before: {what}"),
                }
            }
        };
        assert!(
            tokio::time::timeout(LONG, waiting).await.is_ok(),
            "never: {what}"
        );
    }

    /// Stops the server as the process does, and closes the database.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        self.engine.stop(Duration::from_secs(4)).await;
        let ended = tokio::time::timeout(Duration::from_secs(10), self.serving).await;
        ended.expect("the server lets go").unwrap();
        self.store.close().await.unwrap();
    }

    /// Posts a form past the network: a connection breaks where an answer comes before the body is sent.
    pub(super) async fn post_directly(
        &self,
        path: &str,
        browser: &Browser,
        body: Body,
        length: Option<usize>,
    ) -> Answer {
        let mut request = Request::post(path)
            .header("accept", "text/html")
            .header("content-type", FORM)
            .header("cookie", browser.cookies())
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
        if let Some(length) = length {
            request = request.header("content-length", length);
        }
        let response = router(&self.web)
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8_lossy(&body).into_owned();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    pub(super) fn browser(&self) -> Browser {
        Browser::at(format!("http://{}", self.address))
    }

    /// A browser in which somebody is signed in.
    pub(super) async fn signed_in(&self, name: &str) -> Browser {
        let browser = self.browser();
        let answer = browser.sign_in(name, PASSWORD).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/"),
            "{}",
            answer.body
        );
        browser
    }

    /// The ids of some open conversations.
    pub(super) fn conversations(&self, count: usize) -> Vec<String> {
        let found = self
            .engine
            .mirror()
            .matching("status:open", self.engine.now())
            .unwrap();
        found
            .into_iter()
            .take(count)
            .map(|one| one.id.to_string())
            .collect()
    }

    /// A plan that adds a note to as many conversations.
    pub(super) async fn plan(&self, count: usize) -> RunId {
        let ids = self
            .conversations(count)
            .into_iter()
            .map(Into::into)
            .collect();
        let actions = Actions {
            note: Some("from a test".to_owned()),
            ..Actions::default()
        };
        self.engine
            .plan("lead".to_owned(), Selection::Ids(ids), actions)
            .await
            .unwrap()
    }

    pub(super) async fn until_finished(&self, run: RunId) {
        self.eventually("the run is finished", async || {
            self.store.run(run).await.unwrap().unwrap().state == RunState::Finished
        })
        .await;
    }

    /// Everything that a request could have changed, here and at Hiver.
    pub(super) async fn fingerprint(&self, house: &House) -> String {
        let mut runs = Vec::new();
        for id in 1..=40 {
            runs.extend(self.store.run(RunId(id)).await.unwrap());
        }
        let operators: Vec<_> = self
            .store
            .operators()
            .await
            .unwrap()
            .into_iter()
            .map(|one| (format!("{one:?}"), one.password_hash, one.sessions_ended))
            .collect();
        let connections = self
            .store
            .connections_at("tutorial", "the simulator")
            .await
            .unwrap();
        let (deliveries, _) = self.engine.deliveries(None, 100).await.unwrap();
        let made_at = self.engine.webhook_secret().await.unwrap().made_at;
        let rules = self.engine.rule_versions(None, 10).await.unwrap();
        let mut drafts = Vec::new();
        for role in ROLES {
            drafts.extend(self.engine.rule_draft(role.as_str()).await.unwrap());
        }
        let hiver = house.sim().ledger().last;
        let people: Vec<_> = (self.engine.people().into_iter())
            .map(|one| (one.user.id, one.person))
            .collect();
        let zone = self.engine.time_zone();
        format!(
            "{people:?} {zone:?} {rules:#?} {drafts:#?}\n{runs:#?}\n{operators:#?}\n{connections:#?}\n{deliveries:#?} {made_at}\n{hiver} requests"
        )
    }
}
