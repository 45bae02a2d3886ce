//! Runs as they are printed, for people and for programs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use store::{ChangeRow, Run};
use triage::outcome::{Outcome, RunState, Tally};
use triage::plan::LeftOutReason;
use triage::text;

use super::following::counts;

/// A run for programs; times in milliseconds since 1970.
pub(crate) fn value(run: &Run, tally: &Tally) -> Value {
    let outcomes: Map<String, Value> = Outcome::ALL
        .into_iter()
        .map(|outcome| (outcome.to_string(), tally.get(outcome).into()))
        .collect();
    json!({
        "id": run.id,
        "state": run.state,
        "author": author(run),
        "title": title(run),
        "selected": text::selected(&run.selection, run.facts.summary.conversations, run.picked()),
        "undo_of": run.undo_of,
        "confirmed_at": run.confirmed_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "pause_reason": run.pause_reason,
        "outcomes": outcomes,
    })
}

/// The changes of a run for programs.
pub(crate) fn changes(run: &Run, changes: &[ChangeRow]) -> Value {
    let names = text::labelled(&run.labels);
    changes
        .iter()
        .map(|row| {
            json!({
                "seq": row.seq,
                "conversation": row.conversation,
                "change": row.change,
                "text": text::change(&row.change, &names),
                "outcome": row.outcome,
                "reason": row.reason,
                "attempts": row.attempts,
                "sent_at": row.sent_at,
                "finished_at": row.finished_at,
                "decided_by": row.decided_by,
            })
        })
        .collect()
}

/// What an undo takes back and what it leaves, for programs.
pub(crate) fn undo_value(run: &Run, tally: &Tally) -> Value {
    let names = text::labelled(&run.labels);
    let mut value = value(run, tally);
    value["requests"] = run.facts.summary.requests.into();
    value["takes_back"] = run
        .facts
        .groups
        .iter()
        .filter(|group| group.will_change > 0)
        .map(|group| {
            json!({
                "change": group.change,
                "text": text::change(&group.change, &names),
                "changes": group.will_change,
            })
        })
        .collect();
    value["leaves"] = left_out(run)
        .into_iter()
        .map(|(reason, changes)| {
            json!({
                "reason": reason,
                "text": text::left_out(reason, changes),
                "changes": changes,
            })
        })
        .collect();
    value
}

/// A run in one line of the list, its columns apart by tabs.
pub(crate) fn line(run: &Run, tally: &Tally, zone: &TimeZone) -> String {
    let at = run.confirmed_at.unwrap_or(run.created_at);
    [
        run.id.to_string(),
        run.state.to_string(),
        counts(tally),
        moment(at, zone),
        author(run),
        title(run),
    ]
    .join("\t")
}

/// How a run ended or stands: `Run 7 is finished: 312 done, 3 failed.`, and why changes failed or are uncertain.
pub(crate) fn result(run: &Run, tally: &Tally, problems: &[(Outcome, String, u64)]) -> String {
    let state = match run.state {
        RunState::Reading => "being prepared",
        RunState::Preview => "a plan",
        known => known.as_str(),
    };
    let mut text = format!("Run {} is {state}: {}.", run.id, counts(tally));
    for (outcome, reason, number) in problems {
        text.push_str(&format!("\n  {} {outcome}: {reason}", text::count(*number)));
    }
    text
}

/// All that can be told about a run without its changes.
pub(crate) fn whole(
    run: &Run,
    tally: &Tally,
    problems: &[(Outcome, String, u64)],
    zone: &TimeZone,
) -> String {
    let mut lines = vec![
        result(run, tally, problems),
        title(run),
        text::selected(
            &run.selection,
            run.facts.summary.conversations,
            run.picked(),
        ),
    ];
    let mut history = vec![format!("by {}", author(run))];
    for (what, at) in [
        ("confirmed", run.confirmed_at),
        ("started", run.started_at),
        ("over", run.finished_at),
    ] {
        history.extend(at.map(|at| format!("{what} {}", moment(at, zone))));
    }
    lines.push(history.join(", "));
    lines.extend(run.pause_reason.clone());
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// What an undo takes back and what it leaves.
pub(crate) fn undo(run: &Run) -> String {
    let names = text::labelled(&run.labels);
    let of = run.undo_of.unwrap_or(run.id);
    let summary = &run.facts.summary;
    let mut text = if summary.changes == 0 {
        format!("There is nothing of run {of} to take back.")
    } else {
        format!(
            "Run {} takes run {of} back: {}, {}.",
            run.id,
            text::plural(summary.changes, "change"),
            text::plural(summary.requests, "request")
        )
    };
    for group in run.facts.groups.iter().filter(|one| one.will_change > 0) {
        let number = text::plural(group.will_change, "conversation");
        text.push_str(&format!(
            "\n  {}: {number}",
            text::change(&group.change, &names)
        ));
    }
    if summary.changes_already > 0 {
        let number = text::plural(summary.changes_already, "change");
        text.push_str(&format!("\n  {number}: back already"));
    }
    for (reason, changes) in left_out(run) {
        text.push_str(&format!("\n  {}", text::left_out(reason, changes)));
    }
    text
}

fn left_out(run: &Run) -> BTreeMap<LeftOutReason, u64> {
    let mut reasons = BTreeMap::new();
    for one in &run.left_out {
        *reasons.entry(one.reason).or_default() += 1;
    }
    reasons
}

fn author(run: &Run) -> String {
    run.author.to_string()
}

/// What a run does, in one line.
fn title(run: &Run) -> String {
    match (run.undo_of, &run.title) {
        (Some(of), _) => format!("Undo run {of}"),
        (None, Some(title)) => title.clone(),
        (None, None) => text::title(&run.actions, &text::labelled(&run.labels)),
    }
}

fn moment(at: i64, zone: &TimeZone) -> String {
    Timestamp::from_millisecond(at)
        .map(|at| {
            at.to_zoned(zone.clone())
                .strftime("%Y-%m-%d %H:%M %Z")
                .to_string()
        })
        .unwrap_or_default()
}
