//! Plans: looking at one, planning it again, confirming it.

use leptos::prelude::*;
use server_fn::codec::GetUrl;
#[cfg(feature = "ssr")]
use {
    super::access::{internal, refuse, require},
    crate::view::Role,
    engine::{Engine, PlanError},
    triage::actions::Actions,
    triage::model::RunId,
    triage::selection::Selection,
    triage::text,
};

use super::{ApiError, Json};
use crate::view::PreviewView;

/// Conversations on a page of a preview.
#[cfg(feature = "ssr")]
const PAGE_SIZE: u64 = 50;

/// A plan: what changes, what it costs, what cannot be undone.
#[server(prefix = "/api", endpoint = "preview", output = Json, input = GetUrl)]
pub async fn preview(id: i64, #[server(default)] page: u64) -> Result<PreviewView, ApiError> {
    use triage::outcome::RunState;

    use super::words::Words;

    let (engine, _) = require(Role::Viewer)?;
    let page = page.max(1);
    let found = engine
        .preview(RunId(id), (page - 1) * PAGE_SIZE, PAGE_SIZE)
        .await;
    let Some(preview) = found.map_err(|error| internal(&error))? else {
        return Err(refuse(no_plan(id)));
    };
    let reading = match preview.run.state {
        RunState::Reading => super::runs::progress_now(&engine, id)
            .await
            .map_err(|error| internal(&error))?,
        _ => None,
    };
    Ok(PreviewView {
        reading,
        ..Words::of(&engine).preview(preview, page, PAGE_SIZE)
    })
}

/// Plans the same selection and actions once more, against the mirror as it is now.
#[server(prefix = "/api", endpoint = "plan_again", output = Json)]
pub async fn plan_again(id: i64) -> Result<(), ApiError> {
    let (engine, operator) = require(Role::Lead)?;
    let run = engine
        .own_run(RunId(id))
        .await
        .map_err(|error| internal(&error))?;
    let run = run.ok_or_else(|| refuse(no_plan(id)))?;
    if let Some(of) = run.undo_of {
        let undo = engine.undo(of, &operator.name).await;
        let again = undo.map_err(|error| internal(&error))?.unwrap_or(of);
        leptos_axum::redirect(&format!("/preview/{again}"));
        return Ok(());
    }
    match engine.plan_rules_again(operator.name.clone(), &run).await {
        Ok(None) => plan_and_show(&engine, operator.name, run.selection, run.actions).await,
        planned => shown(planned.map(|planned| planned.unwrap_or(run.id))),
    }
}

/// Confirms a plan and leads to the run. A second time it leads to the same run and starts nothing.
#[server(prefix = "/api", endpoint = "start_run", output = Json)]
pub async fn start_run(id: i64) -> Result<(), ApiError> {
    let (engine, _) = require(Role::Lead)?;
    let known = engine
        .confirm(RunId(id))
        .await
        .map_err(|error| internal(&error))?;
    if !known {
        let overtaken = engine.overtaken(RunId(id)).await;
        return Err(match overtaken.map_err(|error| internal(&error))? {
            0 => refuse(no_plan(id)),
            some => refuse(ApiError::Invalid(vec![format!(
                "Nothing was started: the same rules have acted on {} of its conversations since this was planned. Plan again.",
                text::count(some),
            )])),
        });
    }
    leptos_axum::redirect(&format!("/runs/{id}"));
    Ok(())
}

#[cfg(feature = "ssr")]
pub(super) async fn plan_and_show(
    engine: &Engine,
    author: String,
    selection: Selection,
    actions: Actions,
) -> Result<(), ApiError> {
    shown(engine.plan(author, selection, actions).await)
}

/// Leads to a plan.
#[cfg(feature = "ssr")]
fn shown(planned: Result<RunId, PlanError>) -> Result<(), ApiError> {
    match planned {
        Ok(id) => {
            leptos_axum::redirect(&format!("/preview/{id}"));
            Ok(())
        }
        Err(PlanError::Invalid(problems)) => Err(refuse(ApiError::Invalid(problems))),
        Err(PlanError::Store(error)) => Err(internal(&error)),
    }
}

#[cfg(feature = "ssr")]
fn no_plan(id: i64) -> ApiError {
    ApiError::NotFound(format!(
        "There is no plan {id}. Plans that nobody started are forgotten after a week."
    ))
}
