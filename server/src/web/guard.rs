//! Who gets in: deny by default, and nothing unsafe from another site.

use app::server_fns::SignedIn;
use app::view::Role;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::{HOST, LOCATION, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_login::AuthSession;
use tower_sessions::Session;

use super::sign_in::Operators;
use super::{Web, drafts, plain, webhooks};

/// The key under which a session notes the day of the last visit, which also keeps it alive.
const SEEN: &str = "seen";
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What anybody reaches: the page for signing in, static files, health, and the choice of light or dark.
fn is_open(method: &Method, path: &str) -> bool {
    match path {
        "/login" => true,
        "/healthz" | "/readyz" => method == Method::GET || method == Method::HEAD,
        "/theme" => method == Method::POST,
        other => other.starts_with("/v/"),
    }
}

/// Lets signed-in operators through, tells the pages who they are, and sends everybody else to sign in.
pub(super) async fn guard(
    State(web): State<Web>,
    auth: AuthSession<Operators>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let person = auth.user.as_ref();
    if let Some(person) = person {
        let signed_in = person.signed_in();
        if let Some(session) = request.extensions().get::<Session>().cloned() {
            keep_alive(&web, &session).await;
        }
        if needs_set_up(&web, &request) {
            return redirect("/setup");
        }
        request.extensions_mut().insert(signed_in);
        return next.run(request).await;
    }
    if is_open(request.method(), path) {
        return next.run(request).await;
    }
    // A plain form is answered with the page for signing in, and carried along: see `drafts`.
    if request.method() == Method::POST
        && drafts::is_kept(path)
        && drafts::wants_html(request.headers())
    {
        return next.run(request).await;
    }
    let is_page = [Method::GET, Method::HEAD].contains(request.method())
        && !path.starts_with("/api/")
        && path != "/live";
    if !is_page {
        if request.method() == Method::POST && drafts::wants_html(request.headers()) {
            return redirect("/login");
        }
        // In the form that server functions say it in, so that the page can tell what happened.
        return (
            StatusCode::UNAUTHORIZED,
            [("serverfnerror", path.to_owned())],
            "\"SignedOut\"",
        )
            .into_response();
    }
    // Nothing is to be opened at Hiver's door, and its secret belongs into no other address.
    let wanted = request
        .uri()
        .path_and_query()
        .map(|wanted| wanted.as_str())
        .filter(|wanted| !wanted.starts_with("/webhooks/"))
        .unwrap_or("/");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("next", wanted)
        .finish();
    redirect(&format!("/login?{query}"))
}

/// Lets admins through only: for addresses that are no server functions, which say themselves who may.
pub(super) async fn admins_only(
    operator: Extension<SignedIn>,
    request: Request,
    next: Next,
) -> Response {
    only(Role::Admin, operator, request, next).await
}

/// Lets leads and admins through only.
pub(super) async fn leads_only(
    operator: Extension<SignedIn>,
    request: Request,
    next: Next,
) -> Response {
    only(Role::Lead, operator, request, next).await
}

async fn only(
    role: Role,
    Extension(operator): Extension<SignedIn>,
    request: Request,
    next: Next,
) -> Response {
    match operator.lacks(role) {
        None => next.run(request).await,
        Some(refusal) => plain::page(StatusCode::FORBIDDEN, "Not allowed", &refusal),
    }
}

/// Without a key there is nothing to see yet.
fn needs_set_up(web: &Web, request: &Request) -> bool {
    let path = request.uri().path();
    !web.0.engine.has_key()
        && request.method() == Method::GET
        && ![
            "/live",
            "/setup",
            "/settings",
            "/settings/operators",
            "/settings/password",
            "/login",
            "/healthz",
            "/readyz",
        ]
        .contains(&path)
        && !path.starts_with("/api/")
        && !path.starts_with("/v/")
}

/// Notes a visit once a day: a session ends a week after the last one.
async fn keep_alive(web: &Web, session: &Session) {
    let today = web.0.engine.now() / DAY_MS;
    let seen = session.get::<i64>(SEEN).await;
    if !matches!(seen, Ok(Some(day)) if day == today)
        && let Err(error) = session.insert(SEEN, today).await
    {
        tracing::warn!(%error, "a session could not be kept alive");
    }
}

fn redirect(to: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/login"));
    response.headers_mut().insert(LOCATION, location);
    response
}

/// Refuses everything that may change something and comes from a page of another site. Tools that are no browser
/// send neither header and have no cookies to abuse.
pub(super) async fn refuse_other_origins(
    State(web): State<Web>,
    request: Request,
    next: Next,
) -> Response {
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if safe || is_same_origin(&web, request.headers()) {
        return next.run(request).await;
    }
    tracing::warn!(
        path = webhooks::without_secret(request.uri().path()),
        "refused: it came from another site"
    );
    plain::page(
        StatusCode::FORBIDDEN,
        "Not allowed",
        "This form came from another site, so nothing was done. Open the console and try again there. \
         If you are behind a reverse proxy, it must pass the Host header on, or CONSOLE_PUBLIC_URL must be set.",
    )
}

fn is_same_origin(web: &Web, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(ORIGIN.as_str()) else {
        return true;
    };
    let Ok(origin) = url::Url::parse(origin) else {
        return false;
    };
    if let Some(public) = &web.0.public_url {
        return public.origin() == origin.origin();
    }
    let host = text(HOST.as_str()).unwrap_or_default();
    let named = origin.host_str().map(|name| match origin.port() {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    });
    named.is_some_and(|named| named.eq_ignore_ascii_case(host))
}
