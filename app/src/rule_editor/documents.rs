//! Rules that come from elsewhere: a document, an earlier version.

use engine::{Engine, SaveRulesError};
use routing::document;
use triage::text;

use super::acts::{Done, LIST, value};
use super::{Pairs, Work};
use crate::server_fns::{Pasted, Said};

/// Says in a form that a document takes the place of all rules.
pub const REPLACE: &str = "replace";

/// Takes a document in, in place of all rules or below them.
///
/// # Errors
/// When the database fails.
pub async fn import(engine: &Engine, operator: &str, pairs: &Pairs) -> Result<Done, store::Error> {
    let Some(mut work) = Work::of(engine, Some(operator)).await? else {
        return Ok(Done::without_connection());
    };
    let pasted = value(pairs, "document");
    let uploaded = value(pairs, "file");
    let document = if pasted.trim().is_empty() {
        uploaded
    } else {
        pasted
    };
    let replaces = value(pairs, "how") == REPLACE;
    let again = |text: String| Done {
        at: "/rules/import".to_owned(),
        said: Some(Said::refused(text)),
        focus: None,
        pasted: Some(Pasted {
            document: document.to_owned(),
            replaces,
        }),
    };
    if document.trim().is_empty() {
        return Ok(again(
            "Nothing was pasted and no file was chosen.".to_owned(),
        ));
    }
    let directory = engine.mirror().read().directory.clone();
    let set = match document::read(document, &directory) {
        Ok(set) => set,
        Err(error) => return Ok(again(worded(&error))),
    };
    let count = set.rules.len();
    let rules = text::plural(count as u64, "rule");
    if replaces {
        // Sent twice, the second would leave nothing to take back.
        if work.set() != set || work.unusable().next().is_some() {
            work.remember(format!("{rules} took the place of all."));
            work.replace(&set);
        }
    } else {
        work.remember(format!("{rules} were added."));
        for rule in set.rules {
            let name = rule.name.clone();
            work.add(&name, Some(rule));
        }
    }
    work.keep(engine, operator).await?;
    Ok(Done::at(LIST).said(format!(
        "{rules} read. They are not in force yet: look through them, then save."
    )))
}

/// Every problem on a line of its own.
fn worded(error: &document::DocumentError) -> String {
    use std::error::Error;

    if let document::DocumentError::Problems(problems) = error {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let count = text::plural(lines.len() as u64, "problem");
        return format!("{count}: nothing was taken.\n{}", lines.join("\n"));
    }
    match error.source() {
        Some(source) => format!("{error}: {source}."),
        None => format!("{error}."),
    }
}

/// Saves the rules of an earlier version as a new one. What the operator is writing stays.
///
/// # Errors
/// When the database fails.
pub async fn restore(engine: &Engine, operator: &str, pairs: &Pairs) -> Result<Done, store::Error> {
    let (version, seen) = (value(pairs, "version"), value(pairs, "seen"));
    let number: i32 = version.parse().unwrap_or(0);
    let Some((_, set)) = engine.rules_of_version(number).await? else {
        return Ok(Done::at("/rules/versions").refused(format!("There is no version `{version}`.")));
    };
    let page = format!("/rules/versions/{number}");
    let base = seen.parse().unwrap_or(0);
    let note = format!("restored from version {number}");
    Ok(match engine.save_rules(operator, base, set, &note).await {
        Ok(new) => {
            let written = Work::of(engine, Some(operator)).await?;
            let kept = if written.is_some_and(|work| work.is_changed()) {
                " What you are writing is kept; it began from an earlier version."
            } else {
                ""
            };
            Done::at("/rules/versions").said(format!(
                "Version {number} is in force again, as version {new}.{kept}"
            ))
        }
        Err(SaveRulesError::Moved { latest }) => Done::at(page).refused(format!(
            "Nothing was restored: version {latest} was saved while you looked. See below what differs from it now."
        )),
        Err(SaveRulesError::Problems(problems)) => {
            let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Done::at(page).refused(format!("It cannot be used any more: {}", all.join("; ")))
        }
        Err(SaveRulesError::NoConnection) => Done::without_connection(),
        Err(SaveRulesError::Store(error)) => return Err(error),
    })
}
