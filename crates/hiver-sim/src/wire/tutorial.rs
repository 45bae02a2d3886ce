//! The eleven calls of the `tutorial` dialect.
//!
//! | call | answer |
//! |---|---|
//! | `GET /mailboxes`, `/users`, `/tags` | `{"mailboxes": […], "next_cursor"?}` and so on |
//! | `GET /conversations` | `{"conversations": […], "next_cursor"?}`; `mailbox_id`, `status`, `tag` narrow it |
//! | `GET /conversations/:id` | the conversation |
//! | `POST /conversations/:id/assign`, `PUT …/status`, `POST …/tags`, `DELETE …/tags/:tagId` | the conversation |
//! | `POST /conversations/:id/notes` | the note |
//! | `POST /tags` | the tag |
//!
//! Refusals: 400 for a request to be mended, 403 for a mailbox without access, 404 for what is not there, 405
//! for a method that a path does not have.

use axum::{extract::Query, http::Uri};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Answer, Call, Refusal, Stage,
    paging::{Paging, cursor},
    rows::{ConversationRow, MailboxRow, NoteRow, TagRow, UserRow, iso},
};
use crate::{
    effect::Effect,
    ids,
    world::{Access, Filter, Mailbox, Status, World},
};

/// Carries out one call.
pub(crate) fn answer(stage: &mut Stage<'_>, call: &Call<'_>) -> Answer {
    route(stage, call).unwrap_or_else(|refusal| refusal.answer())
}

fn route(stage: &mut Stage<'_>, call: &Call<'_>) -> Result<Answer, Refusal> {
    let parts: Vec<&str> = call.path.trim_start_matches('/').split('/').collect();
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["mailboxes"]) => list_mailboxes(stage, call.uri),
        ("GET", ["users"]) => {
            let users = &stage.account.world.users;
            list(call.uri, "users", users, |user| !user.gone, UserRow::new)
        }
        ("GET", ["tags"]) => {
            let tags = &stage.account.world.tags;
            list(call.uri, "tags", tags, |tag| !tag.gone, TagRow::new)
        }
        ("POST", ["tags"]) => create_tag(stage, call),
        ("GET", ["conversations"]) => list_conversations(stage, call.uri),
        ("GET", ["conversations", id]) => {
            let position = find_conversation(stage, id)?;
            conversation(stage, position)
        }
        ("POST", ["conversations", id, "assign"]) => assign(stage, call, id),
        ("PUT", ["conversations", id, "status"]) => set_status(stage, call, id),
        ("POST", ["conversations", id, "notes"]) => add_note(stage, call, id),
        ("POST", ["conversations", id, "tags"]) => add_tag(stage, call, id),
        ("DELETE", ["conversations", id, "tags", tag]) => remove_tag(stage, call, id, tag),
        (
            method,
            ["mailboxes" | "users" | "tags" | "conversations"]
            | ["conversations", _]
            | ["conversations", _, "assign" | "status" | "notes" | "tags"]
            | ["conversations", _, "tags", _],
        ) => Err(Refusal::new(405, format!("{method} is not possible here."))),
        _ => Err(Refusal::not_found(format!("There is no `{}`.", call.path))),
    }
}

/// The parameters of any list; a list ignores those it does not know.
#[derive(Default, Deserialize)]
struct ListQuery {
    limit: Option<String>,
    cursor: Option<String>,
    mailbox_id: Option<String>,
    status: Option<String>,
    tag: Option<String>,
}

fn read_query(uri: &Uri) -> Result<ListQuery, Refusal> {
    let query = Query::try_from_uri(uri);
    let Query(query) = query.map_err(|error| Refusal::bad_request(format!("{error}.")))?;
    Ok(query)
}

/// `{"NAME": [rows], "next_cursor"?}`
fn page(
    name: &'static str,
    rows: &impl Serialize,
    next: Option<&String>,
) -> Result<Answer, Refusal> {
    let mut answer = Answer::json(rows)?;
    let next = next.map_or_else(String::new, |next| format!(r#","next_cursor":"{next}""#));
    answer.body = format!(r#"{{"{name}":{}{next}}}"#, answer.body);
    Ok(answer)
}

fn list<'a, T, R: Serialize>(
    uri: &Uri,
    name: &'static str,
    items: &'a [T],
    shown: impl Fn(&T) -> bool,
    row: impl Fn(&'a T) -> R,
) -> Result<Answer, Refusal> {
    let query = read_query(uri)?;
    let paging = Paging::read(name, query.limit.as_deref(), query.cursor.as_deref())?;
    let (part, next) = paging.slice(name, items, shown);
    let rows: Vec<R> = part.into_iter().map(row).collect();
    page(name, &rows, next.as_ref())
}

fn list_mailboxes(stage: &Stage<'_>, uri: &Uri) -> Result<Answer, Refusal> {
    let mailboxes = &stage.account.world.mailboxes;
    let shown = |mailbox: &Mailbox| mailbox.access != Access::Hidden;
    if stage.wire.bare_mailboxes {
        let visible = mailboxes.iter().filter(|mailbox| shown(mailbox));
        let rows: Vec<_> = visible.map(MailboxRow::new).collect();
        return Answer::json(&rows);
    }
    list(uri, "mailboxes", mailboxes, shown, MailboxRow::new)
}

fn list_conversations(stage: &Stage<'_>, uri: &Uri) -> Result<Answer, Refusal> {
    const NAME: &str = "conversations";
    let world = &stage.account.world;
    let query = read_query(uri)?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let paging = Paging::read(NAME, query.limit.as_deref(), query.cursor.as_deref())?;
    let status = given(query.status)
        .map(|text| read_status(&text))
        .transpose()?;
    let mailbox = given(query.mailbox_id).map(|id| {
        let position = world.mailboxes.iter().position(|mailbox| mailbox.id == id);
        let position = position.and_then(|position| u16::try_from(position).ok());
        position.ok_or_else(|| Refusal::not_found(format!("There is no mailbox `{id}`.")))
    });
    let mailbox = mailbox.transpose()?;
    if let Some(mailbox) = mailbox {
        check_access(&world.mailboxes[usize::from(mailbox)])?;
    }
    let tag = match given(query.tag) {
        None => None,
        Some(tag) => match world.tag(&tag) {
            Some(tag) => Some(tag),
            // No conversation has a tag that does not exist.
            None => return page(NAME, &[(); 0], None),
        },
    };
    let filter = Filter {
        mailbox,
        status,
        tag,
    };
    let (found, next) = if stage.wire.untidy {
        untidy_page(world, filter, &paging)
    } else {
        let (found, more) = world.page(filter, paging.after, paging.limit);
        let last = found.last().copied().filter(|_| more);
        (found, last)
    };
    let next = next.map(|after| cursor(NAME, after));
    let rows = found
        .iter()
        .map(|at| ConversationRow::new(world, world.at(*at), stage.wire));
    page(NAME, &rows.collect::<Vec<_>>(), next.as_ref())
}

/// A page as [`WireOptions::untidy`](crate::WireOptions::untidy) says, and where the next one begins: at a row's number.
fn untidy_page(world: &World, filter: Filter, paging: &Paging) -> (Vec<u32>, Option<u32>) {
    let begin = paging.after.map_or(0, |after| after as usize);
    let (mut found, more) = world.page(filter, None, begin + paging.limit);
    let end = found.len();
    found.drain(..begin.saturating_sub(1).min(end));
    if let (0, Some(mailbox), Some(Status::Closed)) = (begin, filter.mailbox, filter.status) {
        found.extend(world.positions(mailbox, Status::Open).next());
    }
    (found, more.then(|| u32::try_from(end).unwrap_or(u32::MAX)))
}

fn create_tag(stage: &mut Stage<'_>, call: &Call<'_>) -> Result<Answer, Refusal> {
    let body = Body::read(call.body)?;
    let name = body.text("name")?.trim();
    if name.is_empty() {
        return Err(Refusal::bad_request("name must not be empty."));
    }
    let world = &stage.account.world;
    let mut tags = world.tags.iter().filter(|tag| !tag.gone);
    let taken = tags.any(|tag| tag.name.to_lowercase() == name.to_lowercase());
    if taken {
        return Err(Refusal::bad_request(format!(
            "A tag named `{name}` already exists."
        )));
    }
    let id = ids::id("tag", world.seed, world.tags.len());
    let effect = Effect::CreateTag {
        id: id.clone(),
        name: name.to_owned(),
    };
    let record = stage.account.commit(&effect, call.at_ms, call.number)?;
    let tag = crate::world::Tag {
        id,
        name: name.to_owned(),
        gone: false,
    };
    let answer = single(stage, "tag", &TagRow::new(&tag))?;
    Ok(answer.with_effect(record))
}

fn assign(stage: &mut Stage<'_>, call: &Call<'_>, id: &str) -> Result<Answer, Refusal> {
    let position = find_conversation(stage, id)?;
    let body = Body::read(call.body)?;
    let user = body.text("user_id")?;
    let mut users = stage.account.world.users.iter();
    if !users.any(|known| known.id == user && !known.gone) {
        return Err(Refusal::bad_request(format!("There is no user `{user}`.")));
    }
    let (conversation, user) = (id.to_owned(), Some(user.to_owned()));
    change(
        stage,
        call,
        position,
        &Effect::Assign { conversation, user },
    )
}

fn set_status(stage: &mut Stage<'_>, call: &Call<'_>, id: &str) -> Result<Answer, Refusal> {
    let position = find_conversation(stage, id)?;
    let body = Body::read(call.body)?;
    let status = read_status(body.text("status")?)?;
    let conversation = id.to_owned();
    change(
        stage,
        call,
        position,
        &Effect::Status {
            conversation,
            status,
        },
    )
}

fn add_note(stage: &mut Stage<'_>, call: &Call<'_>, id: &str) -> Result<Answer, Refusal> {
    find_conversation(stage, id)?;
    let body = Body::read(call.body)?;
    let text = body.text("body")?;
    if text.trim().is_empty() {
        return Err(Refusal::bad_request("body must not be empty."));
    }
    let kind = body.text("type")?;
    if kind != "internal" {
        return Err(Refusal::bad_request(format!(
            "type must be internal, not `{kind}`."
        )));
    }
    let world = &stage.account.world;
    let note = ids::id("note", world.seed, world.note_count);
    let effect = Effect::Note {
        conversation: id.to_owned(),
        id: note.clone(),
        body: text.to_owned(),
    };
    let record = stage.account.commit(&effect, call.at_ms, call.number)?;
    let row = NoteRow {
        id: &note,
        conversation_id: id,
        kind: "internal",
        body: text,
        created_at: stage.wire.times.then(|| iso(call.at_ms)),
    };
    Ok(Answer::json(&row)?.with_effect(record))
}

fn add_tag(stage: &mut Stage<'_>, call: &Call<'_>, id: &str) -> Result<Answer, Refusal> {
    let position = find_conversation(stage, id)?;
    let body = Body::read(call.body)?;
    let tag = known_tag(stage, body.text("tag_id")?)?;
    let conversation = id.to_owned();
    change(stage, call, position, &Effect::Tag { conversation, tag })
}

fn remove_tag(
    stage: &mut Stage<'_>,
    call: &Call<'_>,
    id: &str,
    tag: &str,
) -> Result<Answer, Refusal> {
    let position = find_conversation(stage, id)?;
    let tag = known_tag(stage, tag)?;
    let conversation = id.to_owned();
    change(stage, call, position, &Effect::Untag { conversation, tag })
}

/// Carries out a change of one conversation and answers how it is now.
fn change(
    stage: &mut Stage<'_>,
    call: &Call<'_>,
    position: u32,
    effect: &Effect,
) -> Result<Answer, Refusal> {
    let record = stage.account.commit(effect, call.at_ms, call.number)?;
    Ok(conversation(stage, position)?.with_effect(record))
}

fn conversation(stage: &Stage<'_>, position: u32) -> Result<Answer, Refusal> {
    let world = &stage.account.world;
    let row = ConversationRow::new(world, world.at(position), stage.wire);
    single(stage, "conversation", &row)
}

fn single(stage: &Stage<'_>, name: &str, row: &impl Serialize) -> Result<Answer, Refusal> {
    let mut answer = Answer::json(row)?;
    if stage.wire.wrapped {
        answer.body = format!(r#"{{"{name}":{}}}"#, answer.body);
    }
    Ok(answer)
}

fn find_conversation(stage: &Stage<'_>, id: &str) -> Result<u32, Refusal> {
    let world = &stage.account.world;
    let position = world.position(id);
    let position =
        position.ok_or_else(|| Refusal::not_found(format!("There is no conversation `{id}`.")))?;
    check_access(&world.mailboxes[usize::from(world.at(position).mailbox)])?;
    Ok(position)
}

fn known_tag(stage: &Stage<'_>, id: &str) -> Result<String, Refusal> {
    let mut tags = stage.account.world.tags.iter();
    if tags.any(|tag| tag.id == id && !tag.gone) {
        return Ok(id.to_owned());
    }
    Err(Refusal::not_found(format!("There is no tag `{id}`.")))
}

fn check_access(mailbox: &Mailbox) -> Result<(), Refusal> {
    if mailbox.access == Access::Full {
        return Ok(());
    }
    Err(Refusal::forbidden(&mailbox.id))
}

fn read_status(text: &str) -> Result<Status, Refusal> {
    Status::named(text).ok_or_else(|| {
        Refusal::bad_request(format!(
            "status must be open, pending or closed, not `{text}`."
        ))
    })
}

/// The JSON object that a write carries.
struct Body(Map<String, Value>);

impl Body {
    fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(Refusal::bad_request("The body must be a JSON object.")),
            Err(error) => Err(Refusal::bad_request(format!(
                "The body is not JSON: {error}."
            ))),
        }
    }

    fn text(&self, field: &str) -> Result<&str, Refusal> {
        let text = self.0.get(field).and_then(Value::as_str);
        text.ok_or_else(|| Refusal::bad_request(format!("{field} is missing or not a text.")))
    }
}
