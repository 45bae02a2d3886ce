//! What a test of a conversation looks at.

use std::collections::HashMap;

use triage::{
    fold,
    model::{Directory, MailboxId, TagId, UserId},
};

use super::{text::Subject, words::Seen};
use crate::{
    model::TextField,
    moment::Moment,
    state::{Holder, State},
    world::Row,
};

/// A conversation in a state, at a moment.
pub(crate) struct View<'v> {
    pub(crate) names: &'v Names,
    pub(crate) row: &'v Row<'v>,
    pub(crate) state: &'v State<'v>,
    pub(crate) moment: &'v Moment,
    pub(crate) subject: Option<&'v Subject<'v>>,
    pub(crate) seen: &'v Seen,
}

impl View<'_> {
    /// The texts of a field other than the subject, and whether those are all; `None` where nothing is known.
    pub(crate) fn texts(&self, field: &TextField) -> Option<(Vec<&str>, bool)> {
        match field {
            TextField::Subject => Some((vec![self.subject?.raw], true)),
            TextField::Id => Some((vec![self.row.conversation.id.as_str()], true)),
            TextField::Mailbox => {
                let name = self.names.mailboxes.get(self.state.mailbox()?)?;
                Some((vec![name], true))
            }
            TextField::Assignee => match self.state.holder() {
                Holder::Unknown => None,
                Holder::Nobody => Some((Vec::new(), true)),
                Holder::User { id, name } => {
                    let known = id.and_then(|id| self.names.users.get(id));
                    let name = known.map(String::as_str).or(name)?;
                    Some((vec![name], true))
                }
            },
            TextField::Tag => {
                let (tags, all) = self.state.tags();
                let names: Vec<&str> = tags
                    .iter()
                    .filter_map(|tag| self.names.tags.get(tag).map(String::as_str))
                    .collect();
                let all = all && names.len() == tags.len();
                Some((names, all))
            }
            TextField::Extra(name) => {
                let text = self.row.conversation.extras.get(name)?;
                Some((vec![text], true))
            }
        }
    }

    /// Whether one of `users` has the conversation.
    pub(crate) fn is_with(&self, users: &[UserId]) -> Option<bool> {
        match self.state.holder() {
            Holder::Unknown => None,
            Holder::Nobody => Some(false),
            Holder::User { id: Some(id), .. } => Some(users.contains(id)),
            // Some rows name the user without an id. A name that wanted and other users share tells nothing.
            Holder::User { id: None, name } => {
                let called = self.names.users_by_name.get(&fold(name?))?;
                let wanted = called.iter().filter(|user| users.contains(user)).count();
                match wanted {
                    0 => Some(false),
                    _ => (wanted == called.len()).then_some(true),
                }
            }
        }
    }
}

/// The names of mailboxes, users and tags.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) directory: Directory,
    pub(crate) mailboxes: HashMap<MailboxId, String>,
    users: HashMap<UserId, String>,
    tags: HashMap<TagId, String>,
    users_by_name: HashMap<String, Vec<UserId>>,
}

impl Names {
    pub(crate) fn of(directory: &Directory) -> Self {
        let mut users_by_name: HashMap<String, Vec<UserId>> = HashMap::new();
        for user in &directory.users {
            let called = users_by_name.entry(fold(&user.name)).or_default();
            called.push(user.id.clone());
        }
        let mailboxes = directory.mailboxes.iter();
        let users = directory.users.iter();
        let tags = directory.tags.iter();
        Self {
            mailboxes: mailboxes
                .map(|one| (one.id.clone(), one.name.clone()))
                .collect(),
            users: users
                .map(|one| (one.id.clone(), one.name.clone()))
                .collect(),
            tags: tags.map(|one| (one.id.clone(), one.name.clone())).collect(),
            users_by_name,
            directory: directory.clone(),
        }
    }
}
