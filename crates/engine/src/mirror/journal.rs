//! What conversations were before they changed, so that a list that was read a while ago can be told what is new.

use std::collections::{HashMap, VecDeque};

use triage::model::{Conversation, ConversationId};

use crate::live::Seen;

/// How many changes are kept. Most hold an id only: the first sync, where nothing was before.
const KEPT: usize = 10_000;

/// The latest changes of the mirror, in order.
#[derive(Debug)]
pub(super) struct Journal {
    /// The latest change.
    latest: Seen,
    /// Every change after this one is kept.
    begins: Seen,
    changes: VecDeque<(ConversationId, Option<Box<Conversation>>)>,
}

impl Default for Journal {
    fn default() -> Self {
        let beginning = Seen::beginning();
        Self {
            latest: beginning,
            begins: beginning,
            changes: VecDeque::new(),
        }
    }
}

impl Journal {
    /// The latest change.
    pub(super) fn latest(&self) -> Seen {
        self.latest
    }

    /// A conversation changes; `before` is what it was, nothing where it is new.
    pub(super) fn note(&mut self, id: ConversationId, before: Option<Conversation>) {
        self.latest = self.latest.next();
        self.changes.push_back((id, before.map(Box::new)));
        if self.changes.len() > KEPT {
            self.changes.pop_front();
            self.begins = self.begins.next();
        }
    }

    /// What every conversation that changed after `seen` was at that time. Nothing where that is not known: too long
    /// ago, or of another mirror.
    pub(super) fn since(
        &self,
        seen: Seen,
    ) -> Option<HashMap<&ConversationId, Option<&Conversation>>> {
        if seen < self.begins || !seen.leads_to(self.latest) {
            return None;
        }
        let mut before = HashMap::new();
        for (id, was) in self.changes.iter().skip(self.begins.steps_to(seen)) {
            before.entry(id).or_insert(was.as_deref());
        }
        Some(before)
    }
}
