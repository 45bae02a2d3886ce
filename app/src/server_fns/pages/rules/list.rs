//! The list of rules, in the order in which they run.

use std::collections::HashMap;
use std::time::Duration;

use engine::RuleStats;
use leptos::prelude::*;
use routing::model::{Mode, RuleId};
use routing::words;
use triage::text;

use super::controls::html;
use super::{Around, Asked, bar, ceiling, spoken};
use crate::rule_editor::{Entry, Work};
use crate::server_fns::pages::{Said, rule_notices, rule_stats};
use crate::server_fns::rules::address;

/// So many rules are shown at once; the box finds the others.
const MOST: usize = 200;
/// Nobody waits longer than that for warnings on the list: they are there the next time.
const PATIENCE: Duration = Duration::from_millis(300);

/// What is shown where no Hiver was ever connected.
pub(super) fn unconnected(said: Option<Said>) -> impl IntoView {
    view! {
        <h1>"Rules"</h1>
        {said.map(Said::draw)}
        <div class="nothing">
            <p class="nothing-what">"No Hiver is connected"</p>
            <p class="hint">"Rules belong to an account: an admin sets the key first, in the settings."</p>
        </div>
    }
}

pub(super) async fn draw(
    around: &Around<'_>,
    work: &Work,
    asked: Asked,
) -> Result<String, store::Error> {
    let find = asked.parameter("q").trim().to_owned();
    let warned = warned(around, work).await;
    let stats = around.engine.rule_stats(rule_stats::DAYS).await?;
    let at_most = around.engine.rule_ceiling().await?;
    let notices = around.engine.rule_notices().await?;
    let notices = rule_notices::draw(
        &around.words,
        notices,
        around.by.role,
        "/rules",
        Some(&work.set()),
    );
    let folded = triage::fold(&find);
    let all = work.entries.len();
    let mut found = Vec::new();
    for (place, entry) in work.entries.iter().enumerate() {
        let sentence = entry
            .rule
            .as_ref()
            .map(|rule| words::sentence(rule, &around.names))
            .unwrap_or_default();
        let fits = folded.is_empty()
            || triage::fold(entry.name()).contains(&folded)
            || triage::fold(&sentence).contains(&folded);
        if fits {
            found.push((place, entry, sentence));
        }
    }
    let count = found.len();
    // A place among some is none among all.
    let moves = count == all && all <= MOST;
    let html = html(|| {
        let lines: Vec<_> = found
            .into_iter()
            .take(MOST)
            .map(|(place, entry, sentence)| {
                let warnings = warned.get(&entry.id).map(Vec::as_slice).unwrap_or_default();
                line(
                    around,
                    (place, all),
                    entry,
                    (sentence, moves),
                    warnings,
                    stats.get(&entry.id),
                )
                .into_any()
            })
            .collect();
        let label = if find.is_empty() {
            text::plural(all as u64, "rule")
        } else {
            format!(
                "{} of {}",
                text::count(count as u64),
                text::plural(all as u64, "rule")
            )
        };
        let more = count.saturating_sub(MOST);
        view! {
            <header class="rules-head">
                <h1>"Rules"</h1>
                <nav class="rules-tools" aria-label="Tools of the rules">
                    {around.edits.then(|| view! { <a class="button small" href="/rules/import">"Import"</a> })}
                    <a class="button small" href="/rules/export" rel="external" download="rules.json">"Export"</a>
                    <a class="button small" href="/rules/versions">"Versions"</a>
                    <a class="button small" href="/rules/backtest">"Backtest"</a>
                </nav>
            </header>
            {(all > 8 || !find.is_empty()).then(|| finder(&find))}
            <div inner_html=notices></div>
            {spoken(&asked)}
            <form class="rules-form" method="post" action="/rules" autocomplete="off" data-live="buttons" aria-label="Rules">
                // Enter in the name of a new rule is the first button.
                {around
                    .edits
                    .then(|| view! { <button class="for-readers" tabindex="-1" aria-hidden="true" name="do" value="new" formaction="/rules"></button> })}
                <input type="hidden" name="q" value=find.clone()/>
                {bar::draw(around, work)}
                <div id="rules-list" data-part="fields">
                    {if all == 0 {
                        empty(around.edits).into_any()
                    } else {
                        view! {
                            <p class="hint rules-count">{label}", from top to bottom, each over what the earlier ones left"</p>
                            <ol class="rules">{lines}</ol>
                            {(more > 0).then(|| view! { <p class="hint">{format!("{} more: find them by name or words", text::count(more as u64))}</p> })}
                            {(count == 0).then(|| view! { <p class="nothing-what">"No rule has these words"</p> })}
                        }
                            .into_any()
                    }}
                </div>
                {around
                    .edits
                    .then(|| {
                        view! {
                            <div class="rule-new">
                                <input name="name" aria-label="Name of the new rule" placeholder="Name of a new rule" maxlength="200"/>
                                <button class="button" name="do" value="new" formaction="/rules">"New rule"</button>
                            </div>
                        }
                    })}
            </form>
            {(all > 0).then(|| ceiling::draw(at_most, around.by.role))}
        }
    });
    Ok(html)
}

/// What is odd about the rules, by rule.
async fn warned(around: &Around<'_>, work: &Work) -> HashMap<RuleId, Vec<String>> {
    let set = work.set();
    let mut warned: HashMap<RuleId, Vec<String>> = HashMap::new();
    let Some(found) = around.engine.rule_warnings_within(&set, PATIENCE).await else {
        return warned;
    };
    for warning in found.iter() {
        let text = words::warning(warning, &set, &around.names);
        if let Some(first) = warning.rules().first() {
            warned.entry((*first).clone()).or_default().push(text);
        }
    }
    warned
}

fn finder(find: &str) -> impl IntoView + use<> {
    let find = find.to_owned();
    let narrowed = !find.is_empty();
    view! {
        <form class="rules-find filter-bar" method="get" action="/rules" role="search">
            <input type="search" id="filter" name="q" aria-label="Find rules" placeholder="Find by name or words" value=find/>
            <button class="button">"Find"</button>
            {narrowed.then(|| view! { <a href="/rules">"Show all"</a> })}
        </form>
    }
}

fn empty(edits: bool) -> impl IntoView {
    view! {
        <div class="nothing">
            <p class="nothing-what">"There are no rules yet"</p>
            <p class="hint">
                "A rule says when it looks, at which conversations, and what becomes of them: “When a conversation is \
                 created, if the subject contains “refund”, assign it to Ana and tag it billing.”"
            </p>
            {edits
                .then(|| {
                    view! {
                        <div class="buttons">
                            <button class="button primary" name="do" value="example" formaction="/rules">
                                "Start from an example"
                            </button>
                            <a class="button" href="/rules/import">"Paste a list of keywords"</a>
                        </div>
                        <p class="hint">
                            "The example only watches: it changes nothing until you switch it on. The list of Hiver's \
                             tutorial works as it is."
                        </p>
                    }
                })}
        </div>
    }
}

fn line(
    around: &Around<'_>,
    (place, all): (usize, usize),
    entry: &Entry,
    (sentence, moves): (String, bool),
    warnings: &[String],
    stats: Option<&RuleStats>,
) -> impl IntoView + use<> {
    let id = entry.id.to_string();
    let name = entry.name().to_owned();
    let mode = match entry
        .form
        .as_ref()
        .map(|form| form.fields.one("mode").to_owned())
    {
        Some(mode) if !mode.is_empty() => mode,
        _ => entry
            .rule
            .as_ref()
            .map_or("on", |rule| words::mode(rule.mode))
            .to_owned(),
    };
    let incomplete = !entry.problems.is_empty();
    let told = if sentence.is_empty() {
        "It is not complete yet.".to_owned()
    } else {
        sentence
    };
    let first_warning = warnings.first().cloned();
    let title = warnings.join("\n");
    let drag = (around.edits && moves).then(|| id.clone());
    let (edits, class) = (around.edits, format!("rule-line rule-{mode}"));
    view! {
        <li class=class data-drag=drag.clone() data-keys="">
            {drag.is_some().then(|| view! { <span class="grip" draggable="true" aria-hidden="true" title="Drag to move">"⠿"</span> })}
            <span class="rule-number">{text::count(place as u64 + 1)}</span>
            <div class="rule-words">
                <p class="rule-head">
                    <a id=format!("name:{}", entry.id) href=address(&entry.id)>{name.clone()}</a>
                    {incomplete.then(|| view! { <span class="badge badge-bad">"to be completed"</span> })}
                    {first_warning
                        .map(|_| view! { <span class="badge badge-warn" title=title.clone()>{text::plural(warnings.len() as u64, "warning")}</span> })}
                    {rule_stats::line(&around.words, stats)}
                </p>
                <p class="rule-says">{told}</p>
                {warnings.iter().map(|text| view! { <p class="rule-warning">{format!("{text}.")}</p> }).collect_view()}
            </div>
            {if edits {
                switch(&id, &name, &mode, (place, all)).into_any()
            } else {
                view! { <span class="rule-mode">{mode}</span> }.into_any()
            }}
        </li>
    }
}

fn switch(id: &str, name: &str, mode: &str, (place, all): (usize, usize)) -> impl IntoView + use<> {
    let buttons: Vec<_> = [(Mode::On, "On"), (Mode::Shadow, "Shadow"), (Mode::Off, "Off")]
        .into_iter()
        .map(|(value, text)| {
            let value = words::mode(value);
            let pressed = if value == mode { "true" } else { "false" };
            view! {
                <button id=format!("{value}:{id}") name="do" value=format!("mode {id} {value}") aria-pressed=pressed>
                    {text}
                </button>
            }
        })
        .collect();
    let (is_first, is_last) = (place == 0, place + 1 == all);
    view! {
        <span class="switch" role="group" aria-label=format!("Whether {name} acts")>{buttons}</span>
        <span class="moves">
            <button
                class="mini" id=format!("up:{id}") name="do" value=format!("up {id} {}", place.saturating_sub(1)) data-move="up"
                disabled=is_first aria-label=format!("Move {name} up") title="Move up (Alt+↑)"
            >"↑"</button>
            <button
                class="mini" id=format!("down:{id}") name="do" value=format!("down {id} {}", place + 1) data-move="down"
                disabled=is_last aria-label=format!("Move {name} down") title="Move down (Alt+↓)"
            >"↓"</button>
        </span>
    }
}
