//! How many conversations each rule fits, and what that would cost.

use std::collections::HashSet;

use triage::actions::Change;

use crate::{
    compile::Compiled,
    decision::Firing,
    evaluate::Evaluator,
    model::{Mode, RuleId, When},
    moment::{Moment, Occasion},
    warning::Warning,
    world::{Row, Staff},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// One rule over many conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// The rule.
    pub rule: RuleId,
    /// Conversations that fit its mailboxes and conditions as they are, whatever its mode, occasions and hours and
    /// the rules before it.
    pub fits: u64,
    /// Requests to Hiver that it would take to do to them what it does, what is so already left out. A rule that only
    /// looks when something happens is counted for those to which something happened in the last 24 hours.
    pub requests: u64,
}

/// Measures every rule over `rows`.
#[must_use]
pub fn measure(compiled: &Compiled, rows: &[Row<'_>], moment: &Moment) -> Vec<Measure> {
    let mut measures: Vec<Measure> = compiled
        .rules()
        .map(|rule| Measure {
            rule: rule.id.clone(),
            fits: 0,
            requests: 0,
        })
        .collect();
    let mut evaluator = Evaluator::new(compiled);
    let mut fitting = Vec::new();
    let standing = |when: &When| matches!(when, When::Sweep | When::Schedule(_) | When::OnDemand);
    let looks_at_all: Vec<bool> = compiled
        .rules()
        .map(|rule| rule.when.iter().any(standing))
        .collect();
    for row in rows {
        let conversation = row.conversation;
        let last = conversation.age_from().max(conversation.changed_at());
        let is_recent = moment.now_ms.saturating_sub(last) < DAY_MS;
        evaluator.all_that_fit(row, moment, &mut fitting);
        for index in &fitting {
            let measure = &mut measures[*index];
            measure.fits += 1;
            if looks_at_all[*index] || is_recent {
                measure.requests += requests(compiled, *index, row);
            }
        }
    }
    measures
}

fn requests(compiled: &Compiled, index: usize, row: &Row<'_>) -> u64 {
    let rule = &compiled.rules[index].rule;
    if rule.mode != Mode::On {
        return 0;
    }
    let actions = &rule.actions;
    let conversation = row.conversation;
    let mut requests = u64::from(actions.note.is_some());
    if let Some(assign) = &actions.assign {
        let has = conversation.assignee.user_id();
        let stays = has.is_some_and(|user| assign.users().any(|other| other == user));
        requests += u64::from(!stays);
    }
    let added = actions.add_tags.iter().cloned().map(Change::AddTag);
    let removed = actions.remove_tags.iter().cloned().map(Change::RemoveTag);
    let status = actions.set_status.iter().cloned().map(Change::SetStatus);
    let others = added.chain(removed).chain(status);
    requests
        + others
            .filter(|change| change.is_so(conversation) != Some(true))
            .count() as u64
}

/// On these occasions many rules meet.
const OCCASIONS: [Occasion; 3] = [Occasion::Created, Occasion::Sweep, Occasion::OnDemand];

/// What rules take back of what others did to the same conversation of `rows`, as if none had acted before.
pub(super) fn conflicts(compiled: &Compiled, rows: &[Row<'_>], moment: &Moment) -> Vec<Warning> {
    let mut evaluator = Evaluator::new(compiled);
    let mut warnings = Vec::new();
    let mut known = HashSet::new();
    for row in rows {
        let row = Row { acted: &[], ..*row };
        for occasion in OCCASIONS {
            let moment = Moment {
                occasion,
                ..*moment
            };
            let decision = evaluator.decide(&row, &moment, &mut Staff::default());
            let acting: Vec<&Firing<'_>> = decision
                .firings
                .iter()
                .filter(|firing| firing.counts())
                .collect();
            for (place, later) in acting.iter().enumerate() {
                for earlier in &acting[..place] {
                    let pair = (&earlier.rule.id, &later.rule.id);
                    if !known.contains(&pair)
                        && let Some(warning) = taken_back(earlier, later)
                    {
                        known.insert(pair);
                        warnings.push(warning);
                    }
                }
            }
        }
    }
    warnings
}

fn taken_back(earlier: &Firing<'_>, later: &Firing<'_>) -> Option<Warning> {
    let (rule, other) = (&later.rule.id, &earlier.rule.id);
    earlier.changes.iter().find_map(|before| {
        later
            .changes
            .iter()
            .find_map(|after| match (before, after) {
                (Change::Assign(_), Change::Assign(_)) => Some(Warning::Contradicts {
                    rule: rule.clone(),
                    other: other.clone(),
                    later: false,
                }),
                (Change::AddTag(tag), Change::RemoveTag(same))
                | (Change::RemoveTag(tag), Change::AddTag(same))
                    if tag == same =>
                {
                    Some(undoes(rule, other, before))
                }
                (Change::SetStatus(_), Change::SetStatus(_)) => Some(undoes(rule, other, before)),
                _ => None,
            })
    })
}

fn undoes(rule: &RuleId, other: &RuleId, change: &Change) -> Warning {
    Warning::Undoes {
        rule: rule.clone(),
        other: other.clone(),
        change: change.clone(),
        later: false,
    }
}
