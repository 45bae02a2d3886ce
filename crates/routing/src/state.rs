//! A conversation as the rules so far leave it.

use triage::{
    actions::Change,
    model::{Assignee, Conversation, MailboxId, Status, TagId, UserId},
};

/// A conversation and what rules did to it since. Nothing is copied before something is changed.
#[derive(Debug, Clone)]
pub(crate) struct State<'a> {
    pub(crate) conversation: &'a Conversation,
    assigned: Option<UserId>,
    status: Option<Status>,
    /// Tags that were added (true) and removed.
    tags: Vec<(TagId, bool)>,
}

/// Who has a conversation now.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Holder<'a> {
    Unknown,
    Nobody,
    User {
        id: Option<&'a UserId>,
        name: Option<&'a str>,
    },
}

impl<'a> State<'a> {
    pub(crate) fn of(conversation: &'a Conversation) -> Self {
        Self {
            conversation,
            assigned: None,
            status: None,
            tags: Vec::new(),
        }
    }

    pub(crate) fn mailbox(&self) -> Option<&MailboxId> {
        self.conversation.mailbox.as_ref()
    }

    pub(crate) fn status(&self) -> Option<&Status> {
        self.status.as_ref().or(self.conversation.status.as_ref())
    }

    pub(crate) fn holder(&self) -> Holder<'_> {
        match (&self.assigned, &self.conversation.assignee) {
            (Some(user), _) => Holder::User {
                id: Some(user),
                name: None,
            },
            (None, Assignee::Unknown) => Holder::Unknown,
            (None, Assignee::Nobody) => Holder::Nobody,
            (None, Assignee::User { id, name }) => Holder::User {
                id: id.as_ref(),
                name: name.as_deref(),
            },
        }
    }

    pub(crate) fn has_tag(&self, tag: &TagId) -> Option<bool> {
        let changed = self.tags.iter().find(|(changed, _)| changed == tag);
        changed.map_or_else(|| self.conversation.has_tag(tag), |(_, has)| Some(*has))
    }

    /// The tags that are known to be there, and whether those are all.
    pub(crate) fn tags(&self) -> (Vec<&TagId>, bool) {
        let base = self.conversation.tags.as_deref();
        let untouched = base
            .unwrap_or_default()
            .iter()
            .filter(|tag| !self.tags.iter().any(|(changed, _)| changed == *tag));
        let added = self.tags.iter().filter(|(_, has)| *has).map(|(tag, _)| tag);
        (untouched.chain(added).collect(), base.is_some())
    }

    pub(crate) fn is_untagged(&self) -> Option<bool> {
        if self.tags.is_empty() {
            return self.conversation.tags.as_ref().map(Vec::is_empty);
        }
        match self.tags() {
            (known, _) if !known.is_empty() => Some(false),
            (_, all) => all.then_some(true),
        }
    }

    /// Who has it on the desk as an open conversation.
    pub(crate) fn on_desk_of(&self) -> Option<&UserId> {
        match (self.status(), self.holder()) {
            (Some(Status::Open), Holder::User { id, .. }) => id,
            _ => None,
        }
    }

    /// Whether it already is as wished; `None` when that cannot be told.
    pub(crate) fn is_so(&self, change: &Change) -> Option<bool> {
        match change {
            Change::Assign(user) => match self.holder() {
                Holder::Unknown | Holder::User { id: None, .. } => None,
                Holder::Nobody => Some(false),
                Holder::User { id: Some(id), .. } => Some(id == user),
            },
            Change::AddTag(tag) => self.has_tag(tag),
            Change::RemoveTag(tag) => self.has_tag(tag).map(|has| !has),
            Change::SetStatus(status) => self.status().map(|now| now == status),
            Change::AddNote(_) => Some(false),
        }
    }

    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::Assign(user) => self.assigned = Some(user.clone()),
            Change::AddTag(tag) => self.set_tag(tag, true),
            Change::RemoveTag(tag) => self.set_tag(tag, false),
            Change::SetStatus(status) => self.status = Some(status.clone()),
            Change::AddNote(_) => {}
        }
    }

    fn set_tag(&mut self, tag: &TagId, has: bool) {
        match self.tags.iter_mut().find(|(changed, _)| changed == tag) {
            Some((_, now)) => *now = has,
            None => self.tags.push((tag.clone(), has)),
        }
    }
}
