//! Webhooks: the address that Hiver delivers to, and what it delivered.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::components::drawn::Drawn;
use crate::live::steady;
use crate::server_fns::webhooks::webhooks_page;

/// The page.
#[component]
pub(crate) fn WebhooksPage() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|query| {
            ["delivery", "before"].map(|name| query.get(name).and_then(|text| text.parse().ok()))
        })
    });
    let html = Resource::new(steady(move || asked.get()), |[delivery, before]| {
        webhooks_page(delivery, before)
    });
    view! {
        <Title text="Webhooks"/>
        <Drawn html=html/>
    }
}
