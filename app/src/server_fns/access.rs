//! Who may do what, and how a server function reaches the engine.

use axum::http::StatusCode;
use axum::http::header::{ACCEPT, REFERER};
use axum::http::request::Parts;
use engine::Engine;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::ApiError;
use crate::view::Role;

/// The operator behind a request; the server puts it into the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: Role,
}

impl SignedIn {
    /// What to say where `role` is needed and theirs is less; nothing where they may.
    #[must_use]
    pub fn lacks(&self, role: Role) -> Option<String> {
        (self.role < role).then(|| {
            format!(
                "That needs the role {}; you are signed in as {}, a {}.",
                role.as_str(),
                self.name,
                self.role.as_str()
            )
        })
    }
}

/// A form that could not be carried out, as it was sent (URL-encoded), to be shown again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft(pub String);

/// A document of rules that was not taken, to be shown again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pasted {
    /// As it was pasted or uploaded.
    pub document: String,
    /// Whether it was to take the place of all rules.
    pub replaces: bool,
}

/// The engine, if the operator behind this request has at least `role`.
pub(super) fn require(role: Role) -> Result<(Engine, SignedIn), ApiError> {
    let signed_in = extension::<SignedIn>().ok_or_else(|| refuse(ApiError::SignedOut))?;
    if let Some(message) = signed_in.lacks(role) {
        return Err(refuse(ApiError::Forbidden(message)));
    }
    let engine = use_context::<Engine>().ok_or(ApiError::Internal)?;
    Ok((engine, signed_in))
}

/// The form that is to be shown again, if the page asked for brings one.
pub(crate) fn kept_draft() -> Option<String> {
    extension::<Draft>().map(|draft| draft.0)
}

/// The page of a form with its query, where it was the page at `path`; else that page without one.
pub(super) fn came_from(path: &str) -> String {
    let referer = use_context::<Parts>().and_then(|parts| {
        let referer = parts.headers.get(REFERER)?.to_str().ok()?;
        let query = referer.split_once(path)?.1.strip_prefix('?')?;
        // What is said about an earlier form is not said again.
        (!query.contains("__err=")).then(|| format!("{path}?{query}"))
    });
    referer.unwrap_or_else(|| path.to_owned())
}

/// Something that the server put into the request's extensions.
pub(super) fn extension<T: Clone + Send + Sync + 'static>() -> Option<T> {
    use_context::<Parts>().and_then(|parts| parts.extensions.get::<T>().cloned())
}

/// Sets the status that fits the error, except for a plain form: its answer is a redirect back.
pub(super) fn refuse(error: ApiError) -> ApiError {
    let from_a_form = use_context::<Parts>().is_some_and(|parts| {
        let accepts = parts
            .headers
            .get(ACCEPT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("");
        parts.uri.path().starts_with("/api/") && accepts.contains("text/html")
    });
    if let (false, Some(response)) = (from_a_form, use_context::<ResponseOptions>()) {
        response.set_status(match &error {
            ApiError::SignedOut => StatusCode::UNAUTHORIZED,
            ApiError::Forbidden(_) => StatusCode::FORBIDDEN,
            ApiError::NotFound(_) => StatusCode::NOT_FOUND,
            ApiError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            ApiError::Internal | ApiError::Unreachable => StatusCode::INTERNAL_SERVER_ERROR,
        });
    }
    error
}

/// Logs an error of the engine with all its causes, once, and words it for the screen.
pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> ApiError {
    let mut causes = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push_str(": ");
        causes.push_str(&cause.to_string());
        source = cause.source();
    }
    tracing::error!(error = causes, "a server function failed");
    refuse(ApiError::Internal)
}
