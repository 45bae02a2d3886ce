//! The forms of the webhooks' page. Each is answered with that page, which says what became of it.

use app::server_fns::{Said, SignedIn};
use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::{Request, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Extension, Router};
use serde::Deserialize;
use tower::ServiceExt;
use tower_sessions::Session;

use super::guard::admins_only;
use super::{Web, plain, router, webhooks};
use crate::Problem;

const PAGE: &str = "/settings/webhooks";

/// The addresses of the forms; nobody but admins gets past.
pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/webhooks/rotate", post(rotate))
        .route("/webhooks/replay", post(replay))
        .route("/webhooks/test", post(test))
        .route_layer(from_fn(admins_only))
}

/// `POST /webhooks/rotate`.
async fn rotate(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
) -> Response {
    match web.0.engine.rotate_webhook_secret().await {
        Ok(_) => {
            tracing::info!(by = by.name, "the webhook secret was rotated");
            let said = Said::done(
                "The address has a new secret. Paste it into Hiver within a day: until then the old one works as well.",
            );
            answered(&web, &session, said, None)
        }
        Err(error) => failed(&error),
    }
}

#[derive(Deserialize)]
struct Chosen {
    id: i64,
}

/// `POST /webhooks/replay`.
async fn replay(
    State(web): State<Web>,
    session: Session,
    Form(Chosen { id }): Form<Chosen>,
) -> Response {
    let said = match web.0.engine.replay_delivery(id).await {
        Ok(true) => Said::done(format!(
            "Delivery {id} is applied again: its conversation is read from Hiver."
        )),
        Ok(false) => Said::refused(format!(
            "Delivery {id} was not applied again: it is gone, or names no conversation."
        )),
        Err(error) => return failed(&error),
    };
    answered(&web, &session, said, Some(id))
}

/// `POST /webhooks/test`: a delivery from here, through everything that one of Hiver's goes through once it is here.
async fn test(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
) -> Response {
    let secret = match web.0.engine.webhook_secret().await {
        Ok(shown) => shown,
        Err(error) => return failed(&error),
    };
    let body = serde_json::json!({
        "event": "ping",
        "data": { "sent_by": by.name, "sent_at": web.0.engine.now() },
    });
    let request = Request::post(secret.address(webhooks::PATH))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()));
    let status = match request {
        Ok(request) => match router(&web).oneshot(request).await {
            Ok(response) => response.status(),
            Err(never) => match never {},
        },
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let said = if status == StatusCode::OK {
        Said::done(
            "A test came in through the door and was kept. Whether Hiver reaches the door is shown by the ping that it \
             sends when the webhook is saved there.",
        )
    } else {
        Said::refused(format!(
            "The door answered the test with {status}: nothing was kept. The log has the cause; try again."
        ))
    };
    answered(&web, &session, said, None)
}

fn answered(web: &Web, session: &Session, said: Said, delivery: Option<i64>) -> Response {
    web.0.sayings.put(session, said);
    let page = delivery.map_or_else(|| PAGE.to_owned(), |id| format!("{PAGE}?delivery={id}"));
    Redirect::to(&page).into_response()
}

fn failed(error: &store::Error) -> Response {
    tracing::error!(error = %Problem::because("the webhooks' page", error), "webhooks");
    plain::page(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong",
        "The webhooks could not be changed because the console itself failed. The log has the cause; try again.",
    )
}
