//! What an answer of Hiver's means for the change that was asked for.

use hiver::{Certainty, Error, ErrorKind};
use triage::actions::Change;
use triage::model::{Assignee, Conversation, Directory};
use triage::outcome::Answer;

use crate::mirror::resolve_user;

pub(crate) fn of_write(result: &Result<(), Error>) -> Answer {
    let Err(error) = result else {
        return Answer::Accepted;
    };
    let refused = |what: &str, text: &str| Answer::Refused {
        reason: if text.is_empty() {
            what.to_owned()
        } else {
            format!("{what} ({text})")
        },
    };
    match error.kind() {
        ErrorKind::RateLimited { .. } => Answer::RateLimited,
        ErrorKind::Unauthorized { .. } => Answer::Unauthorized,
        ErrorKind::NeverSent { .. } => Answer::NeverSent,
        ErrorKind::Server { .. } => Answer::ServerError,
        ErrorKind::Forbidden { text } => refused("the key has no access to it", text),
        ErrorKind::NotFound { text } => refused("it does not exist any more", text),
        ErrorKind::BadRequest { text } => refused("not a valid request", text),
        other => match error.certainty() {
            Certainty::NotDone => Answer::Refused {
                reason: other.to_string(),
            },
            Certainty::Unknown => Answer::Unknown,
        },
    }
}

/// What a conversation looks like once a change is done.
pub(crate) fn apply(change: &Change, to: &mut Conversation, directory: &Directory) {
    match change {
        Change::Assign(user) => to.assignee = resolve_user(directory, Some(user.clone()), None),
        Change::AddTag(tag) => {
            if let Some(tags) = &mut to.tags
                && !tags.contains(tag)
            {
                tags.push(tag.clone());
            }
        }
        Change::RemoveTag(tag) => {
            if let Some(tags) = &mut to.tags {
                tags.retain(|one| one != tag);
            }
        }
        Change::SetStatus(status) => to.status = Some(status.clone()),
        Change::AddNote(_) => {}
    }
    if let (Change::Assign(user), Assignee::User { name: None, .. }) = (change, &to.assignee) {
        tracing::debug!(%user, "assigned to a user whom the directory does not know");
    }
}
