//! What goes on without a browser: keeping the mirror, planning, sending.
//!
//! One [`Engine`] holds the connection to Hiver, the mirror in memory and the two workers: the one that reads
//! (`sync`) and the one that sends (`executor`). Pages ask the engine; they never wait for Hiver.

mod answers;
mod budget;
mod clock;
mod day;
mod decisions;
mod executor;
mod history;
mod link;
mod live;
mod map;
mod mirror;
mod note_text;
mod patience;
mod planning;
mod query;
mod rules;
mod runs;
mod status;
mod sync;
mod time_zone;
mod webhooks;
mod wishes;
mod words;
mod written;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

pub use budget::{Budget, BudgetHour, LANES};
pub use clock::Clock;
pub use day::Forecast;
pub use history::{FlowDay, Flowed, HISTORY_DAYS, Known, MailboxFlow};
use hiver::Dialect;
pub use link::{CheckedKey, KeySource, UseKeyError, connection_in_use};
pub use live::{Live, Seen, Turned};
pub use mirror::{Mirror, MirrorState};
pub use patience::Patience;
pub use planning::PlanError;
pub use query::{ListNews, Listed, MailboxCounts, Sort, SortKey, UserCounts};
pub use rules::{
    Acts, Away, Backtest, BacktestCounts, BacktestEntry, BacktestError, BacktestId, BacktestList,
    BacktestState, Draft, EndState, Ending, Explained, KeptBacktest, LiveRules, OnDemand,
    OnDemandRule, Person, PersonState, RuleCounts, RuleMatch, RuleMatches, RuleSource, RuleStats,
    RuleTally, SaveRulesError, Shown, Standing, StoredWorld, Trial, WouldDo, rows,
    save_stored_rules,
};
pub use runs::{Preview, RunPage, RunStatus};
use secrecy::SecretString;
pub use status::{Status, SyncProgress, Trouble};
use store::{SecretKey, Store};
pub use sync::{ListReading, MailboxReading, Reading, ReadingSettings, RefreshError};
pub use time_zone::{TimeZoneError, time_zone_names, time_zone_of};
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use triage::model::RunId;
pub use webhooks::IntakeError;
pub use wishes::{Wish, WishAnswer, rules_saved};

use crate::executor::{Activity, Busy};
use crate::history::History;
use crate::link::Link;
use crate::live::Board;
use crate::rules::{People, Rules};
use crate::sync::Wanted;
use crate::time_zone::Zone;
use crate::webhooks::Door;

/// Which Hiver, and how.
#[derive(Debug, Clone)]
pub struct Config {
    /// The contract that the Hiver at `base_url` speaks.
    pub dialect: Dialect,
    /// Where requests go.
    pub base_url: String,
    /// What the connection is called in the database: the address, or a name of its own for the demo, whose
    /// port changes.
    pub identity: String,
    /// The key from the environment; it goes before a stored one.
    pub key: Option<SecretString>,
    /// Whether this is the demo with its own simulator.
    pub demo: bool,
    /// Requests per second; the dialect's default where nothing is said.
    pub requests_per_second: Option<f64>,
    /// Requests in 24 hours; no limit where neither this nor the dialect says one.
    pub requests_per_day: Option<u32>,
    /// Template of a conversation's page in Hiver; `{id}` stands for the conversation's id.
    pub conversation_url: Option<String>,
    /// What this process does by itself.
    pub duties: Duties,
}

/// What an engine does without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Duties {
    /// Everything: it keeps the mirror fresh, sends what is confirmed, and carries out what other processes wish.
    #[default]
    All,
    /// It reads from Hiver when it is asked to, and sends nothing.
    Reading,
    /// It sends only the runs that it is told to, and reads only what they need.
    ChosenRuns,
}

/// The engine; cheap to clone, all clones are one.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    store: Store,
    secret: RwLock<Arc<SecretKey>>,
    /// The runs to be sent, where only chosen ones are.
    chosen: Mutex<HashSet<RunId>>,
    clock: Clock,
    config: Config,
    patience: Patience,
    mirror: Mirror,
    link: watch::Sender<Option<Arc<Link>>>,
    trouble: watch::Sender<Option<Trouble>>,
    /// What is wrong with the database.
    storage: watch::Sender<Option<Trouble>>,
    sync: watch::Sender<Option<SyncProgress>>,
    board: Board,
    /// There may be something to send.
    work: watch::Sender<()>,
    /// Somebody wants the mirror read again, and what of it.
    refresh: Notify,
    wanted: Mutex<Vec<Wanted>>,
    /// What is read, or how often, was set anew.
    schedule_changed: Notify,
    activity: Arc<Mutex<Activity>>,
    busy: Busy,
    door: Door,
    history: History,
    rules: Rules,
    /// When the process began to work, in ms since the epoch.
    started_at: i64,
    people: People,
    zone: Zone,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Loads the mirror and starts the workers. Without a key they wait for one.
    ///
    /// # Errors
    /// When the database fails, the stored key cannot be opened, or the address or key makes no sense.
    pub async fn start(
        store: Store,
        secret: SecretKey,
        clock: Clock,
        config: Config,
    ) -> Result<Self, StartError> {
        Self::start_with(store, secret, clock, config, Patience::default()).await
    }

    /// As [`start`](Self::start), with pauses of one's own after trouble.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_with(
        store: Store,
        secret: SecretKey,
        clock: Clock,
        config: Config,
        patience: Patience,
    ) -> Result<Self, StartError> {
        let zone = Zone::new(time_zone_of(&store).await?);
        let engine = Self(Arc::new(Inner {
            store,
            secret: RwLock::new(Arc::new(secret)),
            chosen: Mutex::default(),
            started_at: clock.now(),
            clock,
            config,
            patience,
            mirror: Mirror::default(),
            link: watch::Sender::new(None),
            trouble: watch::Sender::new(None),
            storage: watch::Sender::new(None),
            sync: watch::Sender::new(None),
            board: Board::default(),
            work: watch::Sender::new(()),
            refresh: Notify::new(),
            wanted: Mutex::default(),
            schedule_changed: Notify::new(),
            activity: Arc::default(),
            busy: Busy::default(),
            door: Door::default(),
            history: History::default(),
            rules: Rules::default(),
            people: People::default(),
            zone,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }));
        engine.0.store.park_runs().await?;
        engine.connect_at_start().await?;
        engine.0.tasks.spawn(sync::work(engine.clone()));
        engine.0.tasks.spawn(executor::work(engine.clone()));
        engine.0.tasks.spawn(wishes::watch(engine.clone()));
        if engine.config().duties == Duties::All {
            webhooks::open(&engine);
            engine.0.tasks.spawn(rules::work(engine.clone()));
        }
        Ok(engine)
    }

    /// Stops sending, waits for the answers that are under way (at most `patience`), and writes them down.
    pub async fn stop(&self, patience: Duration) {
        self.0.stop.cancel();
        self.0.tasks.close();
        if tokio::time::timeout(patience, self.0.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                "stopping with answers still under way; the next start looks after them"
            );
        }
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The mirror of the connected account.
    #[must_use]
    pub fn mirror(&self) -> &Mirror {
        &self.0.mirror
    }

    /// How it was set up.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Now, in milliseconds since 1970 (UTC).
    #[must_use]
    pub fn now(&self) -> i64 {
        self.0.clock.now()
    }

    /// Follows what happens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Live> {
        self.0.board.listen()
    }

    /// How far one has followed who has just looked at everything.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.0.board.latest()
    }

    /// Whether somebody who says to have followed so far has followed this engine, and not another before it.
    #[must_use]
    pub fn knows(&self, seen: Seen) -> bool {
        seen.leads_to(self.seen())
    }

    /// When the mirror changed last, and whenever it does.
    #[must_use]
    pub fn mirror_moves(&self) -> watch::Receiver<Seen> {
        self.0.board.mirror()
    }

    /// When anything of what stands around every page changed last (status, budget, runs), and whenever it does.
    #[must_use]
    pub fn frame_moves(&self) -> watch::Receiver<Seen> {
        self.0.board.frame()
    }

    /// When a run moved last; nothing where it has not since the engine started.
    #[must_use]
    pub fn run_moved(&self, run: RunId) -> Option<Seen> {
        self.0.board.run(run)
    }

    /// Asks the workers to read the mirror again.
    pub fn refresh(&self) {
        self.want(Wanted::by_nobody());
    }

    /// Has the schedule of reading looked at again.
    pub(crate) fn look_at_schedule(&self) {
        self.0.schedule_changed.notify_one();
    }

    /// Requests per second that may be sent.
    #[must_use]
    pub fn allowed_per_second(&self) -> f64 {
        let config = &self.0.config;
        config
            .requests_per_second
            .unwrap_or_else(|| config.dialect.default_requests_per_second())
    }

    /// Sends a run although only chosen ones are sent.
    pub fn choose(&self, run: RunId) {
        self.0
            .chosen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(run);
        self.call_to_work();
    }

    /// Whether a run is to be sent by this process.
    pub(crate) fn is_duty(&self, run: RunId) -> bool {
        match self.config().duties {
            Duties::All => true,
            Duties::Reading => false,
            Duties::ChosenRuns => self
                .0
                .chosen
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .contains(&run),
        }
    }

    /// The key that secrets are sealed with.
    pub(crate) fn secret(&self) -> Arc<SecretKey> {
        Arc::clone(&self.0.secret.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn patience(&self) -> Patience {
        self.0.patience
    }

    pub(crate) fn tell(&self, live: Live) {
        if matches!(live, Live::Mirror | Live::Rules | Live::Delivered) {
            self.wake_rules();
        }
        self.0.board.tell(live);
    }

    pub(crate) fn set_trouble(&self, trouble: Option<Trouble>) {
        let changed = self.0.trouble.send_if_modified(|known| {
            let differs = *known != trouble;
            *known = trouble;
            differs
        });
        if changed {
            self.tell(Live::Status);
        }
    }

    /// Says what is wrong with the database, until it is mended.
    pub(crate) fn set_storage_trouble(&self, trouble: Option<Trouble>) {
        let changed = self.0.storage.send_if_modified(|known| {
            let differs = *known != trouble;
            *known = trouble;
            differs
        });
        if changed {
            self.tell(Live::Status);
        }
    }

    /// Tells everybody at work that there may be something to do.
    pub(crate) fn call_to_work(&self) {
        self.0.work.send_replace(());
    }

    pub(crate) fn with_activity<T>(&self, look: impl FnOnce(&mut Activity) -> T) -> T {
        look(
            &mut self
                .0
                .activity
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

/// Why the engine could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database failed.
    #[error("the database could not be read")]
    Store(#[from] store::Error),
    /// The address or the key makes no sense.
    #[error("the connection to Hiver cannot be set up")]
    Settings(#[from] hiver::SettingsError),
}
