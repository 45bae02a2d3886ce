//! Ids and names of fields that many conversations have, each kept once.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use triage::model::{Assignee, Conversation, MailboxId, TagId, UserId};

/// The ids of mailboxes, users and tags that the mirror's conversations name, and the names of their other fields.
#[derive(Debug, Default)]
pub(super) struct SharedIds {
    mailboxes: HashSet<MailboxId>,
    users: HashSet<UserId>,
    tags: HashSet<TagId>,
    extras: HashSet<Arc<str>>,
}

impl SharedIds {
    /// Makes a conversation that is to be kept as small as it can be: it shares its ids with the others, and reserves
    /// no more than it needs.
    pub(super) fn settle(&mut self, conversation: &mut Conversation) {
        if let Some(mailbox) = &mut conversation.mailbox {
            share(&mut self.mailboxes, mailbox);
        }
        if let Some(subject) = &mut conversation.subject {
            subject.shrink_to_fit();
        }
        if let Assignee::User { id, name } = &mut conversation.assignee {
            if let Some(id) = id {
                share(&mut self.users, id);
            }
            if let Some(name) = name {
                name.shrink_to_fit();
            }
        }
        if let Some(tags) = &mut conversation.tags {
            tags.shrink_to_fit();
            for tag in tags {
                share(&mut self.tags, tag);
            }
        }
        let known = &mut self.extras;
        conversation.extras.share_names(|name| {
            let mut name = Arc::clone(name);
            share(known, &mut name);
            name
        });
    }

    /// The names of other fields that conversations have or had, in order.
    pub(super) fn extra_fields(&self) -> Vec<String> {
        let mut names: Vec<String> = self.extras.iter().map(ToString::to_string).collect();
        names.sort_unstable();
        names
    }
}

/// Puts the text that is already known in the place of one that is equal.
fn share<T: Clone + Eq + Hash>(known: &mut HashSet<T>, id: &mut T) {
    match known.get(id) {
        Some(shared) => id.clone_from(shared),
        None => {
            known.insert(id.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(id: &str, tags: &[&str]) -> Conversation {
        let mut reserved = Vec::with_capacity(20);
        reserved.extend(tags.iter().map(|tag| TagId::from(*tag)));
        Conversation {
            id: id.into(),
            mailbox: Some("mb_1".into()),
            subject: None,
            status: None,
            assignee: Assignee::User {
                id: Some("usr_1".into()),
                name: None,
            },
            tags: Some(reserved),
            extras: triage::model::Extras::default(),
            created_at: None,
            updated_at: None,
            first_seen: 0,
            last_changed: 0,
        }
    }

    #[test]
    fn equal_ids_are_kept_once_and_mean_the_same() {
        let mut ids = SharedIds::default();
        let (first, second) = (
            conversation("c1", &["t1", "t2"]),
            conversation("c2", &["t2"]),
        );
        let (mut kept, mut also_kept) = (first.clone(), second.clone());
        ids.settle(&mut kept);
        ids.settle(&mut also_kept);
        assert_eq!((&kept, &also_kept), (&first, &second));
        let at = |id: &str| id.as_ptr();
        let mailbox = |one: &Conversation| one.mailbox.as_ref().map(|id| at(id.as_str()));
        let user = |one: &Conversation| one.assignee.user_id().map(|id| at(id.as_str()));
        let last_tag = |one: &Conversation| Some(at(one.tags.as_ref()?.last()?.as_str()));
        assert_eq!(mailbox(&kept), mailbox(&also_kept));
        assert_eq!(user(&kept), user(&also_kept));
        assert_eq!(last_tag(&kept), last_tag(&also_kept));
        assert!(kept.tags.is_some_and(|tags| tags.capacity() < 20));
    }
}
