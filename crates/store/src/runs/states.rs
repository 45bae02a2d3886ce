//! The states of a run: confirmed, taken up, paused, ended.

use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
};
use triage::model::RunId;
use triage::outcome::{Outcome, RunState};

use super::RunLane;
use super::lists::is_open;
use crate::connections::ConnectionId;
use crate::entities::{changes, runs};
use crate::error::{During, Result};
use crate::open::Store;
use crate::plan_rules::overtaken;
use crate::rule_firings::acts_of_confirmed;

impl Store {
    /// Turns a preview into a run. `true` the first time only: whoever asks again gets the same run. What rules ask for
    /// in it counts as done by them from then on; one that was [overtaken](Store::overtaken) stays a preview.
    ///
    /// What rules ask for in it counts as done by them on `day`.
    ///
    /// Runs are sent in the order of their confirmation, so no two carry the same time: where the clock stood
    /// still or went back, the later one gets the next millisecond.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn confirm_run(&self, id: RunId, lane: RunLane, now: i64, day: &str) -> Result<bool> {
        let during = "confirm a run";
        let transaction = self.begin().await.during(during)?;
        if overtaken(&transaction, id).await? > 0 {
            transaction.rollback().await.during(during)?;
            return Ok(false);
        }
        let latest: Option<Option<i64>> = runs::Entity::find()
            .select_only()
            .column_as(runs::Column::ConfirmedAt.max(), "latest")
            .into_tuple()
            .one(&transaction)
            .await
            .during(during)?;
        let at = latest
            .flatten()
            .map_or(now, |latest| now.max(latest.saturating_add(1)));
        let updated = runs::Entity::update_many()
            .col_expr(runs::Column::State, RunState::Waiting.as_str().into())
            .col_expr(runs::Column::ConfirmedAt, Some(at).into())
            .col_expr(runs::Column::Place, Some(at).into())
            .col_expr(runs::Column::Lane, lane.as_str().into())
            .filter(runs::Column::Id.eq(id.0))
            .filter(runs::Column::State.eq(RunState::Preview.as_str()))
            .exec(&transaction)
            .await
            .during(during)?;
        if updated.rows_affected == 1 {
            acts_of_confirmed(&transaction, id, now, day).await?;
        }
        transaction.commit().await.during(during)?;
        Ok(updated.rows_affected == 1)
    }

    /// Takes a waiting run up for sending; `false` when it was cancelled in the meantime. The first time, that
    /// moment is kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_run(&self, id: RunId, now: i64) -> Result<bool> {
        let begun = [RunState::Waiting, RunState::Running];
        let updated = runs::Entity::update_many()
            .col_expr(runs::Column::State, RunState::Running.as_str().into())
            .col_expr(runs::Column::PauseReason, Option::<String>::None.into())
            .col_expr(
                runs::Column::StartedAt,
                Func::coalesce([Expr::col(runs::Column::StartedAt), Expr::val(now)]).into(),
            )
            .filter(runs::Column::Id.eq(id.0))
            .filter(runs::Column::State.is_in(begun.map(RunState::as_str)))
            .exec(&self.write)
            .await
            .during("take a run up")?;
        Ok(updated.rows_affected == 1)
    }

    /// Moves a run on to `state`; where that is its end, the moment is kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_run_state(
        &self,
        id: RunId,
        state: RunState,
        pause_reason: Option<String>,
        now: i64,
    ) -> Result<()> {
        let mut update = runs::Entity::update_many()
            .col_expr(runs::Column::State, state.as_str().into())
            .col_expr(runs::Column::PauseReason, pause_reason.into())
            .filter(runs::Column::Id.eq(id.0));
        if state.is_over() {
            update = update.col_expr(runs::Column::FinishedAt, Some(now).into());
        }
        update.exec(&self.write).await.during("move a run on")?;
        Ok(())
    }

    /// Ends a run of which nothing is left to do; `false` when something is, because a person has just asked for it.
    /// A run of which a part was cancelled stays a cancelled one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finish_run(&self, id: RunId, now: i64) -> Result<bool> {
        let during = "end a run";
        let transaction = self.begin().await.during(during)?;
        let of = |outcomes: &[Outcome]| {
            changes::Entity::find()
                .filter(changes::Column::RunId.eq(id.0))
                .filter(changes::Column::Outcome.is_in(outcomes.iter().map(|one| one.as_str())))
        };
        let open = of(&[Outcome::Waiting, Outcome::Sending])
            .count(&transaction)
            .await
            .during(during)?;
        if open == 0 {
            let cancelled = of(&[Outcome::Cancelled])
                .count(&transaction)
                .await
                .during(during)?;
            let state = if cancelled > 0 {
                RunState::Cancelled
            } else {
                RunState::Finished
            };
            runs::Entity::update_many()
                .col_expr(runs::Column::State, state.as_str().into())
                .col_expr(runs::Column::PauseReason, Option::<String>::None.into())
                .col_expr(runs::Column::FinishedAt, Some(now).into())
                .filter(runs::Column::Id.eq(id.0))
                .exec(&transaction)
                .await
                .during(during)?;
        }
        transaction.commit().await.during(during)?;
        Ok(open == 0)
    }

    /// Lets the paused runs of a connection wait for their turn again, but for those that a person paused or asked
    /// to stop.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resume_runs(&self, connection: ConnectionId) -> Result<()> {
        runs::Entity::update_many()
            .col_expr(runs::Column::State, RunState::Waiting.as_str().into())
            .col_expr(runs::Column::PauseReason, Option::<String>::None.into())
            .filter(runs::Column::ConnectionId.eq(connection))
            .filter(runs::Column::State.eq(RunState::Paused.as_str()))
            .filter(runs::Column::CancelRequested.eq(false))
            .filter(runs::Column::PauseRequested.eq(false))
            .exec(&self.write)
            .await
            .during("let paused runs go on")?;
        Ok(())
    }

    /// Turns running runs, whose process has ended, back into waiting ones.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn park_runs(&self) -> Result<()> {
        runs::Entity::update_many()
            .col_expr(runs::Column::State, RunState::Waiting.as_str().into())
            .filter(runs::Column::State.eq(RunState::Running.as_str()))
            .exec(&self.write)
            .await
            .during("park the runs of an earlier process")?;
        Ok(())
    }

    /// Asks a run to stop before its next request; `false` when it is at its end or not confirmed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn request_cancel(&self, id: RunId) -> Result<bool> {
        let updated = runs::Entity::update_many()
            .col_expr(runs::Column::CancelRequested, true.into())
            .filter(runs::Column::Id.eq(id.0))
            .filter(is_open())
            .exec(&self.write)
            .await
            .during("cancel a run")?;
        Ok(updated.rows_affected == 1)
    }

    /// Ends a run that nobody is sending, if somebody has asked it to stop: what waits is cancelled, and what was
    /// sent without an answer becomes uncertain for `reason`. `false` when it was not so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cancel_idle_run(&self, id: RunId, reason: &str, now: i64) -> Result<bool> {
        let idle = [RunState::Waiting, RunState::Paused];
        let transaction = self.begin().await.during("cancel a run")?;
        let updated = runs::Entity::update_many()
            .col_expr(runs::Column::State, RunState::Cancelled.as_str().into())
            .col_expr(runs::Column::PauseReason, Option::<String>::None.into())
            .col_expr(runs::Column::FinishedAt, Some(now).into())
            .filter(runs::Column::Id.eq(id.0))
            .filter(runs::Column::CancelRequested.eq(true))
            .filter(runs::Column::State.is_in(idle.map(RunState::as_str)))
            .exec(&transaction)
            .await
            .during("cancel a run")?;
        if updated.rows_affected == 1 {
            settle_open(&transaction, id, reason, now).await?;
        }
        transaction.commit().await.during("cancel a run")?;
        Ok(updated.rows_affected == 1)
    }

    /// Ends a run of which nothing is on its way any more, as [`cancel_idle_run`](Self::cancel_idle_run) does.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cancel_landed_run(&self, id: RunId, reason: &str, now: i64) -> Result<()> {
        let transaction = self.begin().await.during("cancel a run")?;
        settle_open(&transaction, id, reason, now).await?;
        runs::Entity::update_many()
            .col_expr(runs::Column::State, RunState::Cancelled.as_str().into())
            .col_expr(runs::Column::PauseReason, Option::<String>::None.into())
            .col_expr(runs::Column::FinishedAt, Some(now).into())
            .filter(runs::Column::Id.eq(id.0))
            .exec(&transaction)
            .await
            .during("cancel a run")?;
        transaction.commit().await.during("cancel a run")
    }
}

/// Gives every open change of a run that is to end its last outcome.
async fn settle_open(
    transaction: &DatabaseTransaction,
    id: RunId,
    reason: &str,
    now: i64,
) -> Result<()> {
    let ends = [
        (Outcome::Waiting, Outcome::Cancelled, None),
        (
            Outcome::Sending,
            Outcome::Uncertain,
            Some(reason.to_owned()),
        ),
    ];
    for (open, last, reason) in ends {
        changes::Entity::update_many()
            .col_expr(changes::Column::Outcome, last.as_str().into())
            .col_expr(changes::Column::Reason, reason.into())
            .col_expr(changes::Column::FinishedAt, Some(now).into())
            .filter(changes::Column::RunId.eq(id.0))
            .filter(changes::Column::Outcome.eq(open.as_str()))
            .exec(transaction)
            .await
            .during("cancel what is left of a run")?;
    }
    Ok(())
}
