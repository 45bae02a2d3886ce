//! Rules that make themselves or each other act again: tried out on conversations that fit them.

use std::collections::{BTreeSet, HashMap};

use triage::{
    actions::Change,
    model::{Assignee, Conversation, Directory, Status},
};

use super::{facts::Facts, pairs::Read};
use crate::{
    compile::Compiled,
    evaluate::Evaluator,
    model::{Mode, RuleId, TextField, TextTest, TimeOfDay, Weekday, When},
    moment::{Moment, Occasion},
    warning::Warning,
    world::{Acted, Row, Staff},
};

/// A Monday at midnight, in ms since the epoch.
const MONDAY: i64 = 1_780_272_000_000;
const MINUTE: i64 = 60_000;
/// In so many rounds every chain of effects that ends has ended.
const ROUNDS: usize = 8;
/// What still acts after so many is taken for endless.
const SETTLED: usize = 5;

/// A conversation to try rules on.
pub(super) struct Trial {
    pub(super) conversation: Conversation,
    pub(super) moment: Moment,
}

/// Conversations that may fit a rule, one for each way.
pub(super) fn trials(read: &Read<'_>, directory: &Directory) -> Vec<Trial> {
    let Some(when) = read.rule.when.first() else {
        return Vec::new();
    };
    let ways = read.ways.iter().flatten();
    ways.take(4)
        .map(|way| trial(&way.known, when, directory))
        .collect()
}

/// The rules that would act without end if nothing cut chains off, and so act anew at each of their occasions, found by trying all on each of `trials`.
pub(super) fn endless(compiled: &Compiled, trials: &[Trial]) -> Vec<Warning> {
    let places: HashMap<&RuleId, usize> = compiled.rules().map(|rule| &rule.id).zip(0..).collect();
    let mut evaluator = Evaluator::new(compiled);
    let mut found: BTreeSet<Vec<usize>> = BTreeSet::new();
    for trial in trials {
        let acting = run(&mut evaluator, trial);
        let mut acting: Vec<usize> = acting.iter().map(|rule| places[rule]).collect();
        acting.sort_unstable();
        if !acting.is_empty() {
            found.insert(acting);
        }
    }
    let rules: Vec<&RuleId> = compiled.rules().map(|rule| &rule.id).collect();
    let named = found.into_iter().map(|acting| match acting.as_slice() {
        [only] => Warning::FeedsItself {
            rule: rules[*only].clone(),
        },
        several => Warning::PingPong {
            rules: several.iter().map(|place| rules[*place].clone()).collect(),
        },
    });
    named.collect()
}

/// The rules that still act when everything should have settled: what they do brings the next occasions, and a sweep
/// comes after each round.
fn run<'c>(evaluator: &mut Evaluator<'c>, trial: &Trial) -> BTreeSet<&'c RuleId> {
    let mut conversation = trial.conversation.clone();
    let mut acted: Vec<Acted> = Vec::new();
    let mut occasions = vec![trial.moment.occasion];
    let mut acting = BTreeSet::new();
    let mut staff = Staff::default();
    for round in 0..ROUNDS {
        let mut next: Vec<Occasion> = Vec::new();
        for occasion in occasions {
            let moment = Moment {
                occasion,
                ..trial.moment
            };
            let row = Row {
                folded_subject: None,
                acted: &acted,
                conversation: &conversation,
            };
            let decision = evaluator.decide(&row, &moment, &mut staff);
            let changes = decision.changes(&conversation);
            for (rule, change) in changes {
                if round >= SETTLED {
                    acting.insert(&rule.id);
                }
                acted.push(Acted {
                    rule: rule.id.clone(),
                    at_ms: moment.now_ms,
                });
                apply(&mut conversation, &change);
                let brought = occasion_of(&change);
                if !next.contains(&brought) {
                    next.push(brought);
                }
            }
        }
        if next.is_empty() && round > 0 {
            return acting;
        }
        next.push(Occasion::Sweep);
        occasions = next;
    }
    acting
}

fn occasion_of(change: &Change) -> Occasion {
    match change {
        Change::Assign(_) => Occasion::Assigned,
        Change::AddTag(_) | Change::RemoveTag(_) => Occasion::Changed,
        Change::SetStatus(Status::Open) => Occasion::Opened,
        Change::SetStatus(Status::Pending) => Occasion::Pending,
        Change::SetStatus(Status::Closed) => Occasion::Closed,
        Change::SetStatus(Status::Other(_)) => Occasion::Changed,
        Change::AddNote(_) => Occasion::NoteAdded,
    }
}

fn apply(conversation: &mut Conversation, change: &Change) {
    match change {
        Change::Assign(user) => {
            conversation.assignee = Assignee::User {
                id: Some(user.clone()),
                name: None,
            };
        }
        Change::AddTag(tag) => conversation.tags.get_or_insert_default().push(tag.clone()),
        Change::RemoveTag(tag) => conversation
            .tags
            .get_or_insert_default()
            .retain(|own| own != tag),
        Change::SetStatus(status) => conversation.status = Some(status.clone()),
        Change::AddNote(_) => {}
    }
}

fn trial(facts: &Facts<'_>, when: &When, directory: &Directory) -> Trial {
    let minutes = facts.minutes.as_ref();
    let minute = minutes.map_or(600, |minutes| {
        minutes.iter().position(|open| *open).unwrap_or(600)
    });
    let now_ms = MONDAY + minute as i64 * MINUTE;
    let ago = |from: i64, to: i64| now_ms - from.max(0).min(to.saturating_sub(1).max(0)) * MINUTE;
    let mut fields: HashMap<TextField, String> = HashMap::new();
    for test in [
        TextTest::Equals,
        TextTest::Starts,
        TextTest::Contains,
        TextTest::Ends,
    ] {
        for (text, _) in facts.texts.iter().filter(|(_, positive)| *positive) {
            let in_turn = match text.test {
                TextTest::Word | TextTest::LowercaseContains => TextTest::Contains,
                other => other,
            };
            if in_turn == test
                && let Some(first) = text.texts.first()
            {
                let field = fields.entry(text.field.clone()).or_default();
                if !field.is_empty() {
                    field.push(' ');
                }
                field.push_str(first);
            }
        }
    }
    let subject = fields.remove(&TextField::Subject);
    let extras = fields.into_iter().filter_map(|(field, text)| match field {
        TextField::Extra(name) => Some((name, text)),
        _ => None,
    });
    Trial {
        conversation: Conversation {
            id: "trial".into(),
            mailbox: first_of(
                &facts.mailbox,
                directory.mailboxes.iter().map(|one| &one.id),
            ),
            subject: Some(subject.unwrap_or_default()),
            status: first_of(&facts.status, Status::KNOWN.iter()),
            assignee: if facts.may_be_nobody {
                Assignee::Nobody
            } else {
                Assignee::User {
                    id: first_of(&facts.user, directory.users.iter().map(|one| &one.id)),
                    name: None,
                }
            },
            tags: Some(tags(facts, directory)),
            extras: extras.collect(),
            created_at: Some(ago(facts.age.from, facts.age.to)),
            updated_at: Some(ago(facts.unchanged.from, facts.unchanged.to)),
            first_seen: now_ms,
            last_changed: now_ms,
        },
        moment: Moment {
            now_ms,
            utc_offset_seconds: 0,
            occasion: first_occasion(when),
        },
    }
}

fn first_of<'r, T: Ord + Clone + 'r>(
    among: &super::facts::Among<'r, T>,
    mut known: impl Iterator<Item = &'r T>,
) -> Option<T> {
    let allowed = among
        .allowed
        .as_ref()
        .map(|allowed| allowed.first().copied());
    let chosen = allowed.unwrap_or_else(|| known.find(|one| !among.excluded.contains(one)));
    chosen.cloned()
}

fn tags(facts: &Facts<'_>, directory: &Directory) -> Vec<triage::model::TagId> {
    let mut tags: BTreeSet<_> = facts.with.iter().copied().collect();
    for any in &facts.with_any {
        tags.extend(any.iter().find(|tag| !facts.without.contains(tag)));
    }
    if facts.tagged && tags.is_empty() {
        let known = directory.tags.iter().map(|tag| &tag.id);
        tags.extend(known.filter(|tag| !facts.without.contains(tag)).take(1));
    }
    tags.into_iter().cloned().collect()
}

/// The first occasion on which a rule with `when` looks.
pub(super) fn first_occasion(when: &When) -> Occasion {
    match when {
        When::Schedule(schedule) => Occasion::Schedule {
            weekday: schedule
                .weekdays
                .first()
                .copied()
                .unwrap_or(Weekday::Monday),
            at: schedule.at,
        },
        other => Occasion::OF_CHANGES
            .into_iter()
            .rev()
            .chain([Occasion::Sweep, Occasion::OnDemand])
            .find(|occasion| other.fits(*occasion))
            .unwrap_or(Occasion::Schedule {
                weekday: Weekday::Monday,
                at: TimeOfDay::MIDNIGHT,
            }),
    }
}

/// Whether a rule can act more than once on a conversation at all.
pub(super) fn may_repeat(read: &Read<'_>) -> bool {
    read.rule.mode == Mode::On && read.rule.repeat == crate::model::Repeat::EachOccurrence
}
