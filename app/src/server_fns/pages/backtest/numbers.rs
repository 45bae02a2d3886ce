//! A backtest in numbers: rule by rule, and where conversations end.

use engine::{Backtest, KeptBacktest, RuleCounts, Shown, Standing};
use leptos::prelude::*;
use routing::model::Mode;
use routing::words;
use triage::model::Directory;
use triage::text;

use super::{Found, address};

/// A row for each rule.
pub(super) fn rules(kept: &KeptBacktest, result: &Backtest) -> impl IntoView + use<> {
    let compared = result.against.is_some();
    let rows: Vec<_> = result
        .rules
        .iter()
        .zip(1_usize..)
        .map(|(rule, place)| row(kept, rule, place, compared))
        .collect();
    if rows.is_empty() {
        return view! { <p class="hint">"There are no rules in this set."</p> }.into_any();
    }
    let differ = compared.then(|| view! { <th scope="col" class="number">"Differ"</th> });
    view! {
        <section aria-labelledby="by-rule">
            <h2 id="by-rule">"Rule by rule"</h2>
            <div class="table-scroll" tabindex="0" role="region" aria-label="Rule by rule">
                <table class="numbers" aria-labelledby="by-rule">
                    <thead>
                        <tr>
                            <th scope="col">"Rule"</th>
                            <th scope="col" class="number">"Fits"</th>
                            <th scope="col" class="number">"Would act"</th>
                            <th scope="col" class="number">"Already so"</th>
                            <th scope="col" class="number">"Acted before"</th>
                            <th scope="col" class="number">"Nobody free"</th>
                            <th scope="col" class="number">"Stops there"</th>
                            {differ}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="hint">
                "In conversations. A shadow would act if it were on; later rules see nothing of it. What names a user or a tag \
                 that Hiver does not have is in shadow."
            </p>
        </section>
    }
    .into_any()
}

fn row(
    kept: &KeptBacktest,
    rule: &RuleCounts,
    place: usize,
    compared: bool,
) -> impl IntoView + use<> {
    let cell = |label: &'static str, number: usize, shown: Option<Shown>| {
        let text = text::count(number as u64);
        let inner = match shown.filter(|_| number > 0) {
            _ if number == 0 => view! { <span class="zero">{text}</span> }.into_any(),
            None => text.into_any(),
            Some(shown) => {
                let href = address(kept, shown, rule.rule.as_str(), 1);
                view! { <a href=href>{text}</a> }.into_any()
            }
        };
        view! { <td class="number" data-label=label>{inner}</td> }
    };
    let acts = (rule.mode == Mode::On).then_some(Shown::ActedOn);
    let mark = match rule.mode {
        _ if rule.is_gone => Some("only in the live version".to_owned()),
        Mode::On => None,
        mode => Some(words::mode(mode).to_owned()),
    };
    let title = if rule.is_gone {
        rule.name.clone()
    } else {
        format!("{place} · {}", rule.name)
    };
    let differ = compared.then(|| cell("Differ", rule.differ, Some(Shown::Differing)));
    view! {
        <tr>
            <th scope="row">{title} {mark.map(|mark| view! { " " <span class="run-state">{mark}</span> })}</th>
            {cell("Fits", rule.matched, None)}
            {cell("Would act", rule.acts, acts)}
            {cell("Already so", rule.already, None)}
            {cell("Acted before", rule.acted_before, None)}
            {cell("Nobody free", rule.nobody_free, None)}
            {cell("Stops there", rule.stopped, None)}
            {differ}
        </tr>
    }
}

/// Where the conversations are afterwards, as far as that differs.
pub(super) fn end_states(found: &Found<'_>, result: &Backtest) -> impl IntoView + use<> {
    if result.end_states.is_empty() {
        return ().into_any();
    }
    let compared = result.against.is_some();
    let rows: Vec<_> = result
        .end_states
        .iter()
        .map(|state| {
            let number = |label: &'static str, number: usize| {
                let text = text::count(number as u64);
                view! { <td class="number" data-label=label>{text}</td> }
            };
            view! {
                <tr>
                    <th scope="row">{standing(&state.standing, &found.directory)}</th>
                    {number("Now", state.before)}
                    {state.in_force.map(|some| number("Live version", some))}
                    {number("These rules", state.tried)}
                </tr>
            }
        })
        .collect();
    let live = compared.then(|| view! { <th scope="col" class="number">"Live version"</th> });
    view! {
        <section aria-labelledby="ends">
            <h2 id="ends">"Where they end"</h2>
            <div class="table-scroll">
                <table class="numbers ends" aria-labelledby="ends">
                    <thead>
                        <tr>
                            <th scope="col">"Conversations that are"</th>
                            <th scope="col" class="number">"Now"</th>
                            {live}
                            <th scope="col" class="number">"These rules"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn standing(standing: &Standing, names: &Directory) -> String {
    match standing {
        Standing::Status(status) => status.to_string(),
        Standing::Nobodys => "nobody's".to_owned(),
        Standing::Assignee(user) => format!("{}'s", text::user_name(user, names)),
        Standing::Tag(tag) => format!("tagged {}", text::tag_name(tag, names)),
    }
}
