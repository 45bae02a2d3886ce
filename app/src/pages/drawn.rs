//! Every page that the server draws whole; the address says which one.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::components::drawn::{Again, Drawing, DrawnLive};
use crate::components::live_form;
use crate::live::{Live, steady};
use crate::server_fns::drawn::drawn_page;

/// The page.
#[component]
pub(crate) fn DrawnPage() -> impl IntoView {
    let place = use_location();
    let asked = Memo::new(move |_| (place.pathname.get(), place.search.get()));
    let html = Resource::new(steady(move || asked.get()), |(path, query)| {
        drawn_page(path, query)
    });
    let again: Again = Arc::new(move || -> Drawing {
        let (path, query) = asked.get_untracked();
        Box::pin(drawn_page(path, query))
    });
    let live = Live::of_tab();
    // What a page is drawn again for. Forms that are typed in are not.
    let moves = Memo::new(move |_| {
        let path = place.pathname.get();
        let count = match path.as_str() {
            "/" => live.mirror.get(),
            "/runs" | "/settings/webhooks" | "/rules/backtest" | "/rules/explain" => {
                live.frames.get()
            }
            path if path.starts_with("/conversations/") => live.frames.get(),
            _ => 0,
        };
        (path, count)
    });
    live_form::follow(move || html.track());
    view! { <DrawnLive html=html moves=moves again=again/> }
}
