//! What is wrong with a rule set, where, and the way out.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{RuleId, VERSION};

/// The most rules of a set.
pub const MAX_RULES: usize = 5_000;
/// The most texts of all conditions of a set.
pub const MAX_TEXTS: usize = 100_000;
/// The most characters of a text that is looked for.
pub const MAX_TEXT_CHARACTERS: usize = 1_000;
/// The most characters of a pattern.
pub const MAX_PATTERN_CHARACTERS: usize = 1_000;
/// The most characters of a title.
pub const MAX_NAME_CHARACTERS: usize = 200;
/// How deep groups of conditions go, the outermost included.
pub const MAX_DEPTH: usize = 16;
/// The longest wait before a rule acts again, in hours: ten years.
pub const MAX_REPEAT_HOURS: u32 = 87_600;

/// Something that keeps a rule set from being used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The place in the document: `rules[3].conditions.all[1].text.texts[0]`.
    pub path: String,
    /// What is wrong there.
    pub kind: ProblemKind,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return self.kind.fmt(formatter);
        }
        write!(formatter, "`{}`: {}", self.path, self.kind)
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ProblemKind {
    #[error(
        "version {0} of the format is not known here; this program reads version {VERSION}, a newer one may read it"
    )]
    Version(u32),
    #[error(
        "{0} rules are too many; at most {MAX_RULES} are taken; rules that do the same fit into one with several texts"
    )]
    TooManyRules(usize),
    #[error(
        "{0} entries are too many; at most {MAX_RULES} are taken; keywords with the same tag and assignee fit into one \
         rule: its `texts` are a list, and any of them is enough"
    )]
    TooManyEntries(usize),
    #[error("{0} texts in all conditions are too many; at most {MAX_TEXTS} are taken")]
    TooManyTexts(usize),
    #[error("the id `{id}` is that of `rules[{first}]` already; give each rule an id of its own")]
    DuplicateId { id: RuleId, first: usize },
    #[error("`{0}` is not an id; use 1 to 64 of `a-z`, `0-9`, `-` and `_`")]
    MalformedId(RuleId),
    #[error("the rule has no name; give it one")]
    BlankName,
    #[error("the name has {0} characters; at most {MAX_NAME_CHARACTERS} are taken")]
    LongName(usize),
    #[error("the name has a control character ({code}) at place {place}; take it out")]
    ControlCharacter { code: String, place: usize },
    #[error("the rule never looks at anything; name an occasion, such as `created`")]
    NoOccasion,
    #[error("the rule does nothing; give it an action, or let it stop later rules")]
    NoAction,
    #[error("groups are nested deeper than {MAX_DEPTH}; split the rule in two")]
    TooDeep,
    #[error("the list is empty; name at least one, or leave the condition out")]
    EmptyList,
    #[error("nobody is named to share among; name at least one user, or leave `assign` out")]
    NobodyToShareAmong,
    #[error("the text is empty and would be found everywhere; give it at least one character")]
    EmptyText,
    #[error("nothing is left of `{0}` without its accents; use `match_accents`")]
    OnlyAccents(String),
    #[error("the text has {0} characters; at most {MAX_TEXT_CHARACTERS} are taken")]
    LongText(usize),
    #[error(
        "the pattern has {0} characters; at most {MAX_PATTERN_CHARACTERS} are taken; use a list of texts instead"
    )]
    LongPattern(usize),
    #[error("the pattern `{pattern}` cannot be read: {reason}")]
    Pattern { pattern: String, reason: String },
    #[error(
        "the pattern `{0}` grows too large when it is compiled; repeat less in it, or split it"
    )]
    BigPattern(String),
    #[error("neither `at_least_minutes` nor `under_minutes` is given; give one of them")]
    NoBounds,
    #[error("the hours end when they begin; write `00:00` to `24:00` for the whole day")]
    EmptyHours,
    /// A schedule at the end of a day.
    #[error("a day ends when the next one begins; write `00:00`, and the day after it")]
    EndOfDay,
    #[error(
        "again after {0} hours is not possible; use 1 to {MAX_REPEAT_HOURS}, or `each_occurrence`"
    )]
    RepeatHours(u32),
    #[error("the tag `{0}` cannot be both added and removed; take it out of one list")]
    AddedAndRemoved(String),
    #[error("the status `{0}` cannot be set; use `open`, `pending` or `closed`")]
    UnknownStatus(String),
    #[error("the note is empty; write something, or leave it out")]
    BlankNote,
    #[error("the note has {0} characters; at most 10,000 are sent")]
    LongNote(usize),
    #[error(
        "`{0}` is not a placeholder; use `{{{{rule}}}}`, `{{{{matched}}}}`, `{{{{subject}}}}` or `{{{{mailbox}}}}`"
    )]
    UnknownPlaceholder(String),
    #[error("the user `{0}` is named twice; once is enough")]
    SameUserTwice(String),
    #[error("with a cap of 0 the user never gets anything; take the user out instead")]
    ZeroCap,
    #[error("several {what} are called `{name}`; use the id of one: {ids}")]
    Ambiguous {
        what: String,
        name: String,
        ids: String,
    },
    #[error("no {what} is called `{name}` and none has this id; {way_out}")]
    NotFound {
        what: String,
        name: String,
        way_out: String,
    },
    #[error(
        "the texts of all rules together are too many to be looked for: {0}; use fewer or shorter ones"
    )]
    Automaton(String),
}
