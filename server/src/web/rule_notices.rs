//! What the console does to rules by itself: the form under each notice, and the limit from which on it does.

use app::server_fns::{Said, SignedIn};
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Extension, Router};
use serde::Deserialize;
use tower_sessions::Session;
use triage::text::plural;

use super::guard::admins_only;
use super::{Web, plain};
use crate::Problem;

/// More than this is no limit.
const MOST: u32 = 100_000;
/// Where a notice is shown; the first is where else somebody is led to.
const PAGES: [&str; 3] = ["/activity", "/", "/rules"];

/// The addresses of the forms; nobody but admins gets past.
pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/rule-notices/dismiss", post(dismiss))
        .route("/rule-ceiling", post(set_ceiling))
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
        Err(error) => return failed("The notice could not be dismissed", &error),
    }
    let back = PAGES.into_iter().find(|known| *known == page);
    Redirect::to(back.unwrap_or(PAGES[0])).into_response()
}

#[derive(Deserialize)]
struct Ceiling {
    #[serde(default)]
    ceiling: String,
}

/// `POST /rule-ceiling`: on how many conversations a rule acts by itself within an hour.
async fn set_ceiling(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
    Form(Ceiling { ceiling }): Form<Ceiling>,
) -> Response {
    let number = ceiling.trim().parse().ok();
    let said = match number.filter(|number| (1..=MOST).contains(number)) {
        Some(number) => match web.0.engine.set_rule_ceiling(number).await {
            Ok(()) => {
                tracing::info!(by = by.name, number, "the limit of rules was set");
                let many = plural(u64::from(number), "conversation");
                Said::done(format!("A rule now acts on at most {many} within an hour."))
            }
            Err(error) => return failed("The limit could not be set", &error),
        },
        None => Said::refused(format!(
            "The limit stays as it was: `{}` is not a whole number from 1 to 100,000.",
            ceiling.chars().take(40).collect::<String>()
        )),
    };
    web.0.sayings.put(&session, said);
    Redirect::to("/rules").into_response()
}

fn failed(what: &str, error: &store::Error) -> Response {
    tracing::error!(error = %Problem::because("the rules", error), "rules");
    plain::page(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong",
        &format!("{what} because the console itself failed. The log has the cause; try again."),
    )
}
