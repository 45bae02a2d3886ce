//! The account as the control endpoints show and take it.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    Access, NoteRecord, Status,
    world::{Note, World},
};

/// The whole account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountState {
    /// How many there are of what.
    pub totals: Totals,
    /// The mailboxes, in the order of the wire, also those without access.
    pub mailboxes: Vec<MailboxState>,
    /// The users that were not deleted.
    pub users: Vec<UserState>,
    /// The tags that were not deleted.
    pub tags: Vec<TagState>,
    /// All conversations that were not deleted, oldest first; empty when only the counts were asked for.
    pub conversations: Vec<ConversationState>,
}

/// Counts over the whole account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// All conversations.
    pub conversations: usize,
    /// Those that are open.
    pub open: usize,
    /// Those that are pending.
    pub pending: usize,
    /// Those that are closed.
    pub closed: usize,
    /// Those that are open and nobody's.
    pub open_unassigned: usize,
    /// Notes on all conversations.
    pub notes: usize,
}

/// One mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailboxState {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its address.
    pub email: String,
    /// What the key may do with it.
    pub access: Access,
    /// Open conversations in it.
    pub open: usize,
    /// Pending conversations in it.
    pub pending: usize,
    /// Closed conversations in it.
    pub closed: usize,
    /// Open conversations in it that are nobody's.
    pub open_unassigned: usize,
}

/// One user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserState {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

/// One tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TagState {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
}

/// One conversation, with its notes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConversationState {
    /// Its id.
    pub id: String,
    /// The id of its mailbox.
    pub mailbox_id: String,
    /// Its subject, if it has one.
    pub subject: Option<String>,
    /// Its status.
    pub status: Status,
    /// The id of the user it is assigned to.
    pub assignee: Option<String>,
    /// The ids of its tags, in the order they were added.
    pub tags: Vec<String>,
    /// When it came in, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it last changed, in milliseconds since 1970.
    pub updated_ms: i64,
    /// Its notes, oldest first.
    pub notes: Vec<NoteRecord>,
}

/// A conversation that shall come in. Mailbox, assignee and tags by id or name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewConversation {
    /// Where to.
    pub mailbox_id: String,
    /// About what.
    #[serde(default)]
    pub subject: Option<String>,
    /// Open unless said otherwise.
    #[serde(default = "open")]
    pub status: Status,
    /// Nobody's unless said otherwise.
    #[serde(default)]
    pub assignee: Option<String>,
    /// None unless said otherwise.
    #[serde(default)]
    pub tags: Vec<String>,
}

impl NewConversation {
    /// Open and nobody's.
    #[must_use]
    pub fn new(mailbox_id: &str, subject: &str) -> Self {
        Self {
            mailbox_id: mailbox_id.to_owned(),
            subject: Some(subject.to_owned()),
            status: Status::Open,
            assignee: None,
            tags: Vec::new(),
        }
    }
}

/// What a colleague does to a conversation in Hiver's own screen; what is absent stays. Mailbox, assignee and
/// tags by id or name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConversationChange {
    /// Moves it.
    pub mailbox_id: Option<String>,
    /// Renames it; `null` takes the subject away.
    #[serde(deserialize_with = "present")]
    pub subject: Option<Option<String>>,
    /// Sets its status.
    pub status: Option<Status>,
    /// Assigns it; `null` makes it nobody's.
    #[serde(deserialize_with = "present")]
    pub assignee: Option<Option<String>>,
    /// Exactly these tags.
    pub tags: Option<Vec<String>>,
}

fn open() -> Status {
    Status::Open
}

/// Tells `null` from an absent field.
fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// The account without its conversations.
pub(crate) fn summary(world: &World) -> AccountState {
    let mailboxes: Vec<MailboxState> = (0_u16..)
        .zip(&world.mailboxes)
        .map(|(position, mailbox)| {
            let open = world.positions(position, Status::Open);
            MailboxState {
                id: mailbox.id.clone(),
                name: mailbox.name.clone(),
                email: mailbox.email.clone(),
                access: mailbox.access,
                open: world.count(position, Status::Open),
                pending: world.count(position, Status::Pending),
                closed: world.count(position, Status::Closed),
                open_unassigned: open.filter(|at| world.at(*at).assignee.is_none()).count(),
            }
        })
        .collect();
    let users = world.users.iter().filter(|user| !user.gone);
    let users = users.map(|user| UserState {
        id: user.id.clone(),
        name: user.name.clone(),
        email: user.email.clone(),
    });
    let tags = world.tags.iter().filter(|tag| !tag.gone);
    let tags = tags.map(|tag| TagState {
        id: tag.id.clone(),
        name: tag.name.clone(),
    });
    let sum = |count: fn(&MailboxState) -> usize| mailboxes.iter().map(count).sum();
    AccountState {
        totals: Totals {
            conversations: world.live().count(),
            open: sum(|mailbox| mailbox.open),
            pending: sum(|mailbox| mailbox.pending),
            closed: sum(|mailbox| mailbox.closed),
            open_unassigned: sum(|mailbox| mailbox.open_unassigned),
            notes: world
                .live()
                .map(|position| world.notes(position).len())
                .sum(),
        },
        users: users.collect(),
        tags: tags.collect(),
        conversations: Vec::new(),
        mailboxes,
    }
}

/// The whole account.
pub(crate) fn everything(world: &World) -> AccountState {
    let all = world.live();
    AccountState {
        conversations: all.map(|position| conversation(world, position)).collect(),
        ..summary(world)
    }
}

/// One conversation.
pub(crate) fn conversation(world: &World, position: u32) -> ConversationState {
    let conversation = world.at(position);
    let assignee = conversation.assignee;
    let tags = conversation.tags.iter();
    ConversationState {
        id: conversation.id.to_string(),
        mailbox_id: world.mailboxes[usize::from(conversation.mailbox)]
            .id
            .clone(),
        subject: conversation.subject.as_deref().map(str::to_owned),
        status: conversation.status,
        assignee: assignee.map(|user| world.users[usize::from(user)].id.clone()),
        tags: tags
            .map(|tag| world.tags[usize::from(*tag)].id.clone())
            .collect(),
        created_ms: conversation.created_ms,
        updated_ms: conversation.updated_ms,
        notes: world.notes(position).iter().map(note).collect(),
    }
}

/// One note.
pub(crate) fn note(note: &Note) -> NoteRecord {
    NoteRecord {
        id: note.id.clone(),
        body: note.body.clone(),
        at_ms: note.at_ms,
        request: note.request,
    }
}
