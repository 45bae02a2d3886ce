//! Settings → Reading: what is read from Hiver, how often, and at what price.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::drawn::Drawn;
use crate::server_fns::reading::reading_page;

/// The page.
#[component]
pub(crate) fn ReadingPage() -> impl IntoView {
    let html = Resource::new(|| (), |()| reading_page());
    view! {
        <Title text="Reading"/>
        <Drawn html=html/>
    }
}
