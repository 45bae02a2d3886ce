//! The state of a conversation.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a conversation stands. Serialised as its name.
///
/// Hiver documents three values; any other is kept as [`Status::Other`], so that a status introduced
/// tomorrow is shown as it is instead of being lost or refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Status {
    /// Somebody has to act.
    Open,
    /// Waiting for somebody else.
    Pending,
    /// Done.
    Closed,
    /// A value that this version does not know, as Hiver wrote it.
    Other(String),
}

impl Status {
    /// The name as the `tutorial` dialect writes it: `open`, `pending`, `closed`, or the unknown one.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Open => "open",
            Self::Pending => "pending",
            Self::Closed => "closed",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl From<&str> for Status {
    /// Known names match in any letter case; anything else is [`Status::Other`] as written.
    fn from(name: &str) -> Self {
        [Self::Open, Self::Pending, Self::Closed]
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(name))
            .unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

impl From<String> for Status {
    fn from(name: String) -> Self {
        Self::from(name.as_str())
    }
}

impl From<Status> for String {
    fn from(status: Status) -> Self {
        match status {
            Status::Other(name) => name,
            known => known.as_str().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_are_kept_as_written() {
        assert_eq!(Status::from("open"), Status::Open);
        assert_eq!(Status::from("Closed"), Status::Closed);
        assert_eq!(Status::from("Snoozed"), Status::Other("Snoozed".to_owned()));
        assert_eq!(
            serde_json::to_string(&Status::Other("Snoozed".to_owned())).unwrap(),
            r#""Snoozed""#
        );
        assert_eq!(
            serde_json::from_str::<Status>(r#""pending""#).unwrap(),
            Status::Pending
        );
    }
}
