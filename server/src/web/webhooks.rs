//! The door that Hiver delivers to: `POST /webhooks/hiver/{secret}`.
//!
//! It stands in front of everything that asks who somebody is or which page they come from. Whoever does not know the
//! secret does not find it: their request goes on as if the address had never been thought of, and is answered by
//! whatever answers those.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use engine::IntakeError;
use futures::StreamExt;
use url::Url;

use super::Web;
use crate::Problem;

/// Where it is; the secret follows.
pub(super) const PATH: &str = "/webhooks/hiver/";
/// The largest delivery.
const LARGEST: usize = 1024 * 1024;

/// The address to which the secret is added.
pub(crate) fn door_at(public_url: &Url) -> String {
    format!("{}{PATH}", public_url.as_str().trim_end_matches('/'))
}

/// The path of a request as it may stand in a log.
pub(super) fn without_secret(path: &str) -> &str {
    if path.starts_with(PATH) { PATH } else { path }
}

/// Takes deliveries in; everything else goes on.
pub(super) async fn door(State(web): State<Web>, request: Request, next: Next) -> Response {
    let presented = request
        .uri()
        .path()
        .strip_prefix(PATH)
        .filter(|_| request.method() == Method::POST);
    let Some(presented) = presented else {
        return next.run(request).await;
    };
    match web.0.engine.knows_webhook_secret(presented).await {
        Ok(true) => taken_in(&web, request).await,
        Ok(false) => next.run(request).await,
        Err(error) => {
            tracing::error!(error = %Problem::because("the webhook door", &error), "webhooks");
            next.run(request).await
        }
    }
}

async fn taken_in(web: &Web, request: Request) -> Response {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > LARGEST as u64) {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    let body = match read(request.into_body()).await {
        Ok(body) => body,
        Err(status) => return status.into_response(),
    };
    match web.0.engine.take_delivery(body).await {
        Ok(_) => (StatusCode::OK, "kept\n").into_response(),
        Err(IntakeError::NotWritten | IntakeError::Closed) => {
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn read(body: Body) -> Result<Vec<u8>, StatusCode> {
    let mut parts = body.into_data_stream();
    let mut read = Vec::new();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| StatusCode::BAD_REQUEST)?;
        if read.len() + part.len() > LARGEST {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        read.extend_from_slice(&part);
    }
    Ok(read)
}
