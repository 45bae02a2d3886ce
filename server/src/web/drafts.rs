//! Forms that could not be carried out are not lost, scripts or not.
//!
//! A plain form (without scripts) that meets an ended session becomes a page for signing in that carries the form
//! along; one that is refused is kept in the session. Either way the list shows it again as it was sent.

use app::LoginNotice;
use app::server_fns::{Draft, SignedIn};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, LOCATION, REFERER};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_sessions::{Session, session};

use super::Web;

/// The form that is worth keeping: it may hold a long note.
const KEPT_FORM: &str = "/api/plan";
/// The largest form that is kept.
const LARGEST: usize = 256 * 1024;
const SESSION_KEY: &str = "draft";

/// Keeps a draft in the session, to be shown once.
pub(super) async fn put(session: &Session, draft: &str) -> Result<(), session::Error> {
    if draft.len() > LARGEST {
        return Ok(());
    }
    session.insert(SESSION_KEY, draft).await
}

/// Draws the page for signing in, with a form to be carried along.
pub(super) async fn sign_in_page(web: &Web, address: &str, notice: LoginNotice) -> Response {
    let mut request = match Request::get(address)
        .header(ACCEPT, "text/html")
        .body(Body::empty())
    {
        Ok(request) => request,
        Err(_) => return StatusCode::UNAUTHORIZED.into_response(),
    };
    // What would not be kept is not carried either: in the form for signing in it would grow past what is taken.
    let draft = notice.draft.filter(|draft| draft.len() <= LARGEST);
    request
        .extensions_mut()
        .insert(LoginNotice { draft, ..notice });
    let page = web.0.pages.clone().oneshot(request).await;
    let mut response = page.unwrap_or_else(|never| match never {});
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response
}

/// Keeps forms that fail, and hands a kept one to the list.
pub(super) async fn keep(State(web): State<Web>, request: Request, next: Next) -> Response {
    let Some(session) = request.extensions().get::<Session>().cloned() else {
        return next.run(request).await;
    };
    let is_plain_form = request.method() == Method::POST
        && request.uri().path() == KEPT_FORM
        && wants_html(request.headers());
    if !is_plain_form {
        return show(session, request, next).await;
    }
    let signed_in = request.extensions().get::<SignedIn>().is_some();
    let (parts, body) = request.into_parts();
    let back = came_from(&parts.headers);
    let Ok(form) = to_bytes(body, super::LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let draft = String::from_utf8_lossy(&form).into_owned();
    if !signed_in {
        let notice = LoginNotice {
            draft: Some(draft),
            next: Some(back),
        };
        return sign_in_page(&web, "/login", notice).await;
    }
    let response = next.run(Request::from_parts(parts, Body::from(form))).await;
    let refused = response
        .headers()
        .get(LOCATION)
        .and_then(|location| location.to_str().ok())
        .is_some_and(|location| location.contains("__err="));
    if refused && let Err(error) = put(&session, &draft).await {
        tracing::error!(%error, "a refused form could not be kept");
    }
    response
}

async fn show(session: Session, mut request: Request, next: Next) -> Response {
    if request.method() == Method::GET && request.uri().path() == "/login" {
        // The router would decode what stands in the query twice.
        let query =
            url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
        let next = query
            .into_iter()
            .find(|(name, _)| name == "next")
            .map(|(_, next)| next.into_owned());
        request
            .extensions_mut()
            .insert(LoginNotice { draft: None, next });
    }
    if request.method() == Method::GET && request.uri().path() == "/triage" {
        match session.remove::<String>(SESSION_KEY).await {
            Ok(Some(draft)) => {
                request.extensions_mut().insert(Draft(draft));
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "a kept form could not be read"),
        }
    }
    next.run(request).await
}

pub(super) fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// The path that a form came from.
fn came_from(headers: &HeaderMap) -> String {
    headers
        .get(REFERER)
        .and_then(|referer| referer.to_str().ok())
        .and_then(|referer| url::Url::parse(referer).ok())
        .map_or_else(
            || "/triage".to_owned(),
            |referer| match referer.query() {
                Some(query) => format!("{}?{query}", referer.path()),
                None => referer.path().to_owned(),
            },
        )
}
