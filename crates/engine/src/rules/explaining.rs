//! Explanations: what rules would do to one conversation, and why.

use std::sync::Arc;

use routing::Compiled;
use routing::explain::explain;
use routing::explanation::Explanation;
use routing::model::{RuleId, RuleSet};
use routing::moment::{Moment, Occasion};
use routing::problem::Problem;
use triage::actions::Change;
use triage::model::{Conversation, ConversationId, Directory};

use super::RuleSource;
use super::ceiling::shadowed;
use crate::Engine;

/// What rules would do to a conversation as it is now.
#[derive(Debug)]
pub struct Explained {
    /// The conversation.
    pub conversation: Conversation,
    /// The names that it is told with.
    pub directory: Directory,
    /// When, and on which occasion.
    pub moment: Moment,
    /// The rules.
    pub set: Arc<RuleSet>,
    /// Every rule with every condition.
    pub explanation: Explanation,
    /// What would be sent, in sending order, each with the rule that asks for it.
    pub changes: Vec<(RuleId, Change)>,
}

impl Engine {
    /// Explains what `set` would do to a conversation now, on `occasion`. Nothing where the mirror has no such
    /// conversation.
    ///
    /// # Errors
    /// What is wrong with the rules.
    pub fn explain(
        &self,
        set: &Arc<RuleSet>,
        id: &ConversationId,
        occasion: Occasion,
    ) -> Result<Option<Explained>, Vec<Problem>> {
        let staff = self.staff();
        let acts = self.acts_seen_by(set);
        let moment = self.moment(occasion);
        let directory = self.mirror().read().directory.clone();
        let compiled = Compiled::new(set, &directory)?;
        let mirror = self.mirror().read();
        let Some(row) = mirror.rows.get(id) else {
            return Ok(None);
        };
        let (decision, explanation) =
            explain(&compiled, &row.seen_by_rules(&acts), &moment, &staff);
        let changes = decision.changes(&row.conversation);
        Ok(Some(Explained {
            changes: changes
                .into_iter()
                .map(|(rule, change)| (rule.id.clone(), change))
                .collect(),
            conversation: row.conversation.clone(),
            directory,
            moment,
            set: Arc::clone(set),
            explanation,
        }))
    }

    /// The rules of a source as they would be in force, for an operator: those that name a user or a tag that is gone
    /// are in shadow. Nothing where they have no draft, or there is no such version.
    ///
    /// # Errors
    /// When the database fails, or holds what this program cannot read.
    pub async fn rules_from(
        &self,
        operator: &str,
        source: RuleSource,
    ) -> Result<Option<Arc<RuleSet>>, store::Error> {
        let live = self.rules().await?;
        let as_in_force = |set| {
            let directory = &self.mirror().read().directory;
            Arc::new(shadowed(set, directory))
        };
        match source {
            RuleSource::Draft => {
                let Some(draft) = self.rule_draft(operator).await? else {
                    return Ok(None);
                };
                let base = self.rules_of_version(draft.base).await?;
                match (live, base) {
                    // Nothing was changed: it is what is in force.
                    (Some(live), Some((_, set))) if set == draft.set => {
                        Ok(Some(Arc::clone(&live.set)))
                    }
                    _ => Ok(Some(as_in_force(draft.set))),
                }
            }
            RuleSource::Version(number) => {
                if let Some(live) = live.filter(|live| live.number() == number) {
                    return Ok(Some(Arc::clone(&live.set)));
                }
                let found = self.rules_of_version(number).await?;
                Ok(found.map(|(_, set)| as_in_force(set)))
            }
        }
    }
}
