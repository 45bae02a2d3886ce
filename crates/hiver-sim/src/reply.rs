//! What goes back to the client.

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    connection::Connection,
    wire::{Answer, error_body},
};

const HTML: &str = "<!doctype html>\n<html><head><title>One moment</title></head>\
    <body><h1>We are doing maintenance</h1><p>Please try again later.</p></body></html>\n";

/// How a request ends.
pub(crate) enum End {
    Reply(Reply),
    /// No answer.
    Cut,
}

#[derive(Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    content_type: &'static str,
    retry_after: Option<u64>,
    body: String,
}

impl Reply {
    pub(crate) fn error(status: u16, message: &str) -> Self {
        Self::json(status, error_body(message))
    }

    /// A request that came too early; `retry_after` in seconds.
    pub(crate) fn too_many(retry_after: Option<u64>) -> Self {
        Self {
            retry_after,
            ..Self::error(429, "Too many requests.")
        }
    }

    /// A failure of the server.
    pub(crate) fn broken() -> Self {
        Self::error(500, "Something went wrong on our side.")
    }

    /// What a proxy in between might say.
    pub(crate) fn html() -> Self {
        Self {
            content_type: "text/html; charset=utf-8",
            ..Self::json(200, HTML.to_owned())
        }
    }

    fn json(status: u16, body: String) -> Self {
        let content_type = "application/json";
        Self {
            status,
            content_type,
            retry_after: None,
            body,
        }
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::json(answer.status, answer.body)
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.body).into_response();
        let headers = response.headers_mut();
        let content_type = HeaderValue::from_static(self.content_type);
        headers.insert(header::CONTENT_TYPE, content_type);
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl End {
    /// Sends it, or closes the connection.
    pub(crate) fn respond(self, connection: Option<&Connection>) -> Response {
        match (self, connection) {
            (Self::Reply(reply), _) => reply.into_response(),
            (Self::Cut, Some(connection)) => {
                connection.cut();
                // Never sent: the stream fails when hyper writes it.
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
            // Called as a service, without a connection of ours: a body that fails is the nearest thing.
            (Self::Cut, None) => {
                let error = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                let failing = futures::stream::iter([Err::<Bytes, _>(error)]);
                Body::from_stream(failing).into_response()
            }
        }
    }
}
