//! Plans: keeping them whole, comparing them with the mirror, forgetting them.

use std::collections::HashSet;

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, Set,
};
use triage::model::{ConversationId, MailboxId, RunId};
use triage::outcome::RunState;

use super::lists::plans;
use super::{Author, NewChange, NewRun, NewTag, RunLane};
use crate::entities::{changes, runs};
use crate::error::{During, Result};
use crate::open::Store;
use crate::plan_rules;

/// Rows that go into one statement: SQLite takes 32,766 values, and a change has sixteen.
const BATCH: usize = 2_000;

impl Store {
    /// Keeps a plan and all its changes, or nothing of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_preview(&self, mut new: NewRun, planned: Vec<NewChange>) -> Result<RunId> {
        let during = "keep a plan";
        let transaction = self.begin().await.during(during)?;
        let rules = new.rules.take();
        let run = run_row(new)?.insert(&transaction).await.during(during)?;
        if let Some(rules) = rules {
            plan_rules::keep(&transaction, run.id, rules).await?;
        }
        insert_changes(&transaction, run.id, planned).await?;
        transaction.commit().await.during(during)?;
        Ok(RunId(run.id))
    }

    /// How many of `conversations` a plan names.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_planned(
        &self,
        id: RunId,
        conversations: &[ConversationId],
    ) -> Result<usize> {
        let mut found = HashSet::new();
        for batch in conversations.chunks(BATCH) {
            let ids: Vec<String> = changes::Entity::find()
                .select_only()
                .column(changes::Column::ConversationId)
                .distinct()
                .filter(changes::Column::RunId.eq(id.0))
                .filter(
                    changes::Column::ConversationId.is_in(batch.iter().map(ConversationId::as_str)),
                )
                .into_tuple()
                .all(&self.read)
                .await
                .during("compare a plan with the mirror")?;
            found.extend(ids);
        }
        Ok(found.len())
    }

    /// Forgets previews made before `before` that nobody confirmed; returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_previews(&self, before: i64) -> Result<u64> {
        let deleted = runs::Entity::delete_many()
            .filter(runs::Column::State.is_in(plans()))
            .filter(runs::Column::CreatedAt.lt(before))
            .exec(&self.write)
            .await
            .during("forget old previews")?;
        Ok(deleted.rows_affected)
    }
}

/// The row of a plan.
pub(crate) fn run_row(new: NewRun) -> Result<runs::ActiveModel> {
    let during = "keep a plan";
    let new_tags: Vec<NewTag> = new.new_tags.into_iter().map(NewTag::waiting).collect();
    let row = runs::ActiveModel {
        connection_id: Set(new.connection),
        state: Set(RunState::Preview.as_str().to_owned()),
        selection: Set(serde_json::to_string(&new.selection).during(during)?),
        actions: Set(serde_json::to_string(&new.actions).during(during)?),
        labels: Set(serde_json::to_string(&new.labels).during(during)?),
        facts: Set(serde_json::to_string(&new.facts).during(during)?),
        cancel_requested: Set(false),
        mirror_at: Set(new.mirror_at),
        created_at: Set(new.created_at),
        lane: Set(RunLane::Bulk.as_str().to_owned()),
        pause_requested: Set(false),
        left_out: Set("[]".to_owned()),
        new_tags: Set(serde_json::to_string(&new_tags).during(during)?),
        title: Set(new.title),
        chain: Set(serde_json::to_string(&new.chain).during(during)?),
        ..Default::default()
    };
    Ok(by(row, new.author))
}

/// A row of a run with its author.
pub(super) fn by(mut row: runs::ActiveModel, author: Author) -> runs::ActiveModel {
    match author {
        Author::Operator(name) => {
            row.author_kind = Set("operator".to_owned());
            row.author = Set(name);
        }
        Author::Rule {
            rule,
            name,
            version,
        } => {
            row.author_kind = Set("rule".to_owned());
            // Among the authors all versions of it are one.
            row.author = Set(format!("rule “{name}”"));
            row.rule_id = Set(Some(rule));
            row.rule_name = Set(Some(name));
            row.rule_version = Set(Some(version));
        }
    }
    row
}

/// Writes the changes of a plan.
pub(crate) async fn insert_changes(
    transaction: &DatabaseTransaction,
    run: i64,
    planned: Vec<NewChange>,
) -> Result<()> {
    let mut seq = 0;
    let mut rows = Vec::with_capacity(BATCH.min(planned.len()));
    let mut planned = planned.into_iter().peekable();
    while let Some(change) = planned.next() {
        rows.push(row(run, seq, change)?);
        seq += 1;
        if rows.len() == BATCH || planned.peek().is_none() {
            changes::Entity::insert_many(std::mem::take(&mut rows))
                .exec_without_returning(transaction)
                .await
                .during("keep a plan")?;
        }
    }
    Ok(())
}

fn row(run: i64, seq: i32, change: NewChange) -> Result<changes::ActiveModel> {
    let during = "keep a plan";
    Ok(changes::ActiveModel {
        run_id: Set(run),
        seq: Set(seq),
        conversation_id: Set(change.conversation.to_string()),
        subject: Set(change.subject),
        change: Set(serde_json::to_string(&change.change).during(during)?),
        before: Set(serde_json::to_string(&change.before).during(during)?),
        outcome: Set(change.outcome.as_str().to_owned()),
        reason: Set(None),
        attempts: Set(0),
        sent_at: Set(None),
        finished_at: Set(None),
        kind: Set(change.change.kind().as_str().to_owned()),
        mailbox_id: Set(change.mailbox.map(MailboxId::into_string)),
        decided_by: Set(None),
        rule_version: Set(change.rule.as_ref().and_then(|rule| rule.version)),
        rule_id: Set(change.rule.map(|rule| rule.rule)),
    })
}
