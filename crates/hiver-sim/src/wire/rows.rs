//! The objects of the `tutorial` dialect as JSON.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::world::{Conversation, Mailbox, Status, Tag, User, World};

/// How things look on the wire, where the contract leaves a choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WireOptions {
    /// Rows carry only what the tutorial's examples show: `id`, `subject`, `assignee.name`.
    pub sparse: bool,
    /// Rows carry `created_at` and `updated_at` (ISO 8601, UTC).
    pub times: bool,
    /// Rows carry fields that no contract names: `channel`, `message_count`, `priority`, `sender`, an object and a
    /// public link.
    pub extras: bool,
    /// A single object comes as `{"conversation": …}` or `{"tag": …}`.
    pub wrapped: bool,
    /// `GET /mailboxes` answers a bare array with all mailboxes.
    pub bare_mailboxes: bool,
    /// Lists of conversations are untidy: pages are counted off anew for each request, so that rows shift when one leaves
    /// an earlier page; each page but the first begins with the last row of the one before; and the closed ones of a
    /// mailbox also list its first open one.
    pub untidy: bool,
}

/// Some of the [`WireOptions`].
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WirePatch {
    sparse: Option<bool>,
    times: Option<bool>,
    extras: Option<bool>,
    wrapped: Option<bool>,
    bare_mailboxes: Option<bool>,
    untidy: Option<bool>,
}

impl WirePatch {
    pub(crate) fn apply(self, wire: &mut WireOptions) {
        wire.sparse = self.sparse.unwrap_or(wire.sparse);
        wire.times = self.times.unwrap_or(wire.times);
        wire.extras = self.extras.unwrap_or(wire.extras);
        wire.untidy = self.untidy.unwrap_or(wire.untidy);
        wire.wrapped = self.wrapped.unwrap_or(wire.wrapped);
        wire.bare_mailboxes = self.bare_mailboxes.unwrap_or(wire.bare_mailboxes);
    }
}

#[derive(Serialize)]
pub(super) struct MailboxRow<'a> {
    id: &'a str,
    name: &'a str,
    email: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl<'a> MailboxRow<'a> {
    pub(super) fn new(mailbox: &'a Mailbox) -> Self {
        Self {
            id: &mailbox.id,
            name: &mailbox.name,
            email: &mailbox.email,
            kind: "shared",
        }
    }
}

#[derive(Serialize)]
pub(super) struct UserRow<'a> {
    id: &'a str,
    name: &'a str,
    email: &'a str,
}

impl<'a> UserRow<'a> {
    pub(super) fn new(user: &'a User) -> Self {
        Self {
            id: &user.id,
            name: &user.name,
            email: &user.email,
        }
    }
}

#[derive(Serialize)]
pub(super) struct TagRow<'a> {
    id: &'a str,
    name: &'a str,
}

impl<'a> TagRow<'a> {
    pub(super) fn new(tag: &'a Tag) -> Self {
        Self {
            id: &tag.id,
            name: &tag.name,
        }
    }
}

#[derive(Serialize)]
struct AssigneeRow<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    name: &'a str,
}

#[derive(Serialize)]
pub(super) struct ConversationRow<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mailbox_id: Option<&'a str>,
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<AssigneeRow<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<TagRow<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
    #[serde(flatten)]
    extras: Option<ExtrasOfRow>,
}

/// Fields that no contract names, as a real account may have some.
#[derive(Serialize)]
struct ExtrasOfRow {
    channel: &'static str,
    message_count: u64,
    priority: &'static str,
    sender: String,
    last_message: Value,
    public_permalink: String,
}

impl ExtrasOfRow {
    fn of(conversation: &Conversation) -> Self {
        // The same for the same conversation, whatever happens to it.
        let number = conversation
            .id
            .bytes()
            .fold(7_u64, |sum, byte| sum * 31 % 100_003 + u64::from(byte));
        Self {
            channel: ["email", "chat", "form"][(number % 3) as usize],
            message_count: 1 + number % 9,
            priority: if number.is_multiple_of(5) {
                "high"
            } else {
                "normal"
            },
            sender: format!("customer{}@example.com", number % 997),
            last_message: serde_json::json!({ "direction": "inbound" }),
            public_permalink: format!("https://open.example.com/{}", conversation.id),
        }
    }
}

impl<'a> ConversationRow<'a> {
    pub(super) fn new(world: &'a World, conversation: &'a Conversation, wire: WireOptions) -> Self {
        let full = !wire.sparse;
        let assignee = conversation.assignee.map(|user| {
            let user = &world.users[usize::from(user)];
            AssigneeRow {
                id: full.then_some(&user.id),
                name: &user.name,
            }
        });
        let tags = || {
            let tags = conversation.tags.iter();
            tags.map(|tag| TagRow::new(&world.tags[usize::from(*tag)]))
                .collect()
        };
        Self {
            id: &conversation.id,
            mailbox_id: full.then(|| {
                world.mailboxes[usize::from(conversation.mailbox)]
                    .id
                    .as_str()
            }),
            subject: conversation.subject.as_deref(),
            status: full.then_some(conversation.status),
            assignee,
            tags: full.then(tags),
            created_at: wire.times.then(|| iso(conversation.created_ms)),
            updated_at: wire.times.then(|| iso(conversation.updated_ms)),
            extras: wire.extras.then(|| ExtrasOfRow::of(conversation)),
        }
    }
}

/// The answer to a note.
#[derive(Serialize)]
pub(super) struct NoteRow<'a> {
    pub(super) id: &'a str,
    pub(super) conversation_id: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) body: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) created_at: Option<String>,
}

/// ISO 8601 in UTC.
pub(super) fn iso(at_ms: i64) -> String {
    Timestamp::from_millisecond(at_ms)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_string()
}
