//! What became of a change in a run, and what an answer, a crash or a read means for it.
//!
//! Pure functions; whoever executes a run writes intent and before-state to disk, sends, asks here and
//! writes what it is told. Two rules shape everything: a note is sent again only after a 429 or when
//! it provably never left, and a set change may be resent, blindly while the first try is younger than
//! [`BLIND_RESEND_MS`] and after reading the conversation when it is older.

mod run_state;
mod sending;

use std::{fmt, str::FromStr};

pub use run_state::RunState;
pub use sending::{
    AfterRead, Answer, BLIND_RESEND_MS, FailReason, MAX_ATTEMPTS, Next, Restart, UncertainReason,
    after_answer, after_read, after_restart, backoff,
};
use serde::{Deserialize, Serialize};

use crate::actions::UnknownWord;

/// The outcome of one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Not sent yet, or to be sent again.
    Waiting,
    /// Its intent is on disk; it may be on its way.
    Sending,
    /// Hiver accepted it.
    Done,
    /// It was already so; nothing was sent.
    Unchanged,
    /// It was not made, for a reason.
    Failed,
    /// It may have been made. A person decides.
    Uncertain,
    /// A person took it back before it was sent.
    Cancelled,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Sending,
        Self::Done,
        Self::Unchanged,
        Self::Failed,
        Self::Uncertain,
        Self::Cancelled,
    ];

    /// The word on screen, in exports and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Done => "done",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Uncertain => "uncertain",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the run does nothing more about it by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Waiting | Self::Sending)
    }

    /// Whether `next` may follow. Leaving a final outcome is a person's act: *Retry failed*, or the
    /// decision about an uncertain one.
    #[must_use]
    pub fn can_become(self, next: Self) -> bool {
        use Outcome::{Cancelled, Done, Failed, Sending, Uncertain, Unchanged, Waiting};
        match self {
            Waiting => matches!(next, Sending | Unchanged | Failed | Cancelled),
            Sending => matches!(next, Waiting | Done | Failed | Uncertain),
            Failed => matches!(next, Waiting),
            Uncertain => matches!(next, Waiting | Done | Cancelled),
            Done | Unchanged | Cancelled => false,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Outcome {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == word)
            .ok_or_else(|| UnknownWord {
                what: "outcome",
                word: word.to_owned(),
            })
    }
}

/// How many changes of a run have which outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Waiting.
    pub waiting: u64,
    /// Sending.
    pub sending: u64,
    /// Done.
    pub done: u64,
    /// Unchanged.
    pub unchanged: u64,
    /// Failed.
    pub failed: u64,
    /// Uncertain.
    pub uncertain: u64,
    /// Cancelled.
    pub cancelled: u64,
}

impl Tally {
    /// Counts `changes` more changes with `outcome`.
    pub fn add(&mut self, outcome: Outcome, changes: u64) {
        let count = match outcome {
            Outcome::Waiting => &mut self.waiting,
            Outcome::Sending => &mut self.sending,
            Outcome::Done => &mut self.done,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Failed => &mut self.failed,
            Outcome::Uncertain => &mut self.uncertain,
            Outcome::Cancelled => &mut self.cancelled,
        };
        *count += changes;
    }

    /// The changes with `outcome`.
    #[must_use]
    pub fn get(&self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::Waiting => self.waiting,
            Outcome::Sending => self.sending,
            Outcome::Done => self.done,
            Outcome::Unchanged => self.unchanged,
            Outcome::Failed => self.failed,
            Outcome::Uncertain => self.uncertain,
            Outcome::Cancelled => self.cancelled,
        }
    }

    /// All changes.
    #[must_use]
    pub fn total(&self) -> u64 {
        Outcome::ALL
            .into_iter()
            .map(|outcome| self.get(outcome))
            .sum()
    }

    /// Changes that are still to be dealt with.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.waiting + self.sending
    }

    /// Whether every change has a final outcome.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.remaining() == 0
    }

    /// Whether all is as wished: over, with nothing failed, uncertain or cancelled.
    #[must_use]
    pub fn is_all_done(&self) -> bool {
        self.done + self.unchanged == self.total()
    }
}

impl FromIterator<Outcome> for Tally {
    fn from_iter<I: IntoIterator<Item = Outcome>>(outcomes: I) -> Self {
        let mut tally = Self::default();
        for outcome in outcomes {
            tally.add(outcome, 1);
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_stored_as_their_words() {
        for outcome in Outcome::ALL {
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
            let json = serde_json::to_string(&outcome).unwrap();
            assert_eq!(json, format!("\"{outcome}\""));
        }
        let error = "finished".parse::<Outcome>().unwrap_err();
        assert_eq!(error.to_string(), "Unknown outcome `finished`");
    }

    #[test]
    fn nothing_is_sent_without_waiting_first_and_what_is_done_stays_done() {
        for from in Outcome::ALL {
            assert_eq!(
                from.can_become(Outcome::Sending),
                from == Outcome::Waiting,
                "{from}"
            );
            assert!(!from.can_become(from), "{from}");
            assert!(!Outcome::Done.can_become(from), "{from}");
        }
        let decided_by_a_person: Vec<_> = Outcome::ALL
            .into_iter()
            .filter(|from| from.is_final() && from.can_become(Outcome::Waiting))
            .collect();
        assert_eq!(decided_by_a_person, [Outcome::Failed, Outcome::Uncertain]);
    }

    #[test]
    fn a_tally_counts_each_outcome_apart() {
        let tally: Tally = Outcome::ALL.into_iter().collect();
        assert!(
            Outcome::ALL
                .into_iter()
                .all(|outcome| tally.get(outcome) == 1)
        );
        assert_eq!((tally.total(), tally.remaining()), (7, 2));
        assert!(!tally.is_over());
        let good: Tally = [Outcome::Done, Outcome::Unchanged].into_iter().collect();
        assert!(good.is_over() && good.is_all_done());
        let bad: Tally = [Outcome::Done, Outcome::Uncertain].into_iter().collect();
        assert!(bad.is_over() && !bad.is_all_done());
    }
}
