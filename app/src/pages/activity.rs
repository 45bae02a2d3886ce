//! Everything that was sent to Hiver from here, by whom.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::components::drawn::Drawn;
use crate::live::steady;
use crate::server_fns::activity::activity_page;

/// The page.
#[component]
pub(crate) fn ActivityPage() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|query| {
            ["author", "mailbox", "kind", "since", "until", "page"]
                .map(|name| query.get(name).unwrap_or_default())
        })
    });
    let html = Resource::new(
        steady(move || asked.get()),
        |[author, mailbox, kind, since, until, page]| {
            activity_page(
                author,
                mailbox,
                kind,
                since,
                until,
                page.parse().unwrap_or(1),
            )
        },
    );
    view! {
        <Title text="Activity"/>
        <Drawn html=html/>
    }
}
