//! The status of a conversation.

use std::{convert::Infallible, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Hiver's status. Serialised as its word.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Status {
    /// To be worked on.
    Open,
    /// Waiting for somebody else.
    Pending,
    /// Done. The `inboxes` dialect also writes `close`.
    Closed,
    /// A word we do not know: shown and compared as it is, never sent.
    Other(String),
}

impl Status {
    /// The statuses that can be filtered by and set.
    pub const KNOWN: [Self; 3] = [Self::Open, Self::Pending, Self::Closed];

    /// The word, as the `tutorial` dialect writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Open => "open",
            Self::Pending => "pending",
            Self::Closed => "closed",
            Self::Other(word) => word,
        }
    }

    /// The known status that `word` means, whatever its case.
    #[must_use]
    pub fn known(word: &str) -> Option<Self> {
        if word.eq_ignore_ascii_case("close") {
            return Some(Self::Closed);
        }
        Self::KNOWN
            .into_iter()
            .find(|status| word.eq_ignore_ascii_case(status.as_str()))
    }
}

impl From<String> for Status {
    fn from(word: String) -> Self {
        Self::known(&word).unwrap_or(Self::Other(word))
    }
}

impl From<&str> for Status {
    fn from(word: &str) -> Self {
        Self::known(word).unwrap_or_else(|| Self::Other(word.to_owned()))
    }
}

impl From<Status> for String {
    fn from(status: Status) -> Self {
        match status {
            Status::Other(word) => word,
            known => known.as_str().to_owned(),
        }
    }
}

impl FromStr for Status {
    type Err = Infallible;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Ok(word.into())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_statuses_and_back() {
        let cases = [
            ("open", Status::Open, "open"),
            ("Pending", Status::Pending, "pending"),
            ("closed", Status::Closed, "closed"),
            ("close", Status::Closed, "closed"),
            ("Snoozed", Status::Other("Snoozed".to_owned()), "Snoozed"),
        ];
        for (word, status, written) in cases {
            assert_eq!(word.parse(), Ok(status.clone()));
            assert_eq!(status.to_string(), written);
            let json = serde_json::to_string(&status).unwrap();
            assert_eq!(json, format!("\"{written}\""));
            assert_eq!(serde_json::from_str::<Status>(&json).unwrap(), status);
        }
    }
}
