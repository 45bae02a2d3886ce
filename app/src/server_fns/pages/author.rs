//! Who wanted something, on pages that the server draws.

use leptos::prelude::*;
use store::Run;

use crate::server_fns::words::{author, rule_page};

/// Who wanted a run; a rule is a link to its page.
pub(super) fn author_link(run: &Run) -> AnyView {
    linked(author(run), rule_page(run))
}

/// A text, as a link where there is a page.
pub(super) fn linked(text: String, page: Option<String>) -> AnyView {
    match page {
        Some(page) => view! { <a href=page>{text}</a> }.into_any(),
        None => text.into_any(),
    }
}
