//! The page of the time zone. Its form is a plain one; the server handles it in `web/people_forms.rs`.

use engine::time_zone_names;
use leptos::prelude::*;

use super::{Said, head};
use crate::server_fns::words::Words;

/// Draws the page.
pub(in crate::server_fns) fn draw(words: &Words, may_set: bool, said: Option<Said>) -> String {
    let chosen = words.zone_name();
    let now = words.now_there();
    view! {
        {head("Time zone")}
        {said.map(Said::draw)}
        <section aria-labelledby="zone">
            <h2 id="zone">{chosen.clone()}</h2>
            <p>{format!("It is {now} there.")}</p>
            <p class="hint">
                "One for the whole console: days of the charts begin and end by it, times are shown in it, and rules go by it \
                 for their hours, their schedules and who is away. What is kept are moments: with another zone, days are worked \
                 out anew."
            </p>
            {may_set.then(|| form(&chosen))}
        </section>
    }
    .to_html()
}

fn form(chosen: &str) -> impl IntoView + use<> {
    let mut areas: Vec<(String, Vec<String>)> = Vec::new();
    let mut plain = Vec::new();
    for name in time_zone_names() {
        match name.split_once('/') {
            None => plain.push(name),
            Some((area, _)) => match areas.last_mut().filter(|(last, _)| last == area) {
                Some((_, names)) => names.push(name),
                None => areas.push((area.to_owned(), vec![name])),
            },
        }
    }
    // A former name may be set.
    let is_listed = plain
        .iter()
        .chain(areas.iter().flat_map(|(_, names)| names))
        .any(|name| name == chosen);
    if !is_listed {
        plain.push(chosen.to_owned());
    }
    let option = |name: String| {
        let place = name.split_once('/').map_or(&*name, |(_, place)| place);
        let label = place.replace('_', " ");
        let selected = name == chosen;
        view! { <option value=name selected=selected>{label}</option> }
    };
    let plain = plain.into_iter().map(option).collect_view();
    let areas = areas
        .into_iter()
        .map(|(area, names)| {
            let names = names.into_iter().map(option).collect_view();
            view! { <optgroup label=area>{names}</optgroup> }
        })
        .collect_view();
    view! {
        <form class="below-hint" method="post" action="/time-zone">
            <div class="fields key-form">
                <label>
                    <span>"Time zone"</span>
                    <select name="zone">{plain} {areas}</select>
                </label>
            </div>
            <div class="buttons"><button class="button primary">"Save"</button></div>
        </form>
    }
}
