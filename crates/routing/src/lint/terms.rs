//! The ways in which a rule can fit: its conditions as alternatives of tests that all must hold.

use triage::model::{MailboxId, Status};

use crate::model::{AssigneeTest, Condition, Hours, Rule, Span, TagsTest, TextCondition};

/// With more ways than this, nothing is said about a rule: it would take too long, and be of no help.
const MOST_WAYS: usize = 64;

/// A test, and whether it is to be true or false.
#[derive(Debug, Clone, Copy)]
pub(super) struct Literal<'r> {
    pub(super) test: Test<'r>,
    pub(super) positive: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Test<'r> {
    Text(&'r TextCondition),
    Mailbox(&'r [MailboxId]),
    Status(&'r [Status]),
    Assignee(&'r AssigneeTest),
    Tags(&'r TagsTest),
    Age(Span),
    Unchanged(Span),
    Time(&'r Hours),
}

/// The ways in which `rule` can fit, its mailboxes and hours included; `None` where there are too many.
pub(super) fn ways(rule: &Rule) -> Option<Vec<Vec<Literal<'_>>>> {
    let mut ways = expand(&rule.conditions, true)?;
    let mailboxes = (!rule.mailboxes.is_empty()).then_some(Test::Mailbox(&rule.mailboxes));
    let hours = rule.hours.as_ref().map(Test::Time);
    for test in mailboxes.into_iter().chain(hours) {
        for way in &mut ways {
            way.push(Literal {
                test,
                positive: true,
            });
        }
    }
    Some(ways)
}

fn expand(condition: &Condition, positive: bool) -> Option<Vec<Vec<Literal<'_>>>> {
    let test = match condition {
        Condition::All(parts) => return group(parts, positive, positive),
        Condition::Any(parts) => return group(parts, positive, !positive),
        Condition::None(parts) => return group(parts, !positive, positive),
        Condition::Text(text) => Test::Text(text),
        Condition::Mailbox(ids) => Test::Mailbox(ids),
        Condition::Status(statuses) => Test::Status(statuses),
        Condition::Assignee(test) => Test::Assignee(test),
        Condition::Tags(test) => Test::Tags(test),
        Condition::Age(span) => Test::Age(*span),
        Condition::Unchanged(span) => Test::Unchanged(*span),
        Condition::Time(hours) => Test::Time(hours),
    };
    let positive = match test {
        Test::Text(text) => positive != text.negated,
        _ => positive,
    };
    Some(vec![vec![Literal { test, positive }]])
}

/// The parts, each to be `positive`: all of them, or any.
fn group(parts: &[Condition], positive: bool, all: bool) -> Option<Vec<Vec<Literal<'_>>>> {
    let mut ways = if all { vec![Vec::new()] } else { Vec::new() };
    for part in parts {
        let more = expand(part, positive)?;
        if all {
            ways = ways
                .iter()
                .flat_map(|way| {
                    more.iter()
                        .map(move |other| [way.as_slice(), other].concat())
                })
                .take(MOST_WAYS + 1)
                .collect();
        } else {
            ways.extend(more);
        }
        if ways.len() > MOST_WAYS {
            return None;
        }
    }
    Some(ways)
}
