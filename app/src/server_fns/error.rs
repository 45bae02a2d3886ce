//! What a server function says when it could not do what was asked.

use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use super::json::TextJson;

/// Short and fit for the screen: it travels in an address when scripts are off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ApiError {
    /// Nobody is signed in, or no longer.
    #[error("Your session has ended. Sign in again.")]
    SignedOut,
    /// The operator's role does not allow it.
    #[error("{0}")]
    Forbidden(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// What was asked for cannot be done as it stands; each line says why and what to do.
    #[error("{}", .0.join(" "))]
    Invalid(Vec<String>),
    /// The console itself failed; the log has the cause.
    #[error("The console could not do that. Try again; if it stays so, the log says why.")]
    Internal,
    /// The console cannot be reached from the browser.
    #[error("The console cannot be reached. Nothing was changed; try again.")]
    Unreachable,
}

impl FromServerFnError for ApiError {
    type Encoder = TextJson;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Self::Unreachable,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => {
                Self::Invalid(vec!["The form was not complete.".to_owned()])
            }
            _ => Self::Internal,
        }
    }
}
