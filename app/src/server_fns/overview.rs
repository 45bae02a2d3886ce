//! Where the work is.

use leptos::prelude::*;
use server_fn::codec::GetUrl;

use super::ApiError;
use crate::view::Overview;

/// Counts per mailbox and per user.
#[server(name = ReadOverview, prefix = "/api", endpoint = "overview", input = GetUrl)]
pub async fn overview() -> Result<Overview, ApiError> {
    use super::access::require;
    use super::words::Words;
    use crate::view::Role;

    let (engine, _) = require(Role::Viewer)?;
    let (mailboxes, users) = engine.mirror().counts();
    Ok(Words::of(&engine).overview(mailboxes, users))
}
