//! Rules that are in each other's way on one occasion after the other: what one assigns to a new conversation, another
//! meets at the next sweep.

use triage::{actions::Change, model::Status};

use super::{
    effects::Written,
    facts::Facts,
    pairs::{Clash, Read, Way, clash, takes_all},
    terms::{Literal, Test},
};
use crate::{
    model::{Actions, AssigneeTest, Repeat, Rule, Span, TagsTest, TextField, When},
    moment::Occasion,
    warning::Warning,
};

/// What the rule at `second` takes back of what the one at `first` does, on an occasion that comes after. Handing over
/// by the clock or by hand is meant, and so is what asks for a length of time or for what the first rule did.
pub(super) fn conflict_later(rules: &[Read<'_>], first: usize, second: usize) -> Option<Warning> {
    let (before, after) = (&rules[first], &rules[second]);
    let occasions = occasions_after(before.rule, after.rule);
    if occasions.is_empty() {
        return None;
    }
    let clash = clash(before.rule, after.rule)?;
    let found = before.ways.iter().flatten().any(|way| {
        after.ways.iter().flatten().any(|other| {
            is_met(before.rule, way, other)
                && !asks_for(&clash, other)
                && may_still_act((first, before.rule, way), (second, after.rule, other))
                && is_reached(&rules[..second], &occasions, way, other)
        })
    });
    found.then(|| clash.warning(before.rule, after.rule, true))
}

/// The occasions of `second` that come after `first` has acted by itself, whatever else happens.
fn occasions_after(first: &Rule, second: &Rule) -> Vec<Occasion> {
    let mut by_itself = Occasion::OF_CHANGES.into_iter().chain([Occasion::Sweep]);
    if !by_itself.any(|occasion| looks_at(first, occasion)) {
        return Vec::new();
    }
    let brought = second
        .when
        .contains(&When::AnyChange)
        .then(|| brought_by(&first.actions));
    let sweep = second.when.contains(&When::Sweep);
    let brought = brought.into_iter().flatten();
    brought.chain(sweep.then_some(Occasion::Sweep)).collect()
}

fn looks_at(rule: &Rule, occasion: Occasion) -> bool {
    rule.when.iter().any(|when| when.fits(occasion))
}

/// The occasions that these actions bring.
fn brought_by(actions: &Actions) -> impl Iterator<Item = Occasion> {
    let written = Written::by(actions);
    let status = actions.set_status.as_ref().map(|status| match status {
        Status::Open => Occasion::Opened,
        Status::Pending => Occasion::Pending,
        Status::Closed => Occasion::Closed,
        Status::Other(_) => Occasion::Changed,
    });
    let assigned = written.assignee.then_some(Occasion::Assigned);
    let changed = written.tags.then_some(Occasion::Changed);
    assigned.into_iter().chain(changed).chain(status)
}

/// Whether one way meets, later, all that fits another of the rule `first`, or has only what fitted that.
fn is_met(first: &Rule, way: &Way<'_>, other: &Way<'_>) -> bool {
    let holds_later = |literal: &Literal<'_>| way.later.implies(*literal);
    if other.tests.iter().all(holds_later) {
        return true;
    }
    let written = Written::by(&first.actions);
    other
        .tests
        .iter()
        .all(|literal| stays(literal) || holds_later(literal))
        && way
            .tests
            .iter()
            .filter(|literal| !written.is_read_by(literal))
            .all(|literal| other.known.implies(*literal))
}

/// Whether a test looks at what a conversation is from the beginning.
fn stays(literal: &Literal<'_>) -> bool {
    match literal.test {
        Test::Text(text) => matches!(text.field, TextField::Subject | TextField::Id),
        Test::Mailbox(_) => true,
        _ => false,
    }
}

/// Whether a way names what is taken back, and so means to.
fn asks_for(clash: &Clash, way: &Way<'_>) -> bool {
    way.tests.iter().any(|literal| match (clash, literal.test) {
        (Clash::Assignee, Test::Assignee(AssigneeTest::OneOf(_))) => literal.positive,
        (Clash::Assignee, Test::Text(text)) => {
            literal.positive && text.field == TextField::Assignee
        }
        (Clash::Done(Change::SetStatus(_)), Test::Status(_)) => true,
        (Clash::Done(Change::AddTag(tag) | Change::RemoveTag(tag)), Test::Tags(tags)) => {
            *tags == TagsTest::Untagged || tags.named().contains(tag)
        }
        (Clash::Done(Change::AddTag(_) | Change::RemoveTag(_)), Test::Text(text)) => {
            text.field == TextField::Tag
        }
        _ => false,
    })
}

/// Whether the second rule, if it acts only once, has not acted before the first one does.
fn may_still_act(
    (first_place, first, way): (usize, &Rule, &Way<'_>),
    (second_place, second, other): (usize, &Rule, &Way<'_>),
) -> bool {
    if second.repeat == Repeat::EachOccurrence && way.known.allows(&second.actions) {
        return true;
    }
    let begins = |rule: &Rule| {
        [Occasion::Created, Occasion::Sweep]
            .iter()
            .position(|occasion| looks_at(rule, *occasion))
    };
    let is_first = match (begins(first), begins(second)) {
        (Some(first), Some(second)) => (first, first_place) < (second, second_place),
        (first, _) => first.is_some(),
    };
    (is_first && may_be_new(&way.known)) || cannot_both(&way.known, &other.tests)
}

/// Whether a conversation of which this is known may have come just now.
fn may_be_new(known: &Facts<'_>) -> bool {
    const OPEN: &[Status] = &[Status::Open];
    const RECENT: Span = Span {
        at_least_minutes: None,
        under_minutes: Some(60),
    };
    let new = [
        Test::Status(OPEN),
        Test::Assignee(&AssigneeTest::Nobody),
        Test::Tags(&TagsTest::Untagged),
        Test::Age(RECENT),
        Test::Unchanged(RECENT),
    ];
    !cannot_both(
        known,
        &new.map(|test| Literal {
            test,
            positive: true,
        }),
    )
}

fn cannot_both(known: &Facts<'_>, tests: &[Literal<'_>]) -> bool {
    together(known, tests).impossible().is_some()
}

fn together<'r>(known: &Facts<'r>, tests: &[Literal<'r>]) -> Facts<'r> {
    let mut together = known.clone();
    tests.iter().for_each(|literal| together.learn(*literal));
    together
}

/// Whether on one of `occasions` no rule of those `above` keeps away what both ways mean.
fn is_reached(above: &[Read<'_>], occasions: &[Occasion], way: &Way<'_>, other: &Way<'_>) -> bool {
    let known = together(&way.later, &other.tests);
    known.impossible().is_none()
        && occasions.iter().any(|occasion| {
            let mut looking = above.iter().filter(|one| looks_at(one.rule, *occasion));
            !looking.any(|one| takes_all(one, &known))
        })
}
