//! The form for one's own password. It ends all sessions of its operator but the one that sent it.

use std::net::SocketAddr;

use app::server_fns::Said;
use axum::extract::{ConnectInfo, Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_login::{AuthSession, AuthUser, AuthnBackend};
use serde::Deserialize;

use super::sign_in::{Operators, Person, client_address};
use super::{Web, plain};
use crate::{Problem, passwords};

#[derive(Deserialize)]
pub(super) struct OwnPasswordForm {
    #[serde(default)]
    current: String,
    #[serde(default)]
    new: String,
    #[serde(default)]
    again: String,
}

/// `POST /password`.
pub(super) async fn change(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    mut auth: AuthSession<Operators>,
    Form(form): Form<OwnPasswordForm>,
) -> Response {
    let Some(person) = auth.user.clone() else {
        return Redirect::to("/login").into_response();
    };
    let said = match refusal(&form) {
        Some(refused) => refused,
        None => {
            let address = client_address(&web.0.trusted_proxies, peer, &headers);
            let name = &person.operator().name;
            if web.0.throttle.attempt(name, address) {
                match changed(&web, &mut auth, &person, form).await {
                    Ok(said) => {
                        if said.done {
                            web.0.throttle.forgive(name, address);
                        }
                        said
                    }
                    Err(problem) => return failed(&problem),
                }
            } else {
                tracing::warn!(%address, "too many attempts to change a password");
                Said::refused("Too many attempts. Wait a minute, then try again.")
            }
        }
    };
    web.0.sayings.put(&auth.session, said);
    Redirect::to("/settings/password").into_response()
}

/// What is wrong with the form itself; seen before the current password is looked at, so that it is no attempt.
fn refusal(form: &OwnPasswordForm) -> Option<Said> {
    if !passwords::is_long_enough(&form.new) {
        return Some(Said::refused(format!(
            "Your password was not changed: the new one needs at least {} characters.",
            passwords::SHORTEST
        )));
    }
    if form.new != form.again {
        return Some(Said::refused(
            "Your password was not changed: the two new ones differ. Type the same one twice.",
        ));
    }
    (form.new == form.current).then(|| {
        Said::refused(
            "Your password was not changed: the new one is the current one. Choose another.",
        )
    })
}

async fn changed(
    web: &Web,
    auth: &mut AuthSession<Operators>,
    person: &Person,
    form: OwnPasswordForm,
) -> Result<Said, Problem> {
    let old = &person.operator().password_hash;
    let wrong =
        || Said::refused("Your password was not changed: the current one is not right. Try again.");
    if !passwords::fits(form.current, Some(old.clone())).await {
        return Ok(wrong());
    }
    let new = passwords::hash(form.new).await?;
    let store = &web.0.store;
    let replaced = store.replace_password(person.id(), old, new).await;
    if !replaced.map_err(|error| Problem::because("the database failed", &error))? {
        return Ok(wrong());
    }
    go_on_signed_in(auth, person).await?;
    tracing::info!(operator = person.operator().name, "changed their password");
    Ok(Said::done(
        "Your password is changed. Your other sessions have ended.",
    ))
}

/// Ties this session to the new password, under another id: whoever copied the old one is out, too.
async fn go_on_signed_in(
    auth: &mut AuthSession<Operators>,
    person: &Person,
) -> Result<(), Problem> {
    let now = auth.backend.get_user(&person.id()).await;
    let Some(now) = now.map_err(|error| Problem::because("the database failed", &error))? else {
        return Ok(());
    };
    let kept = |error: &dyn std::error::Error| {
        Problem::from(format!("the session cannot be kept: {error}"))
    };
    let cycled = auth.session.cycle_id().await;
    cycled.map_err(|error| kept(&error))?;
    auth.login(&now).await.map_err(|error| kept(&error))?;
    // It has its new id from here on, under which something is to be said.
    auth.session.save().await.map_err(|error| kept(&error))
}

fn failed(problem: &Problem) -> Response {
    tracing::error!(error = %problem, "own password");
    plain::page(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong",
        "The console itself failed. Sign in with the new password, or with the old one if that does not fit; the log \
         has the cause.",
    )
}
