//! The rules behind a plan: what it was made with, and whether rules have acted on its conversations since.

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, Set, Statement,
};
use triage::model::RunId;

use crate::entities::plan_rules::{ActiveModel, Entity};
use crate::error::{During, Result};
use crate::open::Store;
use crate::rule_acts::ActMode;

impl Store {
    /// The rules that a plan was made with, as JSON; nothing where it was made with actions.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn planned_rules(&self, id: RunId) -> Result<Option<String>> {
        let row = Entity::find_by_id(id.0)
            .one(&self.read)
            .await
            .during("read the rules of a plan")?;
        Ok(row.map(|row| row.rules))
    }

    /// Of how many conversations of a plan that rules made this is no longer what they would do: the same rule has acted
    /// on them since.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn overtaken(&self, id: RunId) -> Result<u64> {
        overtaken(&self.write, id).await
    }
}

/// Keeps the rules of a plan, within the transaction that keeps the plan.
pub(crate) async fn keep(transaction: &DatabaseTransaction, id: i64, rules: String) -> Result<()> {
    let row = ActiveModel {
        run_id: Set(id),
        rules: Set(rules),
    };
    row.insert(transaction)
        .await
        .during("keep the rules of a plan")?;
    Ok(())
}

/// See [`Store::overtaken`].
pub(crate) async fn overtaken(database: &impl ConnectionTrait, id: RunId) -> Result<u64> {
    let during = "compare a plan with what rules did";
    let statement = Statement::from_sql_and_values(
        database.get_database_backend(),
        "SELECT COUNT(DISTINCT changes.conversation_id) FROM changes \
         JOIN runs ON runs.id = changes.run_id \
         JOIN rule_acts ON rule_acts.connection_id = runs.connection_id \
          AND rule_acts.rule_id = changes.rule_id \
          AND rule_acts.conversation_id = changes.conversation_id \
         WHERE changes.run_id = $1 AND rule_acts.mode = $2 AND rule_acts.at >= runs.created_at \
          AND (rule_acts.run_id IS NULL OR rule_acts.run_id <> runs.id)",
        [id.0.into(), ActMode::On.to_string().into()],
    );
    let row = database.query_one_raw(statement).await.during(during)?;
    let count: Option<i64> = row
        .map(|row| row.try_get_by_index(0))
        .transpose()
        .during(during)?;
    Ok(u64::try_from(count.unwrap_or(0)).unwrap_or(0))
}
