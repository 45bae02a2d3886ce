//! Where the work is.

use leptos::prelude::*;
use server_fn::codec::GetUrl;

use super::{ApiError, Json};

/// Counts per mailbox and per user, as HTML.
#[server(prefix = "/api", endpoint = "overview", output = Json, input = GetUrl)]
pub async fn overview_page() -> Result<String, ApiError> {
    use super::access::require;
    use super::words::Words;
    use crate::view::Role;

    let (engine, _) = require(Role::Viewer)?;
    let (mailboxes, users) = engine.mirror().counts();
    let overview = Words::of(&engine).overview(mailboxes, users);
    Ok(super::pages::overview::draw(overview))
}
