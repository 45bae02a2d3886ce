//! What a rule does.

use serde::{Deserialize, Serialize};
use triage::model::{Status, TagId, UserId};

/// What becomes of a conversation that fits, in this order: assign, add tags, remove tags, status, note.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Actions {
    /// Who gets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assign: Option<Assign>,
    /// The ids of tags that are added.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub add_tags: Vec<TagId>,
    /// The ids of tags that are removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub remove_tags: Vec<TagId>,
    /// The status it gets: `open`, `pending` or `closed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub set_status: Option<Status>,
    /// An internal note. `{{rule}}`, `{{matched}}`, `{{subject}}` and `{{mailbox}}` stand for the title of the rule,
    /// the text that was found, the subject and the name of the mailbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Actions {
    /// Whether it does nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Who gets a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Assign {
    /// The user with this id.
    User(#[cfg_attr(feature = "schema", schemars(with = "String"))] UserId),
    /// One of several.
    Share(Share),
}

impl Assign {
    /// Every user who may get it.
    pub fn users(&self) -> impl Iterator<Item = &UserId> {
        let (one, several) = match self {
            Self::User(user) => (Some(user), [].as_slice()),
            Self::Share(share) => (None, share.among.as_slice()),
        };
        one.into_iter()
            .chain(several.iter().map(|member| &member.user))
    }
}

/// Sharing out among users. A conversation that one of them has already stays there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// How the next one is found.
    pub by: ShareBy,
    /// Among whom, in the order of their turns.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub among: Vec<ShareMember>,
}

/// How the next user is found. Who is away or has as many as they may is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ShareBy {
    /// In turns.
    RoundRobin,
    /// Whoever has the fewest open conversations; among equals, in turns.
    LeastLoaded,
}

/// A user among whom is shared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ShareMember {
    /// The id of the user.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub user: UserId,
    /// With so many open conversations, or more, the user gets none from this rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<u32>,
}
