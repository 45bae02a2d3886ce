//! What happens, for those who watch.

use triage::model::RunId;
use triage::outcome::Outcome;

/// Something happened; who is interested looks it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Live {
    /// The mirror changed.
    Mirror,
    /// The connection, the sync or the budget changed.
    Status,
    /// Something was delivered by Hiver, or what was delivered was applied.
    Delivered,
    /// A run moved on as a whole.
    Run(RunId),
    /// A change of a run turned.
    Turned(RunId, Turned),
}

/// A change that turned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turned {
    /// Its place in the run.
    pub seq: i32,
    /// How it stands now.
    pub outcome: Outcome,
    /// Why, where that needs saying.
    pub reason: Option<String>,
}
