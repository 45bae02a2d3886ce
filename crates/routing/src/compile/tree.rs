//! Conditions, ready to be asked. Three-valued logic (Kleene): what is not known makes a test neither true nor false.

use triage::model::{MailboxId, Status};

use super::{text::TextLeaf, view::View, words::Interner};
use crate::{
    check::Patterns,
    model::{AssigneeTest, Condition, Hours, Span, TagsTest},
    state::Holder,
};

/// A [`Condition`], ready to be asked, of the same shape.
#[derive(Debug)]
pub(crate) enum Tree {
    All(Box<[Tree]>),
    Any(Box<[Tree]>),
    None(Box<[Tree]>),
    Text(Box<TextLeaf>),
    Mailbox(Box<[MailboxId]>),
    Status(Box<[Status]>),
    Assignee(AssigneeTest),
    Tags(TagsTest),
    Age(Span),
    Unchanged(Span),
    Time(Hours),
}

impl Tree {
    pub(crate) fn new(condition: &Condition, patterns: &Patterns, words: &mut Interner) -> Self {
        let mut group = |parts: &[Condition]| -> Box<[Self]> {
            parts
                .iter()
                .map(|part| Self::new(part, patterns, words))
                .collect()
        };
        match condition {
            Condition::All(parts) => Self::All(group(parts)),
            Condition::Any(parts) => Self::Any(group(parts)),
            Condition::None(parts) => Self::None(group(parts)),
            Condition::Text(text) => Self::Text(Box::new(TextLeaf::new(text, patterns, words))),
            Condition::Mailbox(ids) => Self::Mailbox(ids.clone().into()),
            Condition::Status(statuses) => Self::Status(statuses.clone().into()),
            Condition::Assignee(test) => Self::Assignee(test.clone()),
            Condition::Tags(test) => Self::Tags(test.clone()),
            Condition::Age(span) => Self::Age(*span),
            Condition::Unchanged(span) => Self::Unchanged(*span),
            Condition::Time(hours) => Self::Time(hours.clone()),
        }
    }

    pub(crate) fn holds(&self, view: &View<'_>) -> Option<bool> {
        match self {
            Self::All(parts) => decide(parts, view, false),
            Self::Any(parts) => decide(parts, view, true),
            Self::None(parts) => decide(parts, view, true).map(|any| !any),
            Self::Text(leaf) => leaf.holds(view),
            Self::Mailbox(ids) => Some(ids.contains(view.state.mailbox()?)),
            Self::Status(statuses) => Some(statuses.contains(view.state.status()?)),
            Self::Assignee(AssigneeTest::OneOf(users)) => view.is_with(users),
            Self::Assignee(test) => match view.state.holder() {
                Holder::Unknown => None,
                Holder::Nobody => Some(*test == AssigneeTest::Nobody),
                Holder::User { .. } => Some(*test == AssigneeTest::Somebody),
            },
            Self::Tags(test) => tags_hold(test, view),
            Self::Age(span) => Some(span.contains(since(view, view.row.conversation.age_from()))),
            Self::Unchanged(span) => {
                Some(span.contains(since(view, view.row.conversation.changed_at())))
            }
            Self::Time(hours) => {
                let (weekday, minutes) = view.moment.local();
                Some(hours.contain(weekday, minutes))
            }
        }
    }

    /// Words of which one is in every subject for which this is true, the fewest and longest that can be told.
    pub(crate) fn needed_words(&self, words: &Interner) -> Option<Vec<u32>> {
        match self {
            Self::Text(leaf) => leaf.needed_words(),
            Self::All(parts) => parts
                .iter()
                .filter_map(|part| part.needed_words(words))
                .max_by_key(|needed| needed.iter().map(|word| words.length_of(*word)).min()),
            Self::Any(parts) => {
                let all: Option<Vec<Vec<u32>>> =
                    parts.iter().map(|part| part.needed_words(words)).collect();
                all.map(|all| all.concat())
            }
            _ => None,
        }
    }

    /// The text that the first test of a text found, of those that make this true. `none` finds nothing.
    pub(crate) fn matched(&self, view: &View<'_>) -> Option<String> {
        match self {
            Self::All(parts) => parts.iter().find_map(|part| part.matched(view)),
            Self::Any(parts) => parts
                .iter()
                .filter(|part| part.holds(view) == Some(true))
                .find_map(|part| part.matched(view)),
            Self::Text(leaf) if !leaf.negated => leaf.matched(view),
            _ => None,
        }
    }
}

/// One part that is `decisive` settles it; else an unknown part leaves it unknown.
fn decide(parts: &[Tree], view: &View<'_>, decisive: bool) -> Option<bool> {
    let mut result = Some(!decisive);
    for part in parts {
        match part.holds(view) {
            Some(holds) if holds == decisive => return Some(decisive),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

fn tags_hold(test: &TagsTest, view: &View<'_>) -> Option<bool> {
    let decided = |tags: &[_], decisive: bool| {
        let mut result = Some(!decisive);
        for tag in tags {
            match view.state.has_tag(tag) {
                Some(has) if has == decisive => return Some(decisive),
                Some(_) => {}
                None => result = None,
            }
        }
        result
    };
    match test {
        TagsTest::Any(tags) => decided(tags, true),
        TagsTest::All(tags) => decided(tags, false),
        TagsTest::None(tags) => decided(tags, true).map(|any| !any),
        TagsTest::Untagged => view.state.is_untagged(),
    }
}

fn since(view: &View<'_>, then_ms: i64) -> i64 {
    view.moment.now_ms.saturating_sub(then_ms)
}
