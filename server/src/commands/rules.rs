//! `rules import`, `export`, `check`, `run`.

mod demand;
mod document;
mod words;

use std::io::Write;
use std::path::Path;

use engine::{StoredWorld, Wish, rules_saved, save_stored_rules};
use routing::Compiled;
use routing::diff::diff;
use routing::document::write;
use routing::model::RuleSet;
use serde_json::json;
use store::{Connection, RuleVersion};

use self::document::{name_of, read, written};
use super::doer::{Doer, author};
use super::place::Place;
use super::{Exit, Stop, failed, now, print};
use crate::Problem;
use crate::args::{RulesCommand, Settings};

pub(crate) async fn run(settings: Settings, command: RulesCommand) -> Result<Exit, Stop> {
    let place = Place::open(settings).await?;
    match command {
        RulesCommand::Import { file, add, json } => import(&place, &file, add, json).await,
        RulesCommand::Export { file, json } => export(&place, file.as_deref(), json).await,
        RulesCommand::Check { file, strict, json } => {
            check(&place, file.as_deref(), strict, json).await
        }
        RulesCommand::Run {
            dry_run,
            mailbox,
            json,
        } => demand::run(&place, mailbox, dry_run, json).await,
    }
}

/// The rules in force, as the database has them.
struct InForce {
    connection: Connection,
    /// Nothing where none were ever saved.
    version: Option<RuleVersion>,
    rules: RuleSet,
}

impl InForce {
    async fn read(place: &Place) -> Result<Self, Problem> {
        let Some(connection) = place.connection().await? else {
            let address = place.config()?.base_url;
            return Err(Problem::from(format!(
                "no Hiver was ever connected at {address}, and rules belong to one\n  hint: set a key with \
                 `hiver-console key set`, then read its users and tags with `hiver-console sync`; another address is \
                 given by --base-url"
            )));
        };
        let stored = place.store.rules(connection.id, None).await;
        let (version, rules) = match stored.map_err(failed)? {
            None => (None, RuleSet::default()),
            Some(stored) => {
                let rules = serde_json::from_str(&stored.rules).map_err(|error| {
                    Problem::because("the rules in the database cannot be read", &error)
                })?;
                (Some(stored.version), rules)
            }
        };
        Ok(Self {
            connection,
            version,
            rules,
        })
    }

    fn number(&self) -> i32 {
        self.version.as_ref().map_or(0, |version| version.version)
    }
}

async fn import(place: &Place, file: &Path, add: bool, json: bool) -> Result<Exit, Stop> {
    let before = InForce::read(place).await?;
    let world = StoredWorld::read(&place.store, before.connection.id, now()).await;
    let world = world.map_err(failed)?;
    let names = world.directory();
    let read = read(file, &names).map_err(|fault| fault.into_problem(file, &names))?;
    let rules = if add {
        with(before.rules.clone(), read)
    } else {
        read
    };
    // What is put together may be too much, although each part is not.
    Compiled::new(&rules, &names)
        .map_err(|problems| document::Fault::Problems(problems).into_problem(file, &names))?;
    let lines = diff(&before.rules, &rules, &names);
    if !json {
        for line in &lines {
            print(&words::line(line))?;
        }
    }
    if lines.is_empty() && before.version.is_some() {
        let version = before.number();
        if json {
            print(&json!({ "version": version, "saved": false, "differences": [] }).to_string())?;
        } else {
            print(&format!(
                "Nothing differs: the rules stay at version {version}."
            ))?;
        }
        return Ok(Exit::Done);
    }
    let per_day = place.config()?.requests_per_day;
    let odd = world.warnings(&rules, per_day).unwrap_or_default();
    let odd: Vec<String> = odd
        .iter()
        .map(|one| routing::words::warning(one, &rules, &names))
        .collect();
    let note = format!("imported from {}", name_of(file));
    let version = save(place, &before, rules, note).await?;
    if json {
        let differences: Vec<_> = lines
            .iter()
            .map(|line| json!({ "rule": line.rule, "name": line.name, "text": words::line(line) }))
            .collect();
        let value = json!({ "version": version, "saved": true, "differences": differences, "warnings": odd });
        print(&value.to_string())?;
    } else {
        print(&rules_saved(version))?;
        for text in odd {
            // They are saved; a closed standard error leaves nobody to tell.
            drop(writeln!(std::io::stderr(), "warning: {text}"));
        }
    }
    Ok(Exit::Done)
}

/// Rules that are there with others: one with the same id takes the place of the former one, the rest go to the end.
fn with(mut rules: RuleSet, added: RuleSet) -> RuleSet {
    for rule in added.rules {
        match rules.rules.iter_mut().find(|known| known.id == rule.id) {
            Some(known) => *known = rule,
            None => rules.rules.push(rule),
        }
    }
    rules
}

/// Saves rules as the next version, and returns its number. A running server has the version in force in memory: it
/// saves them itself.
async fn save(place: &Place, before: &InForce, rules: RuleSet, note: String) -> Result<i32, Stop> {
    let (connection, base) = (before.connection.id, before.number());
    Doer::with(place, "rules import", None, async |doer| {
        if !doer.is_here() {
            let wish = Wish::SaveRules {
                connection,
                base,
                rules: rules.clone(),
                note: note.clone(),
            };
            if doer.asks(&wish).await?.is_some() {
                return Ok(base + 1);
            }
        }
        let by = author();
        save_stored_rules(&place.store, connection, (&by, &note), base, &rules, now())
            .await
            .map_err(|error| Problem::because("nothing was saved", &error).into())
    })
    .await
}

async fn export(place: &Place, file: Option<&Path>, json: bool) -> Result<Exit, Stop> {
    let InForce { version, rules, .. } = InForce::read(place).await?;
    if version.is_none() {
        // Standard output is the document; a closed standard error leaves nobody to tell.
        let hint = "hint: no rules were saved here yet; this is the empty set";
        drop(writeln!(std::io::stderr(), "{hint}"));
    }
    let document = write(&rules)
        .map_err(|error| Problem::because("the rules cannot be written as a document", &error))?;
    let number = version.as_ref().map_or(0, |version| version.version);
    let mut value = json!({
        "version": number,
        "author": version.as_ref().map(|version| &version.author),
        "saved_at": version.as_ref().map(|version| version.saved_at),
    });
    match file.filter(|file| *file != Path::new("-")) {
        Some(file) => {
            written(file, &document)?;
            value["file"] = file.to_string_lossy().into();
            if json {
                print(&value.to_string())?;
            } else {
                let rules = triage::text::plural(rules.rules.len() as u64, "rule");
                print(&format!(
                    "Version {number} with {rules} is in `{}`.",
                    file.display()
                ))?;
            }
        }
        None if json => {
            value["document"] = serde_json::from_str(&document)
                .map_err(|error| Problem::because("the document cannot be read", &error))?;
            print(&value.to_string())?;
        }
        None => print(document.trim_end())?,
    }
    Ok(Exit::Done)
}

async fn check(place: &Place, file: Option<&Path>, strict: bool, json: bool) -> Result<Exit, Stop> {
    let in_force = InForce::read(place).await?;
    let world = StoredWorld::read(&place.store, in_force.connection.id, now()).await;
    let world = world.map_err(failed)?;
    let names = world.directory();
    let per_day = place.config()?.requests_per_day;
    let (rules, what) = match file {
        None => (Ok(in_force.rules), "the rules in force".to_owned()),
        Some(file) => (read(file, &names), name_of(file)),
    };
    let checked = rules.and_then(|rules| {
        let warnings = world.warnings(&rules, per_day);
        warnings
            .map(|warnings| (rules, warnings))
            .map_err(document::Fault::Problems)
    });
    match checked {
        Err(fault) if json => {
            print(&json!({ "problems": fault.values()?, "warnings": [] }).to_string())?;
            Ok(Exit::FoundFault)
        }
        Err(fault) => Err(fault.into_problem(Path::new(&what), &names).into()),
        Ok((rules, warnings)) => {
            if json {
                let warnings: Vec<_> = warnings
                    .iter()
                    .map(|one| {
                        json!({
                            "rules": one.rules(),
                            "warning": one,
                            "text": routing::words::warning(one, &rules, &names),
                        })
                    })
                    .collect();
                print(&json!({ "problems": [], "warnings": warnings }).to_string())?;
            } else {
                for one in &warnings {
                    let text = routing::words::warning(one, &rules, &names);
                    print(&format!("warning: {text}"))?;
                }
                let number = triage::text::plural(rules.rules.len() as u64, "rule");
                let odd = triage::text::plural(warnings.len() as u64, "warning");
                print(&format!("{number} can be used, with {odd}."))?;
            }
            Ok(if strict && !warnings.is_empty() {
                Exit::FoundFault
            } else {
                Exit::Done
            })
        }
    }
}
