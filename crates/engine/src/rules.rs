//! Routing rules: the set that is in force, its versions, what operators are writing, and the world as rules see it.

mod backtest;
mod ceiling;
mod decided;
mod deciding;
mod demand;
mod drafts;
mod explaining;
mod firing;
mod habits;
mod keeping;
mod looking;
mod matching;
mod memory;
mod occurrences;
mod people;
mod planning;
mod schedule;
mod stats;
mod stored;
mod sweeping;
mod warnings;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI32};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use routing::Compiled;
use routing::model::RuleSet;
use store::{ConnectionId, RuleVersion};
use tokio::sync::Notify;
use triage::model::Directory;

pub(crate) use self::backtest::Backtests;
pub use self::backtest::{
    Backtest, BacktestCounts, BacktestEntry, BacktestError, BacktestId, BacktestList,
    BacktestState, EndState, Ending, KeptBacktest, RuleCounts, RuleSource, Shown, Standing, Trial,
};
pub use self::demand::{OnDemand, OnDemandRule, WouldDo};
pub use self::drafts::Draft;
pub use self::explaining::Explained;
pub(crate) use self::firing::work;
pub use self::keeping::{SaveRulesError, save_stored_rules};
pub use self::looking::{Acts, rows};
pub use self::matching::{RuleMatch, RuleMatches};
pub(crate) use self::people::People;
pub use self::people::{Away, Person, PersonState};
pub use self::stats::{RuleStats, RuleTally};
pub use self::stored::StoredWorld;
use self::warnings::Looked;

/// A version of the rules, ready to be evaluated.
#[derive(Debug)]
pub struct LiveRules {
    /// The connection whose rules these are.
    pub connection: ConnectionId,
    /// Which version; nothing where no rules were ever saved.
    pub version: Option<RuleVersion>,
    /// The rules.
    pub set: Arc<RuleSet>,
    /// The same, ready.
    pub compiled: Arc<Compiled>,
    /// The names that they were made ready with.
    directory: Directory,
}

impl LiveRules {
    /// The number of the version; 0 where no rules were ever saved.
    #[must_use]
    pub fn number(&self) -> i32 {
        self.version.as_ref().map_or(0, |version| version.version)
    }
}

/// What the rules have in memory.
#[derive(Default)]
pub(crate) struct Rules {
    /// The version in force; read again when the connection, the names or the version change.
    live: RwLock<Option<Arc<LiveRules>>>,
    /// What was tried lately.
    backtests: Backtests,
    /// What rules did.
    memory: memory::Memory,
    /// There may be something for rules to look at.
    wake: Notify,
    /// Decisions are made one after the other: each sees what the one before did.
    pub(crate) deciding: tokio::sync::Mutex<()>,
    /// Of each operator, who is changing what they are writing.
    drafting: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// The names of users and tags were read since rules were last compared with them.
    names_read: AtomicBool,
    /// The version of the rules that was last compared with them.
    names_checked: AtomicI32,
    /// What users and tags were called that were listed since the process began, and are no longer.
    former_names: Mutex<HashMap<String, String>>,
    /// What is odd about the set that was last looked through.
    looked: Looked,
}

impl Rules {
    fn live(&self) -> Option<Arc<LiveRules>> {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        live.clone()
    }

    /// Takes in rules, but where later ones are known already.
    fn set_live(&self, rules: Arc<LiveRules>) {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        let known = live
            .as_ref()
            .filter(|known| known.connection == rules.connection);
        if known.is_none_or(|known| known.number() <= rules.number()) {
            *live = Some(rules);
        }
    }
}
