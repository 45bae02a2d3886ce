//! Addresses that lead nowhere.

use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Not found"/>
        <main class="door" id="main">
            <div class="door-card">
                <h1>"Not found"</h1>
                <p>"There is no page at this address."</p>
                <p><a class="button" href="/">"Open the overview"</a></p>
            </div>
        </main>
    }
}
