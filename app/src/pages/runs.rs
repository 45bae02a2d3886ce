//! All runs, newest first.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::components::drawn::{Drawing, DrawnLive};
use crate::live::{Live, steady};
use crate::server_fns::runs::runs_page;

/// The page.
#[component]
pub(crate) fn RunsPage() -> impl IntoView {
    let query = use_query_map();
    let page = Memo::new(move |_| {
        query.with(|query| {
            query
                .get_str("page")
                .and_then(|page| page.parse().ok())
                .unwrap_or(1)
        })
    });
    let html = Resource::new(steady(move || page.get()), runs_page);
    let again = Arc::new(move || -> Drawing { Box::pin(runs_page(page.get_untracked())) });
    view! {
        <Title text="Runs"/>
        <h1>"Runs"</h1>
        <DrawnLive html=html moves=Live::of_tab().frames again=again/>
    }
}
