//! What something other than the console does again and again after the console did something, as the history shows it:
//! automations of Hiver's own, with which a rule would play ping-pong.

use std::collections::{HashMap, HashSet};

use routing::lint::Habit;
use store::{ConnectionId, Error, HistoryRow, Source, Store};
use triage::actions::Change;
use triage::history::What;
use triage::model::{ConversationId, TagId};

use crate::Engine;

/// How far back the history is looked at.
const LOOKED_AT_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// What comes later after a change of ours has another cause.
const SOON_MS: i64 = 10 * 60 * 1_000;
/// The most rows of the history that are looked at, the latest ones.
const MOST: u64 = 50_000;

impl Engine {
    /// What something other than the console took back within 10 minutes after a run did it, in the last 30 days; the
    /// most frequent first. Nothing without a connection.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_habits(&self) -> Result<Vec<Habit>, Error> {
        match self.mirror().connection() {
            Some(connection) => habits_of(self.store(), connection, self.now()).await,
            None => Ok(Vec::new()),
        }
    }
}

/// The same of a connection, as the database has it.
pub(super) async fn habits_of(
    store: &Store,
    connection: ConnectionId,
    now: i64,
) -> Result<Vec<Habit>, Error> {
    let since = now - LOOKED_AT_MS;
    let rows = store.history_around_runs(connection, since, MOST).await?;
    let listed = store.directory(connection).await?.tags;
    let listed = listed.into_iter().map(|tag| tag.id).collect();
    Ok(habits(&rows, &listed))
}

/// What of a conversation a change is about.
#[derive(PartialEq, Eq, Hash)]
enum Aspect {
    Assignee,
    Status,
    Tag(TagId),
}

/// Finds them in rows of the history, in order. A tag that is gone from `listed` went from all conversations at once,
/// and no automation took it away.
fn habits(rows: &[HistoryRow], listed: &HashSet<TagId>) -> Vec<Habit> {
    // What a run did last, and when.
    let mut ours: HashMap<(&ConversationId, Aspect), (Change, i64)> = HashMap::new();
    let mut counted: HashMap<(Change, Change), u32> = HashMap::new();
    for row in rows {
        let Some((aspect, change)) = made(row) else {
            continue;
        };
        if matches!(&aspect, Aspect::Tag(tag) if !listed.contains(tag)) {
            continue;
        }
        let place = (&row.conversation, aspect);
        if matches!(row.source, Source::Run(_)) {
            match change {
                Some(change) => drop(ours.insert(place, (change, row.happened_at))),
                None => drop(ours.remove(&place)),
            }
            continue;
        }
        let Some((our, at)) = ours.remove(&place) else {
            continue;
        };
        if let Some(their) = change
            && row.happened_at - at <= SOON_MS
            && their != our
        {
            *counted.entry((our, their)).or_default() += 1;
        }
    }
    let mut habits: Vec<Habit> = counted
        .into_iter()
        .map(|((ours, theirs), times)| Habit {
            ours,
            theirs,
            times,
        })
        .collect();
    habits.sort_by_cached_key(|habit| {
        let words = format!("{:?} {:?}", habit.ours, habit.theirs);
        (std::cmp::Reverse(habit.times), words)
    });
    habits
}

/// What a row says was done, and to what; no change where none of ours could do it, as assigning to nobody.
fn made(row: &HistoryRow) -> Option<(Aspect, Option<Change>)> {
    let observation = &row.observation;
    Some(match &observation.what {
        What::Assignee { .. } => {
            let user = observation.assignee.user_id().cloned();
            (Aspect::Assignee, user.map(Change::Assign))
        }
        What::Status { .. } => {
            let status = observation.status.clone();
            (Aspect::Status, status.map(Change::SetStatus))
        }
        What::TagAdded(tag) => (Aspect::Tag(tag.clone()), Some(Change::AddTag(tag.clone()))),
        What::TagRemoved(tag) => (
            Aspect::Tag(tag.clone()),
            Some(Change::RemoveTag(tag.clone())),
        ),
        What::Seen { .. }
        | What::Tags { .. }
        | What::MovedIn { .. }
        | What::MovedOut { .. }
        | What::Gone => return None,
    })
}

#[cfg(test)]
mod tests {
    use store::Source;
    use triage::history::{Flow, Observation};
    use triage::model::{Assignee, RunId};

    use super::*;

    const OURS: Source = Source::Run(RunId(1));
    const THEIRS: Source = Source::Event;
    const MINUTE: i64 = 60_000;

    fn row(conversation: &str, what: What, user: &str, source: Source, at: i64) -> HistoryRow {
        HistoryRow {
            id: at,
            conversation: conversation.into(),
            observation: Observation {
                what,
                mailbox: None,
                status: None,
                assignee: Assignee::User {
                    id: Some(user.into()),
                    name: None,
                },
                flow: Flow::Neither,
            },
            at,
            seen_after: at,
            hiver_at: None,
            happened_at: at,
            source,
        }
    }

    fn assigned(conversation: &str, user: &str, source: Source, at: i64) -> HistoryRow {
        let what = What::Assignee {
            before: Assignee::Nobody,
        };
        row(conversation, what, user, source, at)
    }

    #[test]
    fn only_what_soon_takes_back_what_we_did_counts() {
        let tag = || TagId::from("t");
        let rows = [
            assigned("c1", "ana", OURS, 0),
            row("c1", What::TagAdded(tag()), "ana", OURS, 0),
            // Another conversation, and another thing.
            assigned("c2", "ben", THEIRS, MINUTE),
            row("c1", What::TagRemoved(tag()), "ana", THEIRS, MINUTE),
            // A tag that was deleted.
            row("c1", What::TagAdded("gone".into()), "ana", OURS, 0),
            row("c1", What::TagRemoved("gone".into()), "ana", THEIRS, MINUTE),
            assigned("c1", "ben", THEIRS, 2 * MINUTE),
            // What comes after that is between others.
            assigned("c1", "cleo", THEIRS, 3 * MINUTE),
            // Too late, and our own.
            assigned("c3", "ana", OURS, 0),
            assigned("c3", "ben", THEIRS, 11 * MINUTE),
            assigned("c4", "ana", OURS, 0),
            assigned("c4", "ben", OURS, MINUTE),
            assigned("c5", "ana", OURS, 0),
            assigned("c5", "ben", THEIRS, 10 * MINUTE),
        ];
        let found: Vec<_> = habits(&rows, &HashSet::from([tag()]))
            .into_iter()
            .map(|habit| (habit.ours, habit.theirs, habit.times))
            .collect();
        let assign = |user: &str| Change::Assign(user.into());
        assert_eq!(
            found,
            [
                (assign("ana"), assign("ben"), 2),
                (Change::AddTag(tag()), Change::RemoveTag(tag()), 1),
            ]
        );
    }
}
