//! Following a run until nothing more happens by itself.

use engine::SyncProgress;
use store::Run;
use triage::model::RunId;
use triage::outcome::{Outcome, RunState, Tally};
use triage::text;

use super::doer::{Doer, Moment};
use super::{Stop, failed};
use crate::Problem;

/// Why a run is not followed any further.
pub(crate) enum Followed {
    /// It is over.
    Over(Run),
    /// It is held, for this reason.
    Held(Run, String),
    /// It is a plan that waits for its start.
    Planned(Run),
    /// It was given up while it was being prepared.
    GivenUp,
}

/// Follows a run until it is over, held, or a plan.
pub(crate) async fn follow(doer: &mut Doer<'_>, id: RunId) -> Result<Followed, Stop> {
    let mut to_read = None;
    loop {
        let Some(run) = doer.place.store.run(id).await.map_err(failed)? else {
            return Ok(Followed::GivenUp);
        };
        match run.state {
            RunState::Finished | RunState::Cancelled => return Ok(Followed::Over(run)),
            RunState::Preview => return Ok(Followed::Planned(run)),
            RunState::Paused => {
                let why = run.pause_reason.clone();
                let why = why.unwrap_or_else(|| "A person paused it.".to_owned());
                return Ok(Followed::Held(run, why));
            }
            RunState::Reading | RunState::Waiting | RunState::Running => {}
        }
        if let Some(why) = refused_key(doer, &run).await? {
            return Ok(Followed::Held(run, why));
        }
        let line = line(doer, &run, &mut to_read).await?;
        doer.progress.show(line);
        if doer.moment().await? == Moment::Interrupted {
            return interrupted(doer, run).await;
        }
    }
}

/// Follows a run that was asked to stop until it has; nothing when it was an undo that was still being prepared.
pub(crate) async fn follow_to_its_end(
    doer: &mut Doer<'_>,
    id: RunId,
    stop: &engine::Wish,
) -> Result<Option<Run>, Stop> {
    loop {
        match doer.place.store.run(id).await.map_err(failed)? {
            None => return Ok(None),
            Some(run) if run.state.is_over() => return Ok(Some(run)),
            Some(_) => {}
        }
        match doer.moment().await? {
            Moment::Passed => {}
            // Whoever was asked ended before it could obey.
            Moment::TakenOver => {
                doer.carry_out(stop.clone()).await?;
            }
            Moment::Interrupted => {
                return Err(Stop::Interrupted(format!(
                    "run {id} was asked to stop, and will as soon as the answers under way have come"
                )));
            }
        }
    }
}

/// What is wrong with the key, so that this run waits for a person; told only where this process sends.
async fn refused_key(doer: &mut Doer<'_>, run: &Run) -> Result<Option<String>, Stop> {
    let Some(engine) = doer.engine().cloned() else {
        return Ok(None);
    };
    if engine.own_run(run.id).await.map_err(failed)?.is_none() {
        return Err(Problem::from(format!(
            "run {} is of another Hiver account than the key in use\n  hint: it goes on with the key of its own",
            run.id
        ))
        .into());
    }
    let trouble = engine.status().await.map_err(failed)?.trouble;
    // A run that is being sent notices by itself, and pauses.
    if let Some(trouble) = &trouble
        && trouble.about_key
        && run.state != RunState::Running
    {
        return Ok(Some(format!("{} {}", trouble.message, trouble.remedy)));
    }
    doer.progress.trouble(trouble.as_ref());
    Ok(None)
}

/// A person has had enough of waiting.
async fn interrupted(doer: &mut Doer<'_>, run: Run) -> Result<Followed, Stop> {
    let id = run.id;
    if !doer.is_here() {
        return Err(Stop::Interrupted(format!(
            "run {id} goes on: {} sends it\n  hint: stop it with `hiver-console runs cancel {id}`",
            doer.holder()
        )));
    }
    doer.leave().await;
    let now = doer.place.store.run(id).await.map_err(failed)?;
    match now.unwrap_or(run) {
        over if over.state.is_over() => Ok(Followed::Over(over)),
        Run {
            state: RunState::Reading,
            undo_of: Some(of),
            ..
        } => Err(Stop::Interrupted(format!(
            "the undo of run {of} is not prepared yet\n  hint: go on with `hiver-console runs undo {of}`"
        ))),
        _ => Err(Stop::Interrupted(format!(
            "run {id} is stopped\n  hint: it goes on with `hiver-console runs resume {id}`"
        ))),
    }
}

/// How far a run is.
async fn line(doer: &Doer<'_>, run: &Run, to_read: &mut Option<u64>) -> Result<String, Problem> {
    let (id, store) = (run.id, &doer.place.store);
    if let (RunState::Reading, Some(of)) = (run.state, run.undo_of) {
        let all = match *to_read {
            Some(all) => all,
            None => store.changed_conversations(of).await.map_err(failed)?.len() as u64,
        };
        *to_read = Some(all);
        let read = store.read_count(id).await.map_err(failed)?.min(all);
        return Ok(format!(
            "Undo of run {of}: {} of {} read",
            text::count(read),
            text::plural(all, "conversation")
        ));
    }
    let status = match doer.engine() {
        Some(engine) => engine.run_status(id).await.map_err(failed)?,
        None => None,
    };
    let tally = match &status {
        Some(status) => status.tally,
        None => store.tally(id).await.map_err(failed)?,
    };
    let mut line = format!(
        "Run {id}: {} of {}",
        text::count(tally.total() - tally.remaining()),
        text::plural(tally.total(), "change")
    );
    if tally.failed > 0 {
        line.push_str(&format!(" · {} failed", text::count(tally.failed)));
    }
    if run.state == RunState::Waiting {
        line.push_str(" · waiting");
    } else if let Some(status) = status.filter(|status| !status.held_up) {
        let left = text::duration(status.seconds_left);
        line.push_str(&format!(" · about {left} left"));
    }
    Ok(line)
}

/// How far reading is.
pub(crate) fn reading_line(reading: &SyncProgress) -> String {
    format!(
        "Reading {} · {} of {} · {}",
        reading.doing,
        reading.lists_done,
        text::plural(u64::from(reading.lists), "list"),
        text::plural(u64::from(reading.conversations), "conversation")
    )
}

/// How many changes ended how: `312 done, 3 failed`.
pub(crate) fn counts(tally: &Tally) -> String {
    let counts: Vec<String> = Outcome::ALL
        .into_iter()
        .filter(|outcome| tally.get(*outcome) > 0)
        .map(|outcome| format!("{} {outcome}", text::count(tally.get(outcome))))
        .collect();
    if counts.is_empty() {
        "no changes".to_owned()
    } else {
        counts.join(", ")
    }
}
