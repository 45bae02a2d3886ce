//! The connection in use: which account, with which key.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use hiver::{Allowance, Hiver, Lane, Meter, Settings};
use secrecy::{ExposeSecret, SecretString};
use store::{Connection, SecretKey, Store};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use triage::model::Mailbox;

use crate::budget::keep_holds;
use crate::day::{Day, Forecast};
use crate::executor::Activity;
use crate::live::Live;
use crate::mirror::MirrorState;
use crate::status::Trouble;
use crate::sync::settings_of;
use crate::{Clock, Config, Engine, StartError, words};

/// Where the key in use comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySource {
    /// There is none.
    Missing,
    /// The environment.
    Environment,
    /// The database, sealed.
    Stored,
    /// The demo.
    Demo,
}

/// A client for one account with one key. Another key or account is another link.
pub(crate) struct Link {
    pub(crate) connection: Connection,
    pub(crate) hiver: Hiver,
    pub(crate) source: KeySource,
    pub(crate) key_hint: Option<String>,
    day: Arc<Mutex<Day>>,
    /// Whether Hiver has shown the mailboxes that this connection's mirror knows. Nothing is sent before: the
    /// key may be of another account.
    pub(crate) verified: watch::Sender<bool>,
    /// The link was replaced.
    pub(crate) stop: CancellationToken,
    /// What sweeps and events have used of the share of the day that is theirs.
    swept: Mutex<Day>,
    tags_read_at: AtomicI64,
    key: SecretString,
}

/// Whose mailboxes Hiver showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Adopted {
    /// Those of the link's account.
    Here,
    /// Those of another account, or the link was replaced: it is over.
    Elsewhere,
    /// None, though the mirror knows some: nothing says which account this is.
    NothingToSee,
}

/// What was sent with a key before its link is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing by this process.
    Nothing,
    /// At least the check of the key, just now.
    Requests,
}

/// What became of checking a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckedKey {
    /// Hiver accepted it and showed these mailboxes.
    Accepted(Vec<String>),
    /// It did not, or could not be asked.
    Refused(Trouble),
}

impl CheckedKey {
    /// Whether Hiver accepted the key.
    #[must_use]
    pub fn accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }
}

/// Why a key could not be put to use.
#[derive(Debug, thiserror::Error)]
pub enum UseKeyError {
    /// The environment gives a key, and the environment beats what is stored.
    #[error("the key comes from the environment")]
    FromEnvironment,
    /// It could not be stored.
    #[error("the key could not be stored")]
    Store(#[from] store::Error),
    /// It cannot be sent in a header.
    #[error("the key cannot be used")]
    Settings(#[from] hiver::SettingsError),
}

impl Engine {
    /// The connection in use, if there is a key.
    pub(crate) fn link(&self) -> Option<Arc<Link>> {
        self.0.link.borrow().clone()
    }

    /// Works with whatever link is in use, each until it is replaced or `with_link` is done with it, until the engine
    /// stops; `after_link` follows each but the last.
    pub(crate) async fn follow_links<Working>(
        self,
        with_link: impl Fn(Self, Arc<Link>) -> Working,
        after_link: impl Fn(&Self),
    ) where
        Working: Future<Output = ()>,
    {
        let mut links = self.0.link.subscribe();
        while let Some(link) = self.next_link(&mut links).await {
            tokio::select! {
                // The end of the engine is also the end of the link, and must not be taken for a replacement: nothing
                // leaves after it.
                biased;
                () = self.0.stop.cancelled() => return,
                () = link.stop.cancelled() => {}
                () = with_link(self.clone(), Arc::clone(&link)) => {}
            }
            after_link(&self);
        }
    }

    /// The link in use, once there is one; nothing when the engine stops.
    async fn next_link(&self, links: &mut watch::Receiver<Option<Arc<Link>>>) -> Option<Arc<Link>> {
        loop {
            if let Some(link) = links.borrow_and_update().clone() {
                return Some(link);
            }
            tokio::select! {
                () = self.0.stop.cancelled() => return None,
                changed = links.changed() => changed.ok()?,
            }
        }
    }

    /// Whether there is a key.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.0.link.borrow().is_some()
    }

    pub(crate) async fn connect_at_start(&self) -> Result<(), StartError> {
        let config = self.config();
        let connection = self.last_connection().await?;
        let (key, source) = match &config.key {
            Some(key) if config.demo => (Some(key.clone()), KeySource::Demo),
            Some(key) => (Some(key.clone()), KeySource::Environment),
            None => (
                self.store().key(connection.id, &self.secret()).await?,
                KeySource::Stored,
            ),
        };
        if let Some(key) = key {
            self.connect(connection, key, source, Before::Nothing)
                .await?;
        }
        Ok(())
    }

    /// The connection that was last in use at this address; a new one where there was none.
    async fn last_connection(&self) -> Result<Connection, store::Error> {
        let config = self.config();
        match connection_in_use(self.store(), config).await? {
            Some(connection) => Ok(connection),
            None => {
                let dialect = config.dialect.as_str();
                self.store()
                    .connection(dialect, &config.identity, "", self.now())
                    .await
            }
        }
    }

    async fn connect(
        &self,
        connection: Connection,
        key: SecretString,
        source: KeySource,
        before: Before,
    ) -> Result<(), StartError> {
        let sent = self
            .store()
            .minutes_of_day(connection.id, self.now())
            .await?;
        let day = Arc::new(Mutex::new(Day::new(self.config().requests_per_day, sent)));
        let meter = Arc::new(Counter {
            connection: connection.id,
            activity: Arc::clone(&self.0.activity),
            day: Arc::clone(&day),
            clock: self.0.clock.clone(),
        });
        let hiver = Hiver::with_meter(self.settings(key.clone()), meter)?;
        if self.0.mirror.connection() != Some(connection.id) {
            let mirror = MirrorState::read(self.store(), connection.id).await?;
            self.load_acts(connection.id).await?;
            self.0.mirror.replace(mirror);
            let reading = settings_of(self.store(), connection.id).await?;
            self.0.mirror.leave_out(connection.id, &reading.left_out);
            self.0.people.load(self.store(), connection.id).await?;
        }
        self.store()
            .set_setting(&in_use(self.config()), &connection.id)
            .await?;
        let link = Arc::new(Link {
            key_hint: hint(&key),
            connection,
            hiver,
            source,
            day,
            verified: watch::Sender::new(false),
            stop: self.0.stop.child_token(),
            swept: Mutex::default(),
            tags_read_at: AtomicI64::new(i64::MIN),
            key,
        });
        if before == Before::Requests {
            follow_on(self.link().as_deref(), &link).await;
        }
        self.0
            .tasks
            .spawn(keep_holds(self.clone(), Arc::clone(&link)));
        if let Some(old) = self.0.link.send_replace(Some(link)) {
            old.stop.cancel();
        }
        self.set_trouble(None);
        self.tell(Live::Status);
        self.tell(Live::Mirror);
        Ok(())
    }

    fn settings(&self, key: SecretString) -> Settings {
        let config = self.config();
        let defaults = Settings::for_dialect(config.dialect, key);
        Settings {
            base_url: config.base_url.clone(),
            requests_per_second: self.allowed_per_second(),
            backoff: self.patience().of(defaults.backoff),
            ..defaults
        }
    }

    /// Asks Hiver whether it accepts a key, by listing the mailboxes that it opens.
    pub async fn check_key(&self, key: SecretString) -> CheckedKey {
        let hiver = match Hiver::new(self.settings(key)) {
            Ok(hiver) => hiver,
            Err(error) => {
                return CheckedKey::Refused(Trouble {
                    message: format!("{error}."),
                    remedy: "Copy the key again, without spaces or line breaks.".to_owned(),
                    about_key: true,
                });
            }
        };
        // The client of another key has a pacer of its own, but the account may be the same: the request takes its
        // place in the schedule of the connection in use, and is counted there.
        if let Some(link) = self.link() {
            if let Some(held) = words::held(&link.hiver) {
                return CheckedKey::Refused(held);
            }
            link.hiver.slot(Lane::Click).await.depart().await;
        }
        match hiver.on(Lane::Click).mailboxes().page(None).await {
            Ok(page) => CheckedKey::Accepted(page.items.into_iter().map(|one| one.name).collect()),
            Err(error) => {
                tracing::info!(error = %error, "a key was checked and not accepted");
                CheckedKey::Refused(words::trouble(&error))
            }
        }
    }

    /// Asks Hiver whether it accepts the key in use; nothing where there is none.
    pub async fn check_key_in_use(&self) -> Option<CheckedKey> {
        let key = self.link()?.key.clone();
        Some(self.check_key(key).await)
    }

    /// Seals every stored key anew with another secret key, which is the one in use from then on.
    ///
    /// # Errors
    /// When a stored key cannot be opened, or the database fails; the old secret key then stays.
    pub async fn rotate_secret(&self, new: SecretKey) -> Result<(), store::Error> {
        let old = self.secret();
        self.store().reseal_keys(&old, &new).await?;
        let mut secret = self
            .0
            .secret
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *secret = Arc::new(new);
        drop(secret);
        tracing::info!("the stored keys are sealed with a new secret key");
        Ok(())
    }

    /// Stores a key, sealed, and uses it from now on. Runs that waited for a key go on.
    ///
    /// # Errors
    /// When the key comes from the environment, cannot be stored, or cannot be used.
    pub async fn use_key(&self, key: SecretString) -> Result<(), UseKeyError> {
        let config = self.config();
        if config.key.is_some() {
            return Err(UseKeyError::FromEnvironment);
        }
        // A stored key that no request can carry would keep the console from starting.
        Hiver::new(self.settings(key.clone()))?;
        let connection = match self.link() {
            Some(link) => link.connection.clone(),
            None => self.last_connection().await?,
        };
        self.store()
            .set_key(connection.id, &key, &self.secret())
            .await?;
        tracing::info!("a new Hiver key was stored");
        match self
            .connect(connection, key, KeySource::Stored, Before::Requests)
            .await
        {
            Ok(()) => Ok(()),
            Err(StartError::Store(error)) => Err(error.into()),
            Err(StartError::Settings(error)) => Err(error.into()),
        }
    }

    /// Compares the mailboxes that Hiver just listed with those of the mirror. If none is known, the key is of
    /// another account: its own mirror is taken up, and the link is over.
    pub(crate) async fn adopt(
        &self,
        link: &Arc<Link>,
        listed: &[Mailbox],
    ) -> Result<Adopted, store::Error> {
        let known: Vec<Mailbox> = {
            let mirror = self.mirror().read();
            if mirror.connection() != Some(link.connection.id) {
                return Ok(Adopted::Elsewhere);
            }
            let listed = mirror.directory.mailboxes.iter();
            listed.chain(&mirror.left_out).cloned().collect()
        };
        let meets = |known: &[Mailbox]| {
            known
                .iter()
                .any(|one| listed.iter().any(|new| new.id == one.id))
        };
        if listed.is_empty() && !known.is_empty() {
            return Ok(Adopted::NothingToSee);
        }
        let own = if meets(&known) {
            None
        } else {
            self.account_of(link, listed, known.is_empty()).await?
        };
        let Some(own) = own else {
            link.verified.send_replace(true);
            self.call_to_work();
            return Ok(Adopted::Here);
        };
        tracing::warn!(
            "the key is of another Hiver account: its own mirror and runs are used from now on"
        );
        if link.source == KeySource::Stored {
            self.store()
                .set_key(own.id, &link.key, &self.secret())
                .await?;
        }
        match self
            .connect(own, link.key.clone(), link.source, Before::Requests)
            .await
        {
            Ok(()) => Ok(Adopted::Elsewhere),
            Err(StartError::Store(error)) => Err(error),
            Err(StartError::Settings(error)) => {
                tracing::error!(%error, "the connection of the other account cannot be set up");
                Ok(Adopted::Elsewhere)
            }
        }
    }

    /// The connection, other than the link's, that knows one of the mailboxes. Where none does it is a new one,
    /// unless the link's own is `blank` and can take them.
    async fn account_of(
        &self,
        link: &Link,
        listed: &[Mailbox],
        blank: bool,
    ) -> Result<Option<Connection>, store::Error> {
        let config = self.config();
        let dialect = config.dialect.as_str();
        for other in self
            .store()
            .connections_at(dialect, &config.identity)
            .await?
        {
            let known = self.store().mailboxes(other.id).await?;
            let meets = known
                .iter()
                .any(|one| listed.iter().any(|new| new.id == one.mailbox.id));
            if other.id != link.connection.id && meets {
                return Ok(Some(other));
            }
        }
        if blank {
            return Ok(None);
        }
        let account = listed.first().map_or("", |mailbox| mailbox.id.as_str());
        self.store()
            .connection(dialect, &config.identity, account, self.now())
            .await
            .map(Some)
    }
}

/// The connection that an engine of this configuration takes up: the one that was last in use at its address, else the
/// newest; nothing where there was none yet.
///
/// # Errors
/// When the database fails.
pub async fn connection_in_use(
    store: &Store,
    config: &Config,
) -> Result<Option<Connection>, store::Error> {
    let mut known = store
        .connections_at(config.dialect.as_str(), &config.identity)
        .await?;
    let in_use: Option<store::ConnectionId> = store.setting(&in_use(config)).await?;
    let position = known.iter().position(|one| Some(one.id) == in_use);
    Ok(match position {
        Some(position) => Some(known.swap_remove(position)),
        None => known.into_iter().next(),
    })
}

/// The name of the setting that says which connection of an address is in use.
fn in_use(config: &Config) -> String {
    format!(
        "connection-in-use:{}:{}",
        config.dialect.as_str(),
        config.identity
    )
}

/// Lets a new link keep its distance from what was sent just before it: the check of its key, and what its
/// predecessor was told to wait for.
async fn follow_on(old: Option<&Link>, new: &Link) {
    let departure = new.hiver.slot(Lane::Click).await.depart().await;
    let Some(old) = old else { return };
    if let Some(held) = old
        .hiver
        .pacer()
        .state()
        .held
        .filter(|held| !held.remaining().is_zero())
    {
        new.hiver
            .pacer()
            .rate_limited(&departure, Some(held.remaining()));
    }
}

/// Counts what leaves; a worker writes the counts down.
struct Counter {
    connection: store::ConnectionId,
    activity: Arc<Mutex<Activity>>,
    day: Arc<Mutex<Day>>,
    clock: Clock,
}

impl Meter for Counter {
    fn departed(&self, lane: Lane, _: SystemTime) {
        let mut activity = self.activity.lock().unwrap_or_else(PoisonError::into_inner);
        activity.count(self.connection, lane, self.clock.now());
        locked(&self.day).count(self.clock.now());
    }

    fn allowance(&self, lane: Lane) -> Allowance {
        match locked(&self.day).wait(lane, self.clock.now()) {
            None => Allowance::Now,
            Some(wait) => Allowance::Until(Instant::now() + wait),
        }
    }
}

fn locked(day: &Mutex<Day>) -> MutexGuard<'_, Day> {
    day.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Link {
    /// When so many requests of a lane will have been sent at a rate.
    pub(crate) fn forecast(
        &self,
        lane: Lane,
        requests: u64,
        per_second: f64,
        now: i64,
    ) -> Forecast {
        locked(&self.day).forecast(lane, requests, per_second, now)
    }

    /// Sweeps may use so many requests in 24 hours from now on; no limit with nothing.
    pub(crate) fn set_share(&self, limit: Option<u32>) {
        locked(&self.swept).set_limit(limit);
    }

    /// How long sweeps have to wait because their share of the day is used up; nothing when they may go on.
    pub(crate) fn sweeps_wait(&self, now: i64) -> Option<Duration> {
        locked(&self.swept).wait(Lane::Click, now)
    }

    /// Counts a request of the share.
    pub(crate) fn count_sweep(&self, now: i64) {
        locked(&self.swept).count(now);
    }

    /// Tags were read.
    pub(crate) fn note_tags(&self, at: i64) {
        self.tags_read_at.store(at, Ordering::Relaxed);
    }

    /// Whether tags were last read before `moment`, or never.
    pub(crate) fn tags_are_older_than(&self, moment: i64) -> bool {
        self.tags_read_at.load(Ordering::Relaxed) < moment
    }

    /// How long reading has to wait because the day's requests are used up; nothing when it may go on.
    pub(crate) fn no_reading_for(&self, now: i64) -> Option<Duration> {
        locked(&self.day).wait(Lane::Sync, now)
    }

    /// How long runs have to wait because the day's requests are used up; nothing when they may go on.
    pub(crate) fn day_is_over(&self, now: i64) -> Option<Duration> {
        locked(&self.day).wait(Lane::Bulk, now)
    }
}

/// The last four characters, which is all of a key that is ever shown; nothing of a short one.
fn hint(key: &SecretString) -> Option<String> {
    let key = key.expose_secret();
    let characters = key.chars().count();
    (characters >= 12).then(|| key.chars().skip(characters - 4).collect())
}
