//! What operators are writing: rule sets that were edited and not saved.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::connections::ConnectionId;
use crate::entities::rule_drafts::{ActiveModel, Column, Entity};
use crate::error::{During, Result};
use crate::open::Store;

/// A rule set that somebody is editing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleDraft {
    /// The version that it began from; 0 where there was none.
    pub base: i32,
    /// The rule set as JSON: the edited one, as far as it can be used.
    pub rules: String,
    /// What was typed and cannot be used yet, as the editor keeps it.
    pub typed: String,
    /// When it was last changed.
    pub changed_at: i64,
}

impl Store {
    /// What an operator is writing; nothing where they began nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_draft(
        &self,
        connection: ConnectionId,
        operator: &str,
    ) -> Result<Option<RuleDraft>> {
        // On the writer: what was just typed must be seen.
        let row = Entity::find_by_id((connection, operator.to_owned()))
            .one(&self.write)
            .await
            .during("read a draft of the rules")?;
        Ok(row.map(|row| RuleDraft {
            base: row.base,
            rules: row.rules,
            typed: row.typed,
            changed_at: row.changed_at,
        }))
    }

    /// Keeps what an operator is writing, in place of what was kept before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_rule_draft(
        &self,
        connection: ConnectionId,
        operator: &str,
        draft: RuleDraft,
    ) -> Result<()> {
        let row = ActiveModel {
            connection_id: Set(connection),
            operator: Set(operator.to_owned()),
            base: Set(draft.base),
            changed_at: Set(draft.changed_at),
            rules: Set(draft.rules),
            typed: Set(draft.typed),
        };
        let update = OnConflict::columns([Column::ConnectionId, Column::Operator])
            .update_columns([
                Column::Base,
                Column::ChangedAt,
                Column::Rules,
                Column::Typed,
            ])
            .to_owned();
        Entity::insert(row)
            .on_conflict(update)
            .exec_without_returning(&self.write)
            .await
            .during("keep a draft of the rules")?;
        Ok(())
    }

    /// Forgets what an operator was writing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_rule_draft(&self, connection: ConnectionId, operator: &str) -> Result<()> {
        Entity::delete_many()
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::Operator.eq(operator))
            .exec(&self.write)
            .await
            .during("forget a draft of the rules")?;
        Ok(())
    }
}
