//! Which address shows which page.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::components::frame::FrameAround;
use crate::escape::escaped;
use crate::pages::conversation::ConversationPage;
use crate::pages::drawn::DrawnPage;
use crate::pages::login::LoginPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::preview::PreviewPage;
use crate::pages::run::RunPage;
use crate::pages::settings::SettingsPage;
use crate::pages::setup::SetupPage;
use crate::pages::triage::TriagePage;

/// The application. Every page waits for its data on the server, so that it also works without scripts.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    mark_as_hydrated();
    view! {
        <Title formatter=|title: String| {
            // Browsers take it for text; on the server it goes between tags as it is.
            let title = if cfg!(feature = "ssr") { escaped(&title) } else { title };
            if title.is_empty() { "Hiver Console".to_owned() } else { format!("{title} · Hiver Console") }
        }/>
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async/>
                <Route path=path!("/setup") view=SetupPage ssr=SsrMode::Async/>
                <ParentRoute path=path!("") view=FrameAround ssr=SsrMode::Async>
                    <Route path=path!("/") view=DrawnPage ssr=SsrMode::Async/>
                    <Route path=path!("/triage") view=TriagePage ssr=SsrMode::Async/>
                    <Route path=path!("/preview/:id") view=PreviewPage ssr=SsrMode::Async/>
                    <Route path=path!("/conversations/:id") view=ConversationPage ssr=SsrMode::Async/>
                    <Route path=path!("/conversations/:id/rules") view=DrawnPage ssr=SsrMode::Async/>
                    <Route path=path!("/rules/backtest") view=DrawnPage ssr=SsrMode::Async/>
                    <Route path=path!("/rules/explain") view=DrawnPage ssr=SsrMode::Async/>
                    <Route path=path!("/runs") view=DrawnPage ssr=SsrMode::Async/>
                    <Route path=path!("/runs/:id") view=RunPage ssr=SsrMode::Async/>
                    <Route path=path!("/rules") view=DrawnPage ssr=SsrMode::Async/>
                    <Route path=path!("/rules/:id") view=DrawnPage ssr=SsrMode::Async/>
                    <Route path=path!("/rules/versions/:number") view=DrawnPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings") view=SettingsPage ssr=SsrMode::Async/>
                    <Route path=path!("/activity") view=DrawnPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/budget") view=DrawnPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/operators") view=DrawnPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/password") view=DrawnPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/reading") view=DrawnPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/webhooks") view=DrawnPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/:part") view=DrawnPage ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// Says in the document that scripts have taken over; tests and styles wait for it.
fn mark_as_hydrated() {
    #[cfg(feature = "hydrate")]
    Effect::new(|| {
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-hydrated", "true");
        }
    });
}
