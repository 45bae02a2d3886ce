//! A conversation, and what may be asked about conversations.

use crate::{ConversationId, MailboxId, Status, Tag, TagId, UserId};

/// One customer email thread, as far as Hiver told.
///
/// **Unknown is not empty**: a field that Hiver did not send is `None`. There is one exception, taken
/// from the tutorial's own examples: no `assignee` means [`Assignee::Nobody`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Its identity.
    pub id: ConversationId,
    /// The mailbox it belongs to; `None` is unknown.
    pub mailbox: Option<MailboxId>,
    /// Its subject line; `None` is none, or not sent.
    pub subject: Option<String>,
    /// Where it stands; `None` is unknown.
    pub status: Option<Status>,
    /// Who is to answer it.
    pub assignee: Assignee,
    /// The tags it carries: `None` is unknown, an empty list is none.
    pub tags: Option<Vec<TagRef>>,
    /// When it began, in milliseconds since 1970 (UTC); `None` is unknown.
    pub created_at: Option<i64>,
    /// When it last changed, in milliseconds since 1970 (UTC); `None` is unknown.
    pub updated_at: Option<i64>,
    /// An `https` address that opens it in Hiver for people signed in there; never a public one.
    pub link: Option<String>,
    /// Every other field that is a text, a number, true or false, by name, as text. Web addresses are left out: one may
    /// open the conversation for whoever has it.
    pub extras: Vec<(String, String)>,
}

/// Who is to answer a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignee {
    /// It is assigned to nobody.
    Nobody,
    /// It is assigned. Hiver may send the id, the name, or both.
    Someone {
        /// Who, by id; `None` is not sent.
        id: Option<UserId>,
        /// Who, by name; `None` is not sent.
        name: Option<String>,
    },
}

impl Assignee {
    /// Whether it is assigned to nobody.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        matches!(self, Self::Nobody)
    }

    /// The id of the assignee, if there is one and Hiver sent it.
    #[must_use]
    pub fn id(&self) -> Option<&UserId> {
        match self {
            Self::Nobody => None,
            Self::Someone { id, .. } => id.as_ref(),
        }
    }

    /// The name of the assignee, if there is one and Hiver sent it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Nobody => None,
            Self::Someone { name, .. } => name.as_deref(),
        }
    }
}

/// How a conversation names one of its tags. No contract says which form is sent, so all are kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TagRef {
    /// Plain text that may be an id or a name: to be resolved against the list of tags.
    Bare(String),
    /// An object with an id, a name, or both.
    Object {
        /// The tag's id; `None` is not sent.
        id: Option<TagId>,
        /// The tag's name; `None` is not sent.
        name: Option<String>,
    },
}

impl TagRef {
    /// The id, where it is certain to be one.
    #[must_use]
    pub fn id(&self) -> Option<&TagId> {
        match self {
            Self::Bare(_) => None,
            Self::Object { id, .. } => id.as_ref(),
        }
    }

    /// The name, where it is certain to be one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Bare(_) => None,
            Self::Object { name, .. } => name.as_deref(),
        }
    }

    /// Whether this names `tag`. An id decides where there is one; bare text matches id or name.
    #[must_use]
    pub fn names(&self, tag: &Tag) -> bool {
        match self {
            Self::Bare(text) => text == tag.id.as_str() || *text == tag.name,
            Self::Object { id: Some(id), .. } => *id == tag.id,
            Self::Object { id: None, name } => name.as_deref() == Some(tag.name.as_str()),
        }
    }
}

/// Which conversations to list. Every part narrows; the default asks for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversationQuery {
    /// Only those of this mailbox.
    pub mailbox: Option<MailboxId>,
    /// Only those that stand so.
    pub status: Option<Status>,
    /// Only those with this tag, as Hiver's `tag` filter understands it.
    pub tag: Option<String>,
    /// Rows per page, 1 to 100; `None` asks for 100. Values outside are moved to the nearest bound.
    pub limit: Option<u32>,
}

impl ConversationQuery {
    /// Fills in what the question itself tells about a row that does not say it: its mailbox and
    /// status. Not done by the client, so that what Hiver sent stays visible.
    pub fn complete(&self, row: &mut Conversation) {
        if row.mailbox.is_none() {
            row.mailbox.clone_from(&self.mailbox);
        }
        if row.status.is_none() {
            row.status.clone_from(&self.status);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_reference_names_a_tag_by_what_it_has() {
        let billing = Tag {
            id: "tag_1".into(),
            name: "billing".to_owned(),
        };
        let object = |id: Option<&str>, name: Option<&str>| TagRef::Object {
            id: id.map(TagId::from),
            name: name.map(str::to_owned),
        };
        assert!(TagRef::Bare("billing".to_owned()).names(&billing));
        assert!(TagRef::Bare("tag_1".to_owned()).names(&billing));
        assert!(object(Some("tag_1"), Some("renamed")).names(&billing));
        assert!(object(None, Some("billing")).names(&billing));
        assert!(!object(Some("tag_2"), Some("billing")).names(&billing));
        assert!(!object(None, None).names(&billing));
    }
}
