//! Rules that are tried or explained: pages that the server draws, told apart by their address.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use crate::components::drawn::{Drawing, DrawnLive};
use crate::live::{Live, steady};
use crate::server_fns::trying::trying_page;

/// The page.
#[component]
pub(crate) fn TryingPage() -> impl IntoView {
    let location = use_location();
    let asked = Memo::new(move |_| (location.pathname.get(), location.search.get()));
    let html = Resource::new(steady(move || asked.get()), |(path, query)| {
        trying_page(path, query)
    });
    let again = Arc::new(move || -> Drawing {
        let (path, query) = asked.get_untracked();
        Box::pin(trying_page(path, query))
    });
    view! {
        <Title text="Rules"/>
        <DrawnLive html=html moves=Live::of_tab().frames again=again/>
    }
}
