//! The names of things: mailboxes, users and tags of one connection.

use serde::{Deserialize, Serialize};

use super::{Mailbox, MailboxId, Tag, TagId, User, UserId};
#[cfg(feature = "eval")]
use crate::fold;

/// Every mailbox, user and tag that the mirror knows. Lookups walk the lists: there are hundreds at most.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// The mailboxes.
    #[serde(default)]
    pub mailboxes: Vec<Mailbox>,
    /// The users.
    #[serde(default)]
    pub users: Vec<User>,
    /// The tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

impl Directory {
    /// The mailbox with this id.
    #[must_use]
    pub fn mailbox(&self, id: &MailboxId) -> Option<&Mailbox> {
        self.mailboxes.iter().find(|mailbox| mailbox.id == *id)
    }

    /// The user with this id.
    #[must_use]
    pub fn user(&self, id: &UserId) -> Option<&User> {
        self.users.iter().find(|user| user.id == *id)
    }

    /// The tag with this id.
    #[must_use]
    pub fn tag(&self, id: &TagId) -> Option<&Tag> {
        self.tags.iter().find(|tag| tag.id == *id)
    }

    /// The tag with this name; its case does not matter, as two tags that differ in it alone help nobody.
    #[must_use]
    pub fn tag_named(&self, name: &str) -> Option<&Tag> {
        let wanted = name.trim().to_lowercase();
        self.tags
            .iter()
            .find(|tag| tag.name.trim().to_lowercase() == wanted)
    }
}

/// Lookups by what a person types: case and accents do not matter, and a name that several have finds
/// all of them. An id is only taken as one where no name or address fits.
#[cfg(feature = "eval")]
impl Directory {
    /// The mailboxes with this name or address, else with this id.
    #[must_use]
    pub fn mailboxes_called(&self, text: &str) -> Vec<&Mailbox> {
        called(text, &self.mailboxes, |mailbox| Entry {
            id: mailbox.id.as_str(),
            name: &mailbox.name,
            email: mailbox.email.as_deref(),
        })
    }

    /// The users with this name or address, else with this id.
    #[must_use]
    pub fn users_called(&self, text: &str) -> Vec<&User> {
        called(text, &self.users, |user| Entry {
            id: user.id.as_str(),
            name: &user.name,
            email: user.email.as_deref(),
        })
    }

    /// The tags with this name, else with this id. In the `inboxes` dialect every inbox has tags of
    /// its own, so one name is often several tags.
    #[must_use]
    pub fn tags_called(&self, text: &str) -> Vec<&Tag> {
        called(text, &self.tags, |tag| Entry {
            id: tag.id.as_str(),
            name: &tag.name,
            email: None,
        })
    }
}

#[cfg(feature = "eval")]
struct Entry<'a> {
    id: &'a str,
    name: &'a str,
    email: Option<&'a str>,
}

#[cfg(feature = "eval")]
fn called<'a, T>(text: &str, all: &'a [T], entry: impl Fn(&'a T) -> Entry<'a>) -> Vec<&'a T> {
    let wanted = fold(text.trim());
    let mut found: Vec<&T> = all
        .iter()
        .filter(|one| {
            let Entry { name, email, .. } = entry(one);
            fold(name.trim()) == wanted || email.is_some_and(|email| fold(email.trim()) == wanted)
        })
        .collect();
    if found.is_empty() {
        found.extend(all.iter().filter(|one| entry(one).id == text.trim()));
    }
    found
}

#[cfg(all(test, feature = "eval"))]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_without_case_and_accents_and_ids_only_then() {
        let user = |id: &str, name: &str, email: &str| User {
            id: id.into(),
            name: name.to_owned(),
            email: Some(email.to_owned()),
        };
        let directory = Directory {
            users: vec![
                user("u1", "Ana Ruíz", "ana@example.com"),
                user("u2", "ana ruiz", "ana.ruiz@example.com"),
                user("u3", "u1", "odd@example.com"),
            ],
            ..Directory::default()
        };
        let ids = |text: &str| -> Vec<&str> {
            let found = directory.users_called(text);
            found.into_iter().map(|user| user.id.as_str()).collect()
        };
        assert_eq!(ids("ANA RUIZ"), ["u1", "u2"]);
        assert_eq!(ids("Ana.Ruiz@Example.com"), ["u2"]);
        assert_eq!(ids("u2"), ["u2"]);
        assert_eq!(ids("u1"), ["u3"], "a name goes before an id");
        assert_eq!(ids("ana"), [""; 0]);
    }
}
