//! What came of looking at a conversation again, in words.

use triage::model::{Assignee, Conversation, Status};

/// What differs between what the mirror had and what Hiver said.
pub(super) fn effect(before: Option<&Conversation>, after: Option<&Conversation>) -> String {
    let (before, after) = match (before, after) {
        (None, None) => return "Hiver has no such conversation.".to_owned(),
        (Some(_), None) => return "Hiver no longer has it, so it was forgotten.".to_owned(),
        (None, Some(after)) => {
            let status = status(after.status.as_ref());
            return format!(
                "It is new in the mirror: {status}, {}.",
                assignee(&after.assignee)
            );
        }
        (Some(before), Some(after)) => (before, after),
    };
    let mut parts = Vec::new();
    if before.status != after.status {
        parts.push(format!(
            "{} → {}",
            status(before.status.as_ref()),
            status(after.status.as_ref())
        ));
    }
    if before.assignee != after.assignee {
        parts.push(format!(
            "{} → {}",
            assignee(&before.assignee),
            assignee(&after.assignee)
        ));
    }
    for (differs, what) in [
        (before.tags != after.tags, "other tags"),
        (before.subject != after.subject, "another subject"),
        (before.mailbox != after.mailbox, "another mailbox"),
    ] {
        if differs {
            parts.push(what.to_owned());
        }
    }
    if parts.is_empty() {
        "Hiver said what the mirror had.".to_owned()
    } else {
        format!("The mirror changed: {}.", parts.join(", "))
    }
}

fn status(status: Option<&Status>) -> String {
    status.map_or_else(|| "status unknown".to_owned(), ToString::to_string)
}

fn assignee(assignee: &Assignee) -> String {
    match assignee {
        Assignee::Nobody => "unassigned".to_owned(),
        Assignee::Unknown => "assignee unknown".to_owned(),
        Assignee::User { id, name } => name
            .clone()
            .or_else(|| id.as_ref().map(ToString::to_string))
            .unwrap_or_else(|| "assigned".to_owned()),
    }
}
