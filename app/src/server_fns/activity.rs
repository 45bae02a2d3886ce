//! Everything that was sent to Hiver from here, by whom: a page that the server draws.

use super::access::{internal, require};
use super::pages::activity::{Asked, Found};
use super::words::Words;
use crate::view::Role;
use jiff::civil::Date;
use store::WrittenFilter;

use super::ApiError;

/// Lines on a page of the activity.
const PAGE_SIZE: u64 = 100;

/// The activity as HTML, narrowed to an author, a mailbox (by id), a kind of change and days (`2026-11-23`, both
/// included) where they are named.
pub(super) async fn activity_page(
    author: String,
    mailbox: String,
    kind: String,
    since: String,
    until: String,
    page: u64,
) -> Result<String, ApiError> {
    let (engine, by) = require(Role::Viewer)?;
    let words = Words::of(&engine);
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let day = |text: &str| text.parse::<Date>().ok();
    let filter = WrittenFilter {
        author: some(&author),
        mailbox: some(&mailbox).map(Into::into),
        kind: kind.parse().ok(),
        since: day(&since).and_then(|day| words.start_of(day)),
        until: day(&until)
            .and_then(|day| day.tomorrow().ok())
            .and_then(|day| words.start_of(day)),
    };
    let mut page = page.max(1);
    let read = async |page: u64| {
        let written = engine.written(&filter, (page - 1) * PAGE_SIZE, PAGE_SIZE);
        written.await.map_err(|error| internal(&error))
    };
    let (mut written, total) = read(page).await?;
    // Past the end is the last page.
    if written.is_empty() && total > 0 {
        page = total.div_ceil(PAGE_SIZE);
        (written, _) = read(page).await?;
    }
    let authors = engine.authors().await.map_err(|error| internal(&error))?;
    let mailboxes = engine.mirror().read().directory.mailboxes.clone();
    let asked = Asked {
        author,
        mailbox,
        kind,
        since,
        until,
        page,
    };
    let found = Found {
        authors,
        mailboxes,
        written,
        total,
        pages: total.div_ceil(PAGE_SIZE).max(1),
    };
    let notices = engine.rule_notices().await;
    let notices = notices.map_err(|error| internal(&error))?;
    let rules = engine.rules().await.map_err(|error| internal(&error))?;
    let rules = rules.as_ref().map(|rules| &*rules.set);
    let notices = super::pages::rule_notices::draw(&words, notices, by.role, "/activity", rules);
    Ok(super::pages::activity::draw(&words, &asked, found, notices))
}
