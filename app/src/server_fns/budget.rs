//! The budget of the last 24 hours: a page that the server draws.

use leptos::prelude::*;
use server_fn::codec::GetUrl;
#[cfg(feature = "ssr")]
use {
    super::access::{internal, require},
    super::words::Words,
    crate::view::Role,
};

use super::{ApiError, Json};

/// The budget as HTML.
#[server(prefix = "/api", endpoint = "budget", output = Json, input = GetUrl)]
pub async fn budget_page() -> Result<String, ApiError> {
    let (engine, _) = require(Role::Viewer)?;
    let budget = engine.budget().await.map_err(|error| internal(&error))?;
    Ok(super::pages::budget::draw(&Words::of(&engine), &budget))
}
