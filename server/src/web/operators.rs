//! The forms of the operators' page. Each is answered with that page, which says what became of it.

use app::server_fns::{Said, SignedIn};
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Extension, Router};
use serde::Deserialize;
use store::{NewOperator, Operator, OperatorChange, Role};
use tower_sessions::Session;

use super::guard::admins_only;
use super::sign_in::shown_role;
use super::{Web, plain};
use crate::commands::operator::checked_name;
use crate::{Problem, passwords};

const PAGE: &str = "/settings/operators";

/// The addresses of the forms; nobody but admins gets past.
pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/operators/add", post(add))
        .route("/operators/role", post(change_role))
        .route("/operators/disable", post(disable))
        .route("/operators/enable", post(enable))
        .route("/operators/password", post(make_password))
        .route("/operators/remove", post(remove))
        .route_layer(from_fn(admins_only))
}

#[derive(Deserialize)]
struct NewForm {
    name: String,
    role: String,
    #[serde(default)]
    password: String,
}

/// `POST /operators/add`.
async fn add(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
    Form(form): Form<NewForm>,
) -> Response {
    let said = match added(&web, &by, &form).await {
        Ok(said) => said,
        Err(problem) => return failed(&problem),
    };
    web.0.sayings.put(&session, said);
    Redirect::to(PAGE).into_response()
}

async fn added(web: &Web, by: &SignedIn, form: &NewForm) -> Result<Said, Problem> {
    let role: Role = match form.role.parse() {
        Ok(role) => role,
        Err(error) => return Ok(Said::refused(format!("Nobody was added: {error}."))),
    };
    let refused = |text: String| Said {
        typed: Some((form.name.clone(), shown_role(role))),
        ..Said::refused(text)
    };
    let Ok(name) = checked_name(&form.name) else {
        return Ok(refused(
            "Nobody was added: a name has 1 to 100 characters.".to_owned(),
        ));
    };
    let made = form.password.is_empty().then(passwords::make);
    let password = made.clone().unwrap_or_else(|| form.password.clone());
    if !passwords::is_long_enough(&password) {
        return Ok(refused(format!(
            "{name} was not added: a password has at least {} characters.",
            passwords::SHORTEST
        )));
    }
    let new = NewOperator {
        name: name.clone(),
        role,
        password_hash: passwords::hash(password).await?,
        created_at: web.0.engine.now(),
    };
    if web.0.store.add_operator(new).await.map_err(kept)?.is_none() {
        return Ok(refused(format!(
            "There is an operator {name} already: choose another name."
        )));
    }
    tracing::info!(operator = name, %role, by = by.name, "added an operator");
    Ok(Said {
        password: made,
        ..Said::done(format!("Added {name}, {role}."))
    })
}

/// Whom a form is about.
#[derive(Deserialize)]
struct Chosen {
    name: String,
    #[serde(default)]
    role: String,
}

/// `POST /operators/role`.
async fn change_role(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
    Form(form): Form<Chosen>,
) -> Response {
    let role: Role = match form.role.parse() {
        Ok(role) => role,
        Err(error) => {
            let text = format!("The role of {} was not changed: {error}.", form.name);
            web.0.sayings.put(&session, Said::refused(text));
            return Redirect::to(PAGE).into_response();
        }
    };
    let done = format!("{} has the role {role} now.", form.name);
    let wish = web.0.store.set_role(&form.name, role);
    let change = Change {
        done,
        signs_out: role < Role::Admin,
    };
    carry_out(&web, &by, &session, &form.name, wish.await, change)
}

/// `POST /operators/disable`.
async fn disable(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
    Form(form): Form<Chosen>,
) -> Response {
    let wish = web.0.store.set_disabled(&form.name, true);
    let change = Change {
        done: format!("{} is disabled; their sessions have ended.", form.name),
        signs_out: true,
    };
    carry_out(&web, &by, &session, &form.name, wish.await, change)
}

/// `POST /operators/enable`.
async fn enable(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
    Form(form): Form<Chosen>,
) -> Response {
    let wish = web.0.store.set_disabled(&form.name, false);
    let change = Change {
        done: format!("{} is enabled and may sign in again.", form.name),
        signs_out: false,
    };
    carry_out(&web, &by, &session, &form.name, wish.await, change)
}

/// `POST /operators/remove`.
async fn remove(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
    Form(form): Form<Chosen>,
) -> Response {
    let wish = web.0.store.remove_operator(&form.name);
    let change = Change {
        done: format!("Removed {}; their sessions have ended.", form.name),
        signs_out: true,
    };
    carry_out(&web, &by, &session, &form.name, wish.await, change)
}

/// What is said of a change that was made, and whether whom it is about is signed out by it.
struct Change {
    done: String,
    signs_out: bool,
}

fn carry_out(
    web: &Web,
    by: &SignedIn,
    session: &Session,
    name: &str,
    became: Result<OperatorChange, store::Error>,
    change: Change,
) -> Response {
    let said = match became {
        Ok(OperatorChange::Done) => {
            tracing::info!(operator = name, by = by.name, "{}", change.done);
            if change.signs_out && is_same(name, &by.name) {
                return Redirect::to("/login").into_response();
            }
            Said::done(change.done)
        }
        Ok(OperatorChange::Nobody) => nobody(name),
        Ok(OperatorChange::LastAdmin) => Said::refused(format!(
            "{name} is the last active admin, so nothing was changed. Make somebody else an admin first."
        )),
        Err(error) => return failed(&kept(error)),
    };
    web.0.sayings.put(session, said);
    Redirect::to(PAGE).into_response()
}

/// `POST /operators/password`.
async fn make_password(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
    Form(form): Form<Chosen>,
) -> Response {
    // It would end the session that it is to be shown in.
    let said = if is_same(&form.name, &by.name) {
        Said::refused("Your own password was not changed: open Settings, Change your password.")
    } else {
        match given_a_password(&web, &by, &form.name).await {
            Ok(said) => said,
            Err(problem) => return failed(&problem),
        }
    };
    web.0.sayings.put(&session, said);
    Redirect::to(PAGE).into_response()
}

async fn given_a_password(web: &Web, by: &SignedIn, name: &str) -> Result<Said, Problem> {
    let found: Option<Operator> = web.0.store.operator_named(name).await.map_err(kept)?;
    let Some(operator) = found else {
        return Ok(nobody(name));
    };
    let password = passwords::make();
    let hash = passwords::hash(password.clone()).await?;
    if !web.0.store.set_password(name, hash).await.map_err(kept)? {
        return Ok(nobody(name));
    }
    tracing::info!(
        operator = operator.name,
        by = by.name,
        "made a new password"
    );
    Ok(Said {
        password: Some(password),
        ..Said::done(format!(
            "{} has a new password; their sessions have ended.",
            operator.name
        ))
    })
}

fn nobody(name: &str) -> Said {
    Said::refused(format!(
        "There is no operator {name} any more, so nothing was changed. The list below is as it is now."
    ))
}

/// Whether two names are one, as the database sees it.
fn is_same(name: &str, other: &str) -> bool {
    name.trim().to_lowercase() == other.trim().to_lowercase()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is the function that `map_err` takes"
)]
fn kept(error: store::Error) -> Problem {
    Problem::because("the database failed", &error)
}

fn failed(problem: &Problem) -> Response {
    tracing::error!(error = %problem, "operators");
    plain::page(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong",
        "The operators could not be changed because the console itself failed. The log has the cause; try again.",
    )
}
