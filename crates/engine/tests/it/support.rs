//! A simulator, a database, and an engine between them.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use engine::{Clock, Config, Engine, Patience};
use hiver::Dialect;
use hiver_sim::{AccountState, ConversationState, LedgerEntry, Options, Running, Simulator};
use store::{ChangeRow, SecretKey, Store};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::broadcast::error::RecvError;
use triage::actions::Actions;
use triage::model::{Assignee, Conversation, ConversationId, RunId};
use triage::outcome::{Outcome, RunState};
use triage::selection::Selection;

pub const KEY: &str = "sim-key";
pub const SECRET: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// Nothing in these tests takes this long unless it hangs.
const LONG: Duration = Duration::from_secs(40);

/// A Hiver and a folder with a database, both of which outlive engines.
pub struct House {
    hiver: Option<Running>,
    simulator: Simulator,
    pub address: SocketAddr,
    folder: TempDir,
}

impl House {
    pub async fn new(conversations: usize) -> Self {
        Self::with(Options::unlimited(conversations)).await
    }

    pub async fn with(options: Options) -> Self {
        let hiver = Simulator::spawn(options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (simulator, address) = (hiver.simulator().clone(), hiver.address());
        Self {
            hiver: Some(hiver),
            simulator,
            address,
            folder,
        }
    }

    pub fn sim(&self) -> &Simulator {
        &self.simulator
    }

    /// Hiver cannot be reached any more.
    pub async fn take_down(&mut self) {
        self.hiver.take().unwrap().stop().await.unwrap();
    }

    /// Hiver can be reached again, at the same address.
    pub async fn bring_up(&mut self) {
        self.hiver = Some(self.simulator.clone().start(self.address).await.unwrap());
    }

    /// Another Hiver at the same address.
    pub async fn replace(&mut self, options: Options) {
        self.take_down().await;
        self.simulator = Simulator::new(options).unwrap();
        self.bring_up().await;
    }

    pub fn config(&self) -> Config {
        Config {
            dialect: Dialect::Tutorial,
            base_url: format!("http://{}/api/v1", self.address),
            identity: "the simulator".to_owned(),
            key: Some(KEY.to_owned().into()),
            demo: false,
            requests_per_second: Some(900.0),
            requests_per_day: None,
            conversation_url: None,
            duties: engine::Duties::All,
        }
    }

    pub fn database(&self) -> String {
        format!("sqlite:{}", self.folder.path().join("console.db").display())
    }

    pub async fn store(&self) -> Store {
        Store::open(&self.database()).await.unwrap()
    }

    /// An engine with the usual settings.
    pub async fn engine(&self) -> Engine {
        start(&self.database(), self.config(), Clock::system()).await
    }

    pub async fn engine_with(&self, change: impl FnOnce(&mut Config)) -> Engine {
        let mut config = self.config();
        change(&mut config);
        start(&self.database(), config, Clock::system()).await
    }

    /// An engine that has read everything once.
    pub async fn synced(&self) -> Engine {
        let engine = self.engine().await;
        until_synced(&engine).await;
        self.sim().clear_ledger();
        engine
    }

    /// An engine in a process of its own, as far as a test can have one.
    pub async fn doomed(&self, clock: Clock) -> Doomed {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (database, config) = (self.database(), self.config());
        let engine = runtime
            .spawn(async move { start(&database, config, clock).await })
            .await
            .unwrap();
        until_synced(&engine).await;
        self.sim().clear_ledger();
        Doomed { runtime, engine }
    }

    /// As [`doomed`](Self::doomed), without waiting for anything.
    pub async fn doomed_without_waiting(&self, clock: Clock) -> Doomed {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (database, config) = (self.database(), self.config());
        let starting = runtime.spawn(async move { start(&database, config, clock).await });
        Doomed {
            engine: starting.await.unwrap(),
            runtime,
        }
    }

    /// As [`doomed`](Self::doomed), with the usual pauses after trouble, and without waiting for anything.
    pub async fn doomed_and_patient(&self, clock: Clock) -> Doomed {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (database, config) = (self.database(), self.config());
        let starting = runtime.spawn(async move {
            let store = Store::open(&database).await.unwrap();
            let secret = SecretKey::from_hex(SECRET).unwrap();
            Engine::start(store, secret, clock, config).await.unwrap()
        });
        Doomed {
            engine: starting.await.unwrap(),
            runtime,
        }
    }

    /// The ids of conversations that match a filter, oldest first.
    pub fn ids(engine: &Engine, filter: &str) -> Vec<ConversationId> {
        let found = engine.mirror().matching(filter, engine.now()).unwrap();
        found.into_iter().map(|one| one.id).collect()
    }

    pub fn writes(&self) -> Vec<LedgerEntry> {
        let requests = self.sim().ledger().requests;
        requests
            .into_iter()
            .filter(|request| request.method != "GET")
            .collect()
    }
}

/// An engine that can be killed.
pub struct Doomed {
    runtime: Runtime,
    pub engine: Engine,
}

impl Doomed {
    /// As `kill -9`: nothing of it runs any further, and nothing is tidied up.
    pub fn kill(self) {
        let Self { runtime, engine } = self;
        runtime.shutdown_background();
        drop(engine);
    }
}

pub async fn start(database: &str, config: Config, clock: Clock) -> Engine {
    let store = Store::open(database).await.unwrap();
    let secret = SecretKey::from_hex(SECRET).unwrap();
    Engine::start_with(store, secret, clock, config, Patience::times(0.02))
        .await
        .unwrap()
}

/// Waits until `condition` holds, looking again whenever the engine says that something happened.
pub async fn eventually<F, Fut>(engine: &Engine, what: &str, mut condition: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    let mut live = engine.listen();
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

pub async fn until_synced(engine: &Engine) {
    eventually(engine, "everything is read", || async {
        let status = engine.status().await.unwrap();
        status.sync.is_none() && status.mirror_as_of.is_some()
    })
    .await;
}

/// Reads the mirror again and waits for the end of it.
pub async fn refresh(engine: &Engine) {
    let before = engine.mirror().read().as_of();
    engine.refresh();
    eventually(engine, "the mirror is read again", || async {
        let status = engine.status().await.unwrap();
        status.sync.is_none() && status.mirror_as_of > before
    })
    .await;
}

pub fn ids(ids: &[ConversationId]) -> Selection {
    Selection::Ids(ids.to_vec())
}

pub fn matching(filter: &str) -> Selection {
    Selection::Matching {
        filter: filter.to_owned(),
        except: Vec::new(),
    }
}

pub async fn plan(engine: &Engine, selection: Selection, actions: Actions) -> RunId {
    engine
        .plan("ana".to_owned(), selection, actions)
        .await
        .unwrap()
}

pub async fn run(engine: &Engine, selection: Selection, actions: Actions) -> RunId {
    let id = plan(engine, selection, actions).await;
    assert!(engine.confirm(id).await.unwrap());
    id
}

pub async fn state(engine: &Engine, id: RunId) -> RunState {
    engine.store().run(id).await.unwrap().unwrap().state
}

pub async fn until_state(engine: &Engine, id: RunId, wanted: RunState) {
    eventually(engine, &format!("run {id} is {wanted}"), || async {
        state(engine, id).await == wanted
    })
    .await;
}

/// Runs to the end and gives all changes.
pub async fn finished(engine: &Engine, id: RunId) -> Vec<ChangeRow> {
    until_state(engine, id, RunState::Finished).await;
    changes(engine, id).await
}

pub async fn changes(engine: &Engine, id: RunId) -> Vec<ChangeRow> {
    engine.store().changes(id, &[], 0, 1_000_000).await.unwrap()
}

pub async fn outcomes(engine: &Engine, id: RunId) -> Vec<Outcome> {
    changes(engine, id)
        .await
        .into_iter()
        .map(|change| change.outcome)
        .collect()
}

pub fn user(house: &House, number: usize) -> triage::model::UserId {
    house.sim().summary().users[number].id.as_str().into()
}

pub fn tag(house: &House, name: &str) -> triage::model::TagId {
    let tags = house.sim().summary().tags;
    tags.iter()
        .find(|tag| tag.name == name)
        .unwrap()
        .id
        .as_str()
        .into()
}

pub fn note(text: &str) -> Actions {
    Actions {
        note: Some(text.to_owned()),
        ..Actions::default()
    }
}

/// A conversation as both sides can be compared.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    pub mailbox: Option<String>,
    pub subject: Option<String>,
    pub status: Option<String>,
    pub assignee: Option<String>,
    pub tags: Option<Vec<String>>,
}

pub fn mirrored(engine: &Engine) -> BTreeMap<String, Seen> {
    let mirror = engine.mirror().read();
    mirror
        .rows
        .values()
        .map(|row| (row.conversation.id.to_string(), seen(&row.conversation)))
        .collect()
}

pub fn seen(one: &Conversation) -> Seen {
    Seen {
        mailbox: one.mailbox.as_ref().map(ToString::to_string),
        subject: one.subject.clone(),
        status: one.status.as_ref().map(ToString::to_string),
        assignee: match &one.assignee {
            Assignee::Nobody => None,
            known => Some(
                known
                    .user_id()
                    .map_or("unknown".to_owned(), ToString::to_string),
            ),
        },
        tags: one.tags.as_ref().map(|tags| {
            let mut tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
            tags.sort();
            tags
        }),
    }
}

pub fn real(state: &AccountState) -> BTreeMap<String, Seen> {
    state
        .conversations
        .iter()
        .map(|one| (one.id.clone(), truth(one)))
        .collect()
}

pub fn truth(one: &ConversationState) -> Seen {
    let mut tags = one.tags.clone();
    tags.sort();
    Seen {
        mailbox: Some(one.mailbox_id.clone()),
        subject: one.subject.clone(),
        status: Some(one.status.name().to_owned()),
        assignee: one.assignee.clone(),
        tags: Some(tags),
    }
}

pub fn assert_mirror_is_true(engine: &Engine, house: &House) {
    let (mirrored, real) = (mirrored(engine), real(&house.sim().state()));
    assert_eq!(mirrored.len(), real.len());
    for (id, expected) in real {
        assert_eq!(mirrored.get(&id), Some(&expected), "{id}");
    }
}
