//! What a person should know before rules are saved. Rules with warnings can be saved.

use serde::{Deserialize, Serialize};
use triage::actions::Change;

use crate::model::{RuleId, is_false};

/// One warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// Its conditions rule each other out.
    NeverMatches {
        /// The rule.
        rule: RuleId,
        /// What is ruled out.
        because: Impossible,
    },
    /// It looks only at times of the day, and none of them is one of its hours.
    DueOutsideHours {
        /// The rule.
        rule: RuleId,
    },
    /// Whatever fits it fits an earlier rule that stops.
    Hidden {
        /// The rule.
        rule: RuleId,
        /// Those that stop before it.
        behind: Vec<RuleId>,
    },
    /// Whatever fits it fits an earlier rule, and no longer does once that has acted.
    TooLate {
        /// The rule.
        rule: RuleId,
        /// Those that act before it.
        behind: Vec<RuleId>,
    },
    /// It assigns to somebody else what an earlier rule has just assigned.
    Contradicts {
        /// The later rule.
        rule: RuleId,
        /// The earlier one.
        other: RuleId,
        /// Whether it does so on a later occasion, not right after.
        #[serde(default, skip_serializing_if = "is_false")]
        later: bool,
    },
    /// It takes back what an earlier rule has just done.
    Undoes {
        /// The later rule.
        rule: RuleId,
        /// The earlier one.
        other: RuleId,
        /// What the earlier one does.
        change: Change,
        /// Whether it does so on a later occasion, not right after.
        #[serde(default, skip_serializing_if = "is_false")]
        later: bool,
    },
    /// It still fits what it has acted on, and acts anew at each of its occasions.
    FeedsItself {
        /// The rule.
        rule: RuleId,
    },
    /// What one does makes another fit again, at each of their occasions.
    PingPong {
        /// The rules, in order.
        rules: Vec<RuleId>,
    },
    /// Something of Hiver's has taken back what the rule does.
    AgainstHiver {
        /// The rule.
        rule: RuleId,
        /// What the rule does.
        ours: Change,
        /// What was done then.
        theirs: Change,
        /// How often.
        times: u32,
    },
    /// It names something that is not there, or not any more.
    Gone {
        /// The rule.
        rule: RuleId,
        /// What kind of thing.
        what: Named,
        /// Its id.
        id: String,
    },
    /// It fits none of the conversations.
    MatchesNothing {
        /// The rule.
        rule: RuleId,
        /// Of how many.
        of: u64,
    },
    /// It fits all of the conversations.
    MatchesEverything {
        /// The rule.
        rule: RuleId,
        /// How many there are.
        of: u64,
    },
    /// To do what it asks for takes more requests than a day has.
    CostsMoreThanTheDay {
        /// The rule.
        rule: RuleId,
        /// The requests.
        requests: u64,
        /// Those of a day.
        day: u64,
    },
}

impl Warning {
    /// The rules it is about, the one to look at first.
    #[must_use]
    pub fn rules(&self) -> Vec<&RuleId> {
        match self {
            Self::PingPong { rules } => rules.iter().collect(),
            Self::Hidden { rule, behind } | Self::TooLate { rule, behind } => {
                std::iter::once(rule).chain(behind).collect()
            }
            Self::Contradicts { rule, other, .. } | Self::Undoes { rule, other, .. } => {
                vec![rule, other]
            }
            Self::NeverMatches { rule, .. }
            | Self::DueOutsideHours { rule }
            | Self::FeedsItself { rule }
            | Self::AgainstHiver { rule, .. }
            | Self::Gone { rule, .. }
            | Self::MatchesNothing { rule, .. }
            | Self::MatchesEverything { rule, .. }
            | Self::CostsMoreThanTheDay { rule, .. } => vec![rule],
        }
    }
}

/// What conditions leave nothing of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Impossible {
    Mailbox,
    Status,
    Assignee,
    Tags,
    Age,
    Unchanged,
    Time,
    Text,
    /// The tutorial's test looks for upper case in a text in lower case.
    UpperCase,
}

/// A kind of thing with an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Named {
    Mailbox,
    User,
    Tag,
}
