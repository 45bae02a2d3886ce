//! Routing rules: the list, the editor and all around it. The server draws them; forms that change while somebody
//! types are brought to life by `components::live_form`.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use crate::components::drawn::Drawn;
use crate::components::live_form;
use crate::live::steady;
use crate::server_fns::rules::rules_page;

/// Every page below `/rules`.
#[component]
pub(crate) fn RulesPage() -> impl IntoView {
    let place = use_location();
    let at = Memo::new(move |_| format!("{}?{}", place.pathname.get(), place.search.get()));
    let html = Resource::new(steady(move || at.get()), rules_page);
    live_form::follow();
    view! {
        <Title text="Rules"/>
        <Drawn html=html/>
    }
}
