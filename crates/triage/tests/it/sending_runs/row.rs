//! One change: what is on disk about it, what is in memory, and what is true.

use triage::{
    actions::{Before, Change, ChangeKind},
    outcome::Outcome,
};

/// What is on its way for a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Air {
    Nothing,
    Request { left_at: i64 },
    Read,
}

/// One change.
#[derive(Debug)]
pub struct Row {
    pub change: Change,
    pub before: Before,
    pub conversation: usize,
    // On disk.
    pub outcome: Outcome,
    pub attempts: u32,
    pub sent_at: Option<i64>,
    // In memory, gone after a crash.
    pub unknown_since: Option<i64>,
    pub air: Air,
    // True, and known to nobody: since a person decided or a read showed how it stands.
    pub possibly_since: Option<i64>,
    pub notes: u32,
    /// One, and one more for each time that a person has it sent again.
    pub notes_allowed: u32,
    /// A person says that it is done.
    pub marked: bool,
    /// Since a person decided: how often Hiver did it, requests that left, answers that are attempts, and sendings
    /// that are none.
    pub processed: u32,
    pub sent: u32,
    pub counted: u32,
    pub not_counted: u32,
}

impl Row {
    pub fn new(change: Change, before: Before, conversation: usize) -> Self {
        Self {
            change,
            before,
            conversation,
            outcome: Outcome::Waiting,
            attempts: 0,
            sent_at: None,
            unknown_since: None,
            air: Air::Nothing,
            possibly_since: None,
            notes: 0,
            notes_allowed: 1,
            marked: false,
            processed: 0,
            sent: 0,
            counted: 0,
            not_counted: 0,
        }
    }

    pub fn is_note(&self) -> bool {
        self.change.kind() == ChangeKind::AddNote
    }

    /// A person lets it be sent again.
    pub fn begin_anew(&mut self) {
        (self.attempts, self.sent_at, self.unknown_since) = (0, None, None);
        self.possibly_since = None;
        (self.processed, self.sent) = (0, 0);
        (self.counted, self.not_counted) = (0, 0);
    }
}
