//! One's own password.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::drawn::Drawn;
use crate::server_fns::operators::password_page;

/// The page.
#[component]
pub(crate) fn PasswordPage() -> impl IntoView {
    let html = Resource::new(|| (), |()| password_page());
    view! {
        <Title text="Your password"/>
        <Drawn html=html/>
    }
}
