//! Small addresses beside the pages: health, and light or dark.

use axum::extract::State;
use axum::http::header::{COOKIE, REFERER, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

use super::Web;
use super::sign_in::own_address;

/// Whether the process is alive.
pub(super) async fn healthz() -> &'static str {
    "alive\n"
}

/// Whether the database answers and the workers run.
pub(super) async fn readyz(State(web): State<Web>) -> Response {
    match web.0.store.ping().await {
        Ok(()) if !web.0.stop.is_cancelled() => "ready\n".into_response(),
        Ok(()) => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response(),
        Err(error) => {
            tracing::error!(error = %crate::Problem::because("not ready", &error), "readyz");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer\n",
            )
                .into_response()
        }
    }
}

/// Switches from light to dark and back; the choice is remembered in a cookie. Following the system is the start,
/// so the first switch, without scripts, goes to dark.
pub(super) async fn switch_theme(headers: HeaderMap) -> Response {
    let cookies = headers
        .get(COOKIE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let theme = if cookies.split(';').any(|one| one.trim() == "theme=dark") {
        "light"
    } else {
        "dark"
    };
    let back = headers
        .get(REFERER)
        .and_then(|referer| referer.to_str().ok())
        .and_then(|referer| url::Url::parse(referer).ok())
        .map_or_else(
            || "/".to_owned(),
            |referer| {
                referer.query().map_or_else(
                    || referer.path().to_owned(),
                    |query| format!("{}?{query}", referer.path()),
                )
            },
        );
    let back = own_address(&back);
    let cookie = format!("theme={theme}; Path=/; Max-Age=31536000; SameSite=Lax");
    ([(SET_COOKIE, cookie)], Redirect::to(back)).into_response()
}
