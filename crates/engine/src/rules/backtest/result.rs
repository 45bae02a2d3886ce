//! What a backtest found.

use std::collections::BTreeMap;

use routing::model::{Mode, RuleId};
use triage::actions::{Change, ChangeKind};
use triage::model::{Conversation, Status, TagId, UserId};

use super::Trial;

/// What rules would do, and where it differs from what the rules in force would do.
#[derive(Debug)]
pub struct Backtest {
    /// What was tried.
    pub trial: Trial,
    /// The version that it was compared with; nothing where the rules in force themselves were tried, or there are none.
    pub against: Option<i32>,
    /// When it was done.
    pub done_at: i64,
    /// The numbers.
    pub counts: BacktestCounts,
    /// The rules that were tried, in order, then those in force that are not among them.
    pub rules: Vec<RuleCounts>,
    /// Where the conversations are, for what differs in number.
    pub end_states: Vec<EndState>,
    pub(super) entries: Vec<BacktestEntry>,
    pub(super) bytes: usize,
}

/// The numbers of a backtest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BacktestCounts {
    /// Conversations that were looked at.
    pub looked_at: usize,
    /// Those to which something would be sent.
    pub acted_on: usize,
    /// Those to which the rules in force would send something.
    pub acted_on_in_force: usize,
    /// What would be sent, by kind. Each is a request.
    pub changes: BTreeMap<ChangeKind, usize>,
    /// How many requests the rules in force would send.
    pub requests_in_force: usize,
    /// Conversations that would end otherwise than by the rules in force.
    pub differ: usize,
    /// Those of them that differ only in who is given them when the same rule shares out: in whose turn it is.
    pub differ_in_turn: usize,
    /// Those that act or differ and are not listed: there were too many for memory.
    pub unlisted: usize,
}

impl BacktestCounts {
    /// How many requests it would cost.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.changes.values().sum()
    }
}

/// A rule in a backtest, in numbers of conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCounts {
    /// Which.
    pub rule: RuleId,
    /// Its title.
    pub name: String,
    /// Whether it takes part.
    pub mode: Mode,
    /// Whether it is in force and not among those tried.
    pub is_gone: bool,
    /// It fits, no earlier rule stopped, and the hour is one of its own.
    pub matched: usize,
    /// It would change something; of a shadow, if it were none.
    pub acts: usize,
    /// Everything is so already.
    pub already: usize,
    /// It acted before, and does not again.
    pub acted_before: usize,
    /// It shares out, and nobody is free.
    pub nobody_free: usize,
    /// It kept the later rules away.
    pub stopped: usize,
    /// They end otherwise than by the rules in force, and this rule, tried or in force, acts there.
    pub differ: usize,
}

/// How many conversations are so, of those that were looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndState {
    /// How.
    pub standing: Standing,
    /// As the mirror has them.
    pub before: usize,
    /// After the rules in force, where it was compared with those.
    pub in_force: Option<usize>,
    /// After the rules that were tried.
    pub tried: usize,
}

/// What conversations are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// They have this status.
    Status(Status),
    /// They are nobody's.
    Nobodys,
    /// They are this user's.
    Assignee(UserId),
    /// They have this tag.
    Tag(TagId),
}

/// A conversation on which rules act.
#[derive(Debug, Clone)]
pub struct BacktestEntry {
    /// As it was, without its subject: the mirror has that.
    pub before: Conversation,
    /// What comes of the rules that were tried.
    pub tried: Ending,
    /// What comes of the rules in force, where it was compared with those.
    pub in_force: Option<Ending>,
    /// Whether the two differ.
    pub differs: bool,
}

/// What comes of rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ending {
    /// What is sent, in sending order, each with the place of its rule in [`Backtest::rules`].
    pub changes: Vec<(u32, Change)>,
    /// The rule that kept the later ones away, by its place.
    pub stopped_by: Option<u32>,
}

impl Ending {
    fn names(&self, rule: u32) -> bool {
        self.changes.iter().any(|(by, _)| *by == rule)
    }

    /// What it takes in memory, about.
    fn bytes(&self) -> usize {
        let text = |change: &Change| match change {
            Change::AddNote(note) => note.len(),
            _ => 0,
        };
        let changes = self.changes.iter();
        changes
            .map(|(_, change)| size_of::<(u32, Change)>() + text(change))
            .sum()
    }
}

impl BacktestEntry {
    pub(super) fn bytes(&self) -> usize {
        let tags = self.before.tags.as_ref().map_or(0, Vec::len) * size_of::<TagId>();
        let in_force = self.in_force.as_ref().map_or(0, Ending::bytes);
        size_of::<Self>() + tags + self.tried.bytes() + in_force
    }

    /// Whether a rule has to do with it.
    fn names(&self, rule: u32) -> bool {
        self.tried.names(rule)
            || self
                .in_force
                .as_ref()
                .is_some_and(|ending| ending.names(rule))
    }
}

/// Which conversations are to be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Those that end otherwise than by the rules in force.
    Differing,
    /// Those to which something would be sent.
    ActedOn,
}

/// A page of a list.
#[derive(Debug)]
pub struct BacktestList<'b> {
    /// What is on it.
    pub entries: Vec<&'b BacktestEntry>,
    /// How many are listed in all.
    pub total: usize,
}

impl Backtest {
    /// The `page`th page (from 0). Of every kind, by the rules that make it, the oldest three come first, so that the
    /// beginning is a sample; all others follow, oldest first.
    #[must_use]
    pub fn list(
        &self,
        shown: Shown,
        rule: Option<&RuleId>,
        page: usize,
        page_size: usize,
    ) -> BacktestList<'_> {
        let place = rule.map(|id| self.rules.iter().position(|one| one.rule == *id));
        let place = place.map(|place| place.and_then(|place| u32::try_from(place).ok()));
        let wanted = |entry: &&BacktestEntry| {
            let fits = match shown {
                Shown::Differing => entry.differs,
                Shown::ActedOn => !entry.tried.changes.is_empty(),
            };
            fits && match place {
                None => true,
                Some(None) => false,
                Some(Some(rule)) => match shown {
                    Shown::Differing => entry.names(rule),
                    Shown::ActedOn => entry.tried.names(rule),
                },
            }
        };
        let from = page.saturating_mul(page_size);
        let mut total = 0;
        let mut entries = Vec::new();
        for entry in self.entries.iter().filter(wanted) {
            if total >= from && entries.len() < page_size {
                entries.push(entry);
            }
            total += 1;
        }
        BacktestList { entries, total }
    }

    /// The rule at a place.
    #[must_use]
    pub fn rule(&self, place: u32) -> Option<&RuleCounts> {
        self.rules.get(place as usize)
    }

    /// What it takes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}
