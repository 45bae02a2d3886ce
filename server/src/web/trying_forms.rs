//! The forms with which a backtest is begun, stopped and applied, and what is said of rules is dismissed.

use app::server_fns::{Said, SignedIn, rule_source};
use app::view::Role;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Extension, Router};
use engine::{BacktestError, BacktestId, BacktestState, PlanError, RuleSource, Trial};
use serde::Deserialize;
use tower_sessions::Session;
use triage::selection::Selection;

use super::{Web, plain};
use crate::Problem;

const PAGE: &str = "/rules/backtest";

/// The addresses of the forms; everybody may look, and those that lead further say who may.
pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/rules/backtest", post(begin))
        .route("/rules/backtest/cancel", post(cancel))
        .route("/rules/backtest/apply", post(apply))
}

#[derive(Deserialize)]
struct Wanted {
    /// `draft`, `live`, or the number of a version.
    #[serde(default)]
    rules: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    as_new: String,
}

/// `POST /rules/backtest`. A viewer has no draft, and tries what was saved.
async fn begin(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
    Form(wanted): Form<Wanted>,
) -> Response {
    let engine = &web.0.engine;
    let live = match engine.rules().await {
        Ok(live) => live.map_or(0, |live| live.number()),
        Err(error) => return failed(&error),
    };
    let source = rule_source(&wanted.rules, live).unwrap_or(RuleSource::Version(live));
    let set = match engine.rules_from(&by.name, source).await {
        Ok(Some(set)) => set,
        Ok(None) => {
            let said =
                Said::refused("Nothing was tried: these rules are no longer there. Choose others.");
            web.0.sayings.put(&session, said);
            return Redirect::to(PAGE).into_response();
        }
        Err(error) => return failed(&error),
    };
    let trial = Trial {
        operator: by.name,
        source,
        set,
        filter: wanted.q.clone(),
        as_if_new: wanted.as_new == "1",
    };
    let again = || {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("rules", &wanted.rules)
            .append_pair("q", &wanted.q)
            .append_pair("as_new", &wanted.as_new)
            .finish();
        format!("{PAGE}?{query}")
    };
    match engine.start_backtest(trial).await {
        Ok(id) => Redirect::to(&format!("{PAGE}?id={id}")).into_response(),
        // The page says what is wrong with it.
        Err(BacktestError::Filter(_)) => Redirect::to(&again()).into_response(),
        Err(error @ BacktestError::Store(_)) => failed(&error),
        Err(error) => {
            let mut text = format!("Nothing was tried: {error}.");
            if let BacktestError::Problems(problems) = &error {
                for problem in problems {
                    text.push_str(&format!(" {problem}."));
                }
            }
            web.0.sayings.put(&session, Said::refused(text));
            Redirect::to(&again()).into_response()
        }
    }
}

#[derive(Deserialize)]
struct Chosen {
    id: String,
}

/// `POST /rules/backtest/cancel`.
async fn cancel(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    Form(Chosen { id }): Form<Chosen>,
) -> Response {
    let id: Option<BacktestId> = id.parse().ok();
    if let Some(id) = id {
        web.0.engine.cancel_backtest(&by.name, id);
        return Redirect::to(&format!("{PAGE}?id={id}")).into_response();
    }
    Redirect::to(PAGE).into_response()
}

/// `POST /rules/backtest/apply`: plans what the rules that were tried do to the conversations that they were tried over,
/// as those are now, and leads to the preview.
async fn apply(
    State(web): State<Web>,
    Extension(by): Extension<SignedIn>,
    session: Session,
    Form(Chosen { id }): Form<Chosen>,
) -> Response {
    if let Some(refusal) = by.lacks(Role::Lead) {
        return plain::page(StatusCode::FORBIDDEN, "Not allowed", &refusal);
    }
    let engine = &web.0.engine;
    let id: Option<BacktestId> = id.parse().ok();
    let kept = id.and_then(|id| engine.backtest(&by.name, id));
    let Some((kept, result)) = kept.and_then(|kept| match &kept.state {
        BacktestState::Done(result) => Some((kept.id, result.clone())),
        _ => None,
    }) else {
        let said = Said::refused(
            "Nothing was planned: that backtest is no longer there, or not done. Press Backtest to try again.",
        );
        web.0.sayings.put(&session, said);
        return Redirect::to(PAGE).into_response();
    };
    let trial = &result.trial;
    let rules = match trial.source {
        RuleSource::Draft => "edited rules".to_owned(),
        RuleSource::Version(number) => format!("rules of version {number}"),
    };
    let selection = Selection::Matching {
        filter: trial.filter.clone(),
        except: Vec::new(),
    };
    let label = format!("Apply the {rules} after a backtest");
    match engine
        .plan_rules(by.name, &trial.set, label, selection, None)
        .await
    {
        Ok(plan) => Redirect::to(&format!("/preview/{plan}")).into_response(),
        Err(PlanError::Invalid(lines)) => {
            let said = Said::refused(format!("Nothing was planned. {}", lines.join(" ")));
            web.0.sayings.put(&session, said);
            Redirect::to(&format!("{PAGE}?id={kept}")).into_response()
        }
        Err(PlanError::Store(error)) => failed(&error),
    }
}

fn failed(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error = %Problem::because("the backtest", error), "rules");
    plain::page(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong",
        "That could not be done because the console itself failed. The log has the cause; try again.",
    )
}
