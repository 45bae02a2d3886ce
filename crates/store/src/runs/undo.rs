//! Undos: what Hiver says now about the conversations of a run, and the plan that follows.

use std::collections::{BTreeMap, HashSet};

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Set,
};
use triage::model::{Conversation, ConversationId, RunId};
use triage::outcome::{Outcome, RunState};
use triage::plan::LeftOut;

use super::plans::{by, insert_changes};
use super::{Author, NewChange, PlanFacts, Run, RunLane};
use crate::connections::ConnectionId;
use crate::entities::{changes, reads, runs};
use crate::error::{During, Result};
use crate::open::Store;

/// An undo to be prepared.
pub struct NewUndo {
    /// The connection that it is for.
    pub connection: ConnectionId,
    /// Who asked for it.
    pub author: Author,
    /// The run to be taken back.
    pub of: RunId,
    /// How its reads, and it itself, are sent.
    pub lane: RunLane,
    /// Now.
    pub created_at: i64,
}

/// An undo that is planned: everything that its preview shows.
pub struct PlannedUndo {
    /// What the plan comes to.
    pub facts: PlanFacts,
    /// What is left as it is.
    pub left_out: Vec<LeftOut>,
    /// Names of the users and tags in it, by id.
    pub labels: BTreeMap<String, String>,
    /// The changes.
    pub changes: Vec<NewChange>,
}

/// What Hiver said about conversations; nothing about one means that it does not exist any more.
pub type UndoReads = BTreeMap<ConversationId, Option<Conversation>>;

impl Store {
    /// Makes the row of an undo that is to be prepared. Where one of the same run is being prepared already, that
    /// one is meant.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_undo(&self, new: NewUndo, of: &Run) -> Result<RunId> {
        let during = "begin an undo";
        let transaction = self.begin().await.during(during)?;
        let begun = runs::Entity::find()
            .filter(runs::Column::UndoOf.eq(new.of.0))
            .filter(runs::Column::State.eq(RunState::Reading.as_str()))
            .one(&transaction)
            .await
            .during(during)?;
        if let Some(begun) = begun {
            return Ok(RunId(begun.id));
        }
        let row = runs::ActiveModel {
            connection_id: Set(new.connection),
            state: Set(RunState::Reading.as_str().to_owned()),
            selection: Set(serde_json::to_string(&of.selection).during(during)?),
            actions: Set("{}".to_owned()),
            labels: Set("{}".to_owned()),
            facts: Set(serde_json::to_string(&PlanFacts::default()).during(during)?),
            cancel_requested: Set(false),
            mirror_at: Set(new.created_at),
            created_at: Set(new.created_at),
            lane: Set(new.lane.as_str().to_owned()),
            pause_requested: Set(false),
            undo_of: Set(Some(new.of.0)),
            left_out: Set("[]".to_owned()),
            new_tags: Set("[]".to_owned()),
            // What is taken back is not to be done again by whoever did it.
            chain: Set(serde_json::to_string(&of.chain).during(during)?),
            ..Default::default()
        };
        let run = by(row, new.author)
            .insert(&transaction)
            .await
            .during(during)?;
        transaction.commit().await.during(during)?;
        Ok(RunId(run.id))
    }

    /// How many conversations of a run were changed by it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn changed_conversations(&self, id: RunId) -> Result<Vec<ConversationId>> {
        let ids: Vec<String> = changes::Entity::find()
            .select_only()
            .column(changes::Column::ConversationId)
            .filter(changes::Column::RunId.eq(id.0))
            .filter(changes::Column::Outcome.eq(Outcome::Done.as_str()))
            .order_by_asc(changes::Column::Seq)
            .into_tuple()
            .all(&self.read)
            .await
            .during("list what a run changed")?;
        let mut seen = HashSet::new();
        Ok(ids
            .into_iter()
            .filter(|id| seen.insert(id.clone()))
            .map(ConversationId::from)
            .collect())
    }

    /// Keeps what Hiver said about a conversation of a run that is to be undone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_read(
        &self,
        undo: RunId,
        id: &ConversationId,
        found: Option<&Conversation>,
        now: i64,
    ) -> Result<()> {
        let during = "keep what was read for an undo";
        let found = found
            .map(serde_json::to_string)
            .transpose()
            .during(during)?;
        reads::Entity::insert(reads::ActiveModel {
            run_id: Set(undo.0),
            conversation_id: Set(id.to_string()),
            found: Set(found),
            read_at: Set(now),
        })
        .on_conflict(
            OnConflict::columns([reads::Column::RunId, reads::Column::ConversationId])
                .update_columns([reads::Column::Found, reads::Column::ReadAt])
                .to_owned(),
        )
        .exec_without_returning(&self.write)
        .await
        .during(during)?;
        Ok(())
    }

    /// What was read for an undo so far.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reads_of(&self, undo: RunId) -> Result<UndoReads> {
        let during = "look up what was read for an undo";
        let rows = reads::Entity::find()
            .filter(reads::Column::RunId.eq(undo.0))
            .all(&self.write)
            .await
            .during(during)?;
        rows.into_iter()
            .map(|row| {
                let found = row
                    .found
                    .as_deref()
                    .map(serde_json::from_str)
                    .transpose()
                    .during(during)?;
                Ok((row.conversation_id.into(), found))
            })
            .collect()
    }

    /// How many conversations were read for an undo so far.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read_count(&self, undo: RunId) -> Result<u64> {
        reads::Entity::find()
            .filter(reads::Column::RunId.eq(undo.0))
            .count(&self.read)
            .await
            .during("count what was read for an undo")
    }

    /// Turns an undo that is being prepared into a preview; `false` when it was given up in the meantime.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undo_planned(&self, undo: RunId, planned: PlannedUndo, now: i64) -> Result<bool> {
        let during = "keep the plan of an undo";
        let transaction = self.begin().await.during(during)?;
        let updated = runs::Entity::update_many()
            .col_expr(runs::Column::State, RunState::Preview.as_str().into())
            .col_expr(
                runs::Column::Facts,
                serde_json::to_string(&planned.facts).during(during)?.into(),
            )
            .col_expr(
                runs::Column::LeftOut,
                serde_json::to_string(&planned.left_out)
                    .during(during)?
                    .into(),
            )
            .col_expr(
                runs::Column::Labels,
                serde_json::to_string(&planned.labels)
                    .during(during)?
                    .into(),
            )
            .col_expr(runs::Column::MirrorAt, now.into())
            .col_expr(runs::Column::CreatedAt, now.into())
            .filter(runs::Column::Id.eq(undo.0))
            .filter(runs::Column::State.eq(RunState::Reading.as_str()))
            .exec(&transaction)
            .await
            .during(during)?;
        if updated.rows_affected == 1 {
            insert_changes(&transaction, undo.0, planned.changes).await?;
            reads::Entity::delete_many()
                .filter(reads::Column::RunId.eq(undo.0))
                .exec(&transaction)
                .await
                .during(during)?;
        }
        transaction.commit().await.during(during)?;
        Ok(updated.rows_affected == 1)
    }

    /// Gives up an undo that is being prepared; `false` when it is not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_up_undo(&self, undo: RunId) -> Result<bool> {
        let deleted = runs::Entity::delete_many()
            .filter(runs::Column::Id.eq(undo.0))
            .filter(runs::Column::State.eq(RunState::Reading.as_str()))
            .exec(&self.write)
            .await
            .during("give up an undo")?;
        Ok(deleted.rows_affected == 1)
    }

    /// The conversations of a plan in order, from the `offset`th on, with all their changes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn changes_by_conversation(
        &self,
        id: RunId,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<super::ChangeRow>> {
        let during = "list a plan's changes";
        let ids: Vec<(String, Option<i32>)> = changes::Entity::find()
            .select_only()
            .column(changes::Column::ConversationId)
            .column_as(changes::Column::Seq.min(), "first")
            .filter(changes::Column::RunId.eq(id.0))
            .group_by(changes::Column::ConversationId)
            .order_by_asc(changes::Column::Seq.min())
            .offset(offset)
            .limit(limit)
            .into_tuple()
            .all(&self.read)
            .await
            .during(during)?;
        let rows = changes::Entity::find()
            .filter(changes::Column::RunId.eq(id.0))
            .filter(changes::Column::ConversationId.is_in(ids.into_iter().map(|(id, _)| id)))
            .order_by_asc(changes::Column::Seq)
            .all(&self.read)
            .await
            .during(during)?;
        rows.into_iter().map(super::changes::read_change).collect()
    }
}
