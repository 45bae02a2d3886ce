//! Everything that was sent, by whom: the activity of a connection.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};
use triage::actions::ChangeKind;
use triage::model::{ConversationId, MailboxId, RunId};
use triage::outcome::Outcome;

use super::changes::read_change;
use super::lists::{ids_of_open, plans, read_run};
use super::{ChangeRow, Run};
use crate::connections::ConnectionId;
use crate::entities::{changes, runs};
use crate::error::{During, Result};
use crate::open::Store;

/// What of the activity is asked for; nothing asks for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenFilter {
    /// Of this author.
    pub author: Option<String>,
    /// In this mailbox.
    pub mailbox: Option<MailboxId>,
    /// Of this kind.
    pub kind: Option<ChangeKind>,
    /// Not before this time.
    pub since: Option<i64>,
    /// Before this time.
    pub until: Option<i64>,
}

/// Conversations that go into one question.
const BATCH: usize = 10_000;

/// A write with the run that it belongs to.
pub type Written = (Run, ChangeRow);

impl Store {
    /// What was sent to Hiver, newest first, from the `offset`th on; and how much it is in all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn written(
        &self,
        connection: ConnectionId,
        filter: &WrittenFilter,
        offset: u64,
        limit: u64,
    ) -> Result<(Vec<Written>, u64)> {
        let during = "list what was sent";
        let query = sent(connection, filter);
        let total = query.clone().count(&self.read).await.during(during)?;
        let rows = query
            .order_by_desc(changes::Column::FinishedAt)
            .order_by_desc(changes::Column::RunId)
            .order_by_desc(changes::Column::Seq)
            .offset(offset)
            .limit(limit)
            .all(&self.read)
            .await
            .during(during)?;
        let ids: Vec<i64> = rows.iter().map(|row| row.run_id).collect();
        let runs: BTreeMap<i64, runs::Model> = runs::Entity::find()
            .filter(runs::Column::Id.is_in(ids))
            .all(&self.read)
            .await
            .during(during)?
            .into_iter()
            .map(|run| (run.id, run))
            .collect();
        let written = rows
            .into_iter()
            .filter_map(|row| runs.get(&row.run_id).cloned().map(|run| (run, row)))
            .map(|(run, row)| Ok((read_run(run)?, read_change(row)?)))
            .collect::<Result<Vec<_>>>()?;
        Ok((written, total))
    }

    /// Everybody who ever confirmed a run of a connection, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn authors(&self, connection: ConnectionId) -> Result<Vec<String>> {
        runs::Entity::find()
            .select_only()
            .column(runs::Column::Author)
            .distinct()
            .filter(runs::Column::ConnectionId.eq(connection))
            .filter(runs::Column::State.is_not_in(plans()))
            .order_by_asc(runs::Column::Author)
            .into_tuple()
            .all(&self.read)
            .await
            .during("list the authors")
    }

    /// Which of some conversations have something to come in a run that is not at its end, and in which.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn in_open_runs(
        &self,
        connection: ConnectionId,
        conversations: &[ConversationId],
    ) -> Result<BTreeMap<ConversationId, RunId>> {
        let during = "look which conversations are in a run";
        let open: Vec<i64> = ids_of_open(connection)
            .into_tuple()
            .all(&self.read)
            .await
            .during(during)?;
        if open.is_empty() {
            return Ok(BTreeMap::new());
        }
        let to_come = [Outcome::Waiting, Outcome::Sending];
        let mut found = BTreeMap::new();
        for batch in conversations.chunks(BATCH) {
            let rows: Vec<(String, i64)> = changes::Entity::find()
                .select_only()
                .column(changes::Column::ConversationId)
                .column(changes::Column::RunId)
                .filter(
                    changes::Column::ConversationId.is_in(batch.iter().map(ConversationId::as_str)),
                )
                .filter(changes::Column::RunId.is_in(open.iter().copied()))
                .filter(changes::Column::Outcome.is_in(to_come.map(Outcome::as_str)))
                .order_by_desc(changes::Column::RunId)
                .into_tuple()
                .all(&self.read)
                .await
                .during(during)?;
            let rows = rows.into_iter();
            found.extend(rows.map(|(conversation, run)| (conversation.into(), RunId(run))));
        }
        Ok(found)
    }

    /// The runs that are not at their end and have something to come for conversations of a plan, each with how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn meets(&self, connection: ConnectionId, plan: RunId) -> Result<Vec<(RunId, u64)>> {
        let to_come = [Outcome::Waiting, Outcome::Sending];
        let open = ids_of_open(connection)
            .filter(runs::Column::Id.ne(plan.0))
            .into_query();
        let planned = changes::Entity::find()
            .select_only()
            .column(changes::Column::ConversationId)
            .filter(changes::Column::RunId.eq(plan.0))
            .into_query();
        let rows: Vec<(i64, i64)> = changes::Entity::find()
            .select_only()
            .column(changes::Column::RunId)
            .column_as(
                Expr::col(changes::Column::ConversationId).count_distinct(),
                "conversations",
            )
            .filter(changes::Column::RunId.in_subquery(open))
            .filter(changes::Column::Outcome.is_in(to_come.map(Outcome::as_str)))
            .filter(changes::Column::ConversationId.in_subquery(planned))
            .group_by(changes::Column::RunId)
            .into_tuple()
            .all(&self.read)
            .await
            .during("look which runs meet a plan")?;
        let rows = rows.into_iter();
        Ok(rows
            .map(|(run, count)| (RunId(run), u64::try_from(count).unwrap_or(0)))
            .collect())
    }
}

/// The changes that were sent.
fn sent(connection: ConnectionId, filter: &WrittenFilter) -> Select<changes::Entity> {
    let mut of_runs = Condition::all()
        .add(runs::Column::ConnectionId.eq(connection))
        .add(runs::Column::State.is_not_in(plans()));
    if let Some(author) = &filter.author {
        of_runs = of_runs.add(runs::Column::Author.eq(author));
    }
    let runs_asked = runs::Entity::find()
        .select_only()
        .column(runs::Column::Id)
        .filter(of_runs)
        .into_query();
    let ended = [Outcome::Done, Outcome::Failed, Outcome::Uncertain];
    let mut query = changes::Entity::find()
        .filter(changes::Column::RunId.in_subquery(runs_asked))
        .filter(changes::Column::Outcome.is_in(ended.map(Outcome::as_str)))
        .filter(changes::Column::Attempts.gt(0));
    if let Some(mailbox) = &filter.mailbox {
        query = query.filter(changes::Column::MailboxId.eq(mailbox.as_str()));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(changes::Column::Kind.eq(kind.as_str()));
    }
    if let Some(since) = filter.since {
        query = query.filter(changes::Column::FinishedAt.gte(since));
    }
    if let Some(until) = filter.until {
        query = query.filter(changes::Column::FinishedAt.lt(until));
    }
    query
}
