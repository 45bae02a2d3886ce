//! Names in a filter to ids of the directory.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::{
    Filter, FilterError, HistoryTerm, Leaf, Node, Term, Words,
    canonical::quote,
    matcher::{AssigneeTest, Matcher, Test, Tree, WhatHappened, WordStart},
    suggest::nearest,
};
use crate::{
    fold,
    model::{Directory, User},
};

/// What the history answers to the terms that only it can decide; where it cannot, what to say of that.
pub type HistoryAnswers = HashMap<HistoryTerm, Result<Arc<WhatHappened>, String>>;

impl Filter {
    /// The filter with its names looked up. A name that several mailboxes, users or tags have means
    /// any of them.
    ///
    /// # Errors
    ///
    /// The first name that the directory does not know, with the nearest that it does; or the first term that needs
    /// the history: see [`resolve_with`](Self::resolve_with).
    pub fn resolve(&self, directory: &Directory) -> Result<Matcher, FilterError> {
        self.resolve_with(directory, &HistoryAnswers::new())
    }

    /// As [`resolve`](Self::resolve), with what the history answers to
    /// [`asked_of_history`](Self::asked_of_history).
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve); or the first term that the history has no answer to.
    pub fn resolve_with(
        &self,
        directory: &Directory,
        history: &HistoryAnswers,
    ) -> Result<Matcher, FilterError> {
        let root = self.root.as_ref();
        let root = root.map(|root| tree(root, directory, history));
        root.transpose().map(Matcher::new)
    }
}

fn tree(node: &Node, directory: &Directory, history: &HistoryAnswers) -> Result<Tree, FilterError> {
    let tree = |part: &Node| tree(part, directory, history);
    let trees =
        |parts: &[Node]| -> Result<Box<[Tree]>, FilterError> { parts.iter().map(tree).collect() };
    Ok(match node {
        Node::All(parts) => Tree::All(trees(parts)?),
        Node::Any(parts) => Tree::Any(trees(parts)?),
        Node::Not(inner) => Tree::Not(Box::new(tree(inner)?)),
        Node::Leaf(leaf) => Tree::Test(test(leaf, directory, history)?),
    })
}

fn test(leaf: &Leaf, directory: &Directory, history: &HistoryAnswers) -> Result<Test, FilterError> {
    let span = &leaf.span;
    Ok(match &leaf.term {
        Term::Mailbox(name) => {
            let found = directory.mailboxes_called(name);
            if found.is_empty() {
                let names = directory.mailboxes.iter().map(|mailbox| &*mailbox.name);
                return Err(unknown("mailbox", name, names, span));
            }
            Test::Mailbox(
                found
                    .into_iter()
                    .map(|mailbox| mailbox.id.clone())
                    .collect(),
            )
        }
        Term::Tag(name) => {
            let found = directory.tags_called(name);
            if found.is_empty() {
                let names = directory.tags.iter().map(|tag| &*tag.name);
                return Err(unknown("tag", name, names, span));
            }
            Test::Tag(found.into_iter().map(|tag| tag.id.clone()).collect())
        }
        Term::Assignee(name) => {
            let found = directory.users_called(name);
            if found.is_empty() {
                let names = directory.users.iter().map(|user| &*user.name);
                return Err(unknown("user", name, names, span));
            }
            Test::Assignee(assignee(&found, directory))
        }
        Term::Status(status) => Test::Status(status.clone()),
        Term::Assigned => Test::Assigned(true),
        Term::Unassigned => Test::Assigned(false),
        Term::OlderThan(age) => Test::OlderThan(age.milliseconds()),
        Term::NewerThan(age) => Test::NewerThan(age.milliseconds()),
        Term::History(asked) => {
            let answer = match history.get(asked) {
                Some(answer) => answer.clone(),
                None => Err("The history is not at hand here".to_owned()),
            };
            Test::Happened(answer.map_err(|why| FilterError::new(span.clone(), why))?)
        }
        Term::Subject(words) | Term::Words(words) => subject(words, span)?,
    })
}

fn subject(words: &Words, span: &Range<usize>) -> Result<Test, FilterError> {
    let (Words::Beginning(text) | Words::Exact(text)) = words;
    let folded = fold(text);
    if folded.is_empty() {
        return Err(
            FilterError::new(span.clone(), format!("`{text}` is only accents"))
                .hint("accents are not compared; write the letters"),
        );
    }
    Ok(match words {
        Words::Beginning(_) => Test::WordStart(WordStart::new(folded)),
        Words::Exact(_) => Test::Sequence(folded),
    })
}

fn assignee(wanted: &[&User], directory: &Directory) -> AssigneeTest {
    let mut test = AssigneeTest::default();
    for user in &directory.users {
        let is_wanted = wanted.iter().any(|one| one.id == user.id);
        if is_wanted {
            test.ids.push(user.id.clone());
        }
        // The name as Hiver writes it is nearly always found as it is, without folding the row's.
        for name in [user.name.clone(), fold(&user.name)] {
            let entry = test.names.entry(name).or_insert(Some(is_wanted));
            if *entry != Some(is_wanted) {
                *entry = None;
            }
        }
    }
    test
}

fn unknown<'a>(
    kind: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
    span: &Range<usize>,
) -> FilterError {
    let error = FilterError::new(span.clone(), format!("No {kind} is called `{name}`"));
    let known: Vec<&str> = known.collect();
    let folded: Vec<String> = known.iter().map(|name| fold(name)).collect();
    match nearest(&fold(name.trim()), folded.iter().map(String::as_str)) {
        Some(index) => error.hint(format!("did you mean `{}`?", quote(known[index]))),
        None if known.is_empty() => error.hint(format!("no {kind} has been read from Hiver yet")),
        None => error,
    }
}
