//! The changes of a run: how they stand, and writing that down.

use std::collections::BTreeMap;

use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Set,
};
use triage::model::{Conversation, ConversationId, RunId};
use triage::outcome::{Outcome, Tally};

use super::lists::{plans, read_run};
use super::{ChangeRow, ChangeRule, ChangeUpdate, Run, parse};
use crate::connections::ConnectionId;
use crate::entities::{changes, runs};
use crate::error::{During, Result};
use crate::history::Source;
use crate::mirror;
use crate::open::Store;

impl Store {
    /// How many changes of a run stand how.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tally(&self, id: RunId) -> Result<Tally> {
        let counts: Vec<(String, i64)> = changes::Entity::find()
            .select_only()
            .column(changes::Column::Outcome)
            .column_as(changes::Column::Seq.count(), "count")
            .filter(changes::Column::RunId.eq(id.0))
            .group_by(changes::Column::Outcome)
            .into_tuple()
            .all(&self.read)
            .await
            .during("count a run's outcomes")?;
        let mut tally = Tally::default();
        for (outcome, count) in counts {
            tally.add(parse(&outcome)?, u64::try_from(count).unwrap_or(0));
        }
        Ok(tally)
    }

    /// The reasons of failed and uncertain changes of a run with their counts, the most frequent first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn problems(&self, id: RunId) -> Result<Vec<(Outcome, String, u64)>> {
        let bad = [Outcome::Failed, Outcome::Uncertain];
        let rows: Vec<(String, Option<String>, i64)> = changes::Entity::find()
            .select_only()
            .column(changes::Column::Outcome)
            .column(changes::Column::Reason)
            .column_as(changes::Column::Seq.count(), "count")
            .filter(changes::Column::RunId.eq(id.0))
            .filter(changes::Column::Outcome.is_in(bad.map(Outcome::as_str)))
            .group_by(changes::Column::Outcome)
            .group_by(changes::Column::Reason)
            .order_by_desc(changes::Column::Seq.count())
            .into_tuple()
            .all(&self.read)
            .await
            .during("count what went wrong")?;
        rows.into_iter()
            .map(|(outcome, reason, count)| {
                Ok((
                    parse(&outcome)?,
                    reason.unwrap_or_default(),
                    u64::try_from(count).unwrap_or(0),
                ))
            })
            .collect()
    }

    /// Changes of a run in order, of some outcomes (all where none is named), from the `offset`th on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn changes(
        &self,
        id: RunId,
        outcomes: &[Outcome],
        offset: u64,
        limit: u64,
    ) -> Result<Vec<ChangeRow>> {
        let mut query = changes::Entity::find().filter(changes::Column::RunId.eq(id.0));
        if !outcomes.is_empty() {
            query = query
                .filter(changes::Column::Outcome.is_in(outcomes.iter().map(|one| one.as_str())));
        }
        let rows = query
            .order_by_asc(changes::Column::Seq)
            .offset(offset)
            .limit(limit)
            .all(&self.read)
            .await
            .during("list a run's changes")?;
        rows.into_iter().map(read_change).collect()
    }

    /// The changes of a run that are not at their end, from `from` on, in order. Reads what was just written.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_changes(&self, id: RunId, from: i32, limit: u64) -> Result<Vec<ChangeRow>> {
        let open = [Outcome::Waiting, Outcome::Sending];
        let rows = changes::Entity::find()
            .filter(changes::Column::RunId.eq(id.0))
            .filter(changes::Column::Seq.gte(from))
            .filter(changes::Column::Outcome.is_in(open.map(Outcome::as_str)))
            .order_by_asc(changes::Column::Seq)
            .limit(limit)
            .all(&self.write)
            .await
            .during("read what a run still has to do")?;
        rows.into_iter().map(read_change).collect()
    }

    /// Whether a change failed that a rule asked for in a run, of that conversation.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_failed(
        &self,
        id: RunId,
        conversation: &ConversationId,
        rule: &str,
    ) -> Result<bool> {
        let failed = changes::Entity::find()
            .filter(changes::Column::ConversationId.eq(conversation.as_str()))
            .filter(changes::Column::RunId.eq(id.0))
            .filter(changes::Column::RuleId.eq(rule))
            .filter(changes::Column::Outcome.eq(Outcome::Failed.as_str()))
            .count(&self.write)
            .await
            .during("look for what failed of a rule")?;
        Ok(failed > 0)
    }

    /// All that was ever done to a conversation, newest run first, with the run's author and time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn changes_of_conversation(
        &self,
        connection: ConnectionId,
        conversation: &ConversationId,
        limit: u64,
    ) -> Result<Vec<(Run, ChangeRow)>> {
        let confirmed = runs::Entity::find()
            .select_only()
            .column(runs::Column::Id)
            .filter(runs::Column::ConnectionId.eq(connection))
            .filter(runs::Column::State.is_not_in(plans()))
            .into_query();
        let rows = changes::Entity::find()
            .filter(changes::Column::ConversationId.eq(conversation.as_str()))
            .filter(changes::Column::Outcome.ne(Outcome::Cancelled.as_str()))
            .filter(changes::Column::RunId.in_subquery(confirmed))
            .order_by_desc(changes::Column::RunId)
            .order_by_asc(changes::Column::Seq)
            .limit(limit)
            .all(&self.read)
            .await
            .during("list what was done to a conversation")?;
        let ids: Vec<i64> = rows.iter().map(|row| row.run_id).collect();
        let runs: BTreeMap<i64, runs::Model> = runs::Entity::find()
            .filter(runs::Column::Id.is_in(ids))
            .all(&self.read)
            .await
            .during("list what was done to a conversation")?
            .into_iter()
            .map(|run| (run.id, run))
            .collect();
        rows.into_iter()
            .filter_map(|row| runs.get(&row.run_id).cloned().map(|run| (run, row)))
            .map(|(run, row)| Ok((read_run(run)?, read_change(row)?)))
            .collect()
    }

    /// Writes how a change stands, together with the conversation as the mirror now has it, if it changed.
    ///
    /// # Errors
    /// When the database fails; the caller must then not send.
    pub async fn update_change(
        &self,
        run: &Run,
        seq: i32,
        update: ChangeUpdate,
        mirrored: Option<&Conversation>,
    ) -> Result<()> {
        let during = "write the outcome of a change";
        let transaction = self.begin().await.during(during)?;
        let before = match &update.before {
            Some(before) => Set(serde_json::to_string(before).during(during)?),
            None => NotSet,
        };
        changes::Entity::update_many()
            .set(changes::ActiveModel {
                before,
                outcome: Set(update.outcome.as_str().to_owned()),
                reason: Set(update.reason),
                attempts: Set(update.attempts),
                sent_at: Set(update.sent_at),
                finished_at: Set(update.finished_at),
                ..Default::default()
            })
            .filter(changes::Column::RunId.eq(run.id.0))
            .filter(changes::Column::Seq.eq(seq))
            .exec(&transaction)
            .await
            .during(during)?;
        if let Some(conversation) = mirrored {
            mirror::save(
                &transaction,
                run.connection,
                std::slice::from_ref(conversation),
                Source::Run(run.id),
            )
            .await?;
        }
        transaction.commit().await.during(during)
    }
}

pub(super) fn read_change(row: changes::Model) -> Result<ChangeRow> {
    let during = "read a change";
    Ok(ChangeRow {
        seq: row.seq,
        conversation: row.conversation_id.into(),
        subject: row.subject,
        change: serde_json::from_str(&row.change).during(during)?,
        before: serde_json::from_str(&row.before).during(during)?,
        outcome: parse(&row.outcome)?,
        reason: row.reason,
        attempts: row.attempts,
        sent_at: row.sent_at,
        finished_at: row.finished_at,
        decided_by: row.decided_by,
        rule: row.rule_id.map(|rule| ChangeRule {
            rule,
            version: row.rule_version,
        }),
    })
}
