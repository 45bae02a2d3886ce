//! Plans and runs in words.

use std::collections::BTreeMap;

use engine::{Forecast, Preview, RunPage, RunStatus};
use store::{ChangeRow, NewTagState, Run};
use triage::actions::Change;
use triage::model::{Directory, RunId};
use triage::outcome::{Outcome, RunState};
use triage::plan::{LeftOutReason, Price};
use triage::selection::Selection;
use triage::text;

use super::{Words, author, encode, names, rule_page, why};
use crate::view::{
    CannotUndo, ChangeGroup, LeftOutView, PlannedChangeView, PlannedRow, PreviewView, Problem,
    RunLine, RunProgressView, RunView,
};

impl Words {
    pub(in crate::server_fns) fn preview(
        &self,
        preview: Preview,
        page: u64,
        page_size: u64,
    ) -> PreviewView {
        let Preview {
            run,
            price,
            forecast,
            stale,
            meets,
            changes,
            already,
        } = preview;
        let names = names(&run);
        let facts = &run.facts;
        PreviewView {
            id: run.id.0,
            state: run.state,
            author: author(&run),
            planned: self.moment(run.created_at),
            mirror_age: Some(self.moment(run.mirror_at)),
            selected: {
                let selected =
                    text::selected(&run.selection, facts.summary.conversations, run.picked());
                match &run.title {
                    Some(title) => format!("{title}: {selected}"),
                    None => selected,
                }
            },
            conversations: number(facts.summary.conversations),
            changing: number(facts.summary.will_change),
            already: number(facts.summary.already),
            changes: number(facts.summary.changes),
            line: text::price_line(&facts.summary, &price),
            duration: text::duration(price.seconds),
            fits_today: forecast.stops_at.is_none(),
            groups: facts
                .groups
                .iter()
                .map(|group| ChangeGroup {
                    label: text::change(&group.change, &names),
                    changing: number(group.will_change),
                    already: number(group.already),
                })
                .collect(),
            cannot_undo: facts
                .cannot_be_undone
                .iter()
                .map(|one| CannotUndo {
                    sentence: text::cannot_be_undone(one.reason, one.changes),
                    count: number(one.changes),
                })
                .collect(),
            note: run.actions.note.clone(),
            stale,
            rows: planned_rows(run.id, &changes, &names),
            already_rows: planned_rows(run.id, &already, &names),
            page: number(page),
            pages: number(facts.summary.will_change.div_ceil(page_size).max(1)),
            back: match run.undo_of {
                Some(of) => format!("/runs/{of}"),
                None if run.title.is_some() => "/rules/backtest".to_owned(),
                None => back(&run.selection),
            },
            schedule: self.schedule(forecast),
            undo_of: run.undo_of.map(|of| of.0),
            reading: None,
            left_out: left_out(&run, &names),
            meets: meets
                .into_iter()
                .map(|(run, conversations)| (run.0, number(conversations)))
                .collect(),
            new_tags: run.new_tags.iter().map(|tag| tag.name.clone()).collect(),
        }
    }

    /// When something will have been sent, and where the day's limit interrupts it.
    fn schedule(&self, forecast: Forecast) -> String {
        match (forecast.stops_at, forecast.continues_at) {
            (Some(stops), Some(continues)) => format!(
                "until {} it waits for the day's limit from {} on, and it ends about {}",
                self.clock(continues),
                self.clock(stops),
                self.clock(forecast.finish_at)
            ),
            _ => format!("ends about {}", self.clock(forecast.finish_at)),
        }
    }

    /// What reading before an undo costs.
    pub(in crate::server_fns) fn reads(&self, price: &Price) -> String {
        let mut words = format!(
            "asks Hiver first how {} now: {}, {}",
            if price.requests == 1 {
                "1 conversation stands".to_owned()
            } else {
                format!("{} stand", text::plural(price.requests, "conversation"))
            },
            text::plural(price.requests, "request"),
            text::duration(price.seconds)
        );
        if let Some(share) = price.share_of_day {
            words.push_str(&format!(", {} of today", text::percent(share)));
        }
        words
    }

    pub(in crate::server_fns) fn run_line(&self, status: &RunStatus) -> RunLine {
        RunLine {
            progress: self.progress(status),
            author: author(&status.run),
            rule: rule_page(&status.run),
            title: title(&status.run),
            confirmed: status.run.confirmed_at.map(|at| self.moment(at)),
        }
    }

    pub(in crate::server_fns) fn run(
        &self,
        page: RunPage,
        outcome: Option<Outcome>,
        number_of: u64,
        size: u64,
    ) -> RunView {
        let run = &page.status.run;
        let over = run.state.is_over();
        let names = names(run);
        RunView {
            progress: self.progress(&page.status),
            author: author(run),
            rule: rule_page(run),
            title: title(run),
            selected: text::selected(
                &run.selection,
                run.facts.summary.conversations,
                run.picked(),
            ),
            confirmed: run.confirmed_at.map(|at| self.moment(at)),
            problems: page
                .problems
                .into_iter()
                .map(|(outcome, reason, count)| Problem {
                    outcome,
                    reason,
                    count: number(count),
                })
                .collect(),
            rows: page
                .changes
                .into_iter()
                .map(|change| self.change(run.id, change, &names))
                .collect(),
            outcome,
            page: number(number_of),
            pages: number(page.matching.div_ceil(size).max(1)),
            undo: None,
            undo_of: run.undo_of.map(|of| of.0),
            undone_by: Vec::new(),
            new_tags: run
                .new_tags
                .iter()
                .map(|tag| (tag.name.clone(), new_tag_state(&tag.state, over)))
                .collect(),
        }
    }

    pub(in crate::server_fns) fn progress(&self, status: &RunStatus) -> RunProgressView {
        let run = &status.run;
        let over = run.state.is_over();
        let took = || {
            let began = run
                .started_at
                .or(run.confirmed_at)
                .unwrap_or(run.created_at);
            let ended = run.finished_at.unwrap_or(self.now);
            text::duration((ended - began).max(0) as f64 / 1_000.0)
        };
        RunProgressView {
            id: run.id.0,
            state: run.state,
            cancelling: run.cancel_requested && !over,
            pausing: run.pause_requested && run.state == RunState::Running,
            may_go_ahead: status.waiting_before > 0,
            pause_reason: run.pause_reason.clone(),
            counts: Outcome::ALL
                .into_iter()
                .map(|outcome| {
                    (
                        outcome,
                        u32::try_from(status.tally.get(outcome)).unwrap_or(u32::MAX),
                    )
                })
                .filter(|(_, count)| *count > 0)
                .collect(),
            time: match run.state {
                RunState::Finished | RunState::Cancelled => format!("took {}", took()),
                RunState::Paused => format!(
                    "paused with {} to come",
                    text::plural(status.requests_left, "request")
                ),
                _ if status.held_up => "waiting for Hiver".to_owned(),
                RunState::Waiting if status.waiting_before > 0 => format!(
                    "{} before it",
                    text::plural(status.waiting_before, "waiting run")
                ),
                // The schedule says when.
                _ if status
                    .forecast
                    .is_some_and(|forecast| forecast.stops_at.is_some()) =>
                {
                    "longer than the day's requests last".to_owned()
                }
                _ => format!("about {} left", text::duration(status.seconds_left)),
            },
            rate: status.per_second.filter(|_| !status.held_up).map(|rate| {
                let why = if status.slowed {
                    ", slower for a while: Hiver asked to slow down"
                } else {
                    ""
                };
                format!("{rate:.1} requests/s{why}")
            }),
            schedule: status
                .forecast
                .filter(|_| !status.held_up)
                .map(|forecast| self.to_come(status.requests_left, forecast)),
            turned: Vec::new(),
            missed: false,
        }
    }

    /// What a run still takes: requests, share of the day, and when it ends.
    fn to_come(&self, requests: u64, forecast: Forecast) -> String {
        let share = self
            .per_day
            .map(|per_day| requests as f64 / f64::from(per_day.max(1)))
            .map(|share| format!(", {} of a day", text::percent(share)))
            .unwrap_or_default();
        format!(
            "{} to come{share}; {}",
            text::plural(requests, "request"),
            self.schedule(forecast)
        )
    }
}

/// What a run does: `Assign to Ana Ruiz, add tag billing, add note`.
fn title(run: &Run) -> String {
    match (run.undo_of, &run.title) {
        (Some(of), _) => format!("Undo run {of}"),
        (None, Some(title)) => title.clone(),
        (None, None) => text::title(&run.actions, &names(run)),
    }
}

fn new_tag_state(state: &NewTagState, over: bool) -> String {
    match state {
        NewTagState::Waiting if over => "not made".to_owned(),
        NewTagState::Sending if over => {
            "perhaps made: the run ended before Hiver answered".to_owned()
        }
        NewTagState::Waiting => "to be made first".to_owned(),
        NewTagState::Sending => "being made".to_owned(),
        NewTagState::Made(_) => "made".to_owned(),
        NewTagState::Failed(why) => format!("could not be made: {why}"),
    }
}

/// What an undo leaves as it is, by reason, conflicts first.
fn left_out(run: &Run, names: &Directory) -> Vec<LeftOutView> {
    const SHOWN: usize = 20;
    let mut by_reason: BTreeMap<LeftOutReason, Vec<_>> = BTreeMap::new();
    for one in &run.left_out {
        by_reason.entry(one.reason).or_default().push(one);
    }
    let mut views: Vec<LeftOutView> = by_reason
        .into_iter()
        .map(|(reason, all)| LeftOutView {
            sentence: text::left_out(reason, all.len() as u64),
            conflict: !matches!(reason, LeftOutReason::Impossible(_)),
            first: all
                .iter()
                .take(SHOWN)
                .map(|one| {
                    let what = text::change(&one.change, names);
                    (one.conversation.to_string(), one.subject.clone(), what)
                })
                .collect(),
            more: all.len().saturating_sub(SHOWN),
        })
        .collect();
    views.sort_by_key(|view| !view.conflict);
    views
}

/// The list that a plan came from.
fn back(selection: &Selection) -> String {
    match selection {
        Selection::Matching { filter, .. } if !filter.trim().is_empty() => {
            format!("/triage?q={}", encode(filter))
        }
        _ => "/triage".to_owned(),
    }
}

fn planned_rows(run: RunId, changes: &[ChangeRow], names: &Directory) -> Vec<PlannedRow> {
    let mut rows: Vec<PlannedRow> = Vec::new();
    for change in changes {
        let view = PlannedChangeView {
            what: match &change.change {
                Change::Assign(_) => "assignee".to_owned(),
                Change::AddTag(tag) | Change::RemoveTag(tag) => {
                    format!("tag {}", text::tag_name(tag, names))
                }
                Change::SetStatus(_) => "status".to_owned(),
                Change::AddNote(_) => "note".to_owned(),
            },
            before: match &change.change {
                Change::AddNote(_) => None,
                _ => Some(text::before(&change.before, names)),
            },
            after: match &change.change {
                Change::AddTag(_) => "tagged".to_owned(),
                Change::RemoveTag(_) => "not tagged".to_owned(),
                // What a person wrote is the same for all, and shown once.
                Change::AddNote(note) if change.rule.is_some() => note.clone(),
                Change::AddNote(_) => "added".to_owned(),
                other => text::after(other, names),
            },
            already: change.outcome == Outcome::Unchanged,
        };
        match rows.last_mut() {
            Some(row) if row.conversation == change.conversation.as_str() => row.changes.push(view),
            _ => rows.push(PlannedRow {
                conversation: change.conversation.to_string(),
                subject: change.subject.clone(),
                changes: vec![view],
                why: why(run, change),
            }),
        }
    }
    rows
}

fn number(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
