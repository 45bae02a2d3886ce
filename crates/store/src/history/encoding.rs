//! Observations to rows and back.

use sea_orm::Set;
use serde::de::DeserializeOwned;
use triage::history::{Flow, Observation, What};
use triage::model::{Assignee, Conversation, RunId, TagId};

use super::{HistoryRow, Source, number};
use crate::connections::ConnectionId;
use crate::entities::history;
use crate::error::{During, Error, Result};

const READING: &str = "read the history";

/// When something happened.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) at: i64,
    pub(super) seen_after: i64,
    pub(super) hiver_at: Option<i64>,
    pub(super) happened_at: i64,
}

/// The row of something that happened.
pub(super) fn row(
    connection: ConnectionId,
    of: &Conversation,
    observation: Observation,
    source: Source,
    times: Times,
) -> history::ActiveModel {
    let Observation {
        what,
        mailbox,
        status,
        assignee,
        flow,
    } = observation;
    let (kind, before, after) = match what {
        What::Seen { tags } => ("seen", None, tags.as_ref().map(json)),
        What::Status { before } => (
            "status",
            before.map(String::from),
            status.clone().map(String::from),
        ),
        What::Assignee { before } => ("assignee", assignee_word(&before), assignee_word(&assignee)),
        What::TagAdded(tag) => ("tag_added", None, Some(tag.into_string())),
        What::TagRemoved(tag) => ("tag_removed", Some(tag.into_string()), None),
        What::Tags { before, after } => {
            ("tags", before.as_ref().map(json), after.as_ref().map(json))
        }
        What::MovedIn { from } => ("moved_in", from.map(|id| id.into_string()), None),
        What::MovedOut { to } => ("moved_out", None, to.map(|id| id.into_string())),
        What::Gone => ("gone", None, None),
    };
    let (source, run) = match source {
        Source::Sweep => ("sweep", None),
        Source::Event => ("event", None),
        Source::LookedUp => ("looked_up", None),
        Source::Run(run) => ("run", Some(run.0)),
    };
    history::ActiveModel {
        connection_id: Set(connection),
        conversation_id: Set(of.id.to_string()),
        mailbox_id: Set(mailbox.map(|id| id.into_string())),
        kind: Set(kind.to_owned()),
        before: Set(before),
        after: Set(after),
        status: Set(status.map(String::from)),
        assignee: Set(assignee_word(&assignee)),
        flow: Set(number(flow)),
        at: Set(times.at),
        seen_after: Set(times.seen_after),
        hiver_at: Set(times.hiver_at),
        happened_at: Set(times.happened_at),
        source: Set(source.to_owned()),
        run_id: Set(run),
        ..Default::default()
    }
}

pub(super) fn read(row: history::Model) -> Result<HistoryRow> {
    let assignee = read_assignee(row.assignee);
    let (before, after) = (row.before, row.after);
    let what = match row.kind.as_str() {
        "seen" => What::Seen {
            tags: read_json(after)?,
        },
        "status" => What::Status {
            before: before.map(Into::into),
        },
        "assignee" => What::Assignee {
            before: read_assignee(before),
        },
        "tag_added" => What::TagAdded(after.unwrap_or_default().into()),
        "tag_removed" => What::TagRemoved(before.unwrap_or_default().into()),
        "tags" => What::Tags {
            before: read_json(before)?,
            after: read_json(after)?,
        },
        "moved_in" => What::MovedIn {
            from: before.map(Into::into),
        },
        "moved_out" => What::MovedOut {
            to: after.map(Into::into),
        },
        "gone" => What::Gone,
        other => return Err(unknown(other)),
    };
    let source = match (row.source.as_str(), row.run_id) {
        ("sweep", _) => Source::Sweep,
        ("event", _) => Source::Event,
        ("looked_up", _) => Source::LookedUp,
        ("run", Some(run)) => Source::Run(RunId(run)),
        (other, _) => return Err(unknown(other)),
    };
    Ok(HistoryRow {
        id: row.id,
        conversation: row.conversation_id.into(),
        observation: Observation {
            what,
            mailbox: row.mailbox_id.map(Into::into),
            status: row.status.map(Into::into),
            assignee,
            flow: match row.flow {
                0 => Flow::Neither,
                more if more > 0 => Flow::Came,
                _ => Flow::Left,
            },
        },
        at: row.at,
        seen_after: row.seen_after,
        hiver_at: row.hiver_at,
        happened_at: row.happened_at,
        source,
    })
}

/// `nobody`, `user:ID`, or `name:NAME` where Hiver named somebody without an id; nothing where it is unknown. Words
/// rather than the mirror's JSON, so that a query can group by them whatever a user is called meanwhile.
fn assignee_word(assignee: &Assignee) -> Option<String> {
    match assignee {
        Assignee::Nobody => Some("nobody".to_owned()),
        Assignee::User { id: Some(id), .. } => Some(format!("user:{id}")),
        Assignee::User {
            name: Some(name), ..
        } => Some(format!("name:{name}")),
        Assignee::Unknown
        | Assignee::User {
            id: None,
            name: None,
        } => None,
    }
}

fn read_assignee(word: Option<String>) -> Assignee {
    let Some(word) = word else {
        return Assignee::Unknown;
    };
    match word.split_once(':') {
        Some(("user", id)) => Assignee::User {
            id: Some(id.into()),
            name: None,
        },
        Some(("name", name)) => Assignee::User {
            id: None,
            name: Some(name.to_owned()),
        },
        _ => Assignee::Nobody,
    }
}

/// Tags as a JSON array of their ids.
fn json(tags: &Vec<TagId>) -> String {
    serde_json::json!(tags).to_string()
}

fn read_json<T: DeserializeOwned>(text: Option<String>) -> Result<Option<T>> {
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .during(READING)
}

fn unknown(word: &str) -> Error {
    Error::Value {
        operation: READING,
        source: format!("`{word}` is no word of the history").into(),
    }
}
