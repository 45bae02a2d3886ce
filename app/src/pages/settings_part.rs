//! Settings that the server draws: the part that the address names.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::components::drawn::Drawn;
use crate::live::steady;
use crate::server_fns::settings_parts::settings_part;

/// The page.
#[component]
pub(crate) fn SettingsPartPage() -> impl IntoView {
    let params = use_params_map();
    let part = Memo::new(move |_| params.with(|params| params.get("part").unwrap_or_default()));
    let html = Resource::new(steady(move || part.get()), settings_part);
    let title = move || match &*part.get() {
        "people" => "People",
        "time-zone" => "Time zone",
        _ => "Settings",
    };
    view! {
        <Title text=title/>
        <Drawn html=html/>
    }
}
