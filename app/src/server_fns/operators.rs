//! Operators, and one's own password: pages that the server draws.

use leptos::prelude::*;
use server_fn::codec::GetUrl;
#[cfg(feature = "ssr")]
use {
    super::access::{internal, require},
    super::pages,
    super::words::Words,
    crate::view::Role,
    store::Store,
};

use super::{ApiError, Json};

/// Who may sign in, as HTML.
#[server(prefix = "/api", endpoint = "operators", output = Json, input = GetUrl)]
pub async fn operators_page() -> Result<String, ApiError> {
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
#[server(prefix = "/api", endpoint = "own_password", output = Json, input = GetUrl)]
pub async fn password_page() -> Result<String, ApiError> {
    let (_, me) = require(Role::Viewer)?;
    Ok(pages::password::draw(&me, pages::said()))
}
