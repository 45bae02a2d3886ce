//! The forms of the rules' pages, and what can be downloaded there.
//!
//! A plain form is answered with its page. Scripts send the same forms and get the page alone, to put what differs
//! in its place.

use app::rule_editor::{Done, Pairs, edit_list, edit_rule, import, pairs_of, restore, settle};
use app::server_fns::{Answered, Pasted, Said, SignedIn, answer, rule_named};
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap};
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use routing::document::{self, SCHEMA};
use tower::ServiceExt;
use tower_sessions::Session;

use super::guard::leads_only;
use super::{Web, drafts, plain, too_large};
use crate::Problem;

/// The shape of a document, as it is published.
const SCHEMA_JSON: &str = include_str!("../../../docs/rules.schema.json");

/// The addresses of the forms, for leads, and of the downloads, for everybody who is signed in.
pub(super) fn routes() -> Router<Web> {
    let forms = Router::new()
        .route("/rules", post(change_list))
        // How much is taken is said in `too_large`.
        .route(
            "/rules/{id}",
            post(change).layer(DefaultBodyLimit::disable()),
        )
        .route_layer(from_fn(leads_only));
    forms
        .route("/rules/export", get(export))
        .route("/rules/schema.json", get(schema))
}

/// Who sent a form, and how it is to be answered.
struct Sent<'a> {
    web: &'a Web,
    by: &'a SignedIn,
    session: &'a Session,
    headers: &'a HeaderMap,
    idle: bool,
}

/// `POST /rules`.
async fn change_list(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let pairs = form(&body);
    let _drafting = web.0.engine.drafting(&by.name).await;
    let done = edit_list(&web.0.engine, &by.name, &pairs).await;
    let sent = sent(&web, &by, &session, &headers, &pairs);
    answered(sent, done).await
}

/// `POST /rules/{id}`: the form of that rule, or of one of the pages that stand beside them.
async fn change(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
    Path(part): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let Ok(pairs) = parts(request).await else {
        return plain::page(
            StatusCode::BAD_REQUEST,
            "Nothing was done",
            "The form could not be read: it is cut off, or no form. Go back and send it again.",
        );
    };
    let (engine, name) = (&web.0.engine, by.name.as_str());
    let drafting = engine.drafting(name).await;
    let done = match (part.as_str(), rule_named(&part)) {
        ("save", _) => settle(engine, name, &pairs).await,
        ("import", _) => import(engine, name, &pairs).await,
        ("versions", _) => restore(engine, name, &pairs).await,
        (_, Some(id)) => edit_rule(engine, name, id.as_str(), &pairs).await,
        (_, None) => return StatusCode::NOT_FOUND.into_response(),
    };
    drop(drafting);
    match done {
        Ok(Done {
            at,
            said,
            pasted: Some(pasted),
            ..
        }) => again(&web, &by, &at, said, pasted).await,
        done => {
            let sent = sent(&web, &by, &session, &headers, &pairs);
            answered(sent, done).await
        }
    }
}

/// The parts of a form that may hold a file.
async fn parts(request: Request) -> Result<Pairs, Box<dyn std::error::Error + Send + Sync>> {
    let has_files = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("multipart/"));
    if !has_files {
        let body = axum::body::to_bytes(request.into_body(), too_large::LARGEST_DOCUMENT).await?;
        return Ok(form(&body));
    }
    let mut multipart = Multipart::from_request(request, &()).await?;
    let mut pairs = Pairs::new();
    while let Some(field) = multipart.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        let text = String::from_utf8_lossy(&field.bytes().await?).into_owned();
        pairs.push((name, text.replace("\r\n", "\n")));
    }
    Ok(pairs)
}

fn form(body: &Bytes) -> Pairs {
    pairs_of(&String::from_utf8_lossy(body))
}

fn sent<'a>(
    web: &'a Web,
    by: &'a SignedIn,
    session: &'a Session,
    headers: &'a HeaderMap,
    pairs: &Pairs,
) -> Sent<'a> {
    Sent {
        web,
        by,
        session,
        headers,
        idle: pairs.iter().any(|(name, _)| name == "idle"),
    }
}

async fn answered(sent: Sent<'_>, done: Result<Done, store::Error>) -> Response {
    let done = match done {
        Ok(done) => done,
        Err(error) => {
            tracing::error!(error = %Problem::because("the rules' page", &error), "rules");
            return plain::page(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong",
                "Nothing was saved because the console itself failed. The log has the cause; go back and try again.",
            );
        }
    };
    if drafts::wants_html(sent.headers) {
        if let Some(said) = done.said {
            sent.web.0.sayings.put(sent.session, said);
        }
        return Redirect::to(&done.at).into_response();
    }
    let answered = Answered {
        at: done.at,
        said: done.said,
        focus: done.focus,
        idle: sent.idle,
    };
    match answer(&sent.web.0.engine, sent.by, answered).await {
        Ok(html) => Html(html).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// The page again, with what was pasted.
async fn again(web: &Web, by: &SignedIn, at: &str, said: Option<Said>, pasted: Pasted) -> Response {
    let request = Request::get(at)
        .header(ACCEPT, "text/html")
        .body(Body::empty());
    let Ok(mut request) = request else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    request.extensions_mut().insert(by.clone());
    request.extensions_mut().insert(pasted);
    if let Some(said) = said {
        request.extensions_mut().insert(said);
    }
    let page = web.0.pages.clone().oneshot(request).await;
    let mut response = page.unwrap_or_else(|never| match never {});
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

/// `GET /rules/export`: the rules in force as a document.
async fn export(State(web): State<Web>) -> Response {
    let rules = match web.0.engine.rules().await {
        Ok(rules) => rules,
        Err(error) => {
            tracing::error!(error = %Problem::because("the rules cannot be exported", &error), "rules");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let set = rules.map(|rules| rules.set.clone()).unwrap_or_default();
    match document::write(&set) {
        Ok(text) => {
            let headers = [
                (CONTENT_TYPE, "application/json".to_owned()),
                (
                    CONTENT_DISPOSITION,
                    "attachment; filename=\"rules.json\"".to_owned(),
                ),
            ];
            (headers, text).into_response()
        }
        Err(error) => {
            tracing::error!(error = %Problem::because("the rules cannot be exported", &error), "rules");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// `GET /rules/schema.json`.
async fn schema() -> Response {
    let name = format!("inline; filename=\"{SCHEMA}\"");
    let headers = [
        (CONTENT_TYPE, "application/schema+json".to_owned()),
        (CONTENT_DISPOSITION, name),
    ];
    (headers, SCHEMA_JSON).into_response()
}
