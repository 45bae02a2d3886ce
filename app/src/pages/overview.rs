//! Overview: where the work is. Every number opens its list.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::components::drawn::{Drawing, DrawnLive};
use crate::live::{Live, steady};
use crate::server_fns::overview::overview_page;

/// The page.
#[component]
pub(crate) fn OverviewPage() -> impl IntoView {
    let query = use_query_map();
    let numbers = move || query.with(|query| query.get("flow").is_some());
    let html = Resource::new(steady(numbers), overview_page);
    let again = Arc::new(move || -> Drawing { Box::pin(overview_page(untrack(numbers))) });
    view! {
        <Title text="Overview"/>
        <h1>"Overview"</h1>
        <DrawnLive html=html moves=Live::of_tab().mirror again=again/>
    }
}
