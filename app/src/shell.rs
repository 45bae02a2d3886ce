//! The document around every page.

use leptos::config::LeptosOptions;
use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::routes::App;

/// The folder that scripts and styles are served from; it names their content, so that they may be cached for
/// good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetRoot(pub String);

/// Draws the document.
pub fn shell(options: LeptosOptions, assets: AssetRoot) -> impl IntoView {
    let AssetRoot(root) = assets;
    #[cfg(feature = "ssr")]
    allow_own_scripts();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme() data-live=seen()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="robots" content="noindex"/>
                <link rel="icon" type="image/svg+xml" href=format!("{root}/favicon.svg")/>
                <link rel="stylesheet" href=format!("{root}/pkg/hiver-console.css")/>
                {(!is_for_another_address()).then(|| view! { <HydrationScripts options root/> })}
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// Whether this is the page for signing in, drawn in answer to a form of another address. Scripts would go by that
/// address, and find another page than theirs; it does without them.
fn is_for_another_address() -> bool {
    #[cfg(feature = "ssr")]
    {
        use_context::<axum::http::request::Parts>()
            .and_then(|parts| parts.extensions.get::<crate::LoginNotice>().cloned())
            .is_some_and(|notice| notice.elsewhere)
    }
    #[cfg(not(feature = "ssr"))]
    false
}

/// The content security policy of a page: scripts with this answer's nonce and from our own address, styles from
/// files only.
#[cfg(feature = "ssr")]
fn allow_own_scripts() {
    use axum::http::HeaderValue;
    use axum::http::header::CONTENT_SECURITY_POLICY;
    use leptos::nonce::use_nonce;

    let (Some(nonce), Some(response)) =
        (use_nonce(), use_context::<leptos_axum::ResponseOptions>())
    else {
        return;
    };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}

/// How far the page will have followed, at least: it says so when it opens its stream, and is told what came later.
fn seen() -> Option<String> {
    #[cfg(feature = "ssr")]
    {
        use_context::<engine::Engine>().map(|engine| engine.seen().to_string())
    }
    #[cfg(not(feature = "ssr"))]
    None
}

/// The remembered choice of light or dark; nothing follows the system.
fn theme() -> Option<String> {
    #[cfg(feature = "ssr")]
    {
        let parts = use_context::<axum::http::request::Parts>()?;
        let cookies = parts
            .headers
            .get(axum::http::header::COOKIE)?
            .to_str()
            .ok()?;
        cookies
            .split(';')
            .filter_map(|cookie| cookie.trim().strip_prefix("theme="))
            .find(|theme| matches!(*theme, "light" | "dark"))
            .map(str::to_owned)
    }
    #[cfg(not(feature = "ssr"))]
    None
}
