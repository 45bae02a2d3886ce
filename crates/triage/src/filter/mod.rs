//! The filter language, Gmail's where Gmail has a word.
//!
//! ```text
//! mailbox:Support status:open is:unassigned assignee:"Ana Ruiz" tag:billing -tag:vip
//! subject:refund older_than:2d newer_than:1h "exact words" (tag:a OR tag:b)
//! ```
//!
//! - Terms side by side must all hold. `OR` binds tighter, as in Gmail: `status:open tag:a OR tag:b`
//!   asks for open ones with either tag, so adding a term at the end always narrows.
//! - `-` in front negates a term or a group. Keys may be written in any case.
//! - A bare word matches the beginning of a word in the subject; in quotes, the exact sequence. Inside
//!   quotes a backslash escapes a quote or a backslash.
//! - `older_than:` and `newer_than:` take `m`inutes, `h`ours, `d`ays and `w`eeks.
//! - `came:` and `left:` take a day of the calendar, `2026-11-20`, or several, `2026-11-20..2026-11-26`, and are
//!   about what the history saw on them.
//! - Empty text is everything.

mod canonical;
mod days;
mod error;
#[cfg(feature = "eval")]
mod matcher;
mod parse;
#[cfg(feature = "eval")]
mod resolve;
mod suggest;

use std::ops::Range;

pub use canonical::quote;
pub use days::{Day, Days};
pub use error::FilterError;
#[cfg(feature = "eval")]
pub use matcher::{Matcher, WhatHappened};
pub use parse::parse;
#[cfg(feature = "eval")]
pub use resolve::HistoryAnswers;

use crate::model::Status;

/// The longest filter text that is read, in characters.
pub const MAX_CHARACTERS: usize = 2_000;

/// How deep groups may be nested.
pub const MAX_NESTING: usize = 20;

/// A filter that was read. Two filters are equal when they say the same, wherever it was written.
/// Its `Display` is the canonical text, which reads back as an equal filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// `None` is everything.
    root: Option<Node>,
}

impl Filter {
    /// Whether it lists everything.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.root.is_none()
    }

    /// The mailbox as written, if the filter plainly asks for exactly one.
    #[must_use]
    pub fn single_mailbox(&self) -> Option<&str> {
        let mut mailboxes = self.conditions().filter_map(|node| match node {
            Node::Leaf(Leaf {
                term: Term::Mailbox(name),
                ..
            }) => Some(name.as_str()),
            _ => None,
        });
        let first = mailboxes.next()?;
        mailboxes.next().is_none().then_some(first)
    }

    /// The statuses it plainly asks for: of `status:open`, or of `(status:open OR status:pending)`.
    /// Empty when it does not ask for any.
    #[must_use]
    pub fn statuses(&self) -> Vec<Status> {
        self.conditions()
            .find_map(|node| match node {
                Node::Any(parts) => parts.iter().map(status).collect(),
                one => status(one).map(|status| vec![status]),
            })
            .unwrap_or_default()
    }

    /// What it asks of the history, each question once.
    #[must_use]
    pub fn asked_of_history(&self) -> Vec<HistoryTerm> {
        let mut asked = Vec::new();
        let mut left: Vec<&Node> = self.root.iter().collect();
        while let Some(node) = left.pop() {
            match node {
                Node::All(parts) | Node::Any(parts) => left.extend(parts),
                Node::Not(inner) => left.push(inner),
                Node::Leaf(Leaf {
                    term: Term::History(term),
                    ..
                }) if !asked.contains(term) => asked.push(*term),
                Node::Leaf(_) => {}
            }
        }
        asked
    }

    /// What must all hold.
    fn conditions(&self) -> impl Iterator<Item = &Node> {
        match &self.root {
            Some(Node::All(parts)) => parts.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        }
        .iter()
    }
}

fn status(node: &Node) -> Option<Status> {
    match node {
        Node::Leaf(Leaf {
            term: Term::Status(status),
            ..
        }) => Some(status.clone()),
        _ => None,
    }
}

/// A filter as a tree. `All` and `Any` hold at least two parts, none of their own kind; `Not` holds no
/// `Not`. With that, a meaning is written in one way only.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Leaf(Leaf),
}

impl Node {
    /// All of `parts`, which are not empty.
    fn all(parts: Vec<Self>) -> Option<Self> {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() < 2 {
            flat.pop()
        } else {
            Some(Self::All(flat))
        }
    }

    /// `first`, or any of `rest`.
    fn any(first: Self, rest: Vec<Self>) -> Self {
        if rest.is_empty() {
            return first;
        }
        let mut flat = Vec::with_capacity(rest.len() + 1);
        for part in std::iter::once(first).chain(rest) {
            match part {
                Self::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        Self::Any(flat)
    }

    fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}

/// One term and where it was written.
#[derive(Debug, Clone)]
struct Leaf {
    term: Term,
    /// In bytes of the text that was read; without its `-`.
    #[cfg_attr(
        not(feature = "eval"),
        expect(dead_code, reason = "only looking names up points back to the place")
    )]
    span: Range<usize>,
}

impl PartialEq for Leaf {
    /// Where a term was written is not part of what it says.
    fn eq(&self, other: &Self) -> bool {
        self.term == other.term
    }
}

impl Eq for Leaf {}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Mailbox(String),
    Status(Status),
    Assigned,
    Unassigned,
    Assignee(String),
    Tag(String),
    Subject(Words),
    Words(Words),
    OlderThan(Age),
    NewerThan(Age),
    History(HistoryTerm),
}

/// A term that only the history can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HistoryTerm {
    /// What happened.
    pub way: Way,
    /// On which days, in the console's time zone.
    pub days: Days,
}

/// Which way a conversation went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// It came to be open or pending.
    Came,
    /// It was open or pending, and is no longer.
    Left,
}

impl Way {
    /// The key that it is asked for by.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Came => "came",
            Self::Left => "left",
        }
    }
}

/// Words to look for: the beginning of a word, or, in quotes, an exact sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Words {
    Beginning(String),
    Exact(String),
}

/// A length of time as it was written: `90m` stays 90 minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Age {
    amount: u32,
    unit: AgeUnit,
}

impl Age {
    #[cfg(feature = "eval")]
    fn milliseconds(self) -> i64 {
        const MINUTE: i64 = 60_000;
        let unit = match self.unit {
            AgeUnit::Minutes => MINUTE,
            AgeUnit::Hours => 60 * MINUTE,
            AgeUnit::Days => 24 * 60 * MINUTE,
            AgeUnit::Weeks => 7 * 24 * 60 * MINUTE,
        };
        i64::from(self.amount) * unit
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AgeUnit {
    Minutes,
    Hours,
    Days,
    Weeks,
}
