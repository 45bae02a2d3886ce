//! The changes of a selection against the mirror: what will change, what already is so, what it costs
//! and what of it can be undone.

#[cfg(feature = "eval")]
mod planner;
mod price;
mod undo;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

#[cfg(feature = "eval")]
pub use planner::{plan, plan_changes, plan_undo};
pub use price::{Price, price};
use serde::{Deserialize, Serialize};
pub use undo::{LeftOut, LeftOutReason, Undo, UndoImpossible, UndoPlan};

pub use crate::actions::Before;
use crate::{
    actions::{Change, ChangeKind},
    model::ConversationId,
};

/// What was previewed and, once confirmed, is executed exactly so. Changes stand in sending order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Every change, the ones that are already so included.
    pub changes: Vec<PlannedChange>,
}

/// One change of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedChange {
    /// The conversation it is about.
    pub conversation: ConversationId,
    /// What is wished.
    pub change: Change,
    /// The state it replaces.
    pub before: Before,
    /// Whether the conversation is known to be so already: nothing is sent for it.
    pub already: bool,
}

/// What the connected dialect can do that changes the cost of a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// One request carries assignee, status and tags of a conversation together (`inboxes`).
    pub combined_patch: bool,
}

/// A plan in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Conversations in the plan.
    pub conversations: u64,
    /// Conversations of which at least one thing will change.
    pub will_change: u64,
    /// Conversations that already are as wished in everything.
    pub already: u64,
    /// Single changes that will be made.
    pub changes: u64,
    /// Single changes that are already so.
    pub changes_already: u64,
    /// Requests to Hiver, with no fault on the way.
    pub requests: u64,
    /// The changes by kind, in sending order, kinds that do not occur left out.
    pub by_kind: Vec<KindCount>,
}

/// The changes of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindCount {
    /// The kind.
    pub kind: ChangeKind,
    /// How many will be made.
    pub will_change: u64,
    /// How many are already so.
    pub already: u64,
}

/// The changes with the same wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeGroup {
    /// The wish.
    pub change: Change,
    /// Conversations it will change.
    pub will_change: u64,
    /// Conversations that already are so.
    pub already: u64,
}

/// How many changes cannot be undone for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CannotBeUndone {
    /// The reason.
    pub reason: UndoImpossible,
    /// How many changes.
    pub changes: u64,
}

#[derive(Default)]
struct Counts {
    will_change: u64,
    already: u64,
}

impl Counts {
    fn add(&mut self, change: &PlannedChange) {
        if change.already {
            self.already += 1;
        } else {
            self.will_change += 1;
        }
    }
}

impl Plan {
    /// The plan in numbers.
    #[must_use]
    pub fn summary(&self, capabilities: Capabilities) -> Summary {
        let mut changing: HashMap<&ConversationId, bool> = HashMap::new();
        let mut kinds: BTreeMap<ChangeKind, Counts> = BTreeMap::new();
        for planned in &self.changes {
            *changing.entry(&planned.conversation).or_default() |= !planned.already;
            kinds.entry(planned.change.kind()).or_default().add(planned);
        }
        let conversations = changing.len() as u64;
        let will_change = changing.values().filter(|changes| **changes).count() as u64;
        let changes = kinds.values().map(|counts| counts.will_change).sum();
        Summary {
            conversations,
            will_change,
            already: conversations - will_change,
            changes,
            changes_already: self.changes.len() as u64 - changes,
            requests: self.requests(capabilities),
            by_kind: kinds
                .into_iter()
                .map(|(kind, counts)| KindCount {
                    kind,
                    will_change: counts.will_change,
                    already: counts.already,
                })
                .collect(),
        }
    }

    /// The requests it takes, with no fault on the way: one for each change that is not already so;
    /// where the dialect combines them, one for all set changes of a conversation; and one for each tag
    /// that has to be made first.
    #[must_use]
    pub fn requests(&self, capabilities: Capabilities) -> u64 {
        let mut combined = HashSet::new();
        let mut requests = self.tags_to_make().len() as u64;
        for planned in self.changes.iter().filter(|planned| !planned.already) {
            let shares_a_request = capabilities.combined_patch
                && planned.change.is_set_operation()
                && !combined.insert(&planned.conversation);
            requests += u64::from(!shares_a_request);
        }
        requests
    }

    /// The names of the tags that have to be made before they can be added.
    #[must_use]
    pub fn tags_to_make(&self) -> BTreeSet<&str> {
        let changing = self.changes.iter().filter(|planned| !planned.already);
        changing
            .filter_map(|planned| match &planned.change {
                Change::AddTag(tag) => tag.name_to_make(),
                _ => None,
            })
            .collect()
    }

    /// The changes by wish, with counts, in sending order.
    #[must_use]
    pub fn groups(&self) -> Vec<ChangeGroup> {
        let mut groups: BTreeMap<&Change, Counts> = BTreeMap::new();
        for planned in &self.changes {
            groups.entry(&planned.change).or_default().add(planned);
        }
        groups
            .into_iter()
            .map(|(change, counts)| ChangeGroup {
                change: change.clone(),
                will_change: counts.will_change,
                already: counts.already,
            })
            .collect()
    }

    /// What of the plan will stay for good, by reason.
    #[must_use]
    pub fn cannot_be_undone(&self) -> Vec<CannotBeUndone> {
        let mut reasons: BTreeMap<UndoImpossible, u64> = BTreeMap::new();
        for planned in &self.changes {
            if let Undo::Impossible(reason) = planned.undo() {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        match self.tags_to_make().len() as u64 {
            0 => {}
            tags => *reasons.entry(UndoImpossible::TagStays).or_default() += tags,
        }
        reasons
            .into_iter()
            .map(|(reason, changes)| CannotBeUndone { reason, changes })
            .collect()
    }
}
