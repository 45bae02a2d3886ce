//! One pass over a run: from its first open change to its last.

use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use hiver::Slot;
use store::{Error, Run};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use triage::model::{ConversationId, RunId};
use triage::outcome::{Outcome, Restart, RunState, UncertainReason, after_restart, backoff};

use super::flight::{Flight, Item, Landed, Then};
use super::new_tags::{self, Made};
use super::{CANCELLED_IN_DOUBT, End, pace};
use crate::Engine;
use crate::link::Link;
use crate::live::Live;
use crate::status::Trouble;

/// Changes that are read ahead from the database.
const WINDOW: u64 = 500;
/// Requests whose answers may be awaited at once.
const FLIGHTS: usize = 64;
/// So many troubled answers in a row make the pass wait before it sends again.
const TROUBLES: u32 = 3;

pub(super) const KEY_REFUSED: &str = "Hiver does not accept the key any more. The run goes on as soon as it accepts one again: an \
                           admin sets another key, or a lead presses Refresh once this one works.";

struct Pass {
    flight: Flight,
    queue: VecDeque<Item>,
    /// The database has changes from here on that are not in the queue; nothing when it has none.
    more_from: Option<i32>,
    /// Conversations with a change of this run on its way or waiting to be sent again: the next one of theirs
    /// waits. All of them are claimed in the engine's [`Busy`](super::Busy) too.
    mine: HashSet<ConversationId>,
    again: Vec<(Instant, Item)>,
    flights: JoinSet<Landed>,
    /// Troubled answers in a row, and until when that makes everything wait.
    troubles: u32,
    quiet_until: Option<Instant>,
    key_refused: bool,
    /// A flight ended without saying how.
    lost: bool,
}

/// Sends the open changes of a run.
pub(super) async fn send(engine: &Engine, link: &Arc<Link>, run: Run) -> Result<End, Error> {
    let halt = CancellationToken::new();
    let id = run.id;
    // From here on a cancel or a pause reaches this pass; one that came before is in the database.
    engine.with_activity(|activity| activity.begin(id, halt.clone()));
    let ended = take_up(engine, link, id, halt).await;
    engine.with_activity(|activity| activity.end(id));
    ended
}

async fn take_up(
    engine: &Engine,
    link: &Arc<Link>,
    id: RunId,
    halt: CancellationToken,
) -> Result<End, Error> {
    if !engine.store().begin_run(id, engine.now()).await? {
        return Ok(End::Over);
    }
    let Some(run) = engine.store().run(id).await? else {
        return Ok(End::Over);
    };
    if run.cancel_requested || run.pause_requested {
        halt.cancel();
    }
    engine.set_storage_trouble(None);
    engine.tell(Live::Run(id));
    let (run, made) = new_tags::make(engine, link, run, &halt).await?;
    let flight = Flight {
        engine: engine.clone(),
        link: Arc::clone(link),
        run: Arc::new(run),
        halt,
    };
    let mut pass = Pass {
        flight,
        queue: VecDeque::new(),
        more_from: Some(0),
        mine: HashSet::new(),
        again: Vec::new(),
        flights: JoinSet::new(),
        troubles: 0,
        quiet_until: None,
        key_refused: made == Made::KeyRefused,
        lost: made == Made::Later,
    };
    let ended = pass.fly().await;
    // Answers under way are known soon, and must be written down like any other.
    pass.land_all().await;
    engine.0.busy.release(&pass.mine);
    if pass.troubles > 0 && !pass.key_refused {
        // Whether Hiver is well again is for the next read to find out.
        engine.refresh();
    }
    ended
}

impl Pass {
    async fn fly(&mut self) -> Result<End, Error> {
        let mut slot: Option<Pin<Box<dyn Future<Output = Slot> + Send>>> = None;
        let mut released = self.flight.engine.0.busy.follow();
        loop {
            if self.must_end() {
                drop(slot);
                self.land_all().await;
                return self.leave().await;
            }
            self.wake();
            self.refill().await?;
            released.borrow_and_update();
            let ready = self.ready();
            if ready.is_none() && self.is_over() {
                if self.finish().await? {
                    return Ok(End::Over);
                }
                continue;
            }
            if ready.is_none() {
                slot = None;
            } else if slot.is_none() {
                let hiver = self.flight.link.hiver.clone();
                let lane = pace(self.flight.run.lane);
                slot = Some(Box::pin(async move { hiver.slot(lane).await }));
            }
            let wake = self.next_wake();
            tokio::select! {
                biased;
                () = self.flight.link.stop.cancelled() => {}
                () = self.flight.halt.cancelled() => {}
                Some(landed) = self.flights.join_next() => self.land(landed),
                () = until(wake) => {}
                _ = released.changed(), if ready.is_none() => {}
                taken = granted(&mut slot) => {
                    slot = None;
                    if let Some(position) = ready {
                        self.take_off(position, taken).await?;
                    }
                }
            }
        }
    }

    fn must_end(&self) -> bool {
        self.flight.halt.is_cancelled()
            || self.flight.link.stop.is_cancelled()
            || self.key_refused
            || self.lost
    }

    /// Whether nothing is left: not here, not in the air, not in the database.
    fn is_over(&self) -> bool {
        self.queue.is_empty()
            && self.flights.is_empty()
            && self.again.is_empty()
            && self.more_from.is_none()
    }

    /// Puts changes whose pause is over back to the front.
    fn wake(&mut self) {
        let now = Instant::now();
        if self.quiet_until.is_some_and(|until| until <= now) {
            self.quiet_until = None;
        }
        let (due, later): (Vec<_>, Vec<_>) = self.again.drain(..).partition(|(at, _)| *at <= now);
        self.again = later;
        for (_, item) in due.into_iter().rev() {
            self.let_go(&item.row.conversation);
            self.queue.push_front(item);
        }
    }

    fn let_go(&mut self, conversation: &ConversationId) {
        self.mine.remove(conversation);
        self.flight.engine.0.busy.release([conversation]);
    }

    fn next_wake(&self) -> Option<Instant> {
        self.again
            .iter()
            .map(|(at, _)| *at)
            .chain(self.quiet_until)
            .min()
    }

    /// Reads ahead. What an earlier process left as `sending` is looked after here.
    async fn refill(&mut self) -> Result<(), Error> {
        let Some(from) = self.more_from else {
            return Ok(());
        };
        if self.queue.len() > WINDOW as usize / 2 {
            return Ok(());
        }
        let rows = self
            .flight
            .engine
            .store()
            .open_changes(self.flight.run.id, from, WINDOW)
            .await?;
        self.more_from = rows
            .last()
            .filter(|_| rows.len() as u64 == WINDOW)
            .map(|row| row.seq.saturating_add(1));
        for row in rows {
            let unknown_since = (row.outcome == Outcome::Sending).then(|| row.sent_at.unwrap_or(0));
            let left_over = Item { row, unknown_since };
            if unknown_since.is_some() && !left_over.row.change.is_set_operation() {
                let reason = UncertainReason::Interrupted.to_string();
                self.flight
                    .write(&left_over, Outcome::Uncertain, Some(reason), None)
                    .await?;
                continue;
            }
            self.queue.push_back(left_over);
        }
        Ok(())
    }

    /// The first change that may go now.
    fn ready(&self) -> Option<usize> {
        if self.flights.len() >= FLIGHTS || self.quiet_until.is_some() {
            return None;
        }
        // While Hiver has trouble, one change at a time finds out whether it is over.
        if self.troubles >= TROUBLES && !self.flights.is_empty() {
            return None;
        }
        // A later change of a conversation must not overtake an earlier one that waits for another run.
        let mut passed = HashSet::new();
        self.queue.iter().position(|item| {
            let conversation = &item.row.conversation;
            !passed.contains(conversation)
                && (!self.flight.engine.0.busy.has(conversation) || !passed.insert(conversation))
        })
    }

    /// Writes the intent and sends, in this slot.
    async fn take_off(&mut self, position: usize, slot: Slot) -> Result<(), Error> {
        let Some(mut item) = self.queue.remove(position) else {
            return Ok(());
        };
        let conversation = item.row.conversation.clone();
        if !self.flight.engine.0.busy.claim(&conversation) {
            // Another run was faster.
            self.queue.insert(position, item);
            return Ok(());
        }
        let spoilt = self.flight.spoilt(&item).await;
        if !matches!(spoilt, Ok(None)) {
            self.flight.engine.0.busy.release([&conversation]);
        }
        if let Some(reason) = spoilt? {
            drop(slot);
            let reason = Some(reason.to_string());
            return self
                .flight
                .write(&item, Outcome::Failed, reason, None)
                .await;
        }
        self.mine.insert(conversation);
        let now = self.flight.engine.now();
        let read_first = item.unknown_since.is_some_and(|since| {
            after_restart(item.row.change.kind(), now - since) == Restart::ReadFirst
        });
        if !read_first {
            item.row.attempts += 1;
            item.row.sent_at = item.unknown_since.or(Some(now));
            self.flight.write_intent(&mut item).await?;
        }
        let flight = self.flight.clone();
        if read_first {
            drop(slot);
            self.flights.spawn(flight.read(item));
        } else {
            self.flights.spawn(flight.send(item, slot));
        }
        Ok(())
    }

    fn land(&mut self, landed: Result<Landed, tokio::task::JoinError>) {
        let Landed {
            item,
            then,
            trouble,
        } = match landed {
            Ok(landed) => landed,
            Err(error) => {
                // The change stays `sending` on disk: the next pass looks after it like after a crash.
                tracing::error!(%error, "a flight was lost");
                self.lost = true;
                return;
            }
        };
        let now = Instant::now();
        match then {
            Then::Final => {
                self.let_go(&item.row.conversation);
                if trouble.is_none() {
                    self.untroubled();
                }
            }
            Then::Again(pause) => self.again.push((now + pause, item)),
            Then::Held | Then::Unreachable => self.again.push((now, item)),
            Then::KeyRefused => self.key_refused = true,
        }
        if let Some(trouble) = trouble {
            self.troubled(then, trouble);
        }
    }

    fn troubled(&mut self, then: Then, trouble: Trouble) {
        let engine = &self.flight.engine;
        if then == Then::KeyRefused {
            engine.set_trouble(Some(trouble));
            return;
        }
        // What lands while everything waits had left before: it is the same trouble.
        if self.quiet_until.is_none() {
            self.troubles += 1;
            if self.troubles >= TROUBLES {
                let pause = backoff(self.troubles - TROUBLES + 1, rand::random());
                self.quiet_until = Some(Instant::now() + engine.patience().of(pause));
            }
        }
        if (then == Then::Unreachable || self.troubles >= TROUBLES) && !self.key_refused {
            engine.set_trouble(Some(trouble));
        }
    }

    fn untroubled(&mut self) {
        if self.troubles > 0 && !self.key_refused {
            self.flight.engine.set_trouble(None);
        }
        self.troubles = 0;
    }

    async fn land_all(&mut self) {
        while let Some(landed) = self.flights.join_next().await {
            self.land(landed);
        }
    }

    /// Nothing is on its way any more, but something may be left.
    async fn leave(&mut self) -> Result<End, Error> {
        let Flight { engine, run, .. } = &self.flight;
        let store = engine.store();
        if self.flight.halt.is_cancelled() {
            return self.halted().await;
        }
        let (state, reason) = if self.key_refused {
            (RunState::Paused, Some(KEY_REFUSED))
        } else {
            (RunState::Waiting, None)
        };
        store
            .set_run_state(run.id, state, reason.map(str::to_owned), engine.now())
            .await?;
        // What a person asked for before this state was written has found the run still running.
        if self.flight.halt.is_cancelled() {
            store
                .cancel_idle_run(run.id, CANCELLED_IN_DOUBT, engine.now())
                .await?;
            store.pause_idle_run(run.id).await?;
        }
        if self.key_refused {
            tracing::warn!(run = %run.id, "run paused: the key was refused");
            return Ok(End::KeyRefused);
        }
        Ok(if self.lost { End::Lost } else { End::Stopped })
    }

    /// A person has asked the run to stop or to pause.
    async fn halted(&self) -> Result<End, Error> {
        let Flight { engine, run, .. } = &self.flight;
        let store = engine.store();
        store
            .set_run_state(run.id, RunState::Waiting, None, engine.now())
            .await?;
        if store
            .cancel_idle_run(run.id, CANCELLED_IN_DOUBT, engine.now())
            .await?
        {
            tracing::info!(run = %run.id, "run cancelled");
        } else if store.pause_idle_run(run.id).await? {
            tracing::info!(run = %run.id, "run paused");
        }
        // Where it was resumed in the meantime it simply waits for its turn.
        Ok(End::Over)
    }

    /// Ends the run; `false` when a person has just given it more to do.
    async fn finish(&mut self) -> Result<bool, Error> {
        let Flight { engine, run, .. } = &self.flight;
        let over = engine.store().finish_run(run.id, engine.now()).await?;
        if over {
            tracing::info!(run = %run.id, "run finished");
        } else {
            self.more_from = Some(0);
        }
        Ok(over)
    }
}

async fn granted(slot: &mut Option<Pin<Box<dyn Future<Output = Slot> + Send>>>) -> Slot {
    match slot {
        Some(slot) => slot.await,
        None => std::future::pending().await,
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
