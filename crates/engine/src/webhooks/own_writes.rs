//! Deliveries that tell of what the console did itself a moment ago: there is nothing to look at.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hiver::Event;
use triage::actions::Change;
use triage::model::ConversationId;

use super::own_fields::agree;
use crate::{Engine, note_text};

/// What is delivered so long after a change was sent may tell of it.
const WITHIN_MS: i64 = 60_000;
/// From so many conversations on those that are of no use any more are forgotten.
const MANY: usize = 1_000;

/// The changes that were sent within the last minute, each with when.
#[derive(Default)]
pub(crate) struct OwnWrites(Mutex<HashMap<ConversationId, Vec<(Change, i64)>>>);

impl OwnWrites {
    /// A change is sent now.
    pub(crate) fn note(&self, id: &ConversationId, change: &Change, now: i64) {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |(_, at): &(Change, i64)| now - *at < WITHIN_MS;
        if sent.len() >= MANY {
            sent.retain(|_, changes| changes.iter().any(is_recent));
        }
        let of_conversation = sent.entry(id.clone()).or_default();
        of_conversation.retain(is_recent);
        of_conversation.push((change.clone(), now));
    }

    fn of(&self, id: &ConversationId, now: i64) -> Vec<Change> {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = sent.get(id).into_iter().flatten();
        changes
            .filter(|(_, at)| now - *at < WITHIN_MS)
            .map(|(change, _)| change.clone())
            .collect()
    }
}

/// Whether an event tells of a change that was just sent, and of nothing that the mirror does not have.
pub(super) fn is_echo(engine: &Engine, event: &Event) -> bool {
    let Some(id) = event.conversation.as_ref() else {
        return false;
    };
    let id = ConversationId::from(id.as_str());
    let sent = engine.0.door.own_writes.of(&id, engine.now());
    if sent.is_empty() || !agree(engine, event) {
        return false;
    }
    let is_whole = event.whole.is_some();
    let says_status = is_whole || event.status.is_some();
    let says_assignee = is_whole || event.assignee.is_some();
    match event.name.as_deref() {
        Some("note.added") => sent.iter().any(|change| match change {
            Change::AddNote(text) => note_text::tells(&event.note, text) == Some(true),
            _ => false,
        }),
        Some("conversation.assigned") => {
            says_assignee && sent.iter().any(|one| matches!(one, Change::Assign(_)))
        }
        Some("conversation.status_changed") => {
            says_status && sent.iter().any(|one| matches!(one, Change::SetStatus(_)))
        }
        Some("conversation.tags_changed") => {
            let is_tag = |one: &Change| matches!(one, Change::AddTag(_) | Change::RemoveTag(_));
            is_whole && sent.iter().any(is_tag)
        }
        _ => false,
    }
}
