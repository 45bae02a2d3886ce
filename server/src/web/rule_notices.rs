//! The form under what the console did to rules by itself.

use app::server_fns::{Said, SignedIn};
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Extension, Router};
use serde::Deserialize;
use tower_sessions::Session;

use super::guard::admins_only;
use super::{Web, plain};
use crate::Problem;

/// Where a notice is shown; the first is where else somebody is led to.
const PAGES: [&str; 3] = ["/activity", "/", "/rules"];

/// The addresses of the forms; nobody but admins gets past.
pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/rule-notices/dismiss", post(dismiss))
        .route_layer(from_fn(admins_only))
}

#[derive(Deserialize)]
struct Dismissed {
    id: i64,
    #[serde(default)]
    page: String,
}

/// `POST /rule-notices/dismiss`.
async fn dismiss(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
    Form(Dismissed { id, page }): Form<Dismissed>,
) -> Response {
    match web.0.engine.dismiss_rule_notice(id, &by.name).await {
        Ok(true) => {}
        Ok(false) => {
            let said = Said::refused("That notice was dismissed already.");
            web.0.sayings.put(&session, said);
        }
        Err(error) => {
            tracing::error!(error = %Problem::because("the notices", &error), "rules");
            return plain::page(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong",
                "The notice could not be dismissed because the console itself failed. The log has the cause; try again.",
            );
        }
    }
    let back = PAGES.into_iter().find(|known| *known == page);
    Redirect::to(back.unwrap_or(PAGES[0])).into_response()
}
