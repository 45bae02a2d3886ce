//! Hiver's objects as the console knows them, whatever dialect they came from.

mod directory;
mod extras;
mod ids;
mod status;

pub use directory::Directory;
pub use extras::{Extra, Extras};
pub use ids::{ConversationId, MailboxId, RunId, TagId, UserId};
use serde::{Deserialize, Serialize};
pub use status::Status;

/// Who a conversation is assigned to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assignee {
    /// Hiver did not say.
    #[default]
    Unknown,
    /// Hiver said that nobody is assigned.
    Nobody,
    /// Somebody is. Events and some rows name the user without an id, or the other way round.
    User {
        /// The user's id, if it was sent.
        id: Option<UserId>,
        /// The user's name, if it was sent.
        name: Option<String>,
    },
}

impl Assignee {
    /// The id of the user, if somebody is assigned and Hiver said who.
    #[must_use]
    pub fn user_id(&self) -> Option<&UserId> {
        match self {
            Self::User { id, .. } => id.as_ref(),
            Self::Unknown | Self::Nobody => None,
        }
    }

    /// Whether `user` is the assignee; `None` when that cannot be told.
    #[must_use]
    pub fn is_user(&self, user: &UserId) -> Option<bool> {
        match self {
            Self::Unknown | Self::User { id: None, .. } => None,
            Self::Nobody => Some(false),
            Self::User { id: Some(id), .. } => Some(id == user),
        }
    }

    /// Whether both name the same person or both nobody; `None` when that cannot be told. Ids decide
    /// where both have one, names only where an id is missing.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => None,
            (Self::Nobody, Self::Nobody) => Some(true),
            (Self::Nobody, Self::User { .. }) | (Self::User { .. }, Self::Nobody) => Some(false),
            (
                Self::User { id, name },
                Self::User {
                    id: other_id,
                    name: other_name,
                },
            ) => match (id, other_id) {
                (Some(id), Some(other_id)) => Some(id == other_id),
                _ => Some(name.as_ref()? == other_name.as_ref()?),
            },
        }
    }
}

/// One conversation, as the mirror holds it. `None` is "Hiver did not say", never "there is none".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Hiver's id.
    pub id: ConversationId,
    /// The mailbox it is in.
    pub mailbox: Option<MailboxId>,
    /// The subject line.
    pub subject: Option<String>,
    /// Open, pending, closed or a word we do not know.
    pub status: Option<Status>,
    /// Who it is assigned to.
    pub assignee: Assignee,
    /// Its tags; `Some` of an empty list is "no tags".
    pub tags: Option<Vec<TagId>>,
    /// What else Hiver says of it.
    #[serde(default, skip_serializing_if = "Extras::is_empty")]
    pub extras: Extras,
    /// Hiver's time of creation, in ms since the epoch.
    pub created_at: Option<i64>,
    /// Hiver's time of the last change, in ms since the epoch.
    pub updated_at: Option<i64>,
    /// When the mirror first saw it, in ms since the epoch.
    pub first_seen: i64,
    /// When the mirror last saw it change, in ms since the epoch.
    pub last_changed: i64,
}

impl Conversation {
    /// The moment its age counts from: Hiver's time of creation, else when the mirror first saw it.
    #[must_use]
    pub fn age_from(&self) -> i64 {
        self.created_at.unwrap_or(self.first_seen)
    }

    /// The moment it last changed: Hiver's time, else the mirror's.
    #[must_use]
    pub fn changed_at(&self) -> i64 {
        self.updated_at.unwrap_or(self.last_changed)
    }

    /// Whether it carries `tag`; `None` when its tags are unknown.
    #[must_use]
    pub fn has_tag(&self, tag: &TagId) -> Option<bool> {
        self.tags.as_ref().map(|tags| tags.contains(tag))
    }
}

/// A shared mailbox (an "inbox" in the `inboxes` dialect).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// Hiver's id.
    pub id: MailboxId,
    /// The name people know it by.
    pub name: String,
    /// Its address.
    pub email: Option<String>,
}

/// An agent that conversations are assigned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Hiver's id.
    pub id: UserId,
    /// The full name.
    pub name: String,
    /// The address.
    pub email: Option<String>,
}

/// A label on conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// Hiver's id.
    pub id: TagId,
    /// The label.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: Option<&str>, name: Option<&str>) -> Assignee {
        Assignee::User {
            id: id.map(UserId::from),
            name: name.map(str::to_owned),
        }
    }

    #[test]
    fn sameness_of_assignees_is_told_by_id_then_by_name() {
        let ana = user(Some("u1"), Some("Ana"));
        let cases = [
            (Assignee::Nobody, Assignee::Nobody, Some(true)),
            (Assignee::Nobody, ana.clone(), Some(false)),
            (Assignee::Unknown, Assignee::Unknown, None),
            (Assignee::Unknown, ana.clone(), None),
            (ana.clone(), user(Some("u1"), Some("Ana Ruiz")), Some(true)),
            (ana.clone(), user(Some("u2"), Some("Ana")), Some(false)),
            (ana.clone(), user(None, Some("Ana")), Some(true)),
            (ana.clone(), user(None, Some("Ben")), Some(false)),
            (ana, user(None, None), None),
        ];
        for (left, right, expected) in cases {
            assert_eq!(left.is_same(&right), expected, "{left:?} and {right:?}");
            assert_eq!(right.is_same(&left), expected, "{right:?} and {left:?}");
        }
    }

    #[test]
    fn json_shapes_are_stable() {
        let json = |assignee: &Assignee| serde_json::to_string(assignee).unwrap();
        assert_eq!(json(&Assignee::Unknown), r#""unknown""#);
        assert_eq!(json(&Assignee::Nobody), r#""nobody""#);
        assert_eq!(
            json(&user(Some("usr_1"), None)),
            r#"{"user":{"id":"usr_1","name":null}}"#
        );
    }
}
