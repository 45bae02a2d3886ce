//! Overview: where the work is. Every number opens its list.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::drawn::{Drawing, DrawnLive};
use crate::live::Live;
use crate::server_fns::overview::overview_page;

/// The page.
#[component]
pub(crate) fn OverviewPage() -> impl IntoView {
    let html = Resource::new(|| (), |()| overview_page());
    let again = Arc::new(|| -> Drawing { Box::pin(overview_page()) });
    view! {
        <Title text="Overview"/>
        <h1>"Overview"</h1>
        <DrawnLive html=html moves=Live::of_tab().mirror again=again/>
    }
}
