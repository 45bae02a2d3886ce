//! Where the work is.

use super::ApiError;

/// Counts per mailbox and per user; what came and left in the last days, in charts or in numbers. As HTML.
pub(super) async fn overview_page(numbers: bool) -> Result<String, ApiError> {
    use super::access::{internal, require};
    use super::pages::{flow, overview, rule_notices};
    use super::words::Words;
    use crate::view::Role;

    let (engine, by) = require(Role::Viewer)?;
    let flows = engine.inflow_outflow(flow::DAYS).await;
    let flows = flows.map_err(|error| internal(&error))?;
    let (mailboxes, users) = engine.mirror().counts();
    let named: Vec<_> = mailboxes
        .iter()
        .filter_map(|one| {
            let flow = flows.iter().find(|flow| flow.mailbox == one.mailbox.id)?;
            Some((one.mailbox.name.clone(), flow.clone()))
        })
        .collect();
    let words = Words::of(&engine);
    let flow = flow::draw(&words, &named, numbers);
    let notices = engine.rule_notices().await;
    let notices = notices.map_err(|error| internal(&error))?;
    let mut html = "<h1>Overview</h1>".to_owned();
    let rules = engine.rules().await.map_err(|error| internal(&error))?;
    let rules = rules.as_ref().map(|rules| &*rules.set);
    html.push_str(&rule_notices::draw(&words, notices, by.role, "/", rules));
    html.push_str(&overview::draw(words.overview(mailboxes, users, flow)));
    Ok(html)
}
