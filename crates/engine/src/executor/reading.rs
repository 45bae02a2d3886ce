//! Preparing an undo: reading what Hiver says now about every conversation that a run changed, then planning against
//! exactly that. What was read is on disk, so that nothing is read twice after a restart.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use futures::StreamExt;
use hiver::ErrorKind;
use store::{Error, NewChange, PlanFacts, PlannedUndo, Run, UndoReads};
use triage::model::{Conversation, ConversationId};
use triage::outcome::Outcome;
use triage::plan::{PlannedChange, plan_undo};

use super::flight::take_in;
use super::{End, pace};
use crate::link::Link;
use crate::live::Live;
use crate::planning::{CAPABILITIES, changing_first, labels_of};
use crate::sync::chain;
use crate::{Engine, words};

/// Reads under way at once.
const AT_ONCE: usize = 8;

/// How reading one conversation ended.
enum Read {
    Kept,
    KeyRefused,
    Later,
}

/// Reads for an undo and plans it.
pub(super) async fn read(engine: &Engine, link: &Arc<Link>, undo: Run) -> Result<End, Error> {
    let Some(of) = undo.undo_of else {
        return Ok(End::Over);
    };
    let store = engine.store();
    let done: HashSet<ConversationId> = store.reads_of(undo.id).await?.into_keys().collect();
    let all = store.changed_conversations(of).await?;
    let missing = all.into_iter().filter(|id| !done.contains(id));
    let mut reads = futures::stream::iter(missing)
        .map(|id| read_one(engine, link, &undo, id))
        .buffer_unordered(AT_ONCE);
    loop {
        let next = tokio::select! {
            biased;
            () = link.stop.cancelled() => return Ok(End::Stopped),
            next = reads.next() => next,
        };
        match next {
            None => break,
            Some(read) => match read? {
                Read::Kept => engine.tell(Live::Run(undo.id)),
                Read::KeyRefused => return Ok(End::KeyRefused),
                Read::Later => return Ok(End::Lost),
            },
        }
        // Somebody may have given it up.
        if store.run(undo.id).await?.is_none() {
            return Ok(End::Over);
        }
    }
    drop(reads);
    let planned = plan(engine, &undo, store.reads_of(undo.id).await?).await?;
    store.undo_planned(undo.id, planned, engine.now()).await?;
    tracing::info!(run = %undo.id, of = %of, "an undo is planned");
    Ok(End::Over)
}

async fn read_one(
    engine: &Engine,
    link: &Arc<Link>,
    undo: &Run,
    id: ConversationId,
) -> Result<Read, Error> {
    let asked_at = engine.now();
    let read = link
        .hiver
        .on(pace(undo.lane))
        .conversation(&id.as_str().into())
        .await;
    let now = engine.now();
    let found = match read {
        Ok(row) => {
            let (found, kept) = take_in(engine, undo.connection, row, asked_at).await;
            kept?;
            Some(found)
        }
        Err(error) => match error.kind() {
            ErrorKind::NotFound { .. } => None,
            ErrorKind::Unauthorized { .. } => {
                engine.set_trouble(Some(words::trouble(&error)));
                return Ok(Read::KeyRefused);
            }
            ErrorKind::RateLimited { .. } => return Ok(Read::Later),
            _ if error.is_passing() => {
                engine.set_trouble(Some(words::trouble(&error)));
                return Ok(Read::Later);
            }
            _ => {
                tracing::warn!(conversation = %id, error = %chain(&error), "a conversation could not be read for an undo");
                Some(nothing_known(id.clone(), now))
            }
        },
    };
    engine
        .store()
        .keep_read(undo.id, &id, found.as_ref(), now)
        .await?;
    Ok(Read::Kept)
}

/// A conversation of which Hiver says nothing that can be used.
fn nothing_known(id: ConversationId, now: i64) -> Conversation {
    Conversation {
        id,
        mailbox: None,
        subject: None,
        status: None,
        assignee: triage::model::Assignee::Unknown,
        tags: None,
        extras: triage::model::Extras::default(),
        created_at: None,
        updated_at: None,
        first_seen: now,
        last_changed: now,
    }
}

async fn plan(engine: &Engine, undo: &Run, reads: UndoReads) -> Result<PlannedUndo, Error> {
    let of = undo.undo_of.unwrap_or(undo.id);
    let rows = engine
        .store()
        .changes(of, &[Outcome::Done], 0, u64::MAX >> 1)
        .await?;
    let subjects: BTreeMap<_, _> = rows
        .iter()
        .map(|row| (row.conversation.clone(), row.subject.clone()))
        .collect();
    let done: Vec<PlannedChange> = rows
        .into_iter()
        .map(|row| PlannedChange {
            conversation: row.conversation,
            change: row.change,
            before: row.before,
            already: false,
        })
        .collect();
    let undone = plan_undo(&done, |id| reads.get(id).and_then(Option::as_ref));
    let plan = changing_first(undone.plan);
    let directory = engine.mirror().read().directory.clone();
    Ok(PlannedUndo {
        facts: PlanFacts {
            summary: plan.summary(CAPABILITIES),
            groups: plan.groups(),
            cannot_be_undone: plan.cannot_be_undone(),
        },
        labels: labels_of(
            plan.changes
                .iter()
                .chain(&done)
                .map(|planned| &planned.change),
            &directory,
        ),
        left_out: undone.left_out,
        changes: plan
            .changes
            .into_iter()
            .map(|planned| NewChange {
                rule: None,
                subject: subjects.get(&planned.conversation).cloned().flatten(),
                mailbox: engine
                    .mirror()
                    .conversation(&planned.conversation)
                    .and_then(|one| one.mailbox),
                conversation: planned.conversation,
                change: planned.change,
                before: planned.before,
                outcome: if planned.already {
                    Outcome::Unchanged
                } else {
                    Outcome::Waiting
                },
            })
            .collect(),
    })
}
