//! Signing in: a plain form, answered by the server.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// What the server wants to say on the page for signing in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoginNotice {
    /// The form that was refused because nobody was signed in, as it was sent; it comes back after signing in.
    pub draft: Option<String>,
    /// Where to go afterwards.
    pub next: Option<String>,
    /// Whether the page answers a form of another address.
    pub elsewhere: bool,
}

/// The page.
#[component]
pub(crate) fn LoginPage() -> impl IntoView {
    let query = use_query_map();
    let notice = notice();
    let next = notice
        .next
        .clone()
        .or_else(|| query.with_untracked(|query| query.get("next")))
        .unwrap_or_default();
    let then_close = query.with_untracked(|query| query.get_str("then") == Some("close"));
    let problem = query.with_untracked(|query| match query.get_str("problem") {
        Some("wrong") => Some("That name and password do not fit together."),
        Some("disabled") => Some("This operator is disabled. Ask an admin to enable it."),
        Some("wait") => Some("Too many attempts. Wait a minute, then try again."),
        _ => None,
    });
    let name = query
        .with_untracked(|query| query.get("name"))
        .unwrap_or_default();
    let has_draft = notice.draft.is_some();
    view! {
        <Title text="Sign in"/>
        <main class="door" id="main">
            <div class="door-card">
                <p class="brand"><span class="brand-mark" aria-hidden="true">"⬡"</span>" Hiver Console"</p>
                <h1>"Sign in"</h1>
                {has_draft
                    .then(|| {
                        view! {
                            <p class="message message-warn" role="status">
                                "Your session had ended. Sign in and you find your form as you left it; nothing was sent."
                            </p>
                        }
                    })}
                {problem.map(|problem| view! { <p class="message message-error" role="alert">{problem}</p> })}
                <form method="post" action="/login" class="fields">
                    <input type="hidden" name="next" value=next/>
                    <input type="hidden" name="draft" value=notice.draft.unwrap_or_default()/>
                    {then_close.then(|| view! { <input type="hidden" name="then" value="close"/> })}
                    <label>
                        <span>"Name"</span>
                        <input name="name" autocomplete="username" required autofocus value=name maxlength="100"/>
                    </label>
                    <label>
                        <span>"Password"</span>
                        <input name="password" type="password" autocomplete="current-password" required maxlength="1000"/>
                    </label>
                    <button class="button primary large">"Sign in"</button>
                </form>
            </div>
        </main>
    }
}

fn notice() -> LoginNotice {
    #[cfg(feature = "ssr")]
    {
        use_context::<axum::http::request::Parts>()
            .and_then(|parts| parts.extensions.get::<LoginNotice>().cloned())
            .unwrap_or_default()
    }
    #[cfg(not(feature = "ssr"))]
    LoginNotice::default()
}
