//! The one that sends: takes one change, writes intent and time, sends, writes the outcome.
//!
//! Changes of one conversation go one after the other; different conversations go side by side, as fast as the
//! pacer lets them. What to do after an answer, a crash or a read is decided by `triage::outcome`; this module
//! carries it out.

mod activity;
mod flight;
mod pass;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use activity::Activity;
use store::Run;
use triage::outcome::RunState;

use crate::Engine;
use crate::link::Link;
use crate::live::Live;
use crate::sync::chain;

/// How often counted requests are written down.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// How long to wait after the database failed.
const DATABASE_PAUSE: Duration = Duration::from_secs(2);
/// Plans that nobody confirmed are kept this long.
const KEEP_PREVIEWS_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

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

/// Sends what is confirmed, run after run, until the engine stops.
pub(crate) async fn work(engine: Engine) {
    let counting = engine.0.tasks.spawn(keep_counting(engine.clone()));
    let mut links = engine.0.link.subscribe();
    loop {
        let link = links.borrow_and_update().clone();
        if let Some(link) = link
            && wait_for_proof(&link).await
            && let Err(error) = send_all(&engine, &link).await
        {
            tracing::error!(error = %chain(&error), "runs cannot go on: the database fails");
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
    if counting.await.is_err() {
        tracing::error!("the count of requests was not written to the end");
    }
    write_counts(&engine).await;
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

/// Sends run after run on a link until it ends.
async fn send_all(engine: &Engine, link: &Arc<Link>) -> Result<(), store::Error> {
    engine
        .store()
        .forget_previews(engine.now() - KEEP_PREVIEWS_MS)
        .await?;
    resume_paused(engine, link).await?;
    while !link.stop.is_cancelled() {
        let Some(run) = next_run(engine, link).await? else {
            tokio::select! {
                () = link.stop.cancelled() => return Ok(()),
                () = engine.0.work.notified() => continue,
            }
        };
        let id = run.id;
        let end = pass::send(engine, link, run).await?;
        engine.tell(Live::Run(id));
        match end {
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

/// The next run in the order of confirmation.
async fn next_run(engine: &Engine, link: &Link) -> Result<Option<Run>, store::Error> {
    let open = engine.store().open_runs(link.connection.id).await?;
    Ok(open.into_iter().find(|run| run.state != RunState::Paused))
}

/// Writes down how many requests left, again and again until the engine stops.
async fn keep_counting(engine: Engine) {
    loop {
        tokio::select! {
            () = engine.0.stop.cancelled() => return,
            () = tokio::time::sleep(COUNT_EVERY) => write_counts(&engine).await,
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
