//! Between the client's words and ours: the only place that knows both.

use hiver::TagRef;
use triage::actions::Change;
use triage::model::{Assignee, ConversationId, Directory, Mailbox, Status, Tag, TagId, User};

use crate::mirror::{Sighting, resolve_user};

pub(crate) fn mailbox(from: hiver::Mailbox) -> Mailbox {
    Mailbox {
        id: from.id.into_string().into(),
        name: from.name,
        email: from.email,
    }
}

pub(crate) fn user(from: hiver::User) -> User {
    User {
        id: from.id.into_string().into(),
        name: from.name,
        email: from.email,
    }
}

pub(crate) fn tag(from: hiver::Tag) -> Tag {
    Tag {
        id: from.id.into_string().into(),
        name: from.name,
    }
}

/// A conversation as Hiver sent it, with users and tags looked up.
pub(crate) fn sighting(from: hiver::Conversation, directory: &Directory) -> Sighting {
    Sighting {
        id: ConversationId::from(from.id.into_string()),
        mailbox: from.mailbox.map(|id| id.into_string().into()),
        subject: from.subject,
        status: from.status.map(|status| Status::from(status.as_str())),
        assignee: match from.assignee {
            hiver::Assignee::Nobody => Assignee::Nobody,
            hiver::Assignee::Someone { id, name } => {
                resolve_user(directory, id.map(|id| id.into_string().into()), name)
            }
        },
        tags: from
            .tags
            .and_then(|tags| tags.iter().map(|tag| resolve_tag(directory, tag)).collect()),
        extras: from.extras.into_iter().collect(),
        created_at: from.created_at,
        updated_at: from.updated_at,
    }
}

/// Whether a row has a tag that the directory does not know by id or name.
pub(crate) fn names_unknown_tag(row: &hiver::Conversation, directory: &Directory) -> bool {
    row.tags.iter().flatten().any(|sent| {
        let known = |text: &str| {
            directory
                .tags
                .iter()
                .any(|tag| tag.id.as_str() == text || tag.name == text)
        };
        match sent {
            TagRef::Bare(text) => !known(text),
            TagRef::Object { name, .. } => !sent
                .id()
                .map(|id| id.as_str())
                .or(name.as_deref())
                .is_some_and(known),
        }
    })
}

/// A tag that the directory does not know, or knows twice, makes all tags of the row unknown, which is true and harmless.
fn resolve_tag(directory: &Directory, sent: &TagRef) -> Option<TagId> {
    if let Some(id) = sent.id() {
        return Some(id.as_str().into());
    }
    let text = match sent {
        TagRef::Bare(text) => text.as_str(),
        TagRef::Object { name, .. } => name.as_deref()?,
    };
    if matches!(sent, TagRef::Bare(_))
        && let Some(tag) = directory.tags.iter().find(|tag| tag.id.as_str() == text)
    {
        return Some(tag.id.clone());
    }
    let mut named = directory.tags.iter().filter(|tag| tag.name == text);
    match (named.next(), named.next()) {
        (Some(only), None) => Some(only.id.clone()),
        _ => None,
    }
}

/// Whether a change has only ids that an address can carry: a path cannot name an empty part, `.` or `..`.
pub(crate) fn can_be_addressed(conversation: &ConversationId, change: &Change) -> bool {
    let fits = |id: &str| !matches!(id, "" | "." | "..");
    match change {
        Change::RemoveTag(tag) => fits(conversation.as_str()) && fits(tag.as_str()),
        _ => fits(conversation.as_str()),
    }
}

/// The request that makes a change.
pub(crate) fn write(conversation: &ConversationId, change: &Change) -> hiver::Write {
    let conversation = hiver::ConversationId::from(conversation.as_str());
    match change {
        Change::Assign(user) => hiver::Write::Assign {
            conversation,
            user: user.as_str().into(),
        },
        Change::AddTag(tag) => hiver::Write::AddTag {
            conversation,
            tag: tag.as_str().into(),
        },
        Change::RemoveTag(tag) => hiver::Write::RemoveTag {
            conversation,
            tag: tag.as_str().into(),
        },
        Change::SetStatus(status) => hiver::Write::SetStatus {
            conversation,
            status: hiver_status(status),
        },
        Change::AddNote(body) => hiver::Write::AddNote {
            conversation,
            body: body.clone(),
        },
    }
}

pub(crate) fn hiver_status(status: &Status) -> hiver::Status {
    match status {
        Status::Open => hiver::Status::Open,
        Status::Pending => hiver::Status::Pending,
        Status::Closed => hiver::Status::Closed,
        Status::Other(word) => hiver::Status::Other(word.clone()),
    }
}
