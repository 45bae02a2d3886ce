//! The page before rules are saved: what stands in the way, what is odd, what changes.

use std::collections::HashSet;

use leptos::prelude::*;
use routing::check::check;
use routing::diff::diff;
use routing::model::{RuleId, RuleSet};
use routing::words;
use triage::text;

use super::controls::html;
use super::{Around, Asked, bar, differences, head, spoken};
use crate::rule_editor::{Work, clashes};
use crate::server_fns::rules::address;

pub(super) async fn draw(
    around: &Around<'_>,
    work: &Work,
    asked: Asked,
) -> Result<String, store::Error> {
    let set = work.set();
    let behind = bar::behind(around, work);
    let unusable: Vec<Incomplete> = work
        .unusable()
        .map(|entry| {
            let page = address(&entry.id);
            let problems = entry.problems.iter();
            Incomplete {
                name: entry.name().to_owned(),
                problems: problems
                    .map(|one| (format!("{page}#{}", one.field), one.text.clone()))
                    .collect(),
                page,
            }
        })
        .collect();
    let of_all: Vec<String> = check(&set).iter().map(ToString::to_string).collect();
    let stands_in_the_way = behind.is_some() || !unusable.is_empty() || !of_all.is_empty();
    let warnings = if stands_in_the_way {
        Vec::new()
    } else {
        let found = around.engine.rule_warnings(&set).await.unwrap_or_default();
        found
            .iter()
            .map(|warning| format!("{}.", words::warning(warning, &set, &around.names)))
            .collect()
    };
    let changed = work.is_changed();
    let mine = diff(&work.base_set, &set, &around.names);
    let html = html(|| {
        view! {
            {head(view! { <h1>"Save the rules"</h1> })}
            {spoken(&asked)}
            {behind.map(|text| conflict(around, work, &set, text))}
            {(!unusable.is_empty() || !of_all.is_empty()).then(|| problems(unusable, of_all))}
            {(!warnings.is_empty()).then(|| odd(&warnings))}
            <section aria-labelledby="changes">
                <h2 id="changes">"What you changed"</h2>
                {if mine.is_empty() {
                    view! { <p class="hint">"Nothing that can be used differs."</p> }.into_any()
                } else {
                    differences::draw(mine).into_any()
                }}
            </section>
            <form
                class="rules-save" method="post" action="/rules/save" autocomplete="off" data-live="typing"
                data-by=around.by.name.clone()
            >
                {(changed && !stands_in_the_way)
                    .then(|| {
                        let (what, label) = if warnings.is_empty() { ("save", "Save") } else { ("anyway", "Save anyway") };
                        view! {
                            <label>
                                <span>"Why, for those who read the versions"</span>
                                <input name="why" id="why" maxlength="300" placeholder="May stay empty" value=work.why.clone()/>
                            </label>
                            <span class="buttons">
                                {bar::button(what, label, "button primary")}
                                <a class="button" href="/rules">"Go on editing"</a>
                            </span>
                        }
                    })}
                <span class="buttons">
                    {stands_in_the_way.then(|| view! { <a class="button" href="/rules">"Go on editing"</a> })}
                    {changed.then(|| bar::button("discard", "Discard", "button quiet"))}
                </span>
            </form>
        }
    });
    Ok(html)
}

/// A rule that cannot be used yet.
struct Incomplete {
    page: String,
    name: String,
    /// Where, and what is wrong there.
    problems: Vec<(String, String)>,
}

fn problems(unusable: Vec<Incomplete>, of_all: Vec<String>) -> impl IntoView {
    let lines: Vec<_> = unusable
        .into_iter()
        .map(|rule| {
            let problems: Vec<_> = rule
                .problems
                .into_iter()
                .map(|(place, text)| view! { <a class="hint" href=place>{text}</a> })
                .collect();
            view! { <li><a href=rule.page>{rule.name}</a>{problems}</li> }
        })
        .collect();
    let others: Vec<_> = of_all
        .into_iter()
        .map(|text| view! { <li>{text}</li> })
        .collect();
    view! {
        <section class="problems" aria-labelledby="to-complete">
            <h2 id="to-complete">"To be completed first"</h2>
            <p class="hint">"Nothing was saved, and everything you typed is kept."</p>
            <ul>{lines}{others}</ul>
        </section>
    }
}

fn odd(warnings: &[String]) -> impl IntoView + use<> {
    let count = text::plural(warnings.len() as u64, "warning");
    let lines: Vec<_> = warnings
        .iter()
        .map(|text| view! { <li>{text.clone()}</li> })
        .collect();
    view! {
        <section class="message message-warn rule-warnings" aria-labelledby="warnings">
            <h2 id="warnings">{count}</h2>
            <p>"The rules can be saved as they are; nothing was saved yet."</p>
            <ul>{lines}</ul>
        </section>
    }
}

/// Somebody else saved: what they did, and what becomes of both.
fn conflict(
    around: &Around<'_>,
    work: &Work,
    mine: &RuleSet,
    text: String,
) -> impl IntoView + use<> {
    let theirs = differences::draw(diff(&work.base_set, &work.latest_set, &around.names));
    let mut both = clashes(&work.base_set, mine, &work.latest_set);
    // What cannot be used as it was typed is in no set.
    let unusable = work.unusable().map(|entry| &entry.id);
    let changed = unusable.filter(|id| work.base_set.rule(id) != work.latest_set.rule(id));
    both.extend(changed.cloned());
    let mut seen = HashSet::new();
    both.retain(|id| seen.insert(id.clone()));
    let both: Vec<_> = both
        .iter()
        .map(|id| choice(around, work, mine, id))
        .collect();
    let clear = both.is_empty();
    view! {
        <section class="message message-warn conflict" aria-labelledby="conflict">
            <h2 id="conflict">"Somebody else saved meanwhile"</h2>
            <p>{text}" Nothing of yours is saved yet, and nothing is lost."</p>
            <h3>"What they changed"</h3>
            {theirs}
            <form method="post" action="/rules/save">
                {if clear {
                    view! { <p class="hint">"You changed none of the same rules: both go together."</p> }.into_any()
                } else {
                    view! {
                        <h3>"Changed by both: whose is taken?"</h3>
                        {both}
                    }
                        .into_any()
                }}
                <span class="buttons">
                    {bar::button("merge", "Take in their changes", "button primary")}
                    {bar::button("discard", "Discard mine", "button quiet")}
                </span>
            </form>
        </section>
    }
}

fn choice(around: &Around<'_>, work: &Work, mine: &RuleSet, id: &RuleId) -> impl IntoView + use<> {
    let told = |set: &RuleSet| match (work.base_set.rule(id), set.rule(id)) {
        (_, None) => "removed".to_owned(),
        (None, Some(rule)) => words::sentence(rule, &around.names),
        (Some(before), Some(now)) => {
            let [before, now] = [before, now].map(|rule| RuleSet::of(vec![rule.clone()]));
            differences::told(diff(&before, &now, &around.names))
        }
    };
    let typed = work
        .unusable()
        .find(|entry| entry.id == *id)
        .map(|_| " (what you typed since is not complete yet, and is kept)");
    let named = [mine, &work.latest_set, &work.base_set]
        .into_iter()
        .find_map(|set| set.rule(id));
    let name = named.map_or_else(|| id.to_string(), |rule| rule.name.clone());
    let field = format!("keep:{id}");
    view! {
        <fieldset class="clash">
            <legend>{name}</legend>
            <label>
                <input type="radio" name=field.clone() value="mine" checked/>
                <span><strong>"Mine"</strong>": "{told(mine)}{typed}</span>
            </label>
            <label>
                <input type="radio" name=field value="theirs"/>
                <span><strong>"Theirs"</strong>": "{told(&work.latest_set)}</span>
            </label>
        </fieldset>
    }
}
