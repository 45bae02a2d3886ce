//! The page of people: who is away, and who may have how many. Its form is a plain one; the server handles it in
//! `web/people_forms.rs`.

use engine::{Away, PersonState};
use leptos::prelude::*;
use triage::text;

use super::{Said, head};
use crate::server_fns::words::Words;

/// Draws the page.
pub(in crate::server_fns) fn draw(
    words: &Words,
    people: &[PersonState],
    may_set: bool,
    said: Option<Said>,
) -> String {
    let lines = people
        .iter()
        .map(|one| line(words, one, may_set))
        .collect_view();
    let table = view! {
        <div class="table-scroll narrow">
            <table class="numbers people" aria-label="Users of Hiver">
                <thead>
                    <tr>
                        <th>"User"</th>
                        <th class="number">"Open now"</th>
                        <th>"Away"</th>
                        <th>"At most"</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    };
    let page = if people.is_empty() {
        view! {
            <div class="nothing">
                <p class="nothing-what">"No users yet"</p>
                <p class="hint">"They appear here once they have been read from Hiver."</p>
            </div>
        }
        .into_any()
    } else if may_set {
        view! {
            <form class="below-hint" method="post" action="/people">
                {table} <div class="buttons"><button class="button primary">"Save"</button></div>
            </form>
        }
        .into_any()
    } else {
        view! { <div class="below-hint">{table}</div> }.into_any()
    };
    view! {
        {head("People")}
        {said.map(Said::draw)}
        <p class="price">{summary(people)}</p>
        <p class="hint">
            {format!(
                "Rules that share out pass over whoever is away or has as many open conversations as they may. Hiver is not \
                 told, and a rule that names one person still assigns to them. Days are those of {}.",
                words.zone_name(),
            )}
        </p>
        {page}
    }
    .to_html()
}

fn summary(people: &[PersonState]) -> String {
    let count = |so: fn(&PersonState) -> bool| people.iter().filter(|one| so(one)).count();
    let away = count(|one| one.away);
    let full = count(|one| !one.away && one.person.cap.is_some_and(|cap| one.open >= cap));
    format!(
        "{} · {} away · {} with as many as they may have",
        text::plural(people.len() as u64, "user"),
        text::count(away as u64),
        text::count(full as u64)
    )
}

/// What the form says of one user, as the page shows it: `never`, `now` or `days`, the days, the cap. What comes back
/// the same was not touched.
fn shown(one: &PersonState) -> [String; 4] {
    let (kind, from, until) = match one.person.away {
        Away::Never => ("never", String::new(), String::new()),
        Away::Now => ("now", String::new(), String::new()),
        Away::Days { from, until } => ("days", from.to_string(), until.to_string()),
    };
    let cap = one.person.cap.map(|cap| cap.to_string());
    [kind.to_owned(), from, until, cap.unwrap_or_default()]
}

fn line(words: &Words, one: &PersonState, may_set: bool) -> impl IntoView + use<> {
    let name = one.user.name.clone();
    let full = one.person.cap.is_some_and(|cap| one.open >= cap);
    let open = text::count(one.open.into());
    let cells = if may_set {
        fields(one).into_any()
    } else {
        let away = match one.person.away {
            Away::Never => "–".to_owned(),
            Away::Now => "away".to_owned(),
            Away::Days { from, until } => {
                format!("{} to {}", words.date(from), words.date(until))
            }
        };
        let cap = one
            .person
            .cap
            .map_or_else(|| "–".to_owned(), |cap| text::count(cap.into()));
        view! {
            <td data-label="Away">{away}</td>
            <td data-label="At most">{cap}</td>
        }
        .into_any()
    };
    let state = match (one.away, full) {
        (true, _) => Some("away"),
        (false, true) => Some("has enough"),
        (false, false) => None,
    };
    view! {
        <tr>
            <th scope="row">
                {name} {one.user.email.clone().map(|email| view! { <span class="address">{email}</span> })}
            </th>
            <td class="number" data-label="Open now">
                {open} {state.map(|state| view! { <span class="address">{state}</span> })}
            </td>
            {cells}
        </tr>
    }
}

fn fields(one: &PersonState) -> impl IntoView + use<> {
    let was = shown(one);
    let name = &one.user.name;
    let [kind, from, until, cap] = was.clone();
    let option = |value: &'static str, label: &'static str| {
        let selected = value == kind;
        view! { <option value=value selected=selected>{label}</option> }
    };
    view! {
        <td data-label="Away">
            <input type="hidden" name="user" value=one.user.id.to_string()/>
            <input type="hidden" name="was" value=was.join("|")/>
            <div class="absence">
                <select name="away" aria-label=format!("Whether {name} is away")>
                    {option("never", "Here")} {option("now", "Away")} {option("days", "Away on days")}
                </select>
                <span class="days">
                    <input type="date" name="from" value=from aria-label=format!("First day {name} is away")/>
                    <span>"to"</span>
                    <input type="date" name="until" value=until aria-label=format!("Last day {name} is away")/>
                </span>
            </div>
        </td>
        <td data-label="At most">
            <input
                type="number"
                name="cap"
                min="0"
                max="100000"
                placeholder="any"
                value=cap
                aria-label=format!("Most open conversations of {name}")
            />
        </td>
    }
}
