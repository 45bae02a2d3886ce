//! Overview: where the work is. Every number opens its list.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::drawn::Drawn;
use crate::live::Live;
use crate::server_fns::overview::overview_page;

/// The page.
#[component]
pub(crate) fn OverviewPage() -> impl IntoView {
    let html = Resource::new(|| (), |()| overview_page());
    view! {
        <Title text="Overview"/>
        <h1>"Overview"</h1>
        <Drawn html=html follows=Live::of_tab().mirror/>
    }
}
