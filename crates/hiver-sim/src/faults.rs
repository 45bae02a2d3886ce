//! What goes wrong on purpose: by chance, or for exactly the next requests.

mod plan;

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Error;
pub(crate) use plan::{FaultPlan, Target};

/// One way in which a request goes wrong. The wire name of each is given in quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FaultKind {
    /// `429`: refused, with `Retry-After: 1`; no effect.
    #[serde(rename = "429")]
    RateLimited,
    /// `429-bare`: refused without a `Retry-After`; no effect.
    #[serde(rename = "429-bare")]
    RateLimitedBare,
    /// `500-before`: answered 500 before anything happened.
    #[serde(rename = "500-before")]
    ErrorBefore,
    /// `500-after`: carried out, yet answered 500.
    #[serde(rename = "500-after")]
    ErrorAfter,
    /// `cut`: carried out, then the connection is closed without an answer.
    #[serde(rename = "cut")]
    Cut,
    /// `cut-before`: the connection is closed without an answer; no effect.
    #[serde(rename = "cut-before")]
    CutBefore,
    /// `html`: 200 with an HTML page, as a proxy in between might answer; no effect.
    #[serde(rename = "html")]
    Html,
    /// `broken-row`: one row of a list is a number. Only ever happens to a list that has rows.
    #[serde(rename = "broken-row")]
    BrokenRow,
    /// `truncated`: carried out, but the JSON of the answer ends half way. The answer itself is whole: its
    /// `Content-Length` is that of what is left.
    #[serde(rename = "truncated")]
    Truncated,
    /// `slow`: carried out and answered as it should be, but only after an additional delay
    /// ([`Options::slow`](crate::Options::slow)). It is carried out at the end of it, which is the harder case:
    /// whoever gives up and looks finds nothing, and then it happens after all.
    #[serde(rename = "slow")]
    Slow,
    /// `other-id`: carried out on the right conversation, but the answer names another one. Only ever happens to
    /// an answer about one conversation: reading it, or a write to it.
    #[serde(rename = "other-id")]
    OtherId,
}

impl FaultKind {
    /// Every kind there is.
    pub const ALL: [Self; 11] = [
        Self::RateLimited,
        Self::RateLimitedBare,
        Self::ErrorBefore,
        Self::ErrorAfter,
        Self::Cut,
        Self::CutBefore,
        Self::Html,
        Self::BrokenRow,
        Self::Truncated,
        Self::Slow,
        Self::OtherId,
    ];

    /// The name on the command line and in the control endpoints.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RateLimited => "429",
            Self::RateLimitedBare => "429-bare",
            Self::ErrorBefore => "500-before",
            Self::ErrorAfter => "500-after",
            Self::Cut => "cut",
            Self::CutBefore => "cut-before",
            Self::Html => "html",
            Self::BrokenRow => "broken-row",
            Self::Truncated => "truncated",
            Self::Slow => "slow",
            Self::OtherId => "other-id",
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for FaultKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.name() == name)
            .ok_or_else(|| Error::UnknownFault(name.to_owned()))
    }
}

/// How likely each fault is for a request that would otherwise be carried out. All together are at most 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Faults(BTreeMap<FaultKind, f64>);

impl Faults {
    /// No faults.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// These, and `kind` with `probability` (0 to 1).
    ///
    /// # Errors
    /// [`Error::Probability`] when the number, or the sum of all, is not between 0 and 1.
    pub fn with(mut self, kind: FaultKind, probability: f64) -> Result<Self, Error> {
        check_probability(kind.name(), probability)?;
        self.0.insert(kind, probability);
        check_probability("all faults together", self.0.values().sum())?;
        Ok(self)
    }

    /// From names, as a control endpoint gets them.
    ///
    /// # Errors
    /// [`Error::UnknownFault`] and [`Error::Probability`].
    pub fn from_names<'a>(pairs: impl IntoIterator<Item = (&'a str, f64)>) -> Result<Self, Error> {
        let mut pairs = pairs.into_iter();
        pairs.try_fold(Self::none(), |faults, (name, p)| {
            faults.with(name.parse()?, p)
        })
    }

    /// The probability of `kind`.
    #[must_use]
    pub fn probability(&self, kind: FaultKind) -> f64 {
        self.0.get(&kind).copied().unwrap_or(0.0)
    }
}

fn check_probability(what: &str, probability: f64) -> Result<(), Error> {
    // A little slack: ten times 0.1 is more than 1 in binary.
    if (0.0..=1.000_000_1).contains(&probability) {
        return Ok(());
    }
    let what = what.to_owned();
    Err(Error::Probability { what, probability })
}

/// "The next `count` requests that match get this fault."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NextFault {
    /// What happens to them.
    pub kind: FaultKind,
    /// Only requests with this method, such as `POST`; any without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only requests whose path begins so, with or without `/api/v1`; any without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_prefix: Option<String>,
    /// Only requests whose path ends so, such as `/notes`; any without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_suffix: Option<String>,
    /// How many.
    #[serde(default = "one")]
    pub count: u32,
}

impl NextFault {
    /// The very next request of any kind.
    #[must_use]
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            method: None,
            path_prefix: None,
            path_suffix: None,
            count: 1,
        }
    }

    /// Only requests with this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Only requests whose path begins so.
    #[must_use]
    pub fn path_prefix(mut self, prefix: &str) -> Self {
        self.path_prefix = Some(prefix.to_owned());
        self
    }

    /// Only requests whose path ends so.
    #[must_use]
    pub fn path_suffix(mut self, suffix: &str) -> Self {
        self.path_suffix = Some(suffix.to_owned());
        self
    }

    /// This many of them.
    #[must_use]
    pub fn count(mut self, count: u32) -> Self {
        self.count = count;
        self
    }

    fn matches(&self, request: &Target<'_>) -> bool {
        let method = self.method.as_deref();
        let prefix = self.path_prefix.as_deref().unwrap_or_default();
        let prefix = prefix.strip_prefix("/api/v1").unwrap_or(prefix);
        let suffix = self.path_suffix.as_deref().unwrap_or_default();
        method.is_none_or(|method| method.eq_ignore_ascii_case(request.method))
            && request.path.starts_with(prefix)
            && request.path.ends_with(suffix)
    }
}

fn one() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for kind in FaultKind::ALL {
            assert_eq!(kind.name().parse::<FaultKind>().unwrap(), kind);
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        let error = "501".parse::<FaultKind>().unwrap_err().to_string();
        for kind in FaultKind::ALL {
            assert!(error.contains(kind.name()), "{error}");
        }
    }

    #[test]
    fn probabilities_stay_between_0_and_1() {
        assert!(Faults::none().with(FaultKind::Cut, 1.1).is_err());
        assert!(Faults::none().with(FaultKind::Cut, f64::NAN).is_err());
        assert!(Faults::from_names([("cut", 0.6), ("html", 0.6)]).is_err());
        assert!(Faults::from_names([("cut", 0.4), ("html", 0.6)]).is_ok());
    }
}
