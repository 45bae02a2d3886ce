//! Forms that could not be carried out are not lost, scripts or not.
//!
//! A plain form (without scripts) that meets an ended session becomes a page for signing in that carries the form
//! along; one that is refused is kept in the session. Either way the list shows it again as it was sent.

use app::LoginNotice;
use app::rule_editor::{REPLACE, kept_form, pairs_of};
use app::server_fns::{Draft, Pasted, SignedIn};
use app::view::Role;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, LOCATION, REFERER};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_sessions::{Session, session};

use super::{Web, too_large};
use crate::Problem;

/// A form that is worth keeping: it may hold a long note. It is shown again on the list.
const PLAN: &str = "/api/plan";
/// The list of rules, and below it their forms. Each is posted to its own page, and shown again there.
const RULES: &str = "/rules";
/// A document may have been pasted there.
const IMPORT: &str = "/rules/import";
/// Buttons are posted below it; they lead to no page of their own.
const BACKTEST: &str = "/rules/backtest/";
/// The largest form that is kept.
const LARGEST: usize = 256 * 1024;
const SESSION_KEY: &str = "draft";
/// A rule that was typed, with its page.
const RULE_KEY: &str = "rule-draft";

/// Keeps a draft in the session, to be shown once.
pub(super) async fn put(session: &Session, page: &str, draft: &str) -> Result<(), session::Error> {
    if draft.len() > LARGEST {
        return Ok(());
    }
    if page.starts_with(RULES) {
        return session.insert(RULE_KEY, (page, draft)).await;
    }
    session.insert(SESSION_KEY, draft).await
}

/// Whether a form that is posted there is kept.
pub(super) fn is_kept(path: &str) -> bool {
    path == PLAN || path.starts_with(RULES)
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
    request.extensions_mut().insert(LoginNotice {
        draft,
        elsewhere: true,
        ..notice
    });
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
        && is_kept(request.uri().path())
        && wants_html(request.headers());
    if !is_plain_form {
        return show(&web, session, request, next).await;
    }
    let signed_in = request.extensions().get::<SignedIn>().is_some();
    let is_rule = request.uri().path().starts_with(RULES);
    if is_rule && signed_in {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let back = if is_rule && !parts.uri.path().starts_with(BACKTEST) {
        parts.uri.path().to_owned()
    } else {
        came_from(&parts.headers)
    };
    let Ok(form) = to_bytes(body, too_large::LARGEST_BODY).await else {
        return too_large::page();
    };
    let draft = String::from_utf8_lossy(&form).into_owned();
    if !signed_in {
        let notice = LoginNotice {
            draft: Some(draft),
            next: Some(back),
            elsewhere: true,
        };
        return sign_in_page(&web, "/login", notice).await;
    }
    let response = next.run(Request::from_parts(parts, Body::from(form))).await;
    let refused = response
        .headers()
        .get(LOCATION)
        .and_then(|location| location.to_str().ok())
        .is_some_and(|location| location.contains("__err="));
    if refused && let Err(error) = put(&session, "", &draft).await {
        tracing::error!(%error, "a refused form could not be kept");
    }
    response
}

async fn show(web: &Web, session: Session, mut request: Request, next: Next) -> Response {
    if request.method() == Method::GET
        && request.uri().path().starts_with(RULES)
        && let Some(by) = request.extensions().get::<SignedIn>().cloned()
        && let Some(pasted) = take_in_rule(web, &session, &by).await
    {
        request.extensions_mut().insert(pasted);
    }
    if request.method() == Method::GET && request.uri().path() == "/login" {
        // The router would decode what stands in the query twice.
        let query =
            url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
        let next = query
            .into_iter()
            .find(|(name, _)| name == "next")
            .map(|(_, next)| next.into_owned());
        request.extensions_mut().insert(LoginNotice {
            next,
            ..LoginNotice::default()
        });
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

/// A rule that was typed when nobody was signed in any more becomes part of what its operator is writing. A document
/// that was pasted is returned, to be shown again.
async fn take_in_rule(web: &Web, session: &Session, by: &SignedIn) -> Option<Pasted> {
    let (page, form) = match session.remove::<(String, String)>(RULE_KEY).await {
        Ok(kept) => kept.filter(|_| by.role >= Role::Lead)?,
        Err(error) => {
            tracing::error!(%error, "a kept rule could not be read");
            return None;
        }
    };
    let pairs = pairs_of(&form);
    if page == IMPORT {
        let field = |name: &str| pairs.iter().find(|(known, _)| known == name);
        return Some(Pasted {
            document: field("document")?.1.clone(),
            replaces: field("how").is_some_and(|(_, how)| how == REPLACE),
        });
    }
    let _drafting = web.0.engine.drafting(&by.name).await;
    if let Err(error) = kept_form(&web.0.engine, &by.name, &page, &pairs).await {
        tracing::error!(error = %Problem::because("a kept rule", &error), "rules");
    }
    None
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
