//! Rules that look after each sweep.

use std::collections::BTreeSet;
use std::sync::Arc;

use routing::model::{RuleId, When};
use routing::moment::Occasion;
use store::{ConnectionId, HistoryMark, RuleMark};
use triage::model::{ConversationId, MailboxId};

use super::SaveRulesError;
use super::firing::Look;
use super::occurrences::{Occurrence, Place};
use crate::Engine;
use crate::sync::schedule::AHEAD_MS;

impl Engine {
    /// Has the rules look at the mailboxes that were swept since they last did.
    pub(super) async fn look_after_sweeps(
        &self,
        connection: ConnectionId,
    ) -> Result<(), SaveRulesError> {
        let store = self.store();
        let Some(live) = self.live_rules_of(connection).await? else {
            return Ok(());
        };
        let looks = |when: &When| matches!(when, When::Sweep);
        let rules = live.set.taking_part();
        let only: BTreeSet<RuleId> = rules
            .filter(|rule| rule.when.iter().any(looks))
            .map(|rule| rule.id.clone())
            .collect();
        if only.is_empty() {
            return Ok(());
        }
        let begins = self.rule_begins(connection).await?;
        let first = only.iter().filter_map(|rule| begins.get(rule.as_str()));
        let first = first.map(|begin| begin.at).min().unwrap_or(i64::MIN);
        for mark in store.history_marks(connection).await? {
            let Some(swept) = swept(&mark).filter(|swept| *swept >= first) else {
                continue;
            };
            self.look_after_sweep(connection, &mark.mailbox, swept, &only)
                .await?;
        }
        Ok(())
    }

    async fn look_after_sweep(
        &self,
        connection: ConnectionId,
        mailbox: &MailboxId,
        swept: i64,
        only: &BTreeSet<RuleId>,
    ) -> Result<(), SaveRulesError> {
        let _deciding = self.0.rules.deciding.lock().await;
        let Some(live) = self.live_rules_of(connection).await? else {
            return Ok(());
        };
        let name = format!("sweep:{mailbox}");
        let from = self
            .store()
            .rule_marks(connection)
            .await?
            .get(&name)
            .copied();
        let latest = self.now() + AHEAD_MS;
        if from.is_some_and(|from| (swept..=latest).contains(&from)) {
            return Ok(());
        }
        let occurrence: Arc<str> = format!("{name}:{swept}").into();
        let look = Look {
            occurrences: self.each(Some(mailbox), Occasion::Sweep, &occurrence, swept),
            marks: vec![RuleMark {
                name,
                from,
                to: swept,
            }],
            deliveries: Vec::new(),
            only: Some(only.clone()),
            late: Vec::new(),
            asked: false,
        };
        self.fire(live, look).await?;
        Ok(())
    }

    /// One occurrence for each conversation of the mirror, or of a mailbox, the oldest first.
    pub(super) fn each(
        &self,
        mailbox: Option<&MailboxId>,
        occasion: Occasion,
        name: &Arc<str>,
        at: i64,
    ) -> Vec<Occurrence> {
        let mut found: Vec<(i64, ConversationId)> = {
            let mirror = self.mirror().read();
            let rows = mirror.rows.values().map(|row| &row.conversation);
            rows.filter(|one| mailbox.is_none() || one.mailbox.as_ref() == mailbox)
                .map(|one| (one.age_from(), one.id.clone()))
                .collect()
        };
        found.sort();
        let ids = found.into_iter().map(|(_, id)| id);
        each_of(ids, occasion, name, at)
    }
}

/// One occurrence for each of some conversations.
pub(super) fn each_of(
    ids: impl Iterator<Item = ConversationId>,
    occasion: Occasion,
    name: &Arc<str>,
    at: i64,
) -> Vec<Occurrence> {
    let chain = Arc::default();
    ids.map(|conversation| Occurrence {
        conversation,
        occasion,
        name: Arc::clone(name),
        chain: Arc::clone(&chain),
        place: Place::At(at),
    })
    .collect()
}

/// When the last whole sweep of a mailbox began; nothing for the first one, before which nothing was known.
fn swept(mark: &HistoryMark) -> Option<i64> {
    let begins = mark.begins_at?;
    mark.open_until
        .filter(|began| *began > begins && mark.left_at.is_none())
}
