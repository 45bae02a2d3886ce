//! The state of a run as a whole.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::actions::UnknownWord;

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// An undo that is being prepared: Hiver is asked how things stand, then it becomes a preview.
    Reading,
    /// A frozen plan that nobody confirmed.
    Preview,
    /// Confirmed, waiting for its turn.
    Waiting,
    /// Being sent.
    Running,
    /// Held, by a person or because the key was refused.
    Paused,
    /// Every change has a final outcome.
    Finished,
    /// Ended by a person; what was not sent is cancelled.
    Cancelled,
}

impl RunState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Reading,
        Self::Preview,
        Self::Waiting,
        Self::Running,
        Self::Paused,
        Self::Finished,
        Self::Cancelled,
    ];

    /// The word on screen and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Preview => "preview",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nobody has confirmed it yet: it is a plan, not a run.
    #[must_use]
    pub fn is_plan(self) -> bool {
        matches!(self, Self::Reading | Self::Preview)
    }

    /// Whether nothing more happens by itself.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Cancelled)
    }

    /// Whether `next` may follow.
    ///
    /// A running run may go back to waiting when the process that sent it ended. A paused one may
    /// finish when the change that was on its way was its last. One that is over waits again when a
    /// person retries what failed or sends again what is uncertain; what was cancelled stays so.
    #[must_use]
    pub fn can_become(self, next: Self) -> bool {
        match self {
            Self::Reading => matches!(next, Self::Preview | Self::Cancelled),
            Self::Preview => matches!(next, Self::Waiting | Self::Cancelled),
            Self::Waiting => matches!(
                next,
                Self::Running | Self::Paused | Self::Finished | Self::Cancelled
            ),
            Self::Running => matches!(
                next,
                Self::Waiting | Self::Paused | Self::Finished | Self::Cancelled
            ),
            Self::Paused => matches!(
                next,
                Self::Waiting | Self::Running | Self::Finished | Self::Cancelled
            ),
            Self::Finished | Self::Cancelled => matches!(next, Self::Waiting),
        }
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for RunState {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| UnknownWord {
                what: "state of a run",
                word: word.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_stored_as_their_words() {
        for state in RunState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
            let json = serde_json::to_string(&state).unwrap();
            assert_eq!(json, format!("\"{state}\""));
        }
    }

    #[test]
    fn a_plan_runs_only_once_confirmed_and_what_is_over_only_waits_again() {
        for state in RunState::ALL {
            assert_eq!(
                state.can_become(RunState::Preview),
                state == RunState::Reading,
                "{state}"
            );
            assert!(!state.can_become(RunState::Reading), "{state}");
            assert!(!state.can_become(state), "{state}");
            assert_eq!(
                RunState::Cancelled.can_become(state),
                state == RunState::Waiting,
                "{state}"
            );
            let may_be_cancelled = state.can_become(RunState::Cancelled);
            assert_eq!(may_be_cancelled, !state.is_over(), "{state}");
        }
        assert!(!RunState::Preview.can_become(RunState::Running));
        assert!(!RunState::Reading.can_become(RunState::Waiting));
        assert!(RunState::Finished.can_become(RunState::Waiting));
    }
}
