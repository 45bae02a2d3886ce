//! Who waits, whose turn it is, and the state that all of it shares.
//!
//! There is no task behind the pacer: whoever is at the head sleeps to its own instant, and every
//! change calls the one whose turn it then is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::brake::{Brake, Held};
use super::meter::{Allowance, Meter};
use super::rate::{Pace, Rate};
use super::schedule::Schedule;
use super::slot::Slot;
use super::{Lane, PacerSettings};

/// How things stand at the pacer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PacerState {
    /// The rate that must not be exceeded, in requests per second.
    pub allowed_per_second: f64,
    /// The rate in use, in requests per second: lower for a while after a `429`.
    pub current_per_second: f64,
    /// The hold in force.
    pub held: Option<Held>,
    /// How many wait.
    pub waiting: Waiting,
}

/// How many wait on each lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// On [`Lane::Click`].
    pub click: usize,
    /// On [`Lane::Rules`].
    pub rules: usize,
    /// On [`Lane::Event`].
    pub event: usize,
    /// On [`Lane::Bulk`].
    pub bulk: usize,
    /// On [`Lane::Sync`].
    pub sync: usize,
}

impl Waiting {
    fn of(&mut self, lane: Lane) -> &mut usize {
        match lane {
            Lane::Click => &mut self.click,
            Lane::Rules => &mut self.rules,
            Lane::Event => &mut self.event,
            Lane::Bulk => &mut self.bulk,
            Lane::Sync => &mut self.sync,
        }
    }
}

/// The order of turns: by lane, then by arrival.
type Ticket = (Lane, u64);

pub(super) struct Queue {
    lead: Duration,
    meter: Arc<dyn Meter>,
    state: Mutex<State>,
    watch: watch::Sender<PacerState>,
    /// Calls those who sleep in [`Slot::depart`] when their instant may have come nearer.
    departing: Notify,
}

struct State {
    allowed: Rate,
    brake: Brake,
    schedule: Schedule,
    counter: u64,
    waiting: BTreeMap<Ticket, Arc<Notify>>,
    waiting_count: Waiting,
    /// Slots handed out that have not departed, with their planned instants.
    handed_out: BTreeMap<u64, Instant>,
}

/// What a waiter is to do.
pub(super) enum Turn {
    /// It has a slot.
    Granted(Slot),
    /// It is the next one: look again then.
    At(Instant),
    /// Others go first: it will be called.
    Others,
}

/// Whose turn it is, and when to look.
struct Next {
    ticket: Ticket,
    at: Instant,
    /// The instant to plan for, unless the meter lets nobody go.
    planned: Option<Instant>,
}

impl Queue {
    pub(super) fn new(settings: PacerSettings, meter: Arc<dyn Meter>) -> Self {
        let state = State {
            allowed: settings.rate,
            brake: Brake::new(settings.halve_on_429),
            schedule: Schedule::default(),
            counter: 0,
            waiting: BTreeMap::new(),
            waiting_count: Waiting::default(),
            handed_out: BTreeMap::new(),
        };
        Self {
            lead: settings.lead,
            meter,
            watch: watch::Sender::new(state.snapshot(Instant::now())),
            state: Mutex::new(state),
            departing: Notify::new(),
        }
    }

    pub(super) fn set_rate(&self, rate: Rate) {
        let mut state = self.lock();
        state.allowed = rate;
        self.settle(&state, Instant::now());
        self.departing.notify_waiters();
    }

    pub(super) fn recheck(&self) {
        let state = self.lock();
        self.settle(&state, Instant::now());
    }

    pub(super) fn rate_limited(&self, departed: Instant, asked: Option<Duration>) -> Duration {
        let mut state = self.lock();
        let now = Instant::now();
        let wait = state.brake.refused(departed, now, asked);
        self.settle(&state, now);
        wait
    }

    pub(super) fn succeeded(&self, departed: Instant) {
        let mut state = self.lock();
        let now = Instant::now();
        state.brake.succeeded(departed, now);
        self.settle(&state, now);
    }

    pub(super) fn left_late(&self, at: Instant) {
        let mut state = self.lock();
        state.schedule.left_late(at);
        self.settle(&state, Instant::now());
    }

    pub(super) fn state(&self) -> PacerState {
        self.lock().snapshot(Instant::now())
    }

    pub(super) fn watch(&self) -> watch::Receiver<PacerState> {
        self.watch.subscribe()
    }

    pub(super) fn changed(&self) -> Notified<'_> {
        self.departing.notified()
    }

    /// Leaves now, or says when to look again.
    pub(super) fn try_depart(&self, lane: Lane, number: u64) -> Result<Instant, Instant> {
        let mut state = self.lock();
        let now = Instant::now();
        let pace = state.pace(self.lead);
        if let Some(not_before) = state.not_before(pace, now) {
            return Err(not_before);
        }
        state.schedule.departed(pace, now);
        state.handed_out.remove(&number);
        self.settle(&state, now);
        drop(state);
        self.meter.departed(lane, SystemTime::now());
        Ok(now)
    }

    /// A slot is gone; if it had not departed, its place is free again.
    pub(super) fn give_back(&self, number: u64) {
        let mut state = self.lock();
        if state.handed_out.remove(&number).is_some() {
            self.settle(&state, Instant::now());
        }
    }

    fn next(&self, state: &State, now: Instant) -> Option<Next> {
        let mut ask_again: Option<Instant> = None;
        for lane in Lane::ALL {
            let Some((ticket, _)) = state.waiting.range((lane, 0)..=(lane, u64::MAX)).next() else {
                continue;
            };
            match self.meter.allowance(lane) {
                Allowance::Until(then) if then > now => {
                    ask_again = Some(ask_again.map_or(then, |earlier| earlier.min(then)));
                }
                Allowance::Until(_) | Allowance::Now => {
                    let pace = state.pace(self.lead);
                    let planned = state.plan(pace, now);
                    return Some(Next {
                        ticket: *ticket,
                        at: planned.checked_sub(pace.lead).unwrap_or(now),
                        planned: Some(planned),
                    });
                }
            }
        }
        let (ticket, _) = state.waiting.first_key_value()?;
        Some(Next {
            ticket: *ticket,
            at: ask_again.unwrap_or(now),
            planned: None,
        })
    }

    /// After any change: calls whose turn it now is and shows the new state.
    fn settle(&self, state: &State, now: Instant) {
        if let Some(next) = self.next(state, now) {
            state.call(next.ticket);
        }
        let shown = state.snapshot(now);
        self.watch.send_if_modified(|last| {
            let differs = *last != shown;
            *last = shown;
            differs
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half way through a change; a meter that panics leaves the state whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn pace(&self, lead: Duration) -> Pace {
        self.allowed.pace(self.brake.share(), lead)
    }

    /// The instant before which nobody may leave, if it is still to come.
    fn not_before(&self, pace: Pace, now: Instant) -> Option<Instant> {
        let held = self.brake.held(now).map(|held| held.until);
        self.schedule.next(pace).max(held).filter(|at| *at > now)
    }

    /// The instant for the next slot: behind those that were handed out.
    fn plan(&self, pace: Pace, now: Instant) -> Instant {
        let behind = self.handed_out.values().max().map(|at| *at + pace.interval);
        self.not_before(pace, now)
            .max(behind)
            .unwrap_or(now)
            .max(now)
    }

    fn call(&self, ticket: Ticket) {
        if let Some(waiter) = self.waiting.get(&ticket) {
            waiter.notify_one();
        }
    }

    fn leave(&mut self, ticket: Ticket) -> bool {
        let waited = self.waiting.remove(&ticket).is_some();
        if waited {
            *self.waiting_count.of(ticket.0) -= 1;
        }
        waited
    }

    fn snapshot(&self, now: Instant) -> PacerState {
        let allowed = self.allowed.as_per_second();
        PacerState {
            allowed_per_second: allowed,
            current_per_second: allowed * self.brake.share(),
            held: self.brake.held(now),
            waiting: self.waiting_count,
        }
    }
}

/// Somebody in the queue; leaves it when dropped.
pub(super) struct Waiter {
    queue: Arc<Queue>,
    ticket: Ticket,
    call: Arc<Notify>,
}

impl Waiter {
    pub(super) fn join(queue: Arc<Queue>, lane: Lane) -> Self {
        let call = Arc::new(Notify::new());
        let mut state = queue.lock();
        state.counter += 1;
        let ticket = (lane, state.counter);
        state.waiting.insert(ticket, Arc::clone(&call));
        *state.waiting_count.of(lane) += 1;
        queue.settle(&state, Instant::now());
        drop(state);
        Self {
            queue,
            ticket,
            call,
        }
    }

    /// Waits until there is a reason to look again. A call that came before is not lost.
    pub(super) async fn called(&self) {
        self.call.notified().await;
    }

    /// Looks whose turn it is, and takes the slot when it is this one's.
    pub(super) fn turn(&mut self) -> Turn {
        let mut state = self.queue.lock();
        let now = Instant::now();
        let Some(next) = self.queue.next(&state, now) else {
            return Turn::Others;
        };
        if next.ticket != self.ticket {
            state.call(next.ticket);
            return Turn::Others;
        }
        match next.planned {
            Some(planned) if next.at <= now => {
                state.leave(self.ticket);
                state.handed_out.insert(self.ticket.1, planned);
                self.queue.settle(&state, now);
                let queue = Arc::clone(&self.queue);
                Turn::Granted(Slot::new(queue, self.ticket.0, self.ticket.1, planned))
            }
            _ => Turn::At(next.at),
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        if state.leave(self.ticket) {
            self.queue.settle(&state, Instant::now());
        }
    }
}
