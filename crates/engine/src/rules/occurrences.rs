//! What happened to conversations, as occasions for rules; and which rules it descends from.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use hiver::Event;
use routing::model::RuleId;
use routing::moment::Occasion;
use store::{ConnectionId, DeliveredNote, HistoryRow, RuleBegin, SentChange, Source};
use triage::actions::Change;
use triage::history::{Flow, Observation, What};
use triage::model::{Assignee, ConversationId, RunId, Status};
use triage::outcome::Outcome;

use crate::{Engine, note_text};

/// A note that comes so long after one of ours may be ours.
const NOTE_WITHIN_MS: i64 = 10 * 60 * 1_000;

/// Something on which rules look at a conversation.
#[derive(Debug, Clone)]
pub(super) struct Occurrence {
    pub(super) conversation: ConversationId,
    pub(super) occasion: Occasion,
    /// Its name for good: a rule acts at most once on it.
    pub(super) name: Arc<str>,
    /// The rules that led to it: none of them acts on it.
    pub(super) chain: Arc<BTreeSet<RuleId>>,
    pub(super) place: Place,
}

/// Where something stands among what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The history.
    History(i64),
    /// Deliveries.
    Delivery(i64),
    /// A time.
    At(i64),
}

impl Place {
    /// Whether a rule that takes part from `begin` on was there.
    pub(super) fn is_after(self, begin: &RuleBegin) -> bool {
        match self {
            Self::History(id) => id > begin.history,
            Self::Delivery(id) => id > begin.delivery,
            Self::At(at) => at >= begin.at,
        }
    }
}

/// What happened, as an occasion for rules. What the mirror only came to know, or no longer knows, is none.
pub(super) fn occasion(seen: &Observation) -> Option<Occasion> {
    match &seen.what {
        What::Seen { .. } => Some(Occasion::Created),
        What::Status { before } => {
            // A new one that is closed already got so unseen.
            let became = before.is_some() || seen.flow == Flow::Left;
            Some(match &seen.status {
                None => return None,
                Some(Status::Open) if became => Occasion::Opened,
                Some(Status::Pending) if became => Occasion::Pending,
                Some(Status::Closed) if became => Occasion::Closed,
                Some(_) => Occasion::Changed,
            })
        }
        What::Assignee { before } => match (before, &seen.assignee) {
            (Assignee::Unknown, _) | (_, Assignee::Unknown) => None,
            (_, Assignee::Nobody) => Some(Occasion::Changed),
            (_, Assignee::User { .. }) => Some(Occasion::Assigned),
        },
        What::TagAdded(_) | What::TagRemoved(_) | What::MovedIn { .. } => Some(Occasion::Changed),
        What::Tags { .. } | What::MovedOut { .. } | What::Gone => None,
    }
}

impl Engine {
    /// The occurrences in rows of the history and delivered notes, in order.
    pub(super) async fn occurrences(
        &self,
        connection: ConnectionId,
        history: &[HistoryRow],
        notes: &[DeliveredNote],
    ) -> Result<Vec<Occurrence>, store::Error> {
        let store = self.store();
        let runs: BTreeSet<RunId> = history
            .iter()
            .filter_map(|row| match row.source {
                Source::Run(run) => Some(run),
                Source::Sweep | Source::Event | Source::LookedUp => None,
            })
            .collect();
        let chains = store.chains(&runs).await?;
        let ours = self.sent(connection, history, notes).await?;
        let mut found = Vec::new();
        for row in history {
            let Some(occasion) = occasion(&row.observation) else {
                continue;
            };
            let chain = match row.source {
                Source::Run(run) => chains.get(&run).into_iter().flatten().collect(),
                Source::Sweep | Source::Event | Source::LookedUp => doing(&ours, row),
            };
            found.push(Occurrence {
                conversation: row.conversation.clone(),
                occasion,
                name: format!("history:{}", row.id).into(),
                chain: chain_of(chain),
                place: Place::History(row.id),
            });
        }
        for note in notes {
            found.push(Occurrence {
                conversation: note.conversation.clone(),
                occasion: Occasion::NoteAdded,
                name: format!("delivery:{}", note.id).into(),
                chain: chain_of(noted(&ours, note)),
                place: Place::Delivery(note.id),
            });
        }
        Ok(found)
    }

    /// What was sent for rules about the conversations, and may have been what was seen of them.
    async fn sent(
        &self,
        connection: ConnectionId,
        history: &[HistoryRow],
        notes: &[DeliveredNote],
    ) -> Result<HashMap<ConversationId, Vec<SentChange>>, store::Error> {
        let seen = history.iter().filter(|row| !is_run(row));
        let of_notes = notes.iter().map(|note| note.received_at - NOTE_WITHIN_MS);
        let since = seen.clone().map(|row| row.seen_after).chain(of_notes).min();
        let Some(since) = since else {
            return Ok(HashMap::new());
        };
        let ids: BTreeSet<&ConversationId> = seen
            .map(|row| &row.conversation)
            .chain(notes.iter().map(|note| &note.conversation))
            .collect();
        let ids: Vec<ConversationId> = ids.into_iter().cloned().collect();
        let mut sent: HashMap<ConversationId, Vec<SentChange>> = HashMap::new();
        for change in self.store().sent_for_rules(connection, &ids, since).await? {
            sent.entry(change.conversation.clone())
                .or_default()
                .push(change);
        }
        Ok(sent)
    }
}

fn is_run(row: &HistoryRow) -> bool {
    matches!(row.source, Source::Run(_))
}

fn chain_of(ids: Vec<&String>) -> Arc<BTreeSet<RuleId>> {
    Arc::new(ids.into_iter().map(|id| id.as_str().into()).collect())
}

/// The rules whose doing it was that something was seen. An event, or a look, may tell of what we did before our own
/// answer has come; and what was given up may have been made all the same.
fn doing<'s>(
    ours: &'s HashMap<ConversationId, Vec<SentChange>>,
    row: &HistoryRow,
) -> Vec<&'s String> {
    let seen = &row.observation;
    let is_it = |change: &Change| match (change, &seen.what) {
        (Change::Assign(user), What::Assignee { .. }) => seen.assignee.is_user(user) == Some(true),
        (Change::SetStatus(status), What::Status { .. }) => seen.status.as_ref() == Some(status),
        (Change::AddTag(tag), What::TagAdded(seen))
        | (Change::RemoveTag(tag), What::TagRemoved(seen)) => tag == seen,
        _ => false,
    };
    let of_conversation = ours.get(&row.conversation).into_iter().flatten();
    of_conversation
        .filter(|sent| is_it(&sent.change) && sent.sent_at <= row.at)
        .filter(|sent| {
            let in_doubt = matches!(sent.outcome, Outcome::Failed | Outcome::Uncertain);
            sent.finished_at
                .is_none_or(|at| at >= row.at || (in_doubt && at >= row.seen_after))
        })
        .flat_map(|sent| &sent.chain)
        .collect()
}

/// The rules whose note it may be that was delivered: one with the same text, or where none is told.
fn noted<'s>(
    ours: &'s HashMap<ConversationId, Vec<SentChange>>,
    note: &DeliveredNote,
) -> Vec<&'s String> {
    let told = Event::read(&note.body).note;
    let of_conversation = ours.get(&note.conversation).into_iter().flatten();
    of_conversation
        .filter(|sent| match &sent.change {
            Change::AddNote(text) => note_text::tells(&told, text).unwrap_or(true),
            _ => false,
        })
        .filter(|sent| sent.sent_at <= note.received_at)
        .flat_map(|sent| &sent.chain)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_note_with_the_whole_text_is_taken_for_ours() {
        let conversation = ConversationId::from("c1");
        let sent = SentChange {
            conversation: conversation.clone(),
            change: Change::AddNote("Look 1.".to_owned()),
            outcome: Outcome::Done,
            sent_at: 0,
            finished_at: Some(1),
            chain: vec!["r".to_owned()],
        };
        let ours = HashMap::from([(conversation.clone(), vec![sent])]);
        let is_ours = |note: &str| {
            let body = format!(r#"{{"event":"note.added","data":{{"note":{note}}}}}"#);
            let note = DeliveredNote {
                id: 1,
                conversation: conversation.clone(),
                received_at: 2,
                body: body.into_bytes(),
            };
            !noted(&ours, &note).is_empty()
        };
        assert!(is_ours(r#"{"id":"n1","body":"<p>Look 1.</p>"}"#));
        assert!(is_ours(r#"{"id":"n1","words":"Look 1."}"#));
        assert!(is_ours("{}"));
        assert!(!is_ours(
            r#"{"id":"n1","body":"I had a look 1. Then Look 1."}"#
        ));
        assert!(!is_ours(r#"{"id":"Look 1.","body":"Mine."}"#));
    }

    #[test]
    fn what_is_only_known_better_is_no_occasion() {
        let seen = |what, status, assignee, flow| {
            occasion(&Observation {
                what,
                mailbox: None,
                status,
                assignee,
                flow,
            })
        };
        let open = Some(Status::Open);
        let closed = Some(Status::Closed);
        let ana = Assignee::User {
            id: Some("u1".into()),
            name: None,
        };
        let status = |before: Option<Status>| What::Status { before };
        let assignee = |before: Assignee| What::Assignee { before };
        let nobody = Assignee::Nobody;
        let cases = [
            (
                What::Seen { tags: None },
                open.clone(),
                nobody.clone(),
                Flow::Came,
                Some(Occasion::Created),
            ),
            (
                status(closed.clone()),
                open.clone(),
                nobody.clone(),
                Flow::Came,
                Some(Occasion::Opened),
            ),
            (
                status(None),
                open.clone(),
                nobody.clone(),
                Flow::Came,
                Some(Occasion::Changed),
            ),
            (
                status(None),
                closed.clone(),
                nobody.clone(),
                Flow::Left,
                Some(Occasion::Closed),
            ),
            (status(open.clone()), None, nobody.clone(), Flow::Left, None),
            (
                assignee(nobody.clone()),
                open.clone(),
                ana.clone(),
                Flow::Neither,
                Some(Occasion::Assigned),
            ),
            (
                assignee(ana.clone()),
                open.clone(),
                nobody.clone(),
                Flow::Neither,
                Some(Occasion::Changed),
            ),
            (
                assignee(Assignee::Unknown),
                open.clone(),
                ana,
                Flow::Neither,
                None,
            ),
            (
                What::TagAdded("t".into()),
                open.clone(),
                nobody.clone(),
                Flow::Neither,
                Some(Occasion::Changed),
            ),
            (
                What::Tags {
                    before: None,
                    after: None,
                },
                open.clone(),
                nobody.clone(),
                Flow::Neither,
                None,
            ),
            (What::Gone, open, nobody, Flow::Left, None),
        ];
        for (what, status, assignee, flow, expected) in cases {
            let text = format!("{what:?}");
            assert_eq!(seen(what, status, assignee, flow), expected, "{text}");
        }
    }
}
