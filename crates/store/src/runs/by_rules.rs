//! What rules need to know of runs: what is still to come of what they asked for, and whose doing something was.

use std::collections::{BTreeSet, HashMap};

use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use triage::actions::Change;
use triage::model::{ConversationId, RunId};
use triage::outcome::Outcome;

use super::lists::ids_of_open;
use super::parse;
use crate::connections::ConnectionId;
use crate::entities::{changes, runs};
use crate::error::{During, Result};
use crate::open::Store;

/// Conversations that go into one question.
const BATCH: usize = 10_000;

/// A change that was sent to Hiver, as far as is needed to tell whether something was its doing.
#[derive(Clone, Debug, PartialEq)]
pub struct SentChange {
    /// The conversation.
    pub conversation: ConversationId,
    /// What was wished.
    pub change: Change,
    /// How it stands.
    pub outcome: Outcome,
    /// When it was about to be sent.
    pub sent_at: i64,
    /// When its outcome was known.
    pub finished_at: Option<i64>,
    /// The rules that led to its run, by id.
    pub chain: Vec<String>,
}

impl Store {
    /// Whether a run is still to change a conversation that one of `others` is still to change, too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_about_the_same(&self, id: RunId, others: &[RunId]) -> Result<bool> {
        if others.is_empty() {
            return Ok(false);
        }
        let to_come = [Outcome::Waiting, Outcome::Sending].map(Outcome::as_str);
        let own = changes::Entity::find()
            .select_only()
            .column(changes::Column::ConversationId)
            .filter(changes::Column::RunId.eq(id.0))
            .filter(changes::Column::Outcome.is_in(to_come))
            .into_query();
        let shared: Option<i64> = changes::Entity::find()
            .select_only()
            .column(changes::Column::RunId)
            .filter(changes::Column::RunId.is_in(others.iter().map(|run| run.0)))
            .filter(changes::Column::Outcome.is_in(to_come))
            .filter(changes::Column::ConversationId.in_subquery(own))
            .limit(1)
            .into_tuple()
            .one(&self.write)
            .await
            .during("look whether runs are about the same")?;
        Ok(shared.is_some())
    }

    /// What rules asked for and is still to be made, in the order in which it will be.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn asked_by_rules(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<(ConversationId, Change)>> {
        let during = "list what rules asked for";
        let open: Vec<i64> = ids_of_open(connection)
            .order_by_asc(runs::Column::Place)
            .order_by_asc(runs::Column::Id)
            .into_tuple()
            .all(&self.read)
            .await
            .during(during)?;
        let to_come = [Outcome::Waiting, Outcome::Sending];
        let mut asked = Vec::new();
        for run in open {
            let rows: Vec<(String, String)> = changes::Entity::find()
                .select_only()
                .column(changes::Column::ConversationId)
                .column(changes::Column::Change)
                .filter(changes::Column::RunId.eq(run))
                .filter(changes::Column::RuleId.is_not_null())
                .filter(changes::Column::Outcome.is_in(to_come.map(Outcome::as_str)))
                .order_by_asc(changes::Column::Seq)
                .into_tuple()
                .all(&self.read)
                .await
                .during(during)?;
            for (conversation, change) in rows {
                let change = serde_json::from_str(&change).during(during)?;
                asked.push((conversation.into(), change));
            }
        }
        Ok(asked)
    }

    /// The rules that led to runs, by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn chains(&self, of: &BTreeSet<RunId>) -> Result<HashMap<RunId, Vec<String>>> {
        let during = "read which rules led to a run";
        let rows: Vec<(i64, String)> = runs::Entity::find()
            .select_only()
            .column(runs::Column::Id)
            .column(runs::Column::Chain)
            .filter(runs::Column::Id.is_in(of.iter().map(|id| id.0)))
            .into_tuple()
            .all(&self.write)
            .await
            .during(during)?;
        rows.into_iter()
            .map(|(id, chain)| Ok((RunId(id), serde_json::from_str(&chain).during(during)?)))
            .collect()
    }

    /// What was sent about some conversations by runs that rules led to, and was on its way at `since` or later.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sent_for_rules(
        &self,
        connection: ConnectionId,
        conversations: &[ConversationId],
        since: i64,
    ) -> Result<Vec<SentChange>> {
        let during = "list what was sent for rules";
        let led_to = runs::Entity::find()
            .select_only()
            .column(runs::Column::Id)
            .filter(runs::Column::ConnectionId.eq(connection))
            .filter(runs::Column::Chain.ne("[]"))
            .into_query();
        let mut rows: Vec<changes::Model> = Vec::new();
        for batch in conversations.chunks(BATCH) {
            let ids = batch.iter().map(ConversationId::as_str);
            rows.extend(
                changes::Entity::find()
                    .filter(changes::Column::ConversationId.is_in(ids))
                    .filter(changes::Column::SentAt.is_not_null())
                    .filter(
                        Condition::any()
                            .add(changes::Column::FinishedAt.is_null())
                            .add(changes::Column::FinishedAt.gte(since)),
                    )
                    .filter(changes::Column::RunId.in_subquery(led_to.clone()))
                    .all(&self.write)
                    .await
                    .during(during)?,
            );
        }
        let runs: BTreeSet<RunId> = rows.iter().map(|row| RunId(row.run_id)).collect();
        let chains = self.chains(&runs).await?;
        rows.into_iter()
            .map(|row| {
                Ok(SentChange {
                    conversation: row.conversation_id.into(),
                    change: serde_json::from_str(&row.change).during(during)?,
                    outcome: parse(&row.outcome)?,
                    sent_at: row.sent_at.unwrap_or(0),
                    finished_at: row.finished_at,
                    chain: chains.get(&RunId(row.run_id)).cloned().unwrap_or_default(),
                })
            })
            .collect()
    }
}
