//! Which of Hiver's contracts is spoken, and what it can do.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A contract that Hiver's API may follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// The contract of the public tutorial: `https://api.hiverhq.com/api/v1`.
    #[default]
    Tutorial,
}

/// What a connection can do in its dialect, so that nobody else asks which dialect it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Hiver itself filters conversation lists by mailbox, status and tag.
    pub filtered_lists: bool,
    /// Rows of conversation lists carry a subject.
    pub subjects_in_lists: bool,
    /// Status, assignee and tags can change in one request. Otherwise each part costs one.
    pub combined_changes: bool,
    /// A conversation can be given back to nobody.
    pub unassign: bool,
    /// Tags belong to a mailbox rather than to the account.
    pub tags_per_mailbox: bool,
    /// Users belong to a mailbox rather than to the account.
    pub users_per_mailbox: bool,
    /// Hiver can call us when something happens.
    pub webhooks: bool,
    /// The most rows that a page may carry.
    pub largest_page: u32,
}

impl Dialect {
    /// The name used in configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tutorial => "tutorial",
        }
    }

    /// What it can do.
    #[must_use]
    pub fn capabilities(self) -> Capabilities {
        match self {
            Self::Tutorial => Capabilities {
                filtered_lists: true,
                subjects_in_lists: true,
                combined_changes: false,
                unassign: false,
                tags_per_mailbox: false,
                users_per_mailbox: false,
                webhooks: true,
                largest_page: 100,
            },
        }
    }

    /// Where Hiver serves it.
    #[must_use]
    pub fn default_base_url(self) -> &'static str {
        match self {
            Self::Tutorial => "https://api.hiverhq.com/api/v1",
        }
    }

    /// The rate to keep when nobody sets one, in requests per second. The tutorial states no limit;
    /// 5 a second is this crate's careful choice.
    #[must_use]
    pub fn default_requests_per_second(self) -> f64 {
        match self {
            Self::Tutorial => 5.0,
        }
    }

    /// Whether a `429` also halves the rate: so where the true limit is not stated and must be felt.
    pub(crate) fn halves_on_429(self) -> bool {
        match self {
            Self::Tutorial => true,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A name that is no dialect.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not a dialect of Hiver's API; known is `tutorial`")]
pub struct UnknownDialect(pub String);

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "tutorial" => Ok(Self::Tutorial),
            other => Err(UnknownDialect(other.to_owned())),
        }
    }
}
