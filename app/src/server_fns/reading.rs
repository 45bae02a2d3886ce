//! Reading: what of Hiver the mirror has, how often it is read again, and at what price; a page that the server draws.

use super::access::{internal, require};
use super::pages;
use super::words::Words;
use crate::view::Role;

use super::ApiError;

/// The mailboxes with their freshness and price, and what an admin may set, as HTML.
pub(super) async fn reading_page() -> Result<String, ApiError> {
    let (engine, operator) = require(Role::Viewer)?;
    let said = pages::said();
    let reading = engine
        .reading_plan()
        .await
        .map_err(|error| internal(&error))?;
    let may_set = operator.role >= Role::Admin;
    Ok(pages::reading::draw(
        &Words::of(&engine),
        &reading,
        &engine.mirror().counts().0,
        may_set,
        said,
    ))
}
