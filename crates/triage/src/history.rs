//! What a mirror saw happen to a conversation: the difference between two looks at it.
//!
//! A conversation is *at work* while it is open or pending. It **came** when it got there: newly seen, reopened, or
//! moved in from another mailbox; it **left** when it was closed, moved out, or is gone. So the conversations at work
//! in a mailbox at some moment are those at work now, without what came since, with what left since.

use crate::model::{Assignee, Conversation, MailboxId, Status, TagId};

/// One thing that happened to a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// What.
    pub what: What,
    /// The mailbox that it counts in.
    pub mailbox: Option<MailboxId>,
    /// The status after it; the last one, where the conversation is gone.
    pub status: Option<Status>,
    /// The assignee after it; the last one, where the conversation is gone.
    pub assignee: Assignee,
    /// Whether the conversation came or left by it.
    pub flow: Flow,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It was seen for the first time, with these tags.
    Seen {
        /// Its tags, where they are known.
        tags: Option<Vec<TagId>>,
    },
    /// It has another status.
    Status {
        /// The one before.
        before: Option<Status>,
    },
    /// It has another assignee.
    Assignee {
        /// The one before.
        before: Assignee,
    },
    /// It has a tag more.
    TagAdded(TagId),
    /// It has a tag less.
    TagRemoved(TagId),
    /// Its tags are known now, or no longer.
    Tags {
        /// What was known.
        before: Option<Vec<TagId>>,
        /// What is known.
        after: Option<Vec<TagId>>,
    },
    /// It is in this mailbox now.
    MovedIn {
        /// Where it was.
        from: Option<MailboxId>,
    },
    /// It is no longer in this mailbox.
    MovedOut {
        /// Where it is.
        to: Option<MailboxId>,
    },
    /// Hiver no longer has it, or no longer shows it to us.
    Gone,
}

/// What something does to the number of conversations at work in a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// One more.
    Came,
    /// One less.
    Left,
    /// As many.
    Neither,
}

impl Flow {
    fn between(before: bool, after: bool) -> Self {
        match (before, after) {
            (false, true) => Self::Came,
            (true, false) => Self::Left,
            _ => Self::Neither,
        }
    }
}

/// Whether a conversation of that status is at work. One whose status is unknown is not: nobody can say so.
#[must_use]
pub fn is_at_work(status: Option<&Status>) -> bool {
    matches!(status, Some(Status::Open | Status::Pending))
}

/// What happened to a conversation between two looks, in order. `None` is: there was, or is, none. `since` is when the
/// history of its mailbox begins, in ms since the epoch: one that is closed when it is first seen came and left
/// unseen, unless Hiver says that it is older than that.
#[must_use]
pub fn observe(
    before: Option<&Conversation>,
    after: Option<&Conversation>,
    since: i64,
) -> Vec<Observation> {
    match (before, after) {
        (None, None) => Vec::new(),
        (None, Some(after)) => first_seen(after, since),
        (Some(before), None) => {
            let flow = Flow::between(is_at_work(before.status.as_ref()), false);
            vec![observation(
                What::Gone,
                before,
                before.status.clone(),
                before.assignee.clone(),
                flow,
            )]
        }
        (Some(before), Some(after)) => changed(before, after),
    }
}

fn first_seen(after: &Conversation, since: i64) -> Vec<Observation> {
    let tags = after.tags.clone();
    let seen = |status: Option<Status>, flow| {
        let what = What::Seen { tags };
        observation(what, after, status, after.assignee.clone(), flow)
    };
    let is_new = after.created_at.is_none_or(|created| created >= since);
    if after.status != Some(Status::Closed) || !is_new {
        let flow = Flow::between(false, is_at_work(after.status.as_ref()));
        return vec![seen(after.status.clone(), flow)];
    }
    vec![
        seen(None, Flow::Came),
        observation(
            What::Status { before: None },
            after,
            after.status.clone(),
            after.assignee.clone(),
            Flow::Left,
        ),
    ]
}

fn changed(before: &Conversation, after: &Conversation) -> Vec<Observation> {
    let mut all = Vec::new();
    let (was, is) = (
        is_at_work(before.status.as_ref()),
        is_at_work(after.status.as_ref()),
    );
    let mut note =
        |what, of: &Conversation, status: &Conversation, assignee: &Conversation, flow| {
            all.push(observation(
                what,
                of,
                status.status.clone(),
                assignee.assignee.clone(),
                flow,
            ));
        };
    if before.mailbox != after.mailbox {
        if before.mailbox.is_some() {
            let to = after.mailbox.clone();
            let flow = Flow::between(was, false);
            note(What::MovedOut { to }, before, before, before, flow);
        }
        if after.mailbox.is_some() {
            let from = before.mailbox.clone();
            let flow = Flow::between(false, was);
            note(What::MovedIn { from }, after, before, before, flow);
        }
    }
    if before.status != after.status {
        let what = What::Status {
            before: before.status.clone(),
        };
        note(what, after, after, before, Flow::between(was, is));
    }
    let same_assignee =
        before.assignee == after.assignee || before.assignee.is_same(&after.assignee) == Some(true);
    if !same_assignee {
        let what = What::Assignee {
            before: before.assignee.clone(),
        };
        note(what, after, after, after, Flow::Neither);
    }
    for what in tags(before, after) {
        note(what, after, after, after, Flow::Neither);
    }
    all
}

fn tags(before: &Conversation, after: &Conversation) -> Vec<What> {
    match (&before.tags, &after.tags) {
        (Some(had), Some(has)) => {
            let mut all: Vec<What> = Vec::new();
            let mut add = |what| {
                if !all.contains(&what) {
                    all.push(what);
                }
            };
            for tag in had.iter().filter(|tag| !has.contains(tag)) {
                add(What::TagRemoved(tag.clone()));
            }
            for tag in has.iter().filter(|tag| !had.contains(tag)) {
                add(What::TagAdded(tag.clone()));
            }
            all
        }
        (None, None) => Vec::new(),
        (before, after) => vec![What::Tags {
            before: before.clone(),
            after: after.clone(),
        }],
    }
}

fn observation(
    what: What,
    of: &Conversation,
    status: Option<Status>,
    assignee: Assignee,
    flow: Flow,
) -> Observation {
    Observation {
        what,
        mailbox: of.mailbox.clone(),
        status,
        assignee,
        flow,
    }
}
