//! The form of the page of reading. It is answered with that page, which says what became of it.

use std::collections::BTreeSet;

use app::server_fns::{Said, SignedIn};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Extension, Router};
use engine::ReadingSettings;
use tower_sessions::Session;
use triage::model::MailboxId;
use url::form_urlencoded;

use super::guard::admins_only;
use super::{Web, plain};
use crate::Problem;

const PAGE: &str = "/settings/reading";

/// The address of the form; nobody but admins gets past.
pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/reading", post(set))
        .route_layer(from_fn(admins_only))
}

/// What the form says.
#[derive(Default)]
struct Wanted {
    share: String,
    /// The mailboxes that the page showed, and those of them that are to be read.
    listed: Vec<String>,
    read: Vec<String>,
}

impl Wanted {
    fn of(body: &[u8]) -> Self {
        let mut wanted = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            match name.as_ref() {
                "share" => wanted.share = value.into_owned(),
                "listed" => wanted.listed.push(value.into_owned()),
                "read" => wanted.read.push(value.into_owned()),
                _ => {}
            }
        }
        wanted
    }
}

/// `POST /reading`.
async fn set(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
    body: Bytes,
) -> Response {
    let said = match carry_out(&web, Wanted::of(&body)).await {
        Ok(Ok(text)) => {
            tracing::info!(by = by.name, "what is read was set");
            Said::done(text)
        }
        Ok(Err(text)) => Said::refused(text),
        Err(error) => {
            tracing::error!(error = %Problem::because("the settings of reading", &error), "reading");
            return plain::page(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong",
                "Nothing was saved because the console itself failed. The log has the cause; try again.",
            );
        }
    };
    web.0.sayings.put(&session, said);
    Redirect::to(PAGE).into_response()
}

/// What to say of it: done, or refused.
async fn carry_out(web: &Web, wanted: Wanted) -> Result<Result<String, String>, store::Error> {
    let engine = &web.0.engine;
    let typed = wanted.share.trim();
    let Some(share) = typed.parse().ok().filter(|share| (1..=100).contains(share)) else {
        return Ok(Err(format!(
            "`{typed}` is no share: type a whole number from 1 to 100. Nothing was saved."
        )));
    };
    let before = engine.reading_settings().await?;
    let mut left_out: BTreeSet<MailboxId> = before.left_out.clone();
    for id in wanted.listed {
        let is_read = wanted.read.contains(&id);
        let id = MailboxId::from(id);
        if is_read {
            left_out.remove(&id);
        } else {
            left_out.insert(id);
        }
    }
    let settings = ReadingSettings { share, left_out };
    if settings == before {
        return Ok(Ok("Nothing was changed.".to_owned()));
    }
    let more_out = settings.left_out.difference(&before.left_out).count();
    engine.set_reading(settings).await?;
    Ok(Ok(match more_out {
        0 => "Saved.".to_owned(),
        1 => {
            "Saved. A mailbox is left out from now on: the mirror has forgotten its conversations."
                .to_owned()
        }
        some => format!(
            "Saved. {some} mailboxes are left out from now on: the mirror has forgotten their conversations."
        ),
    }))
}
