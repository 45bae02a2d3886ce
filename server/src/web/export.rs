//! Downloads.

use app::server_fns::changes_csv;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use triage::outcome::Outcome;

use super::Web;

#[derive(Deserialize)]
pub(super) struct Narrowed {
    #[serde(default)]
    outcome: String,
}

/// `GET /runs/{id}/changes.csv?outcome=failed`.
pub(super) async fn changes(
    State(web): State<Web>,
    Path(id): Path<i64>,
    Query(narrowed): Query<Narrowed>,
) -> Response {
    let outcome: Option<Outcome> = narrowed.outcome.parse().ok();
    match changes_csv(&web.0.engine, id, outcome).await {
        Ok(Some(csv)) => {
            let name = format!("attachment; filename=\"run-{id}.csv\"");
            let headers = [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
                (header::CONTENT_DISPOSITION, name),
            ];
            (headers, csv).into_response()
        }
        Ok(None) => (StatusCode::NOT_FOUND, format!("There is no run {id}.")).into_response(),
        Err(error) => {
            tracing::error!(error = %crate::Problem::because("the changes of a run cannot be exported", &*error), "export");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
