//! Why rules did what they did, as a screen draws it.

use serde::{Deserialize, Serialize};
use triage::actions::Change;

use crate::model::RuleId;

/// Every rule and a conversation, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The rules, in the order in which they ran.
    pub rules: Vec<RuleExplanation>,
}

/// One rule and a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleExplanation {
    /// Which rule.
    pub rule: RuleId,
    /// Its title.
    pub name: String,
    /// What came of it.
    pub verdict: Verdict,
    /// The mailboxes it looks at and the one it met, where it does not look at all.
    pub mailbox: Option<Finding>,
    /// Its conditions, each with what it met. They are worked out also where something else kept the rule away.
    pub conditions: Finding,
    /// What it wanted to do, in sending order.
    pub steps: Vec<Step>,
    /// Whether later rules were not looked at because of it.
    pub stopped: bool,
}

/// What came of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// An earlier rule stopped before it.
    Stopped {
        /// Which.
        by: RuleId,
        /// Its place, counted from 1.
        place: usize,
    },
    /// It is off.
    Off,
    /// It looks on other occasions.
    OtherOccasion,
    /// It does not look at the mailbox.
    OtherMailbox,
    /// Its conditions are not true.
    NotTrue,
    /// What Hiver did not say keeps its conditions from being true.
    Unknown,
    /// It does not work at that hour.
    OutsideHours {
        /// The hour, such as `Wednesday 09:20`.
        now: String,
    },
    /// It fits, and acted on the conversation before.
    ActedBefore {
        /// The day, such as `3 Nov`.
        day: String,
        /// The moment, in ms since the epoch.
        at_ms: i64,
    },
    /// It fits, and as a shadow it was noted before what it would do to the conversation.
    RecordedBefore {
        /// The day, such as `3 Nov`.
        day: String,
        /// The moment, in ms since the epoch.
        at_ms: i64,
    },
    /// It fits, and changes nothing: it all is so already, nobody is free, or it has no action.
    Nothing,
    /// It fits, and would change something if it were not a shadow.
    WouldAct,
    /// It fits, and changes something.
    Acts,
}

/// One wish of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// It is made, or, by a shadow, would be.
    Made(Change),
    /// It is so already.
    Already(Change),
    /// Nobody can be given the conversation: all are away or have as many as they may.
    NobodyFree,
}

/// A condition and what it met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The condition in words.
    pub text: String,
    /// Whether it is true.
    pub truth: Truth,
    /// What the conversation has there; nothing for a group.
    pub actual: Option<String>,
    /// The parts of a group.
    pub parts: Vec<Finding>,
}

/// True, false or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// True.
    True,
    /// False.
    False,
    /// Hiver did not say.
    Unknown,
}

impl From<Option<bool>> for Truth {
    fn from(holds: Option<bool>) -> Self {
        match holds {
            Some(true) => Self::True,
            Some(false) => Self::False,
            None => Self::Unknown,
        }
    }
}
