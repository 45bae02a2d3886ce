//! The handle on a simulator: what its control endpoints can do, from Rust.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use serde::Serialize;
use tokio::sync::watch;

use crate::{
    Access, AccountState, ConversationChange, ConversationState, Error, Faults, Ledger,
    NewConversation, NextFault, Options, Script, WebhookState, WireOptions, account::Account,
    clock::Clock, day::DayLimit, effect, faults::FaultPlan, ledger::LedgerBook, limiter::Limiter,
    options::check_rate, snapshot,
};

/// A Hiver on this machine. Cheap to clone: all clones are the same account.
#[derive(Clone)]
pub struct Simulator {
    shared: Arc<Shared>,
}

struct Shared {
    core: Mutex<Core>,
    clock: Clock,
    /// Changes whenever a request arrives or ends, the hold ends, or serving ends.
    moved: watch::Sender<()>,
}

/// All that changes.
pub(crate) struct Core {
    pub(crate) account: Account,
    pub(crate) wire: WireOptions,
    pub(crate) key: String,
    pub(crate) key_active: bool,
    pub(crate) key_revoked: bool,
    pub(crate) limiter: Limiter,
    pub(crate) day: DayLimit,
    pub(crate) faults: FaultPlan,
    pub(crate) latency: Duration,
    /// How much longer a slow answer takes.
    pub(crate) slow: Duration,
    pub(crate) ledger: LedgerBook,
    pub(crate) script: Script,
    pub(crate) webhooks: WebhookState,
    pub(crate) held: bool,
    /// Requests that arrived and are not answered yet.
    pub(crate) waiting: usize,
    /// Grows when serving ends: requests of an earlier generation are dropped.
    pub(crate) generation: u64,
}

/// Whether the world stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Hold {
    /// Requests arrive, but nothing is carried out and nothing answered.
    pub held: bool,
    /// Requests that arrived and are not answered yet.
    pub waiting: usize,
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator").finish_non_exhaustive()
    }
}

impl Simulator {
    /// Builds the account of `options`, and replays its state file if it has one.
    ///
    /// # Errors
    /// [`Error::Value`] for a rate or key that cannot be, [`Error::Unknown`] for a forbidden mailbox that is not
    /// there, and those of reading the subjects and the state file.
    pub fn new(options: Options) -> Result<Self, Error> {
        options.check()?;
        let clock = Clock::starting_at(options.started_at.unwrap_or_else(SystemTime::now));
        let core = Core {
            account: Account::open(&options, clock.now_ms())?,
            wire: options.wire,
            key: options.key,
            key_active: !options.inactive_key,
            key_revoked: false,
            limiter: Limiter::new(options.rate),
            day: DayLimit::new(options.per_day),
            faults: FaultPlan::new(options.seed, options.faults),
            latency: options.latency,
            slow: options.slow,
            ledger: LedgerBook::new(options.ledger_limit),
            script: Script::default(),
            webhooks: WebhookState::default(),
            held: false,
            waiting: 0,
            generation: 0,
        };
        let core = Mutex::new(core);
        let (moved, _) = watch::channel(());
        Ok(Self {
            shared: Arc::new(Shared { core, clock, moved }),
        })
    }

    /// All requests that the ledger remembers.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.ledger_since(0)
    }

    /// The requests after number `since`.
    #[must_use]
    pub fn ledger_since(&self, since: u64) -> Ledger {
        let core = self.core();
        let from = since.max(core.ledger.cleared());
        let notes = core
            .account
            .world
            .all_notes()
            .filter_map(|(conversation, notes)| {
                let notes = notes.iter().filter(|note| note.request > from);
                let notes: Vec<_> = notes.map(snapshot::note).collect();
                (!notes.is_empty()).then(|| (conversation.id.to_string(), notes))
            });
        Ledger {
            requests: core.ledger.after(since).collect(),
            notes: notes.collect(),
            last: core.ledger.last(),
            forgotten: core.ledger.forgotten(),
        }
    }

    /// Forgets all requests; their numbers go on. Notes stay on their conversations.
    pub fn clear_ledger(&self) {
        self.core().ledger.clear();
    }

    /// The whole account.
    #[must_use]
    pub fn state(&self) -> AccountState {
        snapshot::everything(&self.core().account.world)
    }

    /// The account without its conversations.
    #[must_use]
    pub fn summary(&self) -> AccountState {
        snapshot::summary(&self.core().account.world)
    }

    /// One conversation.
    ///
    /// # Errors
    /// [`Error::Unknown`].
    pub fn conversation(&self, id: &str) -> Result<ConversationState, Error> {
        let core = self.core();
        let world = &core.account.world;
        let position = effect::conversation(world, id)?;
        Ok(snapshot::conversation(world, position))
    }

    /// A conversation comes in.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a mailbox, user or tag; those of writing the state file.
    pub fn create_conversation(&self, new: NewConversation) -> Result<ConversationState, Error> {
        let at_ms = self.now_ms();
        let mut core = self.core();
        let position = core.account.create(new, at_ms)?;
        Ok(snapshot::conversation(&core.account.world, position))
    }

    /// A colleague changes a conversation in Hiver's own screen. Not in the ledger.
    ///
    /// # Errors
    /// [`Error::Unknown`]; those of writing the state file.
    pub fn change_conversation(
        &self,
        id: &str,
        change: ConversationChange,
    ) -> Result<ConversationState, Error> {
        let at_ms = self.now_ms();
        let mut core = self.core();
        let position = core.account.change(id, change, at_ms)?;
        Ok(snapshot::conversation(&core.account.world, position))
    }

    /// What the key may do with the mailbox of this id or name. Not kept in the state file.
    ///
    /// # Errors
    /// [`Error::Unknown`].
    pub fn set_access(&self, mailbox: &str, access: Access) -> Result<(), Error> {
        let mut core = self.core();
        let world = &mut core.account.world;
        let mailbox = effect::mailbox(world, mailbox)?;
        world.mailboxes[usize::from(mailbox)].access = access;
        Ok(())
    }

    /// What goes wrong by chance from now on, instead of what did.
    pub fn set_faults(&self, faults: Faults) {
        self.core().faults.by_chance = faults;
    }

    /// What goes wrong by chance.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.core().faults.by_chance.clone()
    }

    /// The next matching requests get a fault, for certain. Several of these wait in line.
    pub fn fail_next(&self, next: NextFault) {
        self.core().faults.next.push(next);
    }

    /// What is in line and did not happen yet.
    #[must_use]
    pub fn next_faults(&self) -> Vec<NextFault> {
        self.core().faults.next.clone()
    }

    /// Takes back what is in line.
    pub fn clear_next_faults(&self) {
        self.core().faults.next.clear();
    }

    /// How long every answer takes at least, for requests from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.core().latency = latency;
    }

    /// How much longer a [slow](crate::FaultKind::Slow) answer takes, for requests from now on.
    pub fn set_slow(&self, slow: Duration) {
        self.core().slow = slow;
    }

    /// Requests per second and key; none for no limit. What was sent before no longer counts.
    ///
    /// # Errors
    /// [`Error::Value`] for a rate that is not a positive number.
    pub fn set_rate(&self, rate: Option<f64>) -> Result<(), Error> {
        check_rate(rate)?;
        self.core().limiter = Limiter::new(rate);
        Ok(())
    }

    /// How things look on the wire.
    #[must_use]
    pub fn wire(&self) -> WireOptions {
        self.core().wire
    }

    /// How things look on the wire from now on.
    pub fn set_wire(&self, wire: WireOptions) {
        self.core().wire = wire;
    }

    /// Another key is let in from now on, and the old one is not. If that was revoked, this one is not; it may
    /// also be the same one again.
    pub fn set_key(&self, key: &str) {
        let mut core = self.core();
        key.clone_into(&mut core.key);
        core.key_revoked = false;
    }

    /// Switches the key on or off. A revoked key that is switched on is as good as before.
    pub fn set_key_active(&self, active: bool) {
        let mut core = self.core();
        core.key_active = active;
        core.key_revoked &= !active;
    }

    /// Stops the world: from now on requests arrive, but nothing is carried out or answered until [`release`].
    ///
    /// [`release`]: Self::release
    pub fn hold(&self) {
        self.core().held = true;
    }

    /// Lets the world go on: waiting requests are carried out, even those whose client has given up.
    pub fn release(&self) {
        self.core().held = false;
        self.has_moved();
    }

    /// Whether the world stands still, and how many wait for an answer.
    #[must_use]
    pub fn held(&self) -> Hold {
        let core = self.core();
        Hold {
            held: core.held,
            waiting: core.waiting,
        }
    }

    /// Waits until `count` requests are waiting for their answer.
    pub async fn until_waiting(&self, count: usize) {
        self.until(|core| core.waiting >= count).await;
    }

    /// Waits until the request of this number has arrived and none waits for an answer.
    pub async fn until_answered(&self, number: u64) {
        self.until(|core| core.ledger.last() >= number && core.waiting == 0)
            .await;
    }

    pub(crate) async fn until(&self, condition: impl Fn(&Core) -> bool) {
        let mut moved = self.watch();
        while !condition(&self.core()) {
            if moved.changed().await.is_err() {
                return;
            }
        }
    }

    /// The clock that everything goes by.
    pub(crate) fn own_clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Milliseconds since 1970 by the simulator's clock.
    pub(crate) fn now_ms(&self) -> i64 {
        self.shared.clock.now_ms()
    }

    /// All that changes, locked. Never held across an await.
    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        self.shared
            .core
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// To be called before looking at the core, so that nothing is missed in between.
    pub(crate) fn watch(&self) -> watch::Receiver<()> {
        self.shared.moved.subscribe()
    }

    pub(crate) fn has_moved(&self) {
        self.shared.moved.send_replace(());
    }
}
