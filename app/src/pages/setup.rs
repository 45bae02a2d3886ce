//! Set-up: the first start, with a key missing.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::problem::PageProblem;
use crate::pages::settings::KeyForm;
use crate::server_fns::connection::connection;
use crate::view::{ConnectionView, KeySource};

/// The page.
#[component]
pub(crate) fn SetupPage() -> impl IntoView {
    let data = Resource::new_blocking(|| (), |()| connection());
    view! {
        <Title text="Set up"/>
        <main class="door" id="main">
            <div class="door-card wide">
                <p class="brand"><span class="brand-mark" aria-hidden="true">"⬡"</span>" Hiver Console"</p>
                <h1>"Connect Hiver"</h1>
                <Suspense>
                    {move || Suspend::new(async move {
                        match data.await {
                            Ok(connection) => view! { <Steps connection=connection/> }.into_any(),
                            Err(error) => view! { <PageProblem error=error/> }.into_any(),
                        }
                    })}
                </Suspense>
            </div>
        </main>
    }
}

#[component]
fn Steps(connection: ConnectionView) -> impl IntoView {
    if connection.key_source != KeySource::Missing {
        return view! {
            <p>"A key is set. "<a href="/">"Open the overview"</a>", or change it under "<a href="/settings">"Settings"</a>"."</p>
        }
        .into_any();
    }
    view! {
        <ol class="steps">
            <li>"Sign in to Hiver as an administrator; API access comes with the Pro plan and above."</li>
            <li>"Open " <strong>"Settings → API"</strong> "."</li>
            <li>"Press " <strong>"Generate New Key"</strong> " and copy the key: Hiver shows it only once."</li>
            <li>"Paste it here and press " <strong>"Check"</strong> "."</li>
        </ol>
        <KeyForm/>
        <p class="hint">
            "Requests go to "
            <code>{connection.base_url}</code>
            ". The key is stored encrypted, is never shown again and never reaches a browser. \
             It can also come from the environment, as "
            <code>"HIVER_API_KEY"</code>
            "."
        </p>
    }
    .into_any()
}
