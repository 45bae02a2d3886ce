//! `rules run`: rules that run on demand look, and their runs are waited for.

use engine::{Duties, OnDemand, Wish};
use serde_json::{Value, json};
use triage::model::Directory;
use triage::text;

use super::super::doer::Doer;
use super::super::following::{Followed, follow};
use super::super::place::Place;
use super::super::runs::print_result;
use super::super::{Exit, Stop, failed, now, print, showing};
use super::InForce;
use crate::Problem;

pub(super) async fn run(
    place: &Place,
    mailbox: Option<String>,
    dry: bool,
    as_json: bool,
) -> Result<Exit, Stop> {
    if InForce::read(place).await?.version.is_none() {
        let report = OnDemand::default();
        if as_json {
            let mut value = value(&report, &Directory::default());
            value["runs"] = json!([]);
            print(&value.to_string())?;
        } else {
            print("No rules were saved yet: there was nothing to do.")?;
        }
        return Ok(Exit::Done);
    }
    let duties = Some(Duties::ChosenRuns);
    let (report, ended) = Doer::with(place, "rules run", duties, async |doer| {
        let mailbox = mailbox.clone();
        // Whoever does it, and however often somebody takes over: once.
        let name = (!dry).then(|| format!("{}-{:08x}", now(), rand::random::<u32>()));
        let done = doer.carry_out(Wish::RunRules { mailbox, name }).await?;
        let report = done
            .rules
            .ok_or_else(|| Problem::from("the answer says nothing of rules"))?;
        let mut ended = Vec::with_capacity(report.runs.len());
        for run in &report.runs {
            doer.choose(*run);
            ended.push(follow(doer, *run).await?);
        }
        Ok((report, ended))
    })
    .await?;
    let names = names(place).await?;
    if as_json {
        let mut value = value(&report, &names);
        let mut runs = Vec::new();
        for followed in &ended {
            let run = over(followed)?;
            let tally = place.store.tally(run.id).await.map_err(failed)?;
            runs.push(showing::value(run, &tally));
        }
        value["runs"] = runs.into();
        print(&value.to_string())?;
    } else {
        tell(&report, dry, &names)?;
    }
    let mut exit = Exit::Done;
    for followed in &ended {
        let run = over(followed)?;
        let tally = if as_json {
            place.store.tally(run.id).await.map_err(failed)?
        } else {
            print_result(place, run, false, showing::value).await?
        };
        if let Followed::Held(_, why) = followed {
            if !as_json {
                print(why)?;
            }
            exit = Exit::Paused;
        } else if tally.failed + tally.uncertain + tally.cancelled > 0 && exit == Exit::Done {
            exit = Exit::NotAllDone;
        }
    }
    Ok(exit)
}

/// A run as it was when it was followed no further.
fn over(followed: &Followed) -> Result<&store::Run, Problem> {
    match followed {
        Followed::Over(run) | Followed::Held(run, _) | Followed::Planned(run) => Ok(run),
        Followed::GivenUp => Err("a run was given up by somebody else".into()),
    }
}

async fn names(place: &Place) -> Result<Directory, Problem> {
    let Some(connection) = place.connection().await? else {
        return Ok(Directory::default());
    };
    let stored = place.store.directory(connection.id).await.map_err(failed)?;
    let mailboxes = stored.mailboxes.into_iter().map(|one| one.mailbox);
    Ok(Directory {
        mailboxes: mailboxes.collect(),
        users: stored.users,
        tags: stored.tags,
    })
}

fn value(report: &OnDemand, names: &Directory) -> Value {
    let would: Vec<Value> = report
        .would
        .iter()
        .map(|one| {
            let changes: Vec<Value> = one
                .changes
                .iter()
                .map(|change| json!({ "change": change, "text": text::change(change, names) }))
                .collect();
            json!({
                "conversation": one.conversation,
                "subject": one.subject,
                "rule": one.rule,
                "name": one.name,
                "changes": changes,
                "shadow": one.shadow,
            })
        })
        .collect();
    json!({
        "version": report.version,
        "rules": report.rules,
        "looked_at": report.looked_at,
        "by_rule": report.by_rule,
        "would": would,
    })
}

fn tell(report: &OnDemand, dry: bool, names: &Directory) -> Result<(), Problem> {
    for one in &report.would {
        let changes: Vec<String> = one
            .changes
            .iter()
            .map(|change| text::change(change, names))
            .collect();
        let shadow = if one.shadow { " (shadow)" } else { "" };
        let line = [
            one.conversation.to_string(),
            format!("{}{shadow}", one.name),
            changes.join(", "),
            one.subject.clone().unwrap_or_default(),
        ];
        // A note may have line breaks, and a subject tabs; a line is one conversation.
        let line = line.map(|part| part.replace(['\t', '\r', '\n'], " "));
        print(&line.join("\t"))?;
    }
    let rules = text::plural(report.rules, "rule");
    let looked = text::plural(report.looked_at, "conversation");
    print(&format!(
        "{rules} of version {} looked at {looked}.",
        report.version
    ))?;
    for one in &report.by_rule {
        let acts = if dry { "would act" } else { "acted" };
        print(&format!(
            "  {}: {} fit, {acts} on {}, left {} alone",
            routing::words::quoted(&one.name),
            text::count(one.matched),
            text::count(one.acted),
            text::count(one.skipped)
        ))?;
    }
    if !dry && report.runs.is_empty() {
        print("There was nothing to send.")?;
    }
    Ok(())
}
