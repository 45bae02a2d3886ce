//! What a person decides about a run: pausing, going on, going ahead, trying again, taking back.

use store::{Author, Decision, Error, NewUndo, Run};
use triage::model::RunId;
use triage::outcome::{RunState, Tally};
use triage::plan::{Price, price};

use crate::Engine;
use crate::live::Live;
use crate::runs::lane_for;

impl Engine {
    /// Asks a run to pause before its next request; `false` when it was at its end already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pause(&self, id: RunId) -> Result<bool, Error> {
        if self.own_run(id).await?.is_none() {
            return Ok(false);
        }
        let asked = self.store().request_pause(id).await?;
        if asked {
            tracing::info!(run = %id, "run asked to pause");
            // A run that is being sent is paused by whoever sends it; any other is paused here and now.
            self.with_activity(|activity| activity.halt(id));
            self.store().pause_idle_run(id).await?;
            self.tell(Live::Run(id));
        }
        Ok(asked)
    }

    /// Lets a paused run go on; `false` when it was not paused. One that waits for a key goes on once Hiver accepts it,
    /// which is asked again now; until then it stays paused.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resume(&self, id: RunId) -> Result<bool, Error> {
        let Some(run) = self.own_run(id).await? else {
            return Ok(false);
        };
        let key_refused = {
            let trouble = self.0.trouble.borrow();
            trouble.as_ref().is_some_and(|trouble| trouble.about_key)
        };
        if run.state == RunState::Paused && !run.pause_requested && key_refused {
            self.refresh();
            return Ok(false);
        }
        let resumed = self.store().resume_run(id).await?;
        if resumed {
            tracing::info!(run = %id, "run resumed");
            self.call_to_work();
            self.tell(Live::Run(id));
        }
        Ok(resumed)
    }

    /// Moves a waiting run before all others that wait; `false` when it does not wait.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn move_ahead(&self, id: RunId) -> Result<bool, Error> {
        if self.own_run(id).await?.is_none() {
            return Ok(false);
        }
        let moved = self.store().move_ahead(id).await?;
        if moved {
            tracing::info!(run = %id, "run moved ahead");
            self.call_to_work();
            self.tell(Live::Run(id));
        }
        Ok(moved)
    }

    /// Carries out a person's decision about one change of a run, or all that it fits; returns how many it was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn decide(
        &self,
        id: RunId,
        seq: Option<i32>,
        decision: Decision,
        by: &str,
    ) -> Result<u64, Error> {
        if self.own_run(id).await?.is_none() {
            return Ok(0);
        }
        let decided = self
            .store()
            .decide(id, seq, decision, by, self.now())
            .await?;
        if decided > 0 {
            tracing::info!(run = %id, decided, ?decision, by, "decided about changes of a run");
            self.call_to_work();
            self.tell(Live::Run(id));
        }
        Ok(decided)
    }

    /// Begins to take a run back: what Hiver says now is read first, then there is a preview under the number that is
    /// returned. Nothing when the run is not over or changed nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undo(&self, id: RunId, author: &str) -> Result<Option<RunId>, Error> {
        let Some(run) = self.own_run(id).await? else {
            return Ok(None);
        };
        let conversations = self.store().changed_conversations(id).await?;
        if !run.state.is_over() || conversations.is_empty() {
            return Ok(None);
        }
        let new = NewUndo {
            connection: run.connection,
            author: Author::Operator(author.to_owned()),
            of: id,
            lane: lane_for(conversations.len() as u64),
            created_at: self.now(),
        };
        let undo = self.store().create_undo(new, &run).await?;
        tracing::info!(run = %id, %undo, "an undo is being prepared");
        self.call_to_work();
        self.tell(Live::Run(undo));
        Ok(Some(undo))
    }

    /// What reading for the undo of a run costs; nothing when there is nothing to take back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undo_price(&self, run: &Run) -> Result<Option<Price>, Error> {
        if !run.state.is_over() {
            return Ok(None);
        }
        let reads = self.store().changed_conversations(run.id).await?.len() as u64;
        if reads == 0 {
            return Ok(None);
        }
        let used = self.requests_today().await?;
        let per_day = self.config().requests_per_day;
        Ok(Some(price(reads, self.allowed_per_second(), per_day, used)))
    }

    /// How far reading for an undo is.
    pub(crate) async fn reading(&self, undo: RunId, of: RunId) -> Result<Tally, Error> {
        let all = self.store().changed_conversations(of).await?.len() as u64;
        let done = self.store().read_count(undo).await?.min(all);
        Ok(Tally {
            done,
            waiting: all - done,
            ..Tally::default()
        })
    }
}
