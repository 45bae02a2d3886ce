//! The changes of a run as CSV.

use engine::Engine;
use jiff::Timestamp;
use store::ChangeRow;
use triage::model::RunId;
use triage::outcome::Outcome;
use triage::text;

use super::words::names;

/// Changes that are read at once.
const BATCH: u64 = 2_000;

const COLUMNS: [&str; 9] = [
    "conversation",
    "subject",
    "change",
    "outcome",
    "reason",
    "attempts",
    "sent_at",
    "finished_at",
    "decided_by",
];

/// The changes of a run, of one outcome where one is named, as CSV with a heading; nothing where there is no such
/// run. Times are RFC 3339 in UTC.
///
/// # Errors
/// When the database fails.
pub async fn changes_csv(
    engine: &Engine,
    id: i64,
    outcome: Option<Outcome>,
) -> Result<Option<Vec<u8>>, Box<dyn std::error::Error + Send + Sync>> {
    let id = RunId(id);
    let run = match engine.own_run(id).await? {
        Some(run) if !run.state.is_plan() => run,
        _ => return Ok(None),
    };
    let names = names(&run);
    let outcomes: Vec<Outcome> = outcome.into_iter().collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    let mut offset = 0;
    loop {
        let rows = engine.store().changes(id, &outcomes, offset, BATCH).await?;
        let last = (rows.len() as u64) < BATCH;
        for row in rows {
            let change = text::change(&row.change, &names);
            writer.write_record(record(row, change))?;
        }
        if last {
            break;
        }
        offset += BATCH;
    }
    Ok(Some(writer.into_inner()?))
}

fn record(row: ChangeRow, change: String) -> [String; 9] {
    [
        harmless(row.conversation.into_string()),
        harmless(row.subject.unwrap_or_default()),
        harmless(change),
        row.outcome.to_string(),
        harmless(row.reason.unwrap_or_default()),
        row.attempts.to_string(),
        time(row.sent_at),
        time(row.finished_at),
        harmless(row.decided_by.unwrap_or_default()),
    ]
}

/// Spreadsheets run what looks like a formula, and a subject is whatever a customer wrote.
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text
    }
}

fn time(at: Option<i64>) -> String {
    at.and_then(|at| Timestamp::from_millisecond(at).ok())
        .map(|at| at.to_string())
        .unwrap_or_default()
}
