//! Which conversations a rule fits as it stands, for whoever is writing it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use routing::Compiled;
use routing::evaluate::Evaluator;
use routing::model::{Actions, Mode, Repeat, Rule, RuleId, RuleSet, When};
use routing::moment::Occasion;
use routing::problem::Problem;
use routing::world::Staff;
use triage::actions::Change;
use triage::model::{ConversationId, MailboxId};

use super::rows;
use crate::Engine;

/// What a rule fits, whatever its mode, occasions, hours, and the other rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleMatches {
    /// How many conversations it fits.
    pub count: u64,
    /// Of how many.
    pub total: u64,
    /// Whether it may fit others at another hour.
    pub at_this_hour: bool,
    /// The newest of them.
    pub first: Vec<RuleMatch>,
    /// The note that the newest would get, with its placeholders filled in.
    pub note: Option<String>,
}

/// A conversation that a rule fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleMatch {
    /// Which.
    pub conversation: ConversationId,
    /// Its subject.
    pub subject: Option<String>,
    /// Its mailbox.
    pub mailbox: Option<MailboxId>,
}

impl Engine {
    /// The conversations of the mirror that `rule` fits, and the newest `limit` of them. Only its mailboxes and
    /// conditions count, and only they have to be usable.
    ///
    /// # Errors
    /// What is wrong with the conditions.
    pub async fn rule_matches(
        &self,
        rule: &Rule,
        limit: usize,
    ) -> Result<RuleMatches, Vec<Problem>> {
        let (engine, rule) = (self.clone(), rule.clone());
        let matching = tokio::task::spawn_blocking(move || engine.matches_now(rule, limit));
        // A rule that breaks the evaluation down fits nothing; the panic is in the log.
        matching
            .await
            .unwrap_or_else(|_| Ok(RuleMatches::default()))
    }

    fn matches_now(&self, rule: Rule, limit: usize) -> Result<RuleMatches, Vec<Problem>> {
        let moment = self.moment(Occasion::Any);
        let acts = self.acts();
        let state = self.mirror().read();
        let note = rule.actions.note.clone();
        let set = RuleSet::of(vec![bare(rule, None)]);
        let compiled = Compiled::new(&set, &state.directory)?;
        let mut evaluator = Evaluator::new(&compiled);
        let mut found = RuleMatches {
            at_this_hour: set
                .rules
                .iter()
                .any(|rule| rule.conditions.depends_on_time()),
            ..RuleMatches::default()
        };
        let mut newest: BTreeSet<(Reverse<i64>, ConversationId)> = BTreeSet::new();
        for row in rows(&state, &acts) {
            found.total += 1;
            if !evaluator.fits(0, &row, &moment) {
                continue;
            }
            found.count += 1;
            let age = Reverse(row.conversation.age_from());
            let is_newer = newest.len() < limit || newest.last().is_some_and(|last| age < last.0);
            if is_newer {
                newest.insert((age, row.conversation.id.clone()));
                if newest.len() > limit {
                    newest.pop_last();
                }
            }
        }
        let rows = newest.iter().filter_map(|(_, id)| state.rows.get(id));
        for row in rows {
            let conversation = &row.conversation;
            if found.first.is_empty()
                && let Some(note) = &note
            {
                let set = set.rules.iter().cloned();
                let set = RuleSet::of(set.map(|rule| bare(rule, Some(note.clone()))).collect());
                // What is wrong with the note is said at the note.
                if let Ok(compiled) = Compiled::new(&set, &state.directory) {
                    let row = row.seen_by_rules(&acts);
                    let mut evaluator = Evaluator::new(&compiled);
                    let decision = evaluator.decide(&row, &moment, &mut Staff::default());
                    let mut changes = decision.firings.into_iter().flat_map(|one| one.changes);
                    found.note = changes.find_map(|change| match change {
                        Change::AddNote(note) => Some(note),
                        _ => None,
                    });
                }
            }
            found.first.push(RuleMatch {
                conversation: conversation.id.clone(),
                subject: conversation.subject.clone(),
                mailbox: conversation.mailbox.clone(),
            });
        }
        Ok(found)
    }
}

/// The rule with nothing that could keep it from being looked at, or from being used.
fn bare(rule: Rule, note: Option<String>) -> Rule {
    Rule {
        id: RuleId::from("rule"),
        name: if rule.name.trim().is_empty() || rule.name.chars().count() > 200 {
            "Rule".to_owned()
        } else {
            rule.name
        },
        mode: Mode::On,
        when: vec![When::Sweep],
        actions: Actions {
            note,
            ..Actions::default()
        },
        stop: true,
        hours: None,
        repeat: Repeat::EachOccurrence,
        mailboxes: rule.mailboxes,
        conditions: rule.conditions,
    }
}
