//! Settings → Budget: what was sent on which lane, and when Hiver asked to slow down.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::drawn::Drawn;
use crate::server_fns::budget::budget_page;

/// The page.
#[component]
pub(crate) fn BudgetPage() -> impl IntoView {
    let html = Resource::new(|| (), |()| budget_page());
    view! {
        <Title text="Budget"/>
        <Drawn html=html/>
    }
}
