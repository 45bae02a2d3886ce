//! What the rules decided about a conversation.

use std::collections::BTreeMap;

use triage::{
    actions::Change,
    model::{Conversation, Status, TagId, UserId},
};

use crate::model::Rule;

/// What the rules decided about one conversation: those that fit, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision<'c> {
    /// Each rule that fits within its hours.
    pub firings: Vec<Firing<'c>>,
    /// The rule after which no other was looked at.
    pub stopped_by: Option<&'c Rule>,
}

/// A rule that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing<'c> {
    /// The rule.
    pub rule: &'c Rule,
    /// Whether it takes part as a shadow: nothing of this is sent.
    pub shadow: bool,
    /// When it last acted on the conversation, in ms since the epoch, if it therefore does nothing now.
    pub acted_before: Option<i64>,
    /// The text that was found.
    pub matched: Option<String>,
    /// What it changes, in sending order.
    pub changes: Vec<Change>,
    /// What it would change if it were not so already.
    pub already: Vec<Change>,
    /// Whether it shares out, and everybody is away or has as many as they may.
    pub nobody_free: bool,
}

impl<'c> Firing<'c> {
    /// Whether what it decided counts: a shadow's does not.
    #[must_use]
    pub fn counts(&self) -> bool {
        !self.shadow
    }
}

impl<'c> Decision<'c> {
    /// What is to be sent, in sending order, each with the rule that asks for it: where one rule goes back on what
    /// another did, only the end of it.
    #[must_use]
    pub fn changes(&self, conversation: &Conversation) -> Vec<(&'c Rule, Change)> {
        let mut assign: Option<(&'c Rule, &UserId)> = None;
        let mut status: Option<(&'c Rule, &Status)> = None;
        let mut tags: BTreeMap<&TagId, (&'c Rule, bool)> = BTreeMap::new();
        let mut notes = Vec::new();
        for firing in self.firings.iter().filter(|firing| firing.counts()) {
            let rule = firing.rule;
            for change in &firing.changes {
                match change {
                    Change::Assign(user) => assign = Some((rule, user)),
                    Change::SetStatus(to) => status = Some((rule, to)),
                    Change::AddTag(tag) => drop(tags.insert(tag, (rule, true))),
                    Change::RemoveTag(tag) => drop(tags.insert(tag, (rule, false))),
                    Change::AddNote(_) => notes.push((rule, change.clone())),
                }
            }
        }
        let tag_changes = |added: bool| {
            tags.iter()
                .filter(move |(_, (_, to))| *to == added)
                .map(move |(tag, (rule, _))| {
                    let tag = (*tag).clone();
                    let change = if added {
                        Change::AddTag(tag)
                    } else {
                        Change::RemoveTag(tag)
                    };
                    (*rule, change)
                })
        };
        assign
            .map(|(rule, user)| (rule, Change::Assign(user.clone())))
            .into_iter()
            .chain(tag_changes(true))
            .chain(tag_changes(false))
            .chain(status.map(|(rule, to)| (rule, Change::SetStatus(to.clone()))))
            .filter(|(_, change)| change.is_so(conversation) != Some(true))
            .chain(notes)
            .collect()
    }
}
