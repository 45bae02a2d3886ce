//! What operators are writing. One draft each: the whole set, as far as it can be used, and what was typed beside it.

use std::sync::{Arc, PoisonError};

use routing::model::RuleSet;
use store::RuleDraft;
use tokio::sync::OwnedMutexGuard;

use super::keeping::unusable;
use crate::Engine;

/// A rule set that somebody is editing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The version that it began from; 0 where there was none.
    pub base: i32,
    /// The edited set, as far as it can be used: a rule that cannot be is as it was when it last could.
    pub set: RuleSet,
    /// What was typed, as the editor keeps it.
    pub typed: String,
    /// When it was last changed.
    pub changed_at: i64,
}

impl Engine {
    /// Keeps others from what an operator is writing for as long as what is returned is held: who reads it, changes it
    /// and keeps it holds this meanwhile.
    pub async fn drafting(&self, operator: &str) -> OwnedMutexGuard<()> {
        let of_operator = {
            let mut all = self
                .0
                .rules
                .drafting
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(operator.to_owned()).or_default())
        };
        of_operator.lock_owned().await
    }

    /// What an operator is writing; nothing where they began nothing.
    ///
    /// # Errors
    /// When the database fails, or holds a draft that this program cannot read.
    pub async fn rule_draft(&self, operator: &str) -> Result<Option<Draft>, store::Error> {
        let Some(connection) = self.mirror().connection() else {
            return Ok(None);
        };
        let kept = self.store().rule_draft(connection, operator).await?;
        kept.map(|kept| {
            Ok(Draft {
                base: kept.base,
                set: serde_json::from_str(&kept.rules).map_err(unusable)?,
                typed: kept.typed,
                changed_at: kept.changed_at,
            })
        })
        .transpose()
    }

    /// Keeps what an operator is writing, in place of what was kept before. Does nothing without a connection.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_rule_draft(
        &self,
        operator: &str,
        base: i32,
        set: &RuleSet,
        typed: String,
    ) -> Result<(), store::Error> {
        let Some(connection) = self.mirror().connection() else {
            return Ok(());
        };
        let draft = RuleDraft {
            base,
            rules: serde_json::to_string(set).map_err(unusable)?,
            typed,
            changed_at: self.now(),
        };
        self.store()
            .keep_rule_draft(connection, operator, draft)
            .await
    }

    /// Forgets what an operator was writing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_rule_draft(&self, operator: &str) -> Result<(), store::Error> {
        match self.mirror().connection() {
            Some(connection) => self.store().drop_rule_draft(connection, operator).await,
            None => Ok(()),
        }
    }
}
