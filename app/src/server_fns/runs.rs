//! Runs: the list, one of them, stopping one.

use leptos::prelude::*;
use server_fn::codec::GetUrl;
#[cfg(feature = "ssr")]
use {
    super::access::{internal, refuse, require},
    super::words::Words,
    crate::view::{Role, RunProgressView},
    engine::Engine,
    triage::model::RunId,
};

use super::ApiError;
use crate::view::{RunList, RunView};

/// Lines on a page of runs.
#[cfg(feature = "ssr")]
const RUNS_PAGE: u64 = 30;

/// Changes on a page of a run.
#[cfg(feature = "ssr")]
const CHANGES_PAGE: u64 = 100;

/// Confirmed runs, newest first.
#[server(prefix = "/api", endpoint = "runs", input = GetUrl)]
pub async fn list_runs(#[server(default)] page: u64) -> Result<RunList, ApiError> {
    let (engine, _) = require(Role::Viewer)?;
    let page = page.max(1);
    let (runs, total) = engine
        .runs((page - 1) * RUNS_PAGE, RUNS_PAGE)
        .await
        .map_err(|error| internal(&error))?;
    let words = Words::of(&engine);
    Ok(RunList {
        runs: runs
            .into_iter()
            .map(|status| words.run_line(&status))
            .collect(),
        page: usize::try_from(page).unwrap_or(1),
        pages: usize::try_from(total.div_ceil(RUNS_PAGE).max(1)).unwrap_or(1),
    })
}

/// A run: how it stands, what went wrong, and its changes, narrowed to an outcome where one is named.
#[server(prefix = "/api", endpoint = "run", input = GetUrl)]
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
    Ok(Words::of(&engine).run(run, outcome, page, CHANGES_PAGE))
}

/// Stops a run before its next request. What was already sent stays, and the run says so.
#[server(prefix = "/api", endpoint = "cancel_run")]
pub async fn cancel_run(id: i64) -> Result<(), ApiError> {
    let (engine, _) = require(Role::Lead)?;
    engine
        .cancel(RunId(id))
        .await
        .map_err(|error| internal(&error))?;
    leptos_axum::redirect(&format!("/runs/{id}"));
    Ok(())
}

/// How a run stands right now, and the changes that `turned` since it was told last.
///
/// # Errors
/// When the database fails.
#[cfg(feature = "ssr")]
pub async fn progress_now(
    engine: &Engine,
    id: i64,
    turned: Vec<engine::Turned>,
) -> Result<Option<RunProgressView>, store::Error> {
    let status = engine.run_status(RunId(id)).await?;
    Ok(status.map(|status| Words::of(engine).progress(&status, turned)))
}
