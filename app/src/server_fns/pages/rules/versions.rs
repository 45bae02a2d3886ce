//! Who saved what and when, and the way back.

use leptos::prelude::*;
use routing::diff::diff;
use routing::model::RuleSet;
use routing::words;
use store::RuleVersion;

use super::controls::html;
use super::{Around, Asked, differences, head, spoken};
use crate::components::marks::Ago;
use crate::rule_editor::Work;

/// So many are shown at once.
const PAGE_SIZE: u64 = 20;

pub(super) async fn list(around: &Around<'_>, asked: Asked) -> Result<String, store::Error> {
    let before = asked.parameter("before").parse().ok();
    let versions = around.engine.rule_versions(before, PAGE_SIZE).await?;
    let mut told = Vec::with_capacity(versions.len());
    for version in &versions {
        let changes = changed_by(around, version.version).await?;
        told.push((version.clone(), changes.map_or(0, |(_, lines)| lines.len())));
    }
    let older = told
        .last()
        .filter(|(last, _)| last.version > 1 && told.len() as u64 == PAGE_SIZE)
        .map(|(last, _)| format!("/rules/versions?before={}", last.version));
    let newest = before.map(|_: i32| view! { <a href="/rules/versions">"Newest"</a> });
    Ok(html(|| {
        let lines: Vec<_> = told
            .into_iter()
            .map(|(version, changes)| line(around, version, changes))
            .collect();
        let empty = lines.is_empty();
        view! {
            {head(view! { <h1>"Versions"</h1> })}
            {spoken(&asked)}
            {empty
                .then(|| {
                    view! {
                        <div class="nothing">
                            <p class="nothing-what">"Nothing was saved yet"</p>
                            <p class="hint">"Every save of the rules appears here, with who, when and what, and can be restored."</p>
                        </div>
                    }
                })}
            <ol class="versions">{lines}</ol>
            <nav class="pager" aria-label="Pages">
                {newest}
                {older.map(|older| view! { <a href=older>"Older"</a> })}
            </nav>
        }
    }))
}

/// What a version changed in the one before.
async fn changed_by(
    around: &Around<'_>,
    number: i32,
) -> Result<Option<(RuleSet, Vec<routing::diff::Line>)>, store::Error> {
    let Some((_, set)) = around.engine.rules_of_version(number).await? else {
        return Ok(None);
    };
    let before = around.engine.rules_of_version(number - 1).await?;
    let before = before.map(|(_, set)| set).unwrap_or_default();
    let lines = diff(&before, &set, &around.names);
    Ok(Some((set, lines)))
}

fn line(around: &Around<'_>, version: RuleVersion, changes: usize) -> impl IntoView + use<> {
    let moment = around.words.moment(version.saved_at);
    view! {
        <li class="version-line">
            <a href=format!("/rules/versions/{}", version.version)>{format!("Version {}", version.version)}</a>
            <span>{version.author}</span>
            <Ago moment=moment ago=true/>
            <span class="hint">{triage::text::plural(changes as u64, "change")}</span>
            <span class="hint version-note">{version.note}</span>
        </li>
    }
}

pub(super) async fn one(
    around: &Around<'_>,
    work: &Work,
    number: &str,
    asked: Asked,
) -> Result<Option<String>, store::Error> {
    let Ok(number) = number.parse() else {
        return Ok(None);
    };
    let Some((version, _)) = around.engine.rules_of_version(number).await? else {
        return Ok(None);
    };
    let Some((set, lines)) = changed_by(around, number).await? else {
        return Ok(None);
    };
    let latest = work.latest.as_ref().map_or(0, |latest| latest.version);
    let since = diff(&work.latest_set, &set, &around.names);
    Ok(Some(html(|| {
        let moment = around.words.moment(version.saved_at);
        let rules: Vec<_> = set
            .rules
            .iter()
            .take(200)
            .map(|rule| {
                let sentence = words::sentence(rule, &around.names);
                view! {
                    <li>
                        <strong>{rule.name.clone()}</strong>
                        {format!(" ({}): ", words::mode(rule.mode))}
                        {sentence}
                    </li>
                }
            })
            .collect();
        view! {
            {head(view! {
                <p class="crumb"><a href="/rules/versions">"Versions"</a></p>
                <h1>{format!("Version {number}")}</h1>
                <p class="hint">{format!("Saved by {} on ", version.author)}{moment.exact}</p>
                {(!version.note.is_empty()).then(|| view! { <p>{version.note.clone()}</p> })}
            })}
            {spoken(&asked)}
            <section aria-labelledby="changes">
                <h2 id="changes">"What it changed"</h2>
                {if lines.is_empty() {
                    view! { <p class="hint">"Nothing."</p> }.into_any()
                } else {
                    differences::draw(lines).into_any()
                }}
            </section>
            {(number != latest)
                .then(|| {
                    view! {
                        <section aria-labelledby="restore">
                            <h2 id="restore">{format!("To restore it changes, against version {latest}")}</h2>
                            {if since.is_empty() {
                                view! { <p class="hint">"Nothing: the rules are as they were."</p> }.into_any()
                            } else {
                                differences::draw(since).into_any()
                            }}
                            {around
                                .edits
                                .then(|| {
                                    view! {
                                        <form method="post" action="/rules/versions" class="buttons">
                                            <input type="hidden" name="version" value=number.to_string()/>
                                            <input type="hidden" name="seen" value=latest.to_string()/>
                                            <button class="button">"Restore"</button>
                                        </form>
                                    }
                                })}
                        </section>
                    }
                })}
            <section aria-labelledby="rules-then">
                <h2 id="rules-then">"The rules then"</h2>
                <ol class="rules-then">{rules}</ol>
            </section>
        }
    })))
}
