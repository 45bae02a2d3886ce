//! What is delivered to a webhook.

use serde_json::{Value, json};

use super::rows::{ConversationRow, UserRow, WireOptions};
use crate::{
    effect::Effect,
    world::{Conversation, World},
};

/// What is sent to find out whether the address works.
pub(crate) fn ping() -> Value {
    json!({"event": "ping", "data": {"message": "This is a test of the webhook."}})
}

/// The event of an effect on a conversation, as it was right after it; none where Hiver has none.
pub(crate) fn event(
    effect: &Effect,
    conversation: &Conversation,
    world: &World,
    wire: WireOptions,
) -> Value {
    let row = ConversationRow::new(world, conversation, wire);
    let assignee = conversation
        .assignee
        .map(|user| UserRow::new(&world.users[usize::from(user)]));
    let (name, data) = match effect {
        Effect::Create(_) => ("conversation.created", json!({"conversation": row})),
        Effect::Assign { .. } => (
            "conversation.assigned",
            json!({"conversation": row, "assignee": assignee}),
        ),
        Effect::Status { status, .. } => (
            "conversation.status_changed",
            json!({"conversation": row, "status": status}),
        ),
        Effect::Note { id, body, .. } => (
            "note.added",
            json!({"conversation": row, "note": {"id": id, "body": body, "type": "internal"}}),
        ),
        Effect::DeleteConversation { conversation } => (
            "conversation.deleted",
            json!({"conversation": {"id": conversation}}),
        ),
        Effect::Tag { .. } | Effect::Untag { .. } => {
            ("conversation.tags_changed", json!({"conversation": row}))
        }
        _ => ("conversation.updated", json!({"conversation": row})),
    };
    json!({"event": name, "data": data})
}
