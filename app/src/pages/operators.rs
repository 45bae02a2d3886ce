//! Operators: who may sign in, and as what.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::drawn::Drawn;
use crate::server_fns::operators::operators_page;

/// The page.
#[component]
pub(crate) fn OperatorsPage() -> impl IntoView {
    let html = Resource::new(|| (), |()| operators_page());
    view! {
        <Title text="Operators"/>
        <Drawn html=html/>
    }
}
