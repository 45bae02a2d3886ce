//! Runs: the list, one of them, and what a person decides about it.

use leptos::prelude::*;
use server_fn::codec::GetUrl;
#[cfg(feature = "ssr")]
use {
    super::access::{came_from, internal, refuse, require},
    super::words::Words,
    crate::view::{Role, RunList, RunProgressView},
    engine::Engine,
    store::Decision,
    triage::model::RunId,
};

use super::{ApiError, Json};
use crate::view::RunView;

/// Lines on a page of runs.
#[cfg(feature = "ssr")]
const RUNS_PAGE: u64 = 30;

/// Changes on a page of a run.
#[cfg(feature = "ssr")]
const CHANGES_PAGE: u64 = 100;

/// Confirmed runs, newest first, as HTML.
#[cfg(feature = "ssr")]
pub(super) async fn runs_page(page: u64) -> Result<String, ApiError> {
    let (engine, _) = require(Role::Viewer)?;
    let page = page.max(1);
    let (runs, total) = engine
        .runs((page - 1) * RUNS_PAGE, RUNS_PAGE)
        .await
        .map_err(|error| internal(&error))?;
    let words = Words::of(&engine);
    let list = RunList {
        runs: runs
            .into_iter()
            .map(|status| words.run_line(&status))
            .collect(),
        page: usize::try_from(page).unwrap_or(1),
        pages: usize::try_from(total.div_ceil(RUNS_PAGE).max(1)).unwrap_or(1),
    };
    Ok(format!("<h1>Runs</h1>{}", super::pages::runs::draw(list)))
}

/// A run: how it stands, what went wrong, and its changes, narrowed to an outcome where one is named.
#[server(prefix = "/api", endpoint = "run", output = Json, input = GetUrl)]
pub async fn run(
    id: i64,
    #[server(default)] outcome: String,
    #[server(default)] page: u64,
) -> Result<RunView, ApiError> {
    let (engine, _) = require(Role::Viewer)?;
    let outcome = outcome.parse().ok();
    let page = page.max(1);
    let found = engine
        .run_page(RunId(id), outcome, (page - 1) * CHANGES_PAGE, CHANGES_PAGE)
        .await;
    let Some(run) = found.map_err(|error| internal(&error))? else {
        return Err(refuse(ApiError::NotFound(format!("There is no run {id}."))));
    };
    let undo = engine.undo_price(&run.status.run).await;
    let undo = undo.map_err(|error| internal(&error))?;
    let undone_by = engine.store().undos_of(RunId(id)).await;
    let undone_by = undone_by.map_err(|error| internal(&error))?;
    let words = Words::of(&engine);
    Ok(RunView {
        undo: undo.map(|price| words.reads(&price)),
        undone_by: undone_by.iter().map(|run| (run.id.0, run.state)).collect(),
        ..words.run(run, outcome, page, CHANGES_PAGE)
    })
}

/// Does one of these to a run: `pause`, `resume`, `cancel` (all before its next request; what was sent stays), `ahead`
/// (go before the others that wait), `retry` (what failed), `done` and `again` (what is uncertain: it was made, or is
/// to be sent once more), `undo` (prepare one). With `seq`, `done` and `again` mean that change only.
#[server(prefix = "/api", endpoint = "act_on_run", output = Json)]
pub async fn act_on_run(
    id: i64,
    act: String,
    #[server(default)] seq: Option<i32>,
) -> Result<(), ApiError> {
    let (engine, operator) = require(Role::Lead)?;
    let run = RunId(id);
    let by = operator.name.as_str();
    let mut shown = came_from(&format!("/runs/{id}"));
    let acted = match act.as_str() {
        "pause" => engine.pause(run).await,
        "resume" => engine.resume(run).await,
        "cancel" => engine.cancel(run).await,
        "ahead" => engine.move_ahead(run).await,
        "retry" => decide(&engine, run, seq, Decision::Retry, by).await,
        "done" => decide(&engine, run, seq, Decision::MarkDone, by).await,
        "again" => decide(&engine, run, seq, Decision::SendAgain, by).await,
        "undo" => engine.undo(run, by).await.map(|undo| {
            if let Some(undo) = undo {
                shown = format!("/preview/{undo}");
            }
            undo.is_some()
        }),
        other => {
            let problem = format!("`{other}` cannot be done to a run.");
            return Err(refuse(ApiError::Invalid(vec![problem])));
        }
    };
    // What somebody else did first is no failure: the page shows how the run stands now.
    if !acted.map_err(|error| internal(&error))? && act == "undo" {
        let problem = format!("There is nothing to take back in run {id}.");
        return Err(refuse(ApiError::Invalid(vec![problem])));
    }
    leptos_axum::redirect(&shown);
    Ok(())
}

#[cfg(feature = "ssr")]
async fn decide(
    engine: &Engine,
    run: RunId,
    seq: Option<i32>,
    decision: Decision,
    by: &str,
) -> Result<bool, store::Error> {
    let decided = engine.decide(run, seq, decision, by).await?;
    Ok(decided > 0)
}

/// How a run stands right now; which changes `turned` is not said.
///
/// # Errors
/// When the database fails.
#[cfg(feature = "ssr")]
pub async fn progress_now(
    engine: &Engine,
    id: i64,
) -> Result<Option<RunProgressView>, store::Error> {
    let status = engine.run_status(RunId(id)).await?;
    Ok(status.map(|status| Words::of(engine).progress(&status)))
}
