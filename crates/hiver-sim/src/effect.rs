//! What a request, or a colleague in Hiver's own screen, does to the account.
//!
//! The same records go into the state file and are replayed from it, so they name things by id.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Error,
    world::{Conversation, Note, Status, Tag, World},
};

/// One thing done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Effect {
    Assign {
        conversation: String,
        user: Option<String>,
    },
    Status {
        conversation: String,
        status: Status,
    },
    Note {
        conversation: String,
        id: String,
        body: String,
    },
    Tag {
        conversation: String,
        tag: String,
    },
    Untag {
        conversation: String,
        tag: String,
    },
    CreateTag {
        id: String,
        name: String,
    },
    Subject {
        conversation: String,
        subject: Option<String>,
    },
    Move {
        conversation: String,
        mailbox: String,
    },
    Create(Creation),
    DeleteConversation {
        conversation: String,
    },
    DeleteUser {
        user: String,
    },
    DeleteTag {
        tag: String,
    },
}

/// A conversation that came in while the simulator was running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Creation {
    pub(crate) conversation: String,
    pub(crate) mailbox: String,
    pub(crate) subject: Option<String>,
    pub(crate) status: Status,
    pub(crate) assignee: Option<String>,
    pub(crate) tags: Vec<String>,
}

/// An effect as the ledger shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EffectRecord {
    /// `assign`, `status`, `note`, `tag`, `untag` or `create_tag`.
    pub kind: &'static str,
    /// The conversation it is about; none for `create_tag`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// The user's id, the status, `{"id","body"}` of the note, the tag's id, or `{"id","name"}` of the new tag.
    pub value: Value,
    /// False when it already was so. A note always changes something.
    pub changed: bool,
}

impl Effect {
    /// Whether carrying it out would change anything.
    ///
    /// # Errors
    /// [`Error::Unknown`] when it names something that is not there.
    pub(crate) fn would_change(&self, world: &World) -> Result<bool, Error> {
        let at = |id: &str| conversation(world, id).map(|position| world.at(position));
        Ok(match self {
            Self::Assign { conversation, user } => {
                let user = user
                    .as_deref()
                    .map(|id| self::user(world, id))
                    .transpose()?;
                at(conversation)?.assignee != user
            }
            Self::Status {
                conversation,
                status,
            } => at(conversation)?.status != *status,
            Self::Tag { conversation, tag } => {
                !at(conversation)?.tags.contains(&self::tag(world, tag)?)
            }
            Self::Untag { conversation, tag } => {
                at(conversation)?.tags.contains(&self::tag(world, tag)?)
            }
            Self::Subject {
                conversation,
                subject,
            } => at(conversation)?.subject.as_deref() != subject.as_deref(),
            Self::Move {
                conversation,
                mailbox,
            } => at(conversation)?.mailbox != self::mailbox(world, mailbox)?,
            Self::Note { conversation, .. } => {
                at(conversation)?;
                true
            }
            Self::CreateTag { .. } => true,
            Self::Create(creation) => {
                build(creation, world, 0)?;
                true
            }
            Self::DeleteConversation { conversation } => {
                self::conversation(world, conversation)?;
                true
            }
            Self::DeleteUser { user } => {
                self::user(world, user)?;
                true
            }
            Self::DeleteTag { tag } => {
                self::tag(world, tag)?;
                true
            }
        })
    }

    /// Carries it out. `request` is the number of the request that asked for it, 0 for none.
    ///
    /// # Errors
    /// [`Error::Unknown`] when it names something that is not there; nothing is changed then.
    pub(crate) fn apply(&self, world: &mut World, at_ms: i64, request: u64) -> Result<(), Error> {
        let touched = match self {
            Self::Assign { conversation, user } => {
                let user = user
                    .as_deref()
                    .map(|id| self::user(world, id))
                    .transpose()?;
                let position = self::conversation(world, conversation)?;
                world.edit(position).assignee = user;
                position
            }
            Self::Status {
                conversation,
                status,
            } => {
                let position = self::conversation(world, conversation)?;
                world.set_status(position, *status);
                position
            }
            Self::Note {
                conversation,
                id,
                body,
            } => {
                let position = self::conversation(world, conversation)?;
                let (id, body) = (id.clone(), body.clone());
                world.add_note(
                    position,
                    Note {
                        id,
                        body,
                        at_ms,
                        request,
                    },
                );
                position
            }
            Self::Tag { conversation, tag } => {
                let tag = self::tag(world, tag)?;
                let position = self::conversation(world, conversation)?;
                world.add_tag(position, tag);
                position
            }
            Self::Untag { conversation, tag } => {
                let tag = self::tag(world, tag)?;
                let position = self::conversation(world, conversation)?;
                world.remove_tag(position, tag);
                position
            }
            Self::Subject {
                conversation,
                subject,
            } => {
                let position = self::conversation(world, conversation)?;
                world.edit(position).subject = subject.as_deref().map(Into::into);
                position
            }
            Self::Move {
                conversation,
                mailbox,
            } => {
                let mailbox = self::mailbox(world, mailbox)?;
                let position = self::conversation(world, conversation)?;
                world.set_mailbox(position, mailbox);
                position
            }
            Self::CreateTag { id, name } => {
                let (id, name) = (id.clone(), name.clone());
                let gone = false;
                world.tags.push(Tag { id, name, gone });
                return Ok(());
            }
            Self::Create(creation) => {
                let conversation = build(creation, world, at_ms)?;
                world.push(conversation);
                return Ok(());
            }
            Self::DeleteConversation { conversation } => {
                world.delete_conversation(self::conversation(world, conversation)?);
                return Ok(());
            }
            Self::DeleteUser { user } => {
                world.delete_user(self::user(world, user)?, at_ms);
                return Ok(());
            }
            Self::DeleteTag { tag } => {
                world.delete_tag(self::tag(world, tag)?, at_ms);
                return Ok(());
            }
        };
        world.edit(touched).updated_ms = at_ms;
        Ok(())
    }

    /// The conversation it is about.
    pub(crate) fn conversation(&self) -> Option<&str> {
        match self {
            Self::Assign { conversation, .. }
            | Self::Status { conversation, .. }
            | Self::Note { conversation, .. }
            | Self::Tag { conversation, .. }
            | Self::Untag { conversation, .. }
            | Self::Subject { conversation, .. }
            | Self::Move { conversation, .. }
            | Self::DeleteConversation { conversation } => Some(conversation),
            Self::Create(creation) => Some(&creation.conversation),
            Self::CreateTag { .. } | Self::DeleteUser { .. } | Self::DeleteTag { .. } => None,
        }
    }

    /// How the ledger shows it.
    pub(crate) fn record(&self, changed: bool) -> EffectRecord {
        let (kind, conversation, value) = match self {
            Self::Assign { conversation, user } => ("assign", Some(conversation), json!(user)),
            Self::Status {
                conversation,
                status,
            } => ("status", Some(conversation), json!(status)),
            Self::Note {
                conversation,
                id,
                body,
            } => ("note", Some(conversation), json!({"id": id, "body": body})),
            Self::Tag { conversation, tag } => ("tag", Some(conversation), json!(tag)),
            Self::Untag { conversation, tag } => ("untag", Some(conversation), json!(tag)),
            Self::CreateTag { id, name } => ("create_tag", None, json!({"id": id, "name": name})),
            Self::Subject {
                conversation,
                subject,
            } => ("subject", Some(conversation), json!(subject)),
            Self::Move {
                conversation,
                mailbox,
            } => ("move", Some(conversation), json!(mailbox)),
            Self::Create(creation) => ("create", Some(&creation.conversation), Value::Null),
            Self::DeleteConversation { conversation } => {
                ("delete_conversation", Some(conversation), Value::Null)
            }
            Self::DeleteUser { user } => ("delete_user", None, json!(user)),
            Self::DeleteTag { tag } => ("delete_tag", None, json!(tag)),
        };
        let conversation = conversation.cloned();
        EffectRecord {
            kind,
            conversation,
            value,
            changed,
        }
    }
}

fn build(creation: &Creation, world: &World, at_ms: i64) -> Result<Conversation, Error> {
    let tags = creation.tags.iter().map(|id| tag(world, id));
    let assignee = creation.assignee.as_deref();
    Ok(Conversation {
        id: creation.conversation.as_str().into(),
        mailbox: mailbox(world, &creation.mailbox)?,
        subject: creation.subject.as_deref().map(Into::into),
        status: creation.status,
        assignee: assignee.map(|id| user(world, id)).transpose()?,
        tags: tags.collect::<Result<_, _>>()?,
        created_ms: at_ms,
        updated_ms: at_ms,
    })
}

/// Looks up a conversation by its id.
pub(crate) fn conversation(world: &World, id: &str) -> Result<u32, Error> {
    world
        .position(id)
        .ok_or_else(|| unknown("conversation", id))
}

/// Looks up a mailbox by its id or name.
pub(crate) fn mailbox(world: &World, id: &str) -> Result<u16, Error> {
    world.mailbox(id).ok_or_else(|| unknown("mailbox", id))
}

/// Looks up a user by its id or name.
pub(crate) fn user(world: &World, id: &str) -> Result<u16, Error> {
    world.user(id).ok_or_else(|| unknown("user", id))
}

/// Looks up a tag by its id or name.
pub(crate) fn tag(world: &World, id: &str) -> Result<u16, Error> {
    world.tag(id).ok_or_else(|| unknown("tag", id))
}

fn unknown(kind: &'static str, id: &str) -> Error {
    let id = id.to_owned();
    Error::Unknown { kind, id }
}
