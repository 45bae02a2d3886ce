//! Wishes about rules: saving them, and running those that run on demand.

use routing::model::RuleSet;
use triage::model::{ConversationId, MailboxId};
use triage::selection::Selection;

use super::{NO_KEY, WishAnswer};
use crate::{Engine, PlanError, SaveRulesError};

impl Engine {
    pub(super) async fn wish_to_save_rules(
        &self,
        author: &str,
        base: i32,
        rules: RuleSet,
        note: &str,
    ) -> Result<WishAnswer, store::Error> {
        match self.save_rules(author, base, rules, note).await {
            Ok(version) => Ok(WishAnswer::done(rules_saved(version), None)),
            Err(SaveRulesError::Store(error)) => Err(error),
            Err(SaveRulesError::Problems(problems)) => {
                Ok(WishAnswer::Refused(problems.iter().fold(
                    "the rules cannot be used:".to_owned(),
                    |text, one| format!("{text}\n  {one}"),
                )))
            }
            Err(error) => Ok(WishAnswer::Refused(error.to_string())),
        }
    }

    /// Runs the rules that run on demand over the mirror, or a mailbox of it.
    pub(super) async fn wish_to_run_rules(
        &self,
        mailbox: Option<String>,
        name: Option<String>,
    ) -> Result<WishAnswer, store::Error> {
        if !self.has_key() {
            return Ok(WishAnswer::Refused(NO_KEY.to_owned()));
        }
        let only = mailbox.map(MailboxId::from);
        if let Some(only) = &only
            && self.mirror().read().directory.mailbox(only).is_none()
        {
            return Ok(WishAnswer::Refused(self.no_mailbox(only)));
        }
        let ids: Vec<ConversationId> = {
            let mirror = self.mirror().read();
            let all = mirror.rows.values().map(|row| &row.conversation);
            all.filter(|one| only.is_none() || one.mailbox == only)
                .map(|one| one.id.clone())
                .collect()
        };
        let selection = Selection::Ids(ids);
        match self.run_rules_on_demand(&selection, name.as_deref()).await {
            Ok(report) => Ok(WishAnswer::Rules(Box::new(report))),
            Err(PlanError::Store(error)) => Err(error),
            Err(PlanError::Invalid(why)) => Ok(WishAnswer::Refused(why.join(" "))),
        }
    }
}

/// What is said when rules were saved.
#[must_use]
pub fn rules_saved(version: i32) -> String {
    format!("The rules are saved as version {version}.")
}
