//! Operators, and one's own password: pages that the server draws.

use super::access::{internal, require};
use super::pages;
use super::words::Words;
use crate::view::Role;
use leptos::prelude::*;
use store::Store;

use super::ApiError;

/// Who may sign in, as HTML.
pub(super) async fn operators_page() -> Result<String, ApiError> {
    let (engine, me) = require(Role::Admin)?;
    let store = use_context::<Store>().ok_or(ApiError::Internal)?;
    let said = pages::said();
    let operators = store.operators().await.map_err(|error| internal(&error))?;
    Ok(pages::operators::draw(
        &Words::of(&engine),
        &me,
        &operators,
        said,
    ))
}

/// The form for one's own password, as HTML.
pub(super) async fn password_page() -> Result<String, ApiError> {
    let (_, me) = require(Role::Viewer)?;
    Ok(pages::password::draw(&me, pages::said()))
}
