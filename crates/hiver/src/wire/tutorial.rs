//! The `tutorial` dialect: the contract of the public tutorial on Hiver's REST API.
//!
//! | call | body or query | answer |
//! |---|---|---|
//! | `GET /mailboxes`, `/users`, `/tags` | `cursor`, `limit` | `{"mailboxes":[…], "next_cursor"?}`; mailboxes also as a bare list |
//! | `GET /conversations` | `mailbox_id`, `status`, `tag`, `limit` (at most 100), `cursor` | `{"conversations":[…], "next_cursor"?}` |
//! | `GET /conversations/:id` | | one, bare or as `{"conversation": …}` |
//! | `POST /conversations/:id/assign` | `{"user_id"}` | 200 |
//! | `PUT /conversations/:id/status` | `{"status"}` | 200 |
//! | `POST /conversations/:id/notes` | `{"body","type":"internal"}` | 200 |
//! | `POST /conversations/:id/tags` | `{"tag_id"}` | 200 |
//! | `DELETE /conversations/:id/tags/:tagId` | | 200 |
//! | `POST /tags` | `{"name"}` | the tag, bare or as `{"tag": …}` |

use http::Method;
use serde_json::{Map, Value, json};

use super::read::{
    field, id_text, kind, object, optional_id, optional_text, required_id, rows, time,
};
use super::{Call, ListCall, Reader};
use crate::{
    Assignee, Conversation, ConversationId, ConversationQuery, Cursor, Mailbox, Page, Tag, TagId,
    TagRef, User, UserId, Write,
};

/// The most rows that a page may carry, and what is asked for when nobody says otherwise: a page
/// costs one request, however long it is.
const LARGEST_PAGE: u32 = 100;

pub(super) fn check() -> (Call, Reader<Page<Mailbox>>) {
    let call =
        Call::new(Method::GET, "check the key", ["mailboxes"]).with_query("limit", Some("1"));
    (call, read_mailboxes)
}

pub(super) fn mailboxes() -> ListCall<Mailbox> {
    list("list mailboxes", "mailboxes", read_mailboxes)
}

pub(super) fn users() -> ListCall<User> {
    list("list users", "users", |answer| {
        wrapped_rows(answer, "users", read_user)
    })
}

pub(super) fn tags() -> ListCall<Tag> {
    list("list tags", "tags", |answer| {
        wrapped_rows(answer, "tags", read_tag)
    })
}

pub(super) fn conversations(query: &ConversationQuery) -> ListCall<Conversation> {
    let limit = query.limit.unwrap_or(LARGEST_PAGE).clamp(1, LARGEST_PAGE);
    let first = Call::new(Method::GET, "list conversations", ["conversations"])
        .with_query("mailbox_id", query.mailbox.as_ref().map(|id| id.as_str()))
        .with_query(
            "status",
            query.status.as_ref().map(|status| status.as_str()),
        )
        .with_query("tag", query.tag.as_deref())
        .with_query("limit", Some(limit.to_string()));
    ListCall {
        first,
        at: at_cursor,
        read: |answer| wrapped_rows(answer, "conversations", read_conversation),
    }
}

pub(super) fn conversation(id: &ConversationId) -> (Call, Reader<Conversation>) {
    let operation = format!("read conversation {:?}", id.as_str());
    let call = Call::new(Method::GET, operation, ["conversations", id.as_str()]);
    (call, |answer| {
        read_conversation(unwrapped(answer, "conversation"))
    })
}

pub(super) fn create_tag(name: &str) -> (Call, Reader<Tag>) {
    let call = Call::new(Method::POST, format!("create tag {name:?}"), ["tags"])
        .with_body(json!({ "name": name }));
    (call, |answer| read_tag(unwrapped(answer, "tag")))
}

pub(super) fn write(write: &Write) -> Call {
    let id = write.conversation().as_str();
    let on = |method, operation: String, rest: &[&str]| {
        let path = ["conversations", id]
            .into_iter()
            .chain(rest.iter().copied());
        Call::new(method, operation, path)
    };
    match write {
        Write::Assign { user, .. } => on(
            Method::POST,
            format!("assign conversation {id:?} to user {:?}", user.as_str()),
            &["assign"],
        )
        .with_body(json!({ "user_id": user })),
        Write::SetStatus { status, .. } => on(
            Method::PUT,
            format!("set conversation {id:?} to {status}"),
            &["status"],
        )
        .with_body(json!({ "status": status })),
        Write::AddTag { tag, .. } => on(
            Method::POST,
            format!("add tag {:?} to conversation {id:?}", tag.as_str()),
            &["tags"],
        )
        .with_body(json!({ "tag_id": tag })),
        Write::RemoveTag { tag, .. } => on(
            Method::DELETE,
            format!("remove tag {:?} from conversation {id:?}", tag.as_str()),
            &["tags", tag.as_str()],
        ),
        Write::AddNote { body, .. } => on(
            Method::POST,
            format!("add a note to conversation {id:?}"),
            &["notes"],
        )
        .with_body(json!({ "body": body, "type": "internal" })),
    }
}

fn list<T>(operation: &'static str, path: &str, read: Reader<Page<T>>) -> ListCall<T> {
    let limit = Some(LARGEST_PAGE.to_string());
    ListCall {
        first: Call::new(Method::GET, operation, [path]).with_query("limit", limit),
        at: at_cursor,
        read,
    }
}

fn at_cursor(call: Call, cursor: &Cursor) -> Call {
    call.with_query("cursor", Some(cursor.as_str()))
}

/// The tutorial shows mailboxes wrapped, and its health check speaks of a bare list.
fn read_mailboxes(answer: &Value) -> Result<Page<Mailbox>, String> {
    match answer {
        Value::Array(list) => Ok(rows(list, None, read_mailbox)),
        wrapped => wrapped_rows(wrapped, "mailboxes", read_mailbox),
    }
}

fn wrapped_rows<T>(
    answer: &Value,
    name: &str,
    read: impl Fn(&Value) -> Result<T, String>,
) -> Result<Page<T>, String> {
    let answer = object(answer, "the answer")?;
    let list = match field(answer, name) {
        Some(Value::Array(list)) => list,
        Some(other) => return Err(format!("`{name}` is {}, expected a list", kind(other))),
        None => return Err(format!("`{name}` is missing")),
    };
    Ok(rows(list, next_cursor(answer)?, read))
}

/// Missing, null and empty end the list. Anything that is no cursor is an error: taken for the end, it
/// would pass a part of the list for the whole.
fn next_cursor(answer: &Map<String, Value>) -> Result<Option<Cursor>, String> {
    match field(answer, "next_cursor") {
        None => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(other) => id_text(other, "next_cursor").map(|text| Some(Cursor::from(text))),
    }
}

/// The value under `name` where the answer is wrapped, else the answer itself.
fn unwrapped<'a>(answer: &'a Value, name: &str) -> &'a Value {
    answer
        .get(name)
        .filter(|inner| inner.is_object())
        .unwrap_or(answer)
}

fn read_mailbox(row: &Value) -> Result<Mailbox, String> {
    let row = object(row, "the row")?;
    let id = required_id(row, "id")?;
    let email = optional_text(row, "email")?;
    Ok(Mailbox {
        name: name_or(row, email.as_deref(), &id)?,
        id: id.into(),
        email,
        kind: optional_text(row, "type")?,
    })
}

fn read_user(row: &Value) -> Result<User, String> {
    let row = object(row, "the row")?;
    let id = required_id(row, "id")?;
    let email = optional_text(row, "email")?;
    Ok(User {
        name: name_or(row, email.as_deref(), &id)?,
        id: id.into(),
        email,
    })
}

fn name_or(row: &Map<String, Value>, email: Option<&str>, id: &str) -> Result<String, String> {
    let name = optional_text(row, "name")?.filter(|name| !name.is_empty());
    Ok(name.unwrap_or_else(|| email.unwrap_or(id).to_owned()))
}

fn read_tag(row: &Value) -> Result<Tag, String> {
    let row = object(row, "the tag")?;
    Ok(Tag {
        id: required_id(row, "id")?.into(),
        name: optional_text(row, "name")?.ok_or("`name` is missing")?,
    })
}

pub(super) fn read_conversation(row: &Value) -> Result<Conversation, String> {
    let row = object(row, "the conversation")?;
    Ok(Conversation {
        id: required_id(row, "id")?.into(),
        mailbox: read_mailbox_of(row)?.map(Into::into),
        subject: optional_text(row, "subject")?,
        status: optional_text(row, "status")?.map(Into::into),
        assignee: read_assignee(row)?,
        tags: read_tags(row)?,
        created_at: time(row, &["created_at", "createdAt"]),
        updated_at: time(row, &["updated_at", "updatedAt"]),
        link: field(row, "private_permalink")
            .and_then(Value::as_str)
            .filter(|link| link.starts_with("https://"))
            .map(str::to_owned),
        extras: read_extras(row),
    })
}

/// The fields that a conversation is read from.
const KNOWN: [&str; 11] = [
    "id",
    "mailbox_id",
    "mailbox",
    "subject",
    "status",
    "assignee",
    "tags",
    "created_at",
    "createdAt",
    "updated_at",
    "updatedAt",
];

fn read_extras(row: &Map<String, Value>) -> Vec<(String, String)> {
    let is_address = |text: &str| {
        let text = text.trim_start().to_ascii_lowercase();
        text.starts_with("http:") || text.starts_with("https:")
    };
    row.iter()
        .filter(|(name, _)| !KNOWN.contains(&name.as_str()) && !name.ends_with("permalink"))
        .filter_map(|(name, value)| {
            let text = match value {
                Value::String(text) if is_address(text) => return None,
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Bool(so) => so.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => return None,
            };
            Some((name.clone(), text))
        })
        .collect()
}

fn read_mailbox_of(row: &Map<String, Value>) -> Result<Option<String>, String> {
    if let Some(id) = optional_id(row, "mailbox_id")? {
        return Ok(Some(id));
    }
    match field(row, "mailbox") {
        Some(Value::Object(mailbox)) => optional_id(mailbox, "id"),
        _ => Ok(None),
    }
}

/// No assignee means nobody, as the tutorial's own examples read it. An empty text is no assignee.
pub(super) fn read_assignee(row: &Map<String, Value>) -> Result<Assignee, String> {
    match field(row, "assignee") {
        None => Ok(Assignee::Nobody),
        Some(Value::String(text)) if text.is_empty() => Ok(Assignee::Nobody),
        Some(Value::Object(assignee)) => Ok(Assignee::Someone {
            id: optional_id(assignee, "id")?.map(UserId::from),
            name: optional_text(assignee, "name")?,
        }),
        Some(bare) => Ok(Assignee::Someone {
            id: Some(id_text(bare, "assignee")?.into()),
            name: None,
        }),
    }
}

fn read_tags(row: &Map<String, Value>) -> Result<Option<Vec<TagRef>>, String> {
    match field(row, "tags") {
        None => Ok(None),
        Some(Value::Array(tags)) => tags
            .iter()
            .map(read_tag_ref)
            .collect::<Result<_, _>>()
            .map(Some),
        Some(other) => Err(format!("`tags` is {}, expected a list", kind(other))),
    }
}

fn read_tag_ref(tag: &Value) -> Result<TagRef, String> {
    match tag {
        Value::Object(tag) => {
            let id = optional_id(tag, "id")?.map(TagId::from);
            let name = optional_text(tag, "name")?;
            if id.is_none() && name.is_none() {
                return Err("a tag has neither `id` nor `name`".to_owned());
            }
            Ok(TagRef::Object { id, name })
        }
        bare => id_text(bare, "tags").map(TagRef::Bare),
    }
}

#[cfg(test)]
mod tests;
