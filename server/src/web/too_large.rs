//! How much is taken at once.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::Response;
use futures::StreamExt;
use routing::document::MAX_BYTES;

use super::plain;

/// The largest form that is taken, in bytes; ten thousand ids fit in.
pub(super) const LARGEST_BODY: usize = 2 * 1024 * 1024;
/// The largest form with a document of rules, in bytes. In a form each character may take three.
pub(super) const LARGEST_DOCUMENT: usize = 3 * MAX_BYTES + 64 * 1024;
/// So much of what is not taken is read all the same.
const MOST_READ_PAST: usize = 64 * 1024 * 1024;
/// The form with a document.
const IMPORT: &str = "/rules/import";

/// Refuses forms that are too large, and says how large they may be.
pub(super) async fn refuse(request: Request, next: Next) -> Response {
    let largest = if request.uri().path() == IMPORT {
        LARGEST_DOCUMENT
    } else {
        LARGEST_BODY
    };
    let length = request.headers().get(CONTENT_LENGTH);
    let length: Option<usize> = length.and_then(|length| length.to_str().ok()?.parse().ok());
    match length {
        Some(length) if length > largest => {
            read_past(request.into_body()).await;
            page()
        }
        Some(_) => next.run(request).await,
        // How much it is shows only when it is read.
        None => {
            let (parts, body) = request.into_parts();
            match to_bytes(body, LARGEST_BODY).await {
                Ok(body) => next.run(Request::from_parts(parts, Body::from(body))).await,
                Err(_) => page(),
            }
        }
    }
}

/// Reads what is not taken, up to a point: who is still sending when the connection closes does not see the answer.
async fn read_past(body: Body) {
    let mut parts = body.into_data_stream();
    let mut read = 0;
    while let Some(Ok(part)) = parts.next().await
        && read < MOST_READ_PAST
    {
        read += part.len();
    }
}

/// Says how much is taken.
pub(super) fn page() -> Response {
    plain::page(
        StatusCode::PAYLOAD_TOO_LARGE,
        "Too large",
        "Nothing was done: a form may hold 2 MiB, and a document of rules 16 MiB while you are signed in. Go back and \
         send less at once, or take the document in on the server: hiver-console rules import FILE.",
    )
}
