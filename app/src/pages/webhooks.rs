//! Webhooks: the address that Hiver delivers to, and what it delivered.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::components::drawn::{Drawing, DrawnLive};
use crate::live::{Live, steady};
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
    let again = Arc::new(move || -> Drawing {
        let [delivery, before] = asked.get_untracked();
        Box::pin(webhooks_page(delivery, before))
    });
    view! {
        <Title text="Webhooks"/>
        <DrawnLive html=html moves=Live::of_tab().frames again=again/>
    }
}
