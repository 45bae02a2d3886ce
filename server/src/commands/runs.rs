//! `runs list`, `show`, `start`, `resume`, `cancel`, `undo`, `retry`.

use engine::{Duties, Wish, time_zone_of};
use serde_json::Value;
use store::Run;
use triage::model::RunId;
use triage::outcome::Tally;

use super::doer::Doer;
use super::following::{Followed, follow, follow_to_its_end};
use super::place::Place;
use super::{Exit, Stop, failed, print, showing};
use crate::Problem;
use crate::args::{RunsCommand, Settings};

/// Runs that are read from the database at once.
const PAGE: u64 = 200;

pub(crate) async fn run(settings: Settings, command: RunsCommand) -> Result<Exit, Stop> {
    let place = Place::open(settings).await?;
    match command {
        RunsCommand::List { json } => list(&place, json).await,
        RunsCommand::Show { id, json } => show(&place, id, json).await,
        RunsCommand::Start { id, json } => {
            send(&place, "start", Wish::Start { run: id }, id, json).await
        }
        RunsCommand::Resume { id, json } => {
            send(&place, "resume", Wish::Resume { run: id }, id, json).await
        }
        RunsCommand::Retry { id, json } => {
            send(&place, "retry", Wish::Retry { run: id }, id, json).await
        }
        RunsCommand::Cancel { id, json } => cancel(&place, id, json).await,
        RunsCommand::Undo { id, preview, json } => undo(&place, id, preview, json).await,
    }
}

async fn list(place: &Place, json: bool) -> Result<Exit, Stop> {
    let mut all = Vec::new();
    if let Some(connection) = place.connection().await? {
        loop {
            let from = all.len() as u64;
            let page = place.store.runs(connection.id, from, PAGE).await;
            let page = page.map_err(failed)?;
            if page.is_empty() {
                break;
            }
            for run in page {
                let tally = place.store.tally(run.id).await.map_err(failed)?;
                all.push((run, tally));
            }
        }
    }
    if json {
        let all: Vec<Value> = all
            .iter()
            .map(|(run, tally)| showing::value(run, tally))
            .collect();
        print(&Value::from(all).to_string())?;
    } else {
        let zone = time_zone_of(&place.store).await.map_err(failed)?;
        for (run, tally) in &all {
            print(&showing::line(run, tally, &zone))?;
        }
    }
    Ok(Exit::Done)
}

async fn show(place: &Place, id: RunId, json: bool) -> Result<Exit, Stop> {
    let run = place.run(id).await?;
    let tally = place.store.tally(id).await.map_err(failed)?;
    if json {
        let changes = place.store.changes(id, &[], 0, u64::MAX >> 1).await;
        let mut value = showing::value(&run, &tally);
        value["changes"] = showing::changes(&run, &changes.map_err(failed)?);
        print(&value.to_string())?;
    } else {
        let problems = place.store.problems(id).await.map_err(failed)?;
        let zone = time_zone_of(&place.store).await.map_err(failed)?;
        print(&showing::whole(&run, &tally, &problems, &zone))?;
    }
    Ok(Exit::Done)
}

/// Has a run sent, and waits until it is over or held.
async fn send(place: &Place, word: &str, wish: Wish, id: RunId, json: bool) -> Result<Exit, Stop> {
    let name = format!("runs {word} {id}");
    let followed = Doer::with(place, &name, Some(Duties::ChosenRuns), async |doer| {
        doer.choose(id);
        doer.carry_out(wish).await?;
        follow(doer, id).await
    })
    .await?;
    tell(place, followed, json, showing::value).await
}

async fn cancel(place: &Place, id: RunId, json: bool) -> Result<Exit, Stop> {
    let name = format!("runs cancel {id}");
    // An engine that has chosen no run sends nothing.
    let duties = Some(Duties::ChosenRuns);
    let ended = Doer::with(place, &name, duties, async |doer| {
        let wish = Wish::Cancel { run: id };
        doer.carry_out(wish.clone()).await?;
        follow_to_its_end(doer, id, &wish).await
    })
    .await?;
    match ended {
        Some(run) => {
            print_result(place, &run, json, showing::value).await?;
        }
        None if json => print(&serde_json::json!({ "id": id, "state": "given_up" }).to_string())?,
        None => print(&format!("The undo {id} is given up."))?,
    }
    Ok(Exit::Done)
}

async fn undo(place: &Place, id: RunId, preview: bool, json: bool) -> Result<Exit, Stop> {
    let name = format!("runs undo {id}");
    let followed = Doer::with(place, &name, Some(Duties::ChosenRuns), async |doer| {
        let begun = doer.carry_out(Wish::Undo { run: id }).await?;
        let undo = begun
            .run
            .ok_or_else(|| Problem::from("the undo has no number"))?;
        doer.choose(undo);
        let followed = follow(doer, undo).await?;
        let Followed::Planned(plan) = followed else {
            return Ok(followed);
        };
        doer.progress.clear();
        if !json {
            print(&showing::undo(&plan))?;
        }
        if preview || plan.facts.summary.changes == 0 {
            return Ok(Followed::Planned(plan));
        }
        doer.carry_out(Wish::Start { run: undo }).await?;
        follow(doer, undo).await
    })
    .await?;
    tell(place, followed, json, showing::undo_value).await
}

/// Prints how a run ended or stands.
async fn tell(
    place: &Place,
    followed: Followed,
    json: bool,
    value: fn(&Run, &Tally) -> Value,
) -> Result<Exit, Stop> {
    match followed {
        Followed::Over(run) => {
            let tally = print_result(place, &run, json, value).await?;
            let all_done = tally.failed + tally.uncertain + tally.cancelled == 0;
            Ok(if all_done {
                Exit::Done
            } else {
                Exit::NotAllDone
            })
        }
        Followed::Held(run, why) => {
            print_result(place, &run, json, value).await?;
            if !json {
                print(&why)?;
            }
            Ok(Exit::Paused)
        }
        Followed::Planned(run) => {
            if json {
                print_result(place, &run, json, value).await?;
            } else if run.facts.summary.changes > 0 {
                print(&format!(
                    "Start it with `hiver-console runs start {}`.",
                    run.id
                ))?;
            }
            Ok(Exit::Done)
        }
        Followed::GivenUp => Err(Problem::from("it was given up by somebody else").into()),
    }
}

pub(super) async fn print_result(
    place: &Place,
    run: &Run,
    json: bool,
    value: fn(&Run, &Tally) -> Value,
) -> Result<Tally, Problem> {
    let tally = place.store.tally(run.id).await.map_err(failed)?;
    if json {
        print(&value(run, &tally).to_string())?;
    } else {
        let problems = place.store.problems(run.id).await.map_err(failed)?;
        print(&showing::result(run, &tally, &problems))?;
    }
    Ok(tally)
}
