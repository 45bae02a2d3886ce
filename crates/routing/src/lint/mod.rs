//! What is odd about a rule set: what a person should know before it is saved.

mod effects;
mod facts;
mod later;
mod loops;
mod measure;
mod pairs;
mod terms;
mod texts;

use std::collections::{HashMap, HashSet};

pub use measure::{Measure, measure};
use triage::{
    actions::Change,
    model::{Conversation, Directory, TagId, UserId},
};

use self::{
    facts::Facts,
    later::conflict_later,
    loops::{Trial, endless, may_repeat, trials},
    pairs::{Read, Way, conflict, hidden},
};
use crate::{
    compile::Compiled,
    evaluate::Evaluator,
    model::{Assign, AssigneeTest, Condition, Mode, Rule, RuleSet, TagsTest, Weekday, When},
    moment::Moment,
    problem::Problem,
    warning::{Impossible, Named, Warning},
    world::Row,
};

/// Seen less often, that something was taken back says nothing.
const HABIT: u32 = 3;
/// That all of fewer conversations fit says nothing.
const EVERYTHING: u64 = 10;
/// Of more conversations that a rule acted on it is not asked whether it fitted them.
const ENOUGH: usize = 100;

/// What is known beside the rules.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The mailboxes, users and tags that there are.
    pub directory: &'a Directory,
    /// The conversations that there are.
    pub rows: &'a [Row<'a>],
    /// The present.
    pub moment: Moment,
    /// What Hiver's own automations do, as the history shows it.
    pub habits: &'a [Habit],
    /// The requests of a day, where they are limited.
    pub requests_per_day: Option<u64>,
}

/// After `ours` was done, something other than the console soon did `theirs`, which takes it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Habit {
    /// What the console did.
    pub ours: Change,
    /// What came then.
    pub theirs: Change,
    /// How often.
    pub times: u32,
}

/// Every warning, in the order of the rules.
///
/// # Errors
///
/// What is wrong with `rules`: only what can be used can be odd.
pub fn lint(rules: &RuleSet, around: &Surroundings<'_>) -> Result<Vec<Warning>, Vec<Problem>> {
    let compiled = Compiled::new(rules, around.directory)?;
    let mut warnings = Vec::new();
    let mut read = Vec::with_capacity(rules.rules.len());
    for rule in &rules.rules {
        warnings.extend(gone(rule, around.directory));
        let (one, impossible) = read_rule(rule);
        warnings.extend(impossible.map(|because| Warning::NeverMatches {
            rule: rule.id.clone(),
            because,
        }));
        warnings.extend(due_outside_hours(&one));
        read.push(one);
    }
    let mut reached = Vec::new();
    for place in 0..read.len() {
        if read[place].rule.mode == Mode::Off {
            continue;
        }
        if let Some(warning) = hidden(&read, place) {
            let never_reached = matches!(warning, Warning::Hidden { .. });
            warnings.push(warning);
            // What is never reached is in nobody's way.
            if never_reached {
                continue;
            }
        }
        let earlier = read[..place].iter();
        warnings.extend(earlier.filter_map(|earlier| conflict(earlier, &read[place])));
        reached.push(place);
    }
    let mut observed = measure::conflicts(&compiled, around.rows, &around.moment);
    // Rules that are known to be in each other's way are named once.
    let known: HashSet<_> = warnings.iter().map(Warning::rules).collect();
    observed.retain(|warning| !known.contains(&warning.rules()));
    warnings.append(&mut observed);
    warnings.extend(endless(&compiled, &all_trials(&read, &compiled, around)));
    let mut later = conflicts_later(&read, &reached, &warnings);
    warnings.append(&mut later);
    for rule in &rules.rules {
        warnings.extend(against_hiver(rule, around.habits));
    }
    warnings.extend(measured(&read, &compiled, around, &warnings));
    let place = |warning: &Warning| {
        let first = warning.rules().into_iter().next().cloned();
        rules
            .rules
            .iter()
            .position(|rule| Some(&rule.id) == first.as_ref())
    };
    warnings.sort_by_key(place);
    Ok(warnings)
}

/// What rules take back of what others did on an occasion before, of those that nothing is said of together yet.
fn conflicts_later(read: &[Read<'_>], reached: &[usize], others: &[Warning]) -> Vec<Warning> {
    let places: HashMap<_, _> = read.iter().map(|one| &one.rule.id).zip(0..).collect();
    let mut known: HashSet<(usize, usize)> = HashSet::new();
    for warning in others {
        let named: Vec<usize> = warning.rules().iter().map(|rule| places[rule]).collect();
        known.extend(
            named
                .iter()
                .flat_map(|one| named.iter().map(|other| (*one, *other))),
        );
    }
    let mut warnings = Vec::new();
    for first in reached {
        for second in reached {
            if !known.contains(&(*first, *second))
                && first != second
                && let Some(warning) = conflict_later(read, *first, *second)
            {
                known.insert((*second, *first));
                warnings.push(warning);
            }
        }
    }
    warnings
}

/// Whether a rule looks only at times of the day that its hours, or the times it asks for, leave out.
fn due_outside_hours(one: &Read<'_>) -> Option<Warning> {
    let ways = one.ways.as_ref().filter(|ways| !ways.is_empty())?;
    let mut schedules = Vec::with_capacity(one.rule.when.len());
    for when in &one.rule.when {
        match when {
            When::Schedule(schedule) => schedules.push(schedule),
            _ => return None,
        }
    }
    let is_due = |day: Weekday, minute: usize| {
        schedules.iter().any(|schedule| {
            usize::from(schedule.at.minutes()) == minute && schedule.is_due(day, schedule.at)
        })
    };
    let left = ways.iter().any(|way| {
        way.known
            .open_minutes()
            .any(|(day, minute)| is_due(day, minute))
    });
    let rule = one.rule.id.clone();
    (!left).then_some(Warning::DueOutsideHours { rule })
}

/// The ways in which a rule can fit, and what is impossible where there is none.
fn read_rule(rule: &Rule) -> (Read<'_>, Option<Impossible>) {
    let Some(ways) = terms::ways(rule) else {
        return (Read { rule, ways: None }, None);
    };
    let mut possible = Vec::new();
    let mut first_impossible = None;
    for way in ways {
        let known = Facts::of(&way);
        match known.impossible() {
            None => {
                let after = known.after(&rule.actions);
                possible.push(Way {
                    later: after.later(),
                    after,
                    tests: way,
                    known,
                });
            }
            Some(because) => {
                first_impossible.get_or_insert(because);
            }
        }
    }
    let impossible = first_impossible.filter(|_| possible.is_empty());
    let ways = Some(possible);
    (Read { rule, ways }, impossible)
}

/// Conversations that fit the rules that may act again: made up, and for rules that none made up fits, a real one.
fn all_trials(read: &[Read<'_>], compiled: &Compiled, around: &Surroundings<'_>) -> Vec<Trial> {
    let mut evaluator = Evaluator::new(compiled);
    let mut all = Vec::new();
    for (place, one) in read.iter().enumerate().filter(|(_, one)| may_repeat(one)) {
        let mut fitting = trials(one, around.directory);
        fitting.retain(|trial| {
            let row = Row::of(&trial.conversation);
            evaluator.fits(place, &row, &trial.moment)
        });
        if fitting.is_empty() {
            let mut rows = around.rows.iter();
            let real = rows.find(|row| evaluator.fits(place, row, &around.moment));
            fitting.extend(real.map(|row| {
                Trial {
                    conversation: row.conversation.clone(),
                    moment: Moment {
                        occasion: one
                            .rule
                            .when
                            .first()
                            .map_or(around.moment.occasion, loops::first_occasion),
                        ..around.moment
                    },
                }
            }));
        }
        all.append(&mut fitting);
    }
    all
}

fn against_hiver(rule: &Rule, habits: &[Habit]) -> Vec<Warning> {
    if rule.mode == Mode::Off {
        return Vec::new();
    }
    let actions = &rule.actions;
    let does = |change: &Change| match change {
        Change::Assign(user) => actions
            .assign
            .iter()
            .flat_map(Assign::users)
            .any(|own| own == user),
        Change::AddTag(tag) => actions.add_tags.contains(tag),
        Change::RemoveTag(tag) => actions.remove_tags.contains(tag),
        Change::SetStatus(status) => actions.set_status.as_ref() == Some(status),
        Change::AddNote(_) => false,
    };
    habits
        .iter()
        .filter(|habit| habit.times >= HABIT && does(&habit.ours))
        .map(|habit| Warning::AgainstHiver {
            rule: rule.id.clone(),
            ours: habit.ours.clone(),
            theirs: habit.theirs.clone(),
            times: habit.times,
        })
        .collect()
}

/// Whether a rule fits something that it acted on, but for what has become of it since: an assignee, a status, tags.
fn fitted(one: &Read<'_>, place: usize, compiled: &Compiled, around: &Surroundings<'_>) -> bool {
    let acted_on = |row: &&Row<'_>| -> bool { row.acted.iter().any(|act| act.rule == one.rule.id) };
    let trials = trials(one, around.directory);
    let mut evaluator = Evaluator::new(compiled);
    let mut rows = around.rows.iter().filter(acted_on).take(ENOUGH);
    rows.any(|row| {
        trials.iter().any(|trial| {
            let before = Conversation {
                status: trial.conversation.status.clone(),
                assignee: trial.conversation.assignee.clone(),
                tags: trial.conversation.tags.clone(),
                ..row.conversation.clone()
            };
            evaluator.fits(place, &Row::of(&before), &around.moment)
        })
    })
}

fn measured(
    read: &[Read<'_>],
    compiled: &Compiled,
    around: &Surroundings<'_>,
    others: &[Warning],
) -> Vec<Warning> {
    let of = around.rows.len() as u64;
    // Of these it is already said why they fit nothing.
    let never: HashSet<_> = others
        .iter()
        .filter_map(|warning| match warning {
            Warning::NeverMatches { rule, .. } | Warning::TooLate { rule, .. } => Some(rule),
            _ => None,
        })
        .collect();
    let mut warnings = Vec::new();
    if of == 0 {
        return warnings;
    }
    let measures = measure(compiled, around.rows, &around.moment);
    for ((place, of_rule), measure) in compiled.rules().enumerate().zip(measures) {
        let Measure {
            rule,
            fits,
            requests,
        } = measure;
        // What it fits at this hour says nothing of others.
        let at_any_hour = !of_rule.conditions.depends_on_time();
        if fits == 0
            && at_any_hour
            && !never.contains(&rule)
            && !fitted(&read[place], place, compiled, around)
        {
            let rule = rule.clone();
            warnings.push(Warning::MatchesNothing { rule, of });
        }
        if fits == of && at_any_hour && of >= EVERYTHING {
            let rule = rule.clone();
            warnings.push(Warning::MatchesEverything { rule, of });
        }
        if let Some(day) = around.requests_per_day.filter(|day| requests > *day) {
            warnings.push(Warning::CostsMoreThanTheDay {
                rule,
                requests,
                day,
            });
        }
    }
    warnings
}

/// What a rule names that is not there: a [`Warning::Gone`] for each mailbox, user and tag.
#[must_use]
pub fn gone(rule: &Rule, directory: &Directory) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut name = |what, id: &str| {
        let warning = Warning::Gone {
            rule: rule.id.clone(),
            what,
            id: id.to_owned(),
        };
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    };
    let mut mailboxes = rule.mailboxes.iter().collect::<Vec<_>>();
    let mut users: Vec<&UserId> = rule.actions.assign.iter().flat_map(Assign::users).collect();
    let mut tags: Vec<&TagId> = rule
        .actions
        .add_tags
        .iter()
        .chain(&rule.actions.remove_tags)
        .collect();
    let mut conditions = vec![&rule.conditions];
    while let Some(condition) = conditions.pop() {
        match condition {
            Condition::Mailbox(ids) => mailboxes.extend(ids),
            Condition::Assignee(AssigneeTest::OneOf(ids)) => users.extend(ids),
            Condition::Tags(TagsTest::Any(ids) | TagsTest::All(ids) | TagsTest::None(ids)) => {
                tags.extend(ids);
            }
            group => conditions.extend(group.parts()),
        }
    }
    for id in mailboxes
        .into_iter()
        .filter(|id| directory.mailbox(id).is_none())
    {
        name(Named::Mailbox, id.as_str());
    }
    for id in users.into_iter().filter(|id| directory.user(id).is_none()) {
        name(Named::User, id.as_str());
    }
    for id in tags.into_iter().filter(|id| directory.tag(id).is_none()) {
        name(Named::Tag, id.as_str());
    }
    warnings
}
