//! A filter that decides about rows.
//!
//! Three-valued logic (Kleene): a field that Hiver did not send makes a term neither true nor false,
//! and so its negation; a row is listed only when the whole is true.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::{
    fold, is_unspaced,
    model::{Assignee, Conversation, ConversationId, MailboxId, Status, TagId, UserId},
};

/// A filter with its names looked up. Made by [`Filter::resolve`](super::Filter::resolve).
#[derive(Debug, Clone)]
pub struct Matcher {
    root: Option<Tree>,
}

impl Matcher {
    pub(super) fn new(root: Option<Tree>) -> Self {
        Self { root }
    }

    /// Whether `conversation` is to be listed. `folded_subject` is [`fold`] of its subject, ignored
    /// when it has none; `now_ms` is the present in ms since the epoch.
    #[must_use]
    pub fn matches(&self, conversation: &Conversation, folded_subject: &str, now_ms: i64) -> bool {
        let row = Row {
            conversation,
            subject: conversation.subject.is_some().then_some(folded_subject),
            now_ms,
        };
        self.root
            .as_ref()
            .is_none_or(|root| root.holds(&row) == Some(true))
    }
}

struct Row<'a> {
    conversation: &'a Conversation,
    subject: Option<&'a str>,
    now_ms: i64,
}

#[derive(Debug, Clone)]
pub(super) enum Tree {
    All(Box<[Tree]>),
    Any(Box<[Tree]>),
    Not(Box<Tree>),
    Test(Test),
}

impl Tree {
    fn holds(&self, row: &Row<'_>) -> Option<bool> {
        match self {
            Self::All(parts) => decide(parts, row, false),
            Self::Any(parts) => decide(parts, row, true),
            Self::Not(inner) => inner.holds(row).map(|holds| !holds),
            Self::Test(test) => test.holds(row),
        }
    }
}

/// One part that is `decisive` settles it; else an unknown part leaves it unknown.
fn decide(parts: &[Tree], row: &Row<'_>, decisive: bool) -> Option<bool> {
    let mut result = Some(!decisive);
    for part in parts {
        match part.holds(row) {
            Some(holds) if holds == decisive => return Some(decisive),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

#[derive(Debug, Clone)]
pub(super) enum Test {
    Mailbox(Vec<MailboxId>),
    Status(Status),
    Assigned(bool),
    Assignee(AssigneeTest),
    Tag(Vec<TagId>),
    WordStart(WordStart),
    Sequence(String),
    OlderThan(i64),
    NewerThan(i64),
    Happened(Arc<WhatHappened>),
}

impl Test {
    fn holds(&self, row: &Row<'_>) -> Option<bool> {
        let conversation = row.conversation;
        let age = || row.now_ms.saturating_sub(conversation.age_from());
        match self {
            Self::Mailbox(ids) => Some(ids.contains(conversation.mailbox.as_ref()?)),
            Self::Status(status) => Some(conversation.status.as_ref()? == status),
            Self::Assigned(wanted) => match conversation.assignee {
                Assignee::Unknown => None,
                Assignee::Nobody => Some(!wanted),
                Assignee::User { .. } => Some(*wanted),
            },
            Self::Assignee(test) => test.holds(&conversation.assignee),
            Self::Tag(ids) => {
                let tags = conversation.tags.as_ref()?;
                Some(tags.iter().any(|tag| ids.contains(tag)))
            }
            Self::WordStart(word) => Some(word.is_in(row.subject?)),
            Self::Sequence(text) => Some(row.subject?.contains(text.as_str())),
            Self::OlderThan(milliseconds) => Some(age() >= *milliseconds),
            Self::NewerThan(milliseconds) => Some(age() < *milliseconds),
            Self::Happened(known) => known.holds(conversation),
        }
    }
}

/// What the history knows of some days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WhatHappened {
    /// Those to which it happened.
    pub to: HashSet<ConversationId>,
    /// The mailboxes that were looked at on all of the days: to their other conversations it did not happen. Of any
    /// other mailbox nobody can say that.
    pub watched: HashSet<MailboxId>,
}

impl WhatHappened {
    fn holds(&self, conversation: &Conversation) -> Option<bool> {
        if self.to.contains(&conversation.id) {
            return Some(true);
        }
        let watched = self.watched.contains(conversation.mailbox.as_ref()?);
        watched.then_some(false)
    }
}

/// Whether the assignee is one of some users.
#[derive(Debug, Clone, Default)]
pub(super) struct AssigneeTest {
    pub(super) ids: Vec<UserId>,
    /// For rows that name the user without an id: every name of the directory, and whether it is one
    /// of the wanted; `None` where wanted and other users share it.
    pub(super) names: HashMap<String, Option<bool>>,
}

impl AssigneeTest {
    fn holds(&self, assignee: &Assignee) -> Option<bool> {
        match assignee {
            Assignee::Unknown => None,
            Assignee::Nobody => Some(false),
            Assignee::User { id: Some(id), .. } => Some(self.ids.contains(id)),
            Assignee::User { id: None, name } => {
                let name = name.as_ref()?;
                match self.names.get(name) {
                    Some(verdict) => *verdict,
                    None => *self.names.get(&fold(name))?,
                }
            }
        }
    }
}

/// A folded word that is looked for where words begin.
#[derive(Debug, Clone)]
pub(super) struct WordStart {
    word: String,
    anywhere: bool,
}

impl WordStart {
    pub(super) fn new(word: String) -> Self {
        // `#42` stands at the beginning of something wherever it stands, and scripts that put no
        // space between words have no beginnings to look for.
        let anywhere = word
            .chars()
            .next()
            .is_none_or(|first| !first.is_alphanumeric() || is_unspaced(first));
        Self { word, anywhere }
    }

    fn is_in(&self, subject: &str) -> bool {
        if self.anywhere {
            return subject.contains(&self.word);
        }
        let mut from = 0;
        while let Some(found) = subject[from..].find(&self.word) {
            let at = from + found;
            let before = subject[..at].chars().next_back();
            if before.is_none_or(|before| !before.is_alphanumeric() || is_unspaced(before)) {
                return true;
            }
            // Occurrences may overlap, so only one character is passed over.
            let step = subject[at..].chars().next().map_or(1, char::len_utf8);
            from = at + step;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_where_they_begin() {
        let cases = [
            ("refund", "refund", true),
            ("ref", "my refund", true),
            ("fund", "my refund", false),
            ("fund", "re-fund", true),
            ("fund", "refund fund", true),
            ("a-a", "xa-a-a", true),
            ("a-a", "xa-ab-a", false),
            ("#42", "re#42", true),
            ("42", "re#42", true),
            ("42", "142", false),
            ("退款", "请求退款", true),
            ("vip", "客户vip退款", true),
            ("é", "é", true),
            ("x", "", false),
        ];
        for (word, subject, expected) in cases {
            let test = WordStart::new(word.to_owned());
            assert_eq!(test.is_in(subject), expected, "{word} in {subject}");
        }
    }
}
