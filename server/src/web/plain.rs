//! Pages for when the application itself cannot draw one.

use std::any::Any;

use axum::body::Body;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};

use super::assets::Assets;

/// These pages have styles and no scripts.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; \
                      base-uri 'none'; form-action 'self'";

/// A page of a heading of our own and a sentence, with a way out.
pub(super) fn page(status: StatusCode, heading: &str, sentence: &str) -> Response<Body> {
    // Names of operators are in it.
    let sentence = sentence
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let root = Assets::embedded().root();
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{heading} · Hiver Console</title>\
         <link rel=\"icon\" href=\"{root}/favicon.svg\"><link rel=\"stylesheet\" href=\"{root}/pkg/hiver-console.css\">\
         </head><body><main class=\"door\" id=\"main\"><div class=\"door-card\"><h1>{heading}</h1><p>{sentence}</p>\
         <p><a class=\"button\" href=\"/\">Open the overview</a></p></div></main></body></html>"
    );
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// What a request gets whose handling broke down.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it is the function that the layer takes"
)]
pub(super) fn after_panic(cause: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let text = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(panic = text, "a request broke down");
    page(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong",
        "The console could not do that. Nothing was sent to Hiver by it. The log has the cause.",
    )
}
