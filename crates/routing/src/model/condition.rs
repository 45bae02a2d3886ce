//! What must be true of a conversation.

use std::fmt;

use serde::{Deserialize, Serialize};
use triage::model::{MailboxId, Status, TagId, UserId};

use super::{Hours, is_false};

/// A condition. What Hiver did not say is *unknown*: neither a test of it nor the opposite of that test is true.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// All of these are true; of none at all, that is so.
    All(Vec<Condition>),
    /// At least one of these is true.
    Any(Vec<Condition>),
    /// All of these are false.
    None(Vec<Condition>),
    /// Something about a text.
    Text(TextCondition),
    /// It is in one of these mailboxes.
    Mailbox(#[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))] Vec<MailboxId>),
    /// It has one of these statuses.
    Status(#[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))] Vec<Status>),
    /// Who it is assigned to.
    Assignee(AssigneeTest),
    /// The tags it carries.
    Tags(TagsTest),
    /// The time since it was created: by Hiver's time, else since the console first saw it.
    Age(Span),
    /// The time since it last changed: by Hiver's time, else by what the console saw.
    Unchanged(Span),
    /// The hour and weekday at which the rule looks at it.
    Time(Hours),
}

impl Default for Condition {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Condition {
    /// The parts of a group; none of a test.
    #[must_use]
    pub fn parts(&self) -> &[Self] {
        match self {
            Self::All(parts) | Self::Any(parts) | Self::None(parts) => parts,
            _ => &[],
        }
    }

    /// Whether it groups others.
    #[must_use]
    pub fn is_group(&self) -> bool {
        matches!(self, Self::All(_) | Self::Any(_) | Self::None(_))
    }

    /// Whether it depends on the hour at which it is looked at.
    #[must_use]
    pub fn depends_on_time(&self) -> bool {
        matches!(self, Self::Time(_)) || self.parts().iter().any(Self::depends_on_time)
    }
}

/// A test of a text: whether any of `texts` is in it as `test` says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TextCondition {
    /// Which text.
    #[serde(default, skip_serializing_if = "TextField::is_subject")]
    pub field: TextField,
    /// How it is compared.
    pub test: TextTest,
    /// What is looked for; one of them is enough.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub texts: Vec<String>,
    /// Whether it is to be false: none of `texts` is there.
    #[serde(default, skip_serializing_if = "is_false")]
    pub negated: bool,
    /// Whether upper and lower case differ.
    #[serde(default, skip_serializing_if = "is_false")]
    pub match_case: bool,
    /// Whether letters with and without accents differ.
    #[serde(default, skip_serializing_if = "is_false")]
    pub match_accents: bool,
}

impl TextCondition {
    /// Whether the subject contains any of `texts`, whatever case and accents.
    #[must_use]
    pub fn subject_contains(texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            field: TextField::Subject,
            test: TextTest::Contains,
            texts: texts.into_iter().map(Into::into).collect(),
            negated: false,
            match_case: false,
            match_accents: false,
        }
    }
}

/// How a text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TextTest {
    /// It is in there somewhere.
    Contains,
    /// It is in there, with no letter or digit right before or after it.
    Word,
    /// It is all of the text.
    Equals,
    /// The text begins with it.
    Starts,
    /// The text ends with it.
    Ends,
    /// A regular expression, in the syntax of the Rust crate `regex`, fits somewhere.
    Regex,
    /// The text in lower case contains it, letter for letter, as in Hiver's tutorial. `match_case` and
    /// `match_accents` do not apply.
    LowercaseContains,
}

/// A text of a conversation. Written `subject`, `id`, `mailbox`, `assignee`, `tag`, or `extra.NAME`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TextField {
    /// The subject line.
    #[default]
    Subject,
    /// Hiver's id of the conversation.
    Id,
    /// The name of its mailbox.
    Mailbox,
    /// The name of its assignee; where that is nobody, no test is true.
    Assignee,
    /// The names of its tags; one of them is enough.
    Tag,
    /// A field that this connection gives beside those, by its name.
    Extra(String),
}

const EXTRA: &str = "extra.";

impl TextField {
    /// Whether it is the subject.
    #[must_use]
    pub fn is_subject(&self) -> bool {
        *self == Self::Subject
    }

    /// Whether a conversation may have several texts of it, each of which is looked at by itself.
    #[must_use]
    pub fn has_several(&self) -> bool {
        *self == Self::Tag
    }
}

/// A text that names no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a field; use `subject`, `id`, `mailbox`, `assignee`, `tag`, or `extra.NAME` for another field \
     of Hiver's"
)]
pub struct NotAField(String);

impl TryFrom<String> for TextField {
    type Error = NotAField;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "subject" => Ok(Self::Subject),
            "id" => Ok(Self::Id),
            "mailbox" => Ok(Self::Mailbox),
            "assignee" => Ok(Self::Assignee),
            "tag" => Ok(Self::Tag),
            other => match other.strip_prefix(EXTRA) {
                Some(name) if !name.is_empty() => Ok(Self::Extra(name.to_owned())),
                _ => Err(NotAField(text.chars().take(40).collect())),
            },
        }
    }
}

impl From<TextField> for String {
    fn from(field: TextField) -> Self {
        field.to_string()
    }
}

impl fmt::Display for TextField {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject => formatter.write_str("subject"),
            Self::Id => formatter.write_str("id"),
            Self::Mailbox => formatter.write_str("mailbox"),
            Self::Assignee => formatter.write_str("assignee"),
            Self::Tag => formatter.write_str("tag"),
            Self::Extra(name) => write!(formatter, "{EXTRA}{name}"),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for TextField {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TextField".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A text of a conversation; `extra.NAME` is another field of Hiver's.",
            "type": "string",
            "pattern": r"^(subject|id|mailbox|assignee|tag|extra\..+)$"
        })
    }
}

/// A test of the assignee.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AssigneeTest {
    /// Nobody is assigned.
    Nobody,
    /// Somebody is.
    Somebody,
    /// One of these users is.
    OneOf(#[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))] Vec<UserId>),
}

/// A test of the tags.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TagsTest {
    /// At least one of these is there.
    Any(#[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))] Vec<TagId>),
    /// All of these are.
    All(#[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))] Vec<TagId>),
    /// None of these is.
    None(#[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))] Vec<TagId>),
    /// There are no tags.
    Untagged,
}

impl TagsTest {
    /// The tags it names.
    #[must_use]
    pub fn named(&self) -> &[TagId] {
        match self {
            Self::Any(tags) | Self::All(tags) | Self::None(tags) => tags,
            Self::Untagged => &[],
        }
    }
}

/// A length of time with bounds, in minutes. At least one bound is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// It is as long as this, or longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least_minutes: Option<u32>,
    /// It is shorter than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under_minutes: Option<u32>,
}

impl Span {
    /// Whether `milliseconds` lie within the bounds.
    #[must_use]
    pub fn contains(self, milliseconds: i64) -> bool {
        let bound = |minutes: u32| i64::from(minutes) * 60_000;
        self.at_least_minutes
            .is_none_or(|minutes| milliseconds >= bound(minutes))
            && self
                .under_minutes
                .is_none_or(|minutes| milliseconds < bound(minutes))
    }
}
