//! What persons decide about a run: pausing it, moving it ahead, trying again, settling what is uncertain.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};
use triage::model::RunId;
use triage::outcome::{Outcome, RunState};

use super::lists::is_open;
use super::{NewTag, NewTagState};
use crate::entities::{changes, runs};
use crate::error::{During, Result};
use crate::open::Store;

/// What a person decides about changes that a run has given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// What failed is tried again.
    Retry,
    /// What is uncertain was made: somebody looked.
    MarkDone,
    /// What is uncertain was not made, and is sent again.
    SendAgain,
}

impl Decision {
    fn from(self) -> Outcome {
        match self {
            Self::Retry => Outcome::Failed,
            Self::MarkDone | Self::SendAgain => Outcome::Uncertain,
        }
    }
}

impl Store {
    /// Asks a run to pause before its next request; `false` when it is at its end or not confirmed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn request_pause(&self, id: RunId) -> Result<bool> {
        let updated = runs::Entity::update_many()
            .col_expr(runs::Column::PauseRequested, true.into())
            .filter(runs::Column::Id.eq(id.0))
            .filter(is_open())
            .exec(&self.write)
            .await
            .during("pause a run")?;
        Ok(updated.rows_affected == 1)
    }

    /// Pauses a run that nobody is sending, if a person asked for it; `false` when it was not so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pause_idle_run(&self, id: RunId) -> Result<bool> {
        let idle = [RunState::Waiting, RunState::Paused];
        let updated = runs::Entity::update_many()
            .col_expr(runs::Column::State, RunState::Paused.as_str().into())
            .col_expr(runs::Column::PauseReason, Option::<String>::None.into())
            .filter(runs::Column::Id.eq(id.0))
            .filter(runs::Column::PauseRequested.eq(true))
            .filter(runs::Column::State.is_in(idle.map(RunState::as_str)))
            .exec(&self.write)
            .await
            .during("pause a run")?;
        Ok(updated.rows_affected == 1)
    }

    /// Lets one run go on that a person had paused, or that waits for a key; `false` when it was not so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resume_run(&self, id: RunId) -> Result<bool> {
        let transaction = self.begin().await.during("resume a run")?;
        let released = runs::Entity::update_many()
            .col_expr(runs::Column::PauseRequested, false.into())
            .filter(runs::Column::Id.eq(id.0))
            .filter(runs::Column::PauseRequested.eq(true))
            .exec(&transaction)
            .await
            .during("resume a run")?;
        let waiting = runs::Entity::update_many()
            .col_expr(runs::Column::State, RunState::Waiting.as_str().into())
            .col_expr(runs::Column::PauseReason, Option::<String>::None.into())
            .filter(runs::Column::Id.eq(id.0))
            .filter(runs::Column::State.eq(RunState::Paused.as_str()))
            .exec(&transaction)
            .await
            .during("resume a run")?;
        transaction.commit().await.during("resume a run")?;
        Ok(released.rows_affected + waiting.rows_affected > 0)
    }

    /// Moves a waiting run before all others that wait; `false` when it does not wait.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn move_ahead(&self, id: RunId) -> Result<bool> {
        let during = "move a run ahead";
        let transaction = self.begin().await.during(during)?;
        let first: Option<Option<i64>> = runs::Entity::find()
            .select_only()
            .column_as(runs::Column::Place.min(), "first")
            .filter(runs::Column::State.eq(RunState::Waiting.as_str()))
            .into_tuple()
            .one(&transaction)
            .await
            .during(during)?;
        let place = first.flatten().unwrap_or(0).saturating_sub(1);
        let updated = runs::Entity::update_many()
            .col_expr(runs::Column::Place, Some(place).into())
            .filter(runs::Column::Id.eq(id.0))
            .filter(runs::Column::State.eq(RunState::Waiting.as_str()))
            .exec(&transaction)
            .await
            .during(during)?;
        transaction.commit().await.during(during)?;
        Ok(updated.rows_affected == 1)
    }

    /// Carries out a person's decision about one change of a run, or about all that it fits; returns how many it
    /// was. A run that was over waits for its turn again where something is to be sent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn decide(
        &self,
        id: RunId,
        seq: Option<i32>,
        decision: Decision,
        by: &str,
        now: i64,
    ) -> Result<u64> {
        let during = "write a decision about a run";
        let transaction = self.begin().await.during(during)?;
        let mut update = changes::Entity::update_many()
            .col_expr(changes::Column::DecidedBy, Some(by.to_owned()).into())
            .filter(changes::Column::RunId.eq(id.0))
            .filter(changes::Column::Outcome.eq(decision.from().as_str()));
        if let Some(seq) = seq {
            update = update.filter(changes::Column::Seq.eq(seq));
        }
        update = match decision {
            Decision::MarkDone => update
                .col_expr(changes::Column::Outcome, Outcome::Done.as_str().into())
                .col_expr(changes::Column::FinishedAt, Some(now).into()),
            Decision::Retry | Decision::SendAgain => update
                .col_expr(changes::Column::Outcome, Outcome::Waiting.as_str().into())
                .col_expr(changes::Column::Reason, Option::<String>::None.into())
                .col_expr(changes::Column::Attempts, 0.into())
                .col_expr(changes::Column::SentAt, Option::<i64>::None.into())
                .col_expr(changes::Column::FinishedAt, Option::<i64>::None.into()),
        };
        let updated = update
            .exec(&transaction)
            .await
            .during(during)?
            .rows_affected;
        if updated > 0 && decision != Decision::MarkDone {
            reopen(&transaction, id, now).await?;
        }
        transaction.commit().await.during(during)?;
        Ok(updated)
    }
}

/// Lets a run that was over wait for its turn again, behind those that wait already.
async fn reopen(transaction: &DatabaseTransaction, id: RunId, now: i64) -> Result<()> {
    let during = "let a run wait again";
    let Some(run) = runs::Entity::find_by_id(id.0)
        .one(transaction)
        .await
        .during(during)?
    else {
        return Ok(());
    };
    let mut tags: Vec<NewTag> = serde_json::from_str(&run.new_tags).during(during)?;
    for tag in &mut tags {
        if matches!(tag.state, NewTagState::Failed(_)) {
            // Whether an earlier try made it is looked up first.
            tag.state = NewTagState::Sending;
        }
    }
    runs::Entity::update_many()
        .col_expr(
            runs::Column::NewTags,
            serde_json::to_string(&tags).during(during)?.into(),
        )
        .filter(runs::Column::Id.eq(id.0))
        .exec(transaction)
        .await
        .during(during)?;
    let over = [RunState::Finished, RunState::Cancelled];
    runs::Entity::update_many()
        .col_expr(runs::Column::State, RunState::Waiting.as_str().into())
        .col_expr(runs::Column::CancelRequested, false.into())
        .col_expr(runs::Column::PauseRequested, false.into())
        .col_expr(runs::Column::FinishedAt, Expr::value(Option::<i64>::None))
        .col_expr(runs::Column::Place, Some(now).into())
        .filter(runs::Column::Id.eq(id.0))
        .filter(runs::Column::State.is_in(over.map(RunState::as_str)))
        .exec(transaction)
        .await
        .during(during)?;
    Ok(())
}
