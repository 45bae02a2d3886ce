//! The one that sends: takes one change, writes intent and time, sends, writes the outcome.
//!
//! Changes of one conversation go one after the other; different conversations go side by side, as fast as the
//! pacer lets them. What to do after an answer, a crash or a read is decided by `triage::outcome`; this module
//! carries it out.

mod activity;
mod busy;
mod flight;
mod new_tags;
mod pass;
mod reading;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use activity::Activity;
pub(crate) use busy::Busy;
use hiver::Lane;
use store::{Run, RunLane};
use triage::model::RunId;
use triage::outcome::RunState;

use crate::Engine;
use crate::link::Link;
use crate::live::Live;
use crate::runs::lane_for;
use crate::sync::chain;
use crate::words;

/// How often counted requests are written down.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// How long to wait after the database failed.
const DATABASE_PAUSE: Duration = Duration::from_secs(2);
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Plans that nobody confirmed are kept this long.
const KEEP_PREVIEWS_MS: i64 = 7 * DAY_MS;
/// Counts of requests are kept this long.
const KEEP_COUNTS_MS: i64 = 30 * DAY_MS;

/// What becomes of a change that was sent without an answer when its run is cancelled.
pub(crate) const CANCELLED_IN_DOUBT: &str =
    "cancelled before it was known whether Hiver had made it";

/// How a pass over a run ended.
enum End {
    /// Every change has a final outcome, or the run was cancelled.
    Over,
    /// The key was refused: nothing more can be sent with this link.
    KeyRefused,
    /// The engine or the link stops.
    Stopped,
    /// Something went wrong in here: the run is taken up again.
    Lost,
}

/// What somebody at work waits for.
#[derive(Clone, Copy)]
enum Desk {
    /// Sends the runs of a lane, those of rules excepted.
    Runs(RunLane),
    /// Sends the small or the big runs of rules.
    Rules { small: bool },
    /// Reads what undos need to know.
    Undos,
}

/// Sends what is confirmed, run after run, until the engine stops. Small runs, and those of rules, go ahead of the big
/// ones, each at a desk of their own; a small one of rules does not wait for a big one that looks at everything.
pub(crate) async fn work(engine: Engine) {
    let counting = engine.0.tasks.spawn(keep_counting(engine.clone()));
    tokio::join!(
        work_at(&engine, Desk::Runs(RunLane::Click)),
        work_at(&engine, Desk::Rules { small: true }),
        work_at(&engine, Desk::Rules { small: false }),
        work_at(&engine, Desk::Runs(RunLane::Bulk)),
        work_at(&engine, Desk::Undos),
    );
    if counting.await.is_err() {
        tracing::error!("the count of requests was not written to the end");
    }
    write_counts(&engine).await;
}

async fn work_at(engine: &Engine, desk: Desk) {
    let mut links = engine.0.link.subscribe();
    loop {
        let link = links.borrow_and_update().clone();
        if let Some(link) = link
            && wait_for_proof(&link).await
            && let Err(error) = serve(engine, &link, desk).await
        {
            tracing::error!(error = %chain(&error), "runs cannot go on: the database fails");
            engine.set_storage_trouble(Some(words::storage(&error)));
            tokio::select! {
                () = engine.0.stop.cancelled() => {}
                () = tokio::time::sleep(engine.patience().of(DATABASE_PAUSE)) => continue,
            }
        }
        if engine.0.stop.is_cancelled() {
            break;
        }
        tokio::select! {
            () = engine.0.stop.cancelled() => break,
            changed = links.changed() => if changed.is_err() { break },
        }
    }
}

/// The lane of the pacer on which a run is sent.
fn pace(lane: RunLane) -> Lane {
    match lane {
        RunLane::Click => Lane::Click,
        RunLane::Rules => Lane::Rules,
        RunLane::Bulk => Lane::Bulk,
    }
}

/// Waits until Hiver has shown that the key is of the account that the runs are for; `false` when the link ends
/// before.
async fn wait_for_proof(link: &Link) -> bool {
    let mut verified = link.verified.subscribe();
    tokio::select! {
        () = link.stop.cancelled() => false,
        seen = verified.wait_for(|verified| *verified) => seen.is_ok(),
    }
}

/// Does one thing after the other on a link until it ends.
async fn serve(engine: &Engine, link: &Arc<Link>, desk: Desk) -> Result<(), store::Error> {
    if matches!(desk, Desk::Runs(RunLane::Bulk)) {
        tidy(engine).await?;
    }
    resume_paused(engine, link).await?;
    let mut work = engine.0.work.subscribe();
    while !link.stop.is_cancelled() {
        // What comes after this look wakes the wait below.
        work.borrow_and_update();
        let next = match desk {
            Desk::Runs(lane) => next_run(engine, link, lane).await?,
            Desk::Rules { small } => next_of_rules(engine, link, small).await?,
            Desk::Undos => next_undo(engine, link).await?,
        };
        let Some(run) = next else {
            engine.set_storage_trouble(None);
            tokio::select! {
                () = link.stop.cancelled() => return Ok(()),
                changed = work.changed() => if changed.is_err() { return Ok(()) } else { continue },
            }
        };
        let id = run.id;
        let end = match desk {
            Desk::Runs(_) | Desk::Rules { .. } => pass::send(engine, link, run).await?,
            Desk::Undos => reading::read(engine, link, run).await?,
        };
        engine.tell(Live::Run(id));
        match end {
            // What waited for it at the other desk may go.
            End::Over if matches!(desk, Desk::Rules { .. }) => engine.call_to_work(),
            End::Over => {}
            End::Stopped => return Ok(()),
            End::KeyRefused => {
                // Nothing more is tried with this key before a read has shown that Hiver accepts it again.
                link.verified.send_replace(false);
                if wait_for_proof(link).await {
                    resume_paused(engine, link).await?;
                }
            }
            End::Lost => {
                tokio::select! {
                    () = link.stop.cancelled() => return Ok(()),
                    () = tokio::time::sleep(engine.patience().of(DATABASE_PAUSE)) => {}
                }
            }
        }
    }
    Ok(())
}

/// Runs that paused because a key was refused go on with a key that was accepted.
async fn resume_paused(engine: &Engine, link: &Link) -> Result<(), store::Error> {
    let open = engine.store().open_runs(link.connection.id).await?;
    engine.store().resume_runs(link.connection.id).await?;
    for run in open.into_iter().filter(|run| run.state == RunState::Paused) {
        engine.tell(Live::Run(run.id));
    }
    Ok(())
}

/// Throws away what nobody will ask for any more.
async fn tidy(engine: &Engine) -> Result<(), store::Error> {
    let store = engine.store();
    store
        .forget_previews(engine.now() - KEEP_PREVIEWS_MS)
        .await?;
    store.forget_usage(engine.now() - KEEP_COUNTS_MS).await?;
    store.forget_wishes(engine.now() - DAY_MS).await
}

/// The next run of a lane in the order of confirmation.
async fn next_run(
    engine: &Engine,
    link: &Link,
    lane: RunLane,
) -> Result<Option<Run>, store::Error> {
    let open = engine.store().open_runs(link.connection.id).await?;
    Ok(open
        .into_iter()
        .find(|run| run.lane == lane && run.state != RunState::Paused && engine.is_duty(run.id)))
}

/// The next run of rules, of the small or the big ones. What was decided before about the same conversations is sent
/// before.
async fn next_of_rules(
    engine: &Engine,
    link: &Link,
    small: bool,
) -> Result<Option<Run>, store::Error> {
    let store = engine.store();
    let open = store.open_runs(link.connection.id).await?;
    let mut before: Vec<RunId> = Vec::new();
    let may_go = |run: &Run| {
        run.lane == RunLane::Rules && run.state != RunState::Paused && engine.is_duty(run.id)
    };
    for run in open.into_iter().filter(may_go) {
        let is_small = lane_for(run.facts.summary.requests) == RunLane::Click;
        if is_small == small && !store.is_about_the_same(run.id, &before).await? {
            return Ok(Some(run));
        }
        before.push(run.id);
    }
    Ok(None)
}

async fn next_undo(engine: &Engine, link: &Link) -> Result<Option<Run>, store::Error> {
    let undos = engine.store().runs_to_read(link.connection.id).await?;
    Ok(undos.into_iter().find(|undo| engine.is_duty(undo.id)))
}

/// Writes down how many requests left, again and again until the engine stops.
async fn keep_counting(engine: Engine) {
    loop {
        tokio::select! {
            () = engine.0.stop.cancelled() => return,
            () = tokio::time::sleep(COUNT_EVERY) => {
                write_counts(&engine).await;
                // The wall clock may have jumped, or the machine slept: a day that was over may be another one.
                if let Some(link) = engine.link() {
                    link.hiver.pacer().recheck();
                }
            }
        }
    }
}

async fn write_counts(engine: &Engine) {
    for (left, requests) in engine.with_activity(Activity::take_counts) {
        let written = engine
            .store()
            .count_requests(left.connection, left.lane.as_str(), left.at(), requests)
            .await;
        if let Err(error) = written {
            tracing::error!(error = %chain(&error), "the count of requests could not be written");
            engine.with_activity(|activity| activity.put_back(left, requests));
        }
    }
}
