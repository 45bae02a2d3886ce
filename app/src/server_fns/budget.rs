//! The budget of the last 24 hours: a page that the server draws.

use super::access::{internal, require};
use super::words::Words;
use crate::view::Role;

use super::ApiError;

/// The budget as HTML.
pub(super) async fn budget_page() -> Result<String, ApiError> {
    let (engine, _) = require(Role::Viewer)?;
    let budget = engine.budget().await.map_err(|error| internal(&error))?;
    Ok(super::pages::budget::draw(&Words::of(&engine), &budget))
}
