//! One change on its way: waiting for its instant, sending, judging the answer, writing it down.

use std::sync::Arc;
use std::time::Duration;

use hiver::{ErrorKind, Slot};
use store::{Author, ChangeRow, ChangeUpdate, Error, Run, Source};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use triage::actions::{Before, ChangeKind};
use triage::model::Conversation;
use triage::outcome::{
    AfterRead, Answer, FailReason, Next, Outcome, after_answer, after_read, backoff,
};

use super::pace;
use crate::link::Link;
use crate::live::{Live, Turned};
use crate::mirror::Sighting;
use crate::status::Trouble;
use crate::sync::chain;
use crate::{Engine, answers, map, words};

/// A change that is still to be made.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) row: ChangeRow,
    /// It was first sent then, and whether it was made is not known.
    pub(super) unknown_since: Option<i64>,
}

/// A change whose answer has come and is written down.
pub(super) struct Landed {
    pub(super) item: Item,
    pub(super) then: Then,
    /// What was wrong with Hiver or the way there.
    pub(super) trouble: Option<Trouble>,
}

/// What follows for a change that has landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// It has a final outcome.
    Final,
    /// It waits again, at least so long; whether it was made is not known.
    Again(Duration),
    /// It waits again; nothing speaks against sending it at once.
    Held,
    /// It waits again; Hiver could not be reached, and everything waits.
    Unreachable,
    /// It waits again; the key was refused.
    KeyRefused,
}

/// What a flight needs to know; cheap to clone.
#[derive(Clone)]
pub(super) struct Flight {
    pub(super) engine: Engine,
    pub(super) link: Arc<Link>,
    pub(super) run: Arc<Run>,
    /// The run was asked to stop or to pause.
    pub(super) halt: CancellationToken,
}

impl Flight {
    /// Sends a change whose intent is on disk, and writes down what became of it.
    pub(super) async fn send(self, mut item: Item, slot: Slot) -> Landed {
        if !map::can_be_addressed(&item.row.conversation, &item.row.change) {
            let reason = "it has an id that no request can carry".to_owned();
            return self.settle(item, Outcome::Failed, Some(reason), None).await;
        }
        if !self.may_leave(&slot).await {
            drop(slot);
            not_an_attempt(&mut item);
            return self.wait_again(item, Then::Held, None).await;
        }
        let write = map::write(&item.row.conversation, &item.row.change);
        let result = self.link.hiver.send(slot, &write).await;
        self.engine
            .with_activity(|activity| activity.answered(self.run.id));
        let answer = answers::of_write(&result);
        let trouble = result.err().and_then(|error| {
            tracing::warn!(run = %self.run.id, seq = item.row.seq, error = %chain(&error), "a change was not accepted");
            is_trouble(&answer).then(|| words::trouble(&error))
        });
        if answer == Answer::NeverSent {
            // That is no attempt at this change, but a matter of the connection.
            not_an_attempt(&mut item);
            return self.wait_again(item, Then::Unreachable, trouble).await;
        }
        let attempts = u32::try_from(item.row.attempts).unwrap_or(u32::MAX);
        match after_answer(item.row.change.kind(), attempts, &answer) {
            Next::Done => self.settle(item, Outcome::Done, None, None).await,
            Next::Failed(reason) => {
                let left_open = matches!(answer, Answer::ServerError | Answer::Unknown);
                if left_open || item.unknown_since.is_some() {
                    return self.find_out(item, reason, trouble).await;
                }
                self.settle(item, Outcome::Failed, Some(reason.to_string()), trouble)
                    .await
            }
            Next::Uncertain(reason) => {
                self.settle(item, Outcome::Uncertain, Some(reason.to_string()), trouble)
                    .await
            }
            Next::RetryAfter { attempt } => {
                item.unknown_since = item.unknown_since.or(item.row.sent_at);
                let pause = self.engine.patience().of(backoff(attempt, rand::random()));
                self.wait_again(item, Then::Again(pause), trouble).await
            }
            Next::HoldAndRetry => {
                not_an_attempt(&mut item);
                self.wait_again(item, Then::Held, None).await
            }
            Next::PauseRun => {
                not_an_attempt(&mut item);
                self.wait_again(item, Then::KeyRefused, trouble).await
            }
        }
    }

    /// Waits until the slot's instant has come and nothing is held; `false` when the run was cancelled or the link
    /// ended before. A hold may last for minutes, and whoever cancels in the meantime is obeyed.
    async fn may_leave(&self, slot: &Slot) -> bool {
        let mut pacer = self.link.hiver.pacer().watch();
        loop {
            if self.halt.is_cancelled() || self.link.stop.is_cancelled() {
                return false;
            }
            let held = pacer.borrow_and_update().held.map(|held| held.until);
            let instant = held.map_or(slot.planned(), |until| until.max(slot.planned()));
            if instant <= Instant::now() {
                return true;
            }
            tokio::select! {
                () = self.halt.cancelled() => return false,
                () = self.link.stop.cancelled() => return false,
                () = tokio::time::sleep_until(instant) => {}
                changed = pacer.changed() => if changed.is_err() { return true },
            }
        }
    }

    /// Reads a conversation whose change may have been made long ago, and decides.
    pub(super) async fn read(self, mut item: Item) -> Landed {
        let found = match self.look_at(&item).await {
            Ok(found) => found,
            Err(error) => return self.unread(item, &error).await,
        };
        match after_read(&item.row.before, &item.row.change, &found) {
            AfterRead::AlreadyDone => self.settle(item, Outcome::Done, None, None).await,
            AfterRead::SendAgain => {
                item.unknown_since = None;
                self.wait_again(item, Then::Held, None).await
            }
            AfterRead::ChangedMeanwhile => {
                let reason = FailReason::ChangedMeanwhile.to_string();
                self.settle(item, Outcome::Failed, Some(reason), None).await
            }
            AfterRead::CannotTell => {
                self.settle(
                    item,
                    Outcome::Failed,
                    Some(FailReason::CannotTell.to_string()),
                    None,
                )
                .await
            }
        }
    }

    /// A set change is given up, but one of its tries may have been made: the conversation says.
    async fn find_out(self, item: Item, reason: FailReason, trouble: Option<Trouble>) -> Landed {
        let told = match self.look_at(&item).await {
            Ok(found) => after_read(&item.row.before, &item.row.change, &found),
            Err(error) => {
                tracing::warn!(run = %self.run.id, seq = item.row.seq, error = %chain(&error), "whether a change was made could not be read");
                AfterRead::CannotTell
            }
        };
        let (outcome, reason) = match told {
            AfterRead::AlreadyDone => (Outcome::Done, None),
            AfterRead::SendAgain => (Outcome::Failed, Some(reason.to_string())),
            AfterRead::ChangedMeanwhile => (
                Outcome::Failed,
                Some(FailReason::ChangedMeanwhile.to_string()),
            ),
            AfterRead::CannotTell => (
                Outcome::Failed,
                Some(format!(
                    "{reason}; whether it was made all the same is not known"
                )),
            ),
        };
        self.settle(item, outcome, reason, trouble).await
    }

    /// Reads the conversation of a change, for the mirror too.
    async fn look_at(&self, item: &Item) -> Result<Conversation, hiver::Error> {
        let asked_at = self.engine.now();
        let row = self
            .link
            .hiver
            .on(pace(self.run.lane))
            .conversation(&item.row.conversation.as_str().into())
            .await?;
        let (found, kept) = take_in(&self.engine, self.run.connection, row, asked_at).await;
        if let Err(error) = kept {
            tracing::error!(error = %chain(&error), "the mirror could not be written");
        }
        Ok(found)
    }

    /// The conversation could not be read, after all the tries that a read has.
    async fn unread(&self, item: Item, error: &hiver::Error) -> Landed {
        tracing::warn!(run = %self.run.id, seq = item.row.seq, error = %chain(error), "a conversation could not be read again");
        let trouble = Some(words::trouble(error));
        match error.kind() {
            ErrorKind::Unauthorized { .. } => Landed {
                item,
                then: Then::KeyRefused,
                trouble,
            },
            ErrorKind::NeverSent { .. } => Landed {
                item,
                then: Then::Unreachable,
                trouble,
            },
            ErrorKind::RateLimited { .. } => Landed {
                item,
                then: Then::Held,
                trouble: None,
            },
            ErrorKind::NotFound { .. } => {
                let reason = "it does not exist any more".to_owned();
                self.settle(item, Outcome::Failed, Some(reason), None).await
            }
            _ => {
                let reason = FailReason::CannotTell.to_string();
                let trouble = trouble.filter(|_| error.is_passing());
                self.settle(item, Outcome::Failed, Some(reason), trouble)
                    .await
            }
        }
    }

    /// Writes a final outcome, together with the mirror where the change was made.
    async fn settle(
        &self,
        item: Item,
        outcome: Outcome,
        reason: Option<String>,
        trouble: Option<Trouble>,
    ) -> Landed {
        let engine = &self.engine;
        let mirrored = (outcome == Outcome::Done && item.row.change.kind() != ChangeKind::AddNote)
            .then(|| {
                let directory = engine.mirror().read().directory.clone();
                engine.mirror().apply(
                    self.run.connection,
                    &item.row.conversation,
                    engine.now(),
                    |conversation| {
                        answers::apply(&item.row.change, conversation, &directory);
                    },
                )
            })
            .flatten();
        self.write_surely(&item, outcome, reason, mirrored.as_ref())
            .await;
        if mirrored.is_some() {
            engine.tell(Live::Mirror);
        }
        Landed {
            item,
            then: Then::Final,
            trouble,
        }
    }

    /// Writes that a change waits again.
    async fn wait_again(&self, mut item: Item, then: Then, trouble: Option<Trouble>) -> Landed {
        // On disk it stays `sending` while nobody knows whether it was made, so that a crash asks the same question.
        let outcome = if item.unknown_since.is_some() {
            Outcome::Sending
        } else {
            Outcome::Waiting
        };
        item.row.sent_at = item.unknown_since;
        self.write_surely(&item, outcome, None, None).await;
        Landed {
            item,
            then,
            trouble,
        }
    }

    /// Writes until it is written: an answer that is known must not be forgotten. Gives up when the engine stops;
    /// the change is then looked after like after a crash.
    async fn write_surely(
        &self,
        item: &Item,
        outcome: Outcome,
        reason: Option<String>,
        mirrored: Option<&Conversation>,
    ) {
        while let Err(error) = self.write(item, outcome, reason.clone(), mirrored).await {
            tracing::error!(run = %self.run.id, seq = item.row.seq, error = %chain(&error), "an outcome could not be written; trying again");
            self.engine
                .set_storage_trouble(Some(words::storage(&error)));
            tokio::select! {
                () = self.engine.0.stop.cancelled() => return,
                () = tokio::time::sleep(self.engine.patience().of(super::DATABASE_PAUSE)) => {}
            }
        }
    }

    /// Writes how a change stands, and tells.
    pub(super) async fn write(
        &self,
        item: &Item,
        outcome: Outcome,
        reason: Option<String>,
        mirrored: Option<&Conversation>,
    ) -> Result<(), Error> {
        self.write_with(item, outcome, reason, mirrored, None).await
    }

    /// Why a change that was never sent is not to be sent any more, where nobody would be asked who knows more.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn spoilt(&self, item: &Item) -> Result<Option<FailReason>, Error> {
        let row = &item.row;
        if row.attempts != 0 || item.unknown_since.is_some() {
            return Ok(None);
        }
        if self.changed_since_planned(row) {
            return Ok(Some(FailReason::ChangedMeanwhile));
        }
        // Notes come last, and tell of what was done.
        if let Some(rule) = &row.rule
            && row.change.kind() == ChangeKind::AddNote
        {
            let store = self.engine.store();
            let failed = store.rule_failed(self.run.id, &row.conversation, &rule.rule);
            return Ok(failed.await?.then_some(FailReason::OtherFailed));
        }
        Ok(None)
    }

    /// Whether somebody was there since an undo was planned or a rule decided, as far as the mirror knows: their work is
    /// left alone.
    fn changed_since_planned(&self, row: &ChangeRow) -> bool {
        let is_undo = self.run.undo_of.is_some();
        if !is_undo && !matches!(self.run.author, Author::Rule { .. }) {
            return false;
        }
        let known = self.engine.mirror().conversation(&row.conversation);
        known.is_some_and(|known| {
            let now = row.change.before(&known);
            row.change.is_so(&known) == Some(false)
                && (row.before.is_other_than(&now) || (is_undo && now != row.before))
        })
    }

    /// Writes that a change is about to be sent, and what it replaces as the mirror knows it at this moment: since it
    /// was planned, an earlier run or a colleague may have been there.
    pub(super) async fn write_intent(&self, item: &mut Item) -> Result<(), Error> {
        let first = item.row.attempts == 1 && item.unknown_since.is_none();
        let known = first
            .then(|| self.engine.mirror().conversation(&item.row.conversation))
            .flatten();
        let before = known
            .map(|conversation| item.row.change.before(&conversation))
            .filter(|before| *before != item.row.before);
        if let Some(before) = &before {
            item.row.before = before.clone();
        }
        let own = &self.engine.0.door.own_writes;
        own.note(&item.row.conversation, &item.row.change, self.engine.now());
        self.write_with(item, Outcome::Sending, None, None, before)
            .await
    }

    async fn write_with(
        &self,
        item: &Item,
        outcome: Outcome,
        reason: Option<String>,
        mirrored: Option<&Conversation>,
        before: Option<Before>,
    ) -> Result<(), Error> {
        let update = ChangeUpdate {
            before,
            outcome,
            reason: reason.clone(),
            attempts: item.row.attempts,
            sent_at: item.row.sent_at,
            finished_at: outcome.is_final().then(|| self.engine.now()),
        };
        self.engine
            .store()
            .update_change(&self.run, item.row.seq, update, mirrored)
            .await?;
        self.engine.tell(Live::Turned(
            self.run.id,
            Turned {
                seq: item.row.seq,
                outcome,
                reason,
            },
        ));
        Ok(())
    }
}

/// Whether an answer says that something is wrong with Hiver, the way there or the key, rather than with the change.
fn is_trouble(answer: &Answer) -> bool {
    matches!(
        answer,
        Answer::Unauthorized | Answer::NeverSent | Answer::ServerError | Answer::Unknown
    )
}

fn not_an_attempt(item: &mut Item) {
    item.row.attempts = (item.row.attempts - 1).max(0);
}

/// Takes a conversation that was just read into the mirror; gives what Hiver said, and whether the mirror was saved.
pub(super) async fn take_in(
    engine: &Engine,
    connection: store::ConnectionId,
    row: hiver::Conversation,
    asked_at: i64,
) -> (Conversation, Result<(), Error>) {
    let now = engine.now();
    let sighting = map::sighting(row, &engine.mirror().read().directory);
    let found = seen(sighting.clone(), now);
    let changed = engine
        .mirror()
        .absorb(connection, vec![sighting], asked_at, now);
    let kept = engine
        .save_seen(connection, &changed, Source::LookedUp)
        .await;
    (found, kept)
}

/// The conversation exactly as Hiver just sent it: what it did not send is unknown here, whatever the mirror has.
fn seen(from: Sighting, now: i64) -> Conversation {
    Conversation {
        id: from.id,
        mailbox: from.mailbox,
        subject: from.subject,
        status: from.status,
        assignee: from.assignee,
        tags: from.tags,
        extras: from.extras,
        created_at: from.created_at,
        updated_at: from.updated_at,
        first_seen: now,
        last_changed: now,
    }
}
