//! A Hiver on this machine, and a place whose console works with it.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use engine::{Clock, Config, Duties, Engine};
use hiver::Dialect;
use hiver_sim::{LedgerEntry, Options, Running, Simulator};
use serde_json::Value;
use store::{SecretKey, Store};
use triage::actions::Actions;
use triage::model::{ConversationId, RunId};
use triage::selection::Selection;

use crate::support::{Done, LONG, Place, Serving, finish, signal};

pub const KEY: &str = "key-of-the-test-4f1e";

pub struct House {
    pub place: Place,
    pub hiver: Running,
}

impl House {
    pub async fn new() -> Self {
        let options = Options {
            key: KEY.to_owned(),
            ..Options::unlimited(60)
        };
        Self {
            place: Place::new(),
            hiver: Simulator::spawn(options).await.unwrap(),
        }
    }

    pub fn sim(&self) -> &Simulator {
        self.hiver.simulator()
    }

    /// A command that is given no key.
    pub fn keyless(&self, arguments: &[&str]) -> Command {
        let mut command = self.place.command(arguments);
        command
            .env("HIVER_BASE_URL", self.hiver.base_url())
            .env("HIVER_REQUESTS_PER_SECOND", "500");
        command
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.keyless(arguments);
        command.env("HIVER_API_KEY", KEY);
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Done {
        to_its_end(self.command(arguments), "").await
    }

    pub async fn json(&self, arguments: &[&str]) -> Value {
        let done = self.run(arguments).await;
        assert_eq!(done.err, "", "{done:?}");
        serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:?}"))
    }

    /// Starts a command that sends at this rate.
    pub fn begin(&self, arguments: &[&str], per_second: &str) -> Begun {
        let mut command = self.command(arguments);
        command.env("HIVER_REQUESTS_PER_SECOND", per_second);
        Begun(Some(command.spawn().unwrap()))
    }

    pub async fn serve(&self, per_second: &str) -> Serving {
        let mut command = self.command(&["serve"]);
        command.env("HIVER_REQUESTS_PER_SECOND", per_second);
        serving(command).await
    }

    pub async fn store(&self) -> Store {
        let folder = self.place.folder.path().join("data");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("console.db");
        Store::open(&format!("sqlite://{}?mode=rwc", path.display()))
            .await
            .unwrap()
    }

    /// Plans `actions` for the first conversations; nobody else may work in the place meanwhile.
    pub async fn plan(&self, conversations: usize, actions: Actions) -> RunId {
        let config = Config {
            dialect: Dialect::Tutorial,
            base_url: self.hiver.base_url(),
            identity: self.hiver.base_url(),
            key: Some(KEY.to_owned().into()),
            demo: false,
            requests_per_second: Some(500.0),
            requests_per_day: None,
            conversation_url: None,
            duties: Duties::Reading,
        };
        let secret = SecretKey::generate().unwrap();
        let engine = Engine::start(self.store().await, secret, Clock::system(), config)
            .await
            .unwrap();
        assert_eq!(engine.refresh_and_wait(None).await, None);
        let run = engine
            .plan("Ana".to_owned(), ids(&self.ids(conversations)), actions)
            .await
            .unwrap();
        engine.stop(LONG).await;
        self.sim().clear_ledger();
        run
    }

    /// Plans adding the first tag to the first conversations that do not have it.
    pub async fn plan_tags(&self, conversations: usize) -> RunId {
        let state = self.sim().state();
        let tag = &state.tags[0].id;
        for one in &state.conversations {
            let without = one.tags.iter().filter(|known| *known != tag).cloned();
            let change = hiver_sim::ConversationChange {
                tags: Some(without.collect()),
                ..hiver_sim::ConversationChange::default()
            };
            self.sim().change_conversation(&one.id, change).unwrap();
        }
        let actions = Actions {
            add_tags: vec![tag.as_str().into()],
            ..Actions::default()
        };
        self.plan(conversations, actions).await
    }

    pub fn ids(&self, conversations: usize) -> Vec<ConversationId> {
        let state = self.sim().state();
        let ids = state.conversations.iter().map(|one| one.id.as_str().into());
        ids.take(conversations).collect()
    }

    /// How many conversations have the first tag.
    pub fn tagged(&self) -> usize {
        let state = self.sim().state();
        let tag = &state.tags[0].id;
        let tagged = state
            .conversations
            .iter()
            .filter(|one| one.tags.contains(tag));
        tagged.count()
    }

    pub fn writes(&self) -> Vec<LedgerEntry> {
        let requests = self.sim().ledger().requests.into_iter();
        requests.filter(|one| one.method != "GET").collect()
    }

    /// Waits until Hiver has answered so many writes.
    pub async fn until_written(&self, writes: usize) {
        eventually("Hiver is written to", async || {
            self.writes().len() >= writes
        })
        .await;
    }
}

fn ids(ids: &[ConversationId]) -> Selection {
    Selection::Ids(ids.to_vec())
}

pub async fn to_its_end(mut command: Command, input: &'static str) -> Done {
    let running = move || finish(command.stdin(Stdio::piped()), input);
    tokio::task::spawn_blocking(running).await.unwrap()
}

pub async fn serving(mut command: Command) -> Serving {
    let starting = move || Serving::start(&mut command);
    tokio::task::spawn_blocking(starting).await.unwrap()
}

/// Looks again and again until it is so.
pub async fn eventually(what: &str, so: impl AsyncFn() -> bool) {
    let looking = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LONG, looking)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"));
}

/// A command that was started.
pub struct Begun(Option<Child>);

impl Begun {
    pub fn signal(&self, name: &str) {
        signal(self.0.as_ref().unwrap().id(), name);
    }

    /// Waits for its end.
    pub async fn end(mut self) -> Done {
        let child = self.0.take().unwrap();
        tokio::task::spawn_blocking(move || ended(child))
            .await
            .unwrap()
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn ended(mut child: Child) -> Done {
    let pid = child.id();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (send, receive) = channel();
    thread::spawn(move || {
        let mut done = Done {
            code: 0,
            out: String::new(),
            err: String::new(),
        };
        out.read_to_string(&mut done.out).unwrap();
        err.read_to_string(&mut done.err).unwrap();
        done.code = child.wait().unwrap().code().unwrap_or(-1);
        send.send(done)
    });
    receive.recv_timeout(LONG).unwrap_or_else(|_| {
        signal(pid, "KILL");
        panic!("the command does not end");
    })
}
