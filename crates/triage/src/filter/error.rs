//! Why a filter could not be read, and where.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// What is wrong with a filter. Shown under the box, with the place underlined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}{}", HintLine(.hint.as_deref()))]
pub struct FilterError {
    /// The place, in bytes of the text that was read; never empty unless the text is.
    pub span: Range<usize>,
    /// What failed, with what was written in backticks.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl FilterError {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

struct HintLine<'a>(Option<&'a str>);

impl std::fmt::Display for HintLine<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(hint) => write!(formatter, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}
