//! What Hiver delivers to a webhook.
//!
//! | event | data |
//! |---|---|
//! | `conversation.created` | `conversation` (`id`, `subject`, …) |
//! | `conversation.assigned` | `conversation`, `assignee` (`name`, …) |
//! | `conversation.status_changed` | `conversation`, `status` |
//! | `note.added` | `conversation`, the note |
//! | others, and the ping on saving | not said |

use serde_json::{Map, Value};

use super::read::{field, id_text, optional_text};
use super::tutorial::{read_assignee, read_conversation};
use crate::{Assignee, Conversation, ConversationId, Event, Status};

/// Names and ids that are longer are none.
const LONGEST: usize = 200;

pub(crate) fn event(body: &Value) -> Event {
    let top = body.as_object();
    let data = top.and_then(|top| field(top, "data")?.as_object());
    let row = data.and_then(|data| field(data, "conversation")?.as_object());
    let event = Event {
        is_json: true,
        name: top.and_then(|top| text(top, "event")),
        conversation: data.and_then(named),
        ..Event::default()
    };
    let Some(data) = data else { return event };
    let said_twice = |outer: &Map<String, Value>| {
        (
            text(outer, "status"),
            row.and_then(|row| text(row, "status")),
        )
    };
    let (status, contradicted) = match said_twice(data) {
        (Some(outer), Some(inner)) if outer != inner => (None, true),
        (outer, inner) => (outer.or(inner), false),
    };
    let assignee = [Some(data), row]
        .into_iter()
        .flatten()
        .find_map(|from| field(from, "assignee").and_then(|_| read_assignee(from).ok()));
    let whole = row
        .filter(|_| !contradicted)
        .and_then(|row| read_conversation(&Value::Object(row.clone())).ok())
        .map(|whole| with_what_the_event_says(whole, status.as_deref(), assignee.as_ref()))
        .filter(is_whole);
    Event {
        status: status.map(Status::from),
        assignee,
        note: field(data, "note").map(note_texts).unwrap_or_default(),
        whole,
        ..event
    }
}

/// What may be the text of a note: its body. No contract says what a note calls its own: where none is called so, all
/// texts in it.
fn note_texts(of: &Value) -> Vec<String> {
    let body = of.as_object().and_then(|note| {
        let mut names = ["body", "content", "text", "html"].into_iter();
        names.find_map(|name| field(note, name)?.as_str())
    });
    match body {
        Some(body) => vec![body.to_owned()],
        None => texts(of),
    }
}

fn texts(of: &Value) -> Vec<String> {
    match of {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// The conversation that the data names: as an object, by its id alone, or through the note.
fn named(data: &Map<String, Value>) -> Option<ConversationId> {
    let id = match field(data, "conversation") {
        Some(Value::Object(row)) => field(row, "id"),
        Some(bare) => Some(bare),
        None => field(data, "conversation_id")
            .or_else(|| field(field(data, "note")?.as_object()?, "conversation_id")),
    };
    id_text(id?, "id")
        .ok()
        .filter(|id| id.len() <= LONGEST && !matches!(id.as_str(), "." | ".."))
        .map(ConversationId::from)
}

fn text(from: &Map<String, Value>, name: &str) -> Option<String> {
    optional_text(from, name)
        .ok()
        .flatten()
        .filter(|text| !text.is_empty() && text.len() <= LONGEST)
}

fn with_what_the_event_says(
    mut whole: Conversation,
    status: Option<&str>,
    assignee: Option<&Assignee>,
) -> Conversation {
    whole.status = status.map(|status| status.to_owned().into());
    if let Some(assignee) = assignee {
        whole.assignee = assignee.clone();
    }
    whole
}

/// Whether nothing is missing that a list of conversations would show.
fn is_whole(row: &Conversation) -> bool {
    row.mailbox.is_some() && row.status.is_some() && row.tags.is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Event {
        Event::read(body.to_string().as_bytes())
    }

    #[test]
    fn the_events_of_the_contract() {
        let created = read(&json!({"event": "conversation.created", "data": {
            "conversation": {"id": "cnv_1", "subject": "Hello"}}}));
        assert_eq!(created.name.as_deref(), Some("conversation.created"));
        assert_eq!(created.conversation, Some("cnv_1".into()));
        assert_eq!(
            (created.status, created.assignee, created.whole),
            (None, None, None)
        );

        let assigned = read(&json!({"event": "conversation.assigned", "data": {
            "conversation": {"id": 7}, "assignee": {"name": "Ana"}}}));
        assert_eq!(assigned.conversation, Some("7".into()));
        assert_eq!(assigned.assignee.unwrap().name(), Some("Ana"));

        let closed = read(&json!({"event": "conversation.status_changed", "data": {
            "conversation": {"id": "cnv_1"}, "status": "closed"}}));
        assert_eq!(closed.status, Some(Status::Closed));

        for noted in [
            json!({"conversation": {"id": "cnv_1"}, "note": {"body": "hm"}}),
            json!({"conversation": "cnv_1"}),
            json!({"conversation_id": "cnv_1"}),
            json!({"note": {"conversation_id": "cnv_1"}}),
        ] {
            let has_text = noted["note"]["body"].is_string();
            let noted = read(&json!({"event": "note.added", "data": noted}));
            assert_eq!(noted.note.iter().any(|note| note == "hm"), has_text);
            assert_eq!(noted.conversation, Some("cnv_1".into()));
        }
    }

    #[test]
    fn a_whole_conversation_is_told_from_a_part_of_one() {
        let row = json!({"id": "cnv_1", "mailbox_id": "mb_1", "subject": "Hello", "status": "open",
            "tags": [], "updated_at": "2026-01-02T03:04:05Z"});
        let event =
            |data: Value| read(&json!({"event": "conversation.status_changed", "data": data}));
        let whole = event(json!({"conversation": row})).whole.unwrap();
        assert_eq!(whole.status, Some(Status::Open));
        assert!(whole.assignee.is_nobody());
        let assigned = event(json!({"conversation": row, "assignee": {"id": "usr_1"}}));
        assert!(!assigned.whole.unwrap().assignee.is_nobody());

        let contradicting = event(json!({"conversation": row, "status": "closed"}));
        assert_eq!((contradicting.status, contradicting.whole), (None, None));
        for missing in ["mailbox_id", "status", "tags"] {
            let mut row = row.clone();
            row.as_object_mut().unwrap().remove(missing);
            assert_eq!(event(json!({"conversation": row})).whole, None, "{missing}");
        }
    }

    #[test]
    fn nothing_is_an_error() {
        for body in [
            "",
            "{",
            "\u{0}",
            "null",
            "[]",
            "7",
            "\"ping\"",
            "{\"event\":7}",
            "{\"data\":[]}",
            "{\"event\":\"ping\",\"data\":null}",
            "{\"data\":{\"conversation\":{}}}",
            "{\"data\":{\"conversation\":{\"id\":\"\"}}}",
            "{\"data\":{\"conversation\":\"..\"}}",
            "{\"data\":{\"conversation\":{\"id\":[[]]}, \"status\":{}, \"assignee\":[1]}}",
        ] {
            let event = Event::read(body.as_bytes());
            assert_eq!((event.conversation, event.whole), (None, None), "{body}");
        }
        let deep = "{\"data\":".repeat(100_000);
        assert_eq!(Event::read(deep.as_bytes()), Event::default());
        assert_eq!(Event::read(b"\xFF\xFE{}"), Event::default());
        let long = format!(
            "{{\"data\":{{\"conversation_id\":\"{}\"}}}}",
            "x".repeat(201)
        );
        assert_eq!(Event::read(long.as_bytes()).conversation, None);
    }
}
