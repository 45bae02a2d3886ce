//! Rules that are in each other's way.

use triage::actions::Change;

use super::{effects::Written, facts::Facts, terms::Literal};
use crate::{
    model::{Actions, Assign, Mode, Repeat, Rule, When},
    moment::Occasion,
    warning::Warning,
};

/// A rule with the ways in which it can fit.
pub(super) struct Read<'r> {
    pub(super) rule: &'r Rule,
    /// Impossible ones left out. `None` where there are too many.
    pub(super) ways: Option<Vec<Way<'r>>>,
}

/// A way in which a rule can fit.
pub(super) struct Way<'r> {
    pub(super) tests: Vec<Literal<'r>>,
    /// What is known of a conversation then.
    pub(super) known: Facts<'r>,
    /// What is known of it after the rule acted.
    pub(super) after: Facts<'r>,
    /// The same on a later occasion, if nothing but the rule changed it.
    pub(super) later: Facts<'r>,
}

/// Why the rule at `place` is never reached, if it is not: together, earlier rules stop whatever fits it, or change it
/// so that it no longer does.
pub(super) fn hidden(rules: &[Read<'_>], place: usize) -> Option<Warning> {
    let later = &rules[place];
    let ways = later.ways.as_ref().filter(|ways| !ways.is_empty())?;
    let mut behind = Vec::new();
    let mut all_stop = true;
    for way in ways {
        // Of what fits the later rule, going up: as each rule before it left it, and as that found it.
        let mut known = way.known.clone();
        let takes = rules[..place].iter().rev().find(|earlier| {
            let found = is_every_occasion_covered(later.rule, earlier.rule)
                && takes_all(earlier, &known)
                && (earlier.rule.stop || !known.allows(&surely_done(earlier.rule)));
            if earlier.rule.mode == Mode::On && !found {
                known.undo(&earlier.rule.actions);
            }
            found
        })?;
        all_stop &= takes.rule.stop;
        if !behind.contains(&takes.rule.id) {
            behind.push(takes.rule.id.clone());
        }
    }
    let rule = later.rule.id.clone();
    Some(if all_stop {
        Warning::Hidden { rule, behind }
    } else {
        Warning::TooLate { rule, behind }
    })
}

/// What a rule has done to what it fits, whenever a later one looks: somebody may not be free, and what acts once leaves
/// what became otherwise since. That a person unassigns what a rule has assigned is not expected.
fn surely_done(rule: &Rule) -> Actions {
    let actions = &rule.actions;
    let assign = match &actions.assign {
        Some(Assign::User(user)) => Some(Assign::User(user.clone())),
        Some(Assign::Share(_)) | None => None,
    };
    match rule.repeat {
        Repeat::EachOccurrence => Actions {
            assign,
            ..actions.clone()
        },
        Repeat::Once | Repeat::AfterHours(_) => Actions {
            assign,
            ..Actions::default()
        },
    }
}

/// Whether a rule keeps from later ones all that is `known` so when it has looked: because it stops what fits it, or
/// because what it acted on is otherwise.
pub(super) fn takes_all(rule: &Read<'_>, known: &Facts<'_>) -> bool {
    let Some(ways) = rule.ways.as_ref() else {
        return false;
    };
    rule.rule.mode == Mode::On
        && (rule.rule.stop || !known.allows(&rule.rule.actions))
        && ways
            .iter()
            .any(|way| way.tests.iter().all(|literal| known.implies(*literal)))
}

fn is_every_occasion_covered(of: &Rule, by: &Rule) -> bool {
    of.when.iter().all(|when| is_covered(when, &by.when))
}

fn is_covered(when: &When, by: &[When]) -> bool {
    let of_change = Occasion::OF_CHANGES
        .iter()
        .any(|occasion| when.fits(*occasion));
    by.contains(when) || (of_change && by.contains(&When::AnyChange))
}

/// What the rule `later` takes back of what `earlier` does to the same conversations.
pub(super) fn conflict(earlier: &Read<'_>, later: &Read<'_>) -> Option<Warning> {
    let (first, second) = (earlier.rule, later.rule);
    if first.stop || !meet(&first.when, &second.when) {
        return None;
    }
    let clash = clash(first, second)?;
    let written = Written::by(&first.actions);
    let done = Facts::none().after(&first.actions);
    let ways = earlier.ways.as_ref()?;
    let same = ways.iter().any(|way| {
        later.ways.iter().flatten().any(|other| {
            // All that fits the earlier fits the later then.
            let wider = other.tests.iter().all(|test| way.after.implies(*test));
            // Or all that fits the later has fitted the earlier, but for what that itself has written since.
            let unwritten = |test: &&Literal<'_>| !written.is_read_by(test);
            let narrower = || {
                let mut tests = way.tests.iter().filter(unwritten);
                tests.all(|test| other.known.implies(*test))
            };
            wider || (narrower() && is_possible(&done, &other.tests, written))
        })
    });
    same.then(|| clash.warning(first, second, false))
}

/// Whether what `way` asks of what was written is possible now.
fn is_possible<'r>(done: &Facts<'r>, way: &[Literal<'r>], written: Written) -> bool {
    let mut facts = done.clone();
    let read = way.iter().filter(|literal| written.is_read_by(literal));
    read.for_each(|literal| facts.learn(*literal));
    facts.impossible().is_none()
}

/// Whether two rules look at a conversation on the same occasion.
fn meet(first: &[When], second: &[When]) -> bool {
    let occasions = Occasion::OF_CHANGES
        .into_iter()
        .chain([Occasion::Sweep, Occasion::OnDemand]);
    let fits = |all: &[When], occasion| all.iter().any(|when| when.fits(occasion));
    first.iter().any(|when| second.contains(when))
        || occasions
            .into_iter()
            .any(|occasion| fits(first, occasion) && fits(second, occasion))
}

/// What one rule takes back of what another does.
pub(super) enum Clash {
    Assignee,
    Done(Change),
}

impl Clash {
    pub(super) fn warning(self, first: &Rule, second: &Rule, later: bool) -> Warning {
        let (rule, other) = (second.id.clone(), first.id.clone());
        match self {
            Self::Assignee => Warning::Contradicts { rule, other, later },
            Self::Done(change) => Warning::Undoes {
                rule,
                other,
                change,
                later,
            },
        }
    }
}

/// What `second` takes back of what `first` does, where both act on the same conversation.
pub(super) fn clash(first: &Rule, second: &Rule) -> Option<Clash> {
    if first.mode != Mode::On || second.mode != Mode::On {
        return None;
    }
    let (before, after): (&Actions, &Actions) = (&first.actions, &second.actions);
    if let (Some(before), Some(after)) = (&before.assign, &after.assign)
        && !before
            .users()
            .any(|user| after.users().any(|other| other == user))
    {
        return Some(Clash::Assignee);
    }
    let added = before
        .add_tags
        .iter()
        .find(|tag| after.remove_tags.contains(tag));
    let removed = before
        .remove_tags
        .iter()
        .find(|tag| after.add_tags.contains(tag));
    let status = match (&before.set_status, &after.set_status) {
        (Some(before), Some(after)) if before != after => Some(Change::SetStatus(before.clone())),
        _ => None,
    };
    added
        .map(|tag| Change::AddTag(tag.clone()))
        .or_else(|| removed.map(|tag| Change::RemoveTag(tag.clone())))
        .or(status)
        .map(Clash::Done)
}
