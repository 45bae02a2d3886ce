//! Fields, drawn with what was typed in them and what is wrong with it.

use leptos::prelude::*;
use leptos::reactive::owner::Owner;

use crate::escape::escaped;
use crate::rule_editor::FieldProblem;

/// A value and what a person reads.
pub(super) type Choice = (String, String);

/// Draws a view that nothing changes any more.
pub(super) fn html<V: IntoView>(draw: impl FnOnce() -> V) -> String {
    let owner = Owner::new();
    let html = owner.with(|| draw().to_html());
    owner.cleanup();
    html
}

/// A field for text of one or more lines.
pub(super) fn textarea(
    name: &str,
    label: &str,
    value: &str,
    class: &'static str,
    placeholder: &'static str,
) -> impl IntoView + use<> {
    let rows = value.lines().count().clamp(1, 12).to_string();
    // A line break right after the tag is none of the text: it is there so that one of the text stays.
    let inner = format!("\n{}", escaped(value));
    view! {
        <textarea
            id=name.to_owned()
            name=name.to_owned()
            class=class
            rows=rows
            placeholder=placeholder
            aria-label=label.to_owned()
            aria-describedby=slot_id(name)
            spellcheck="false"
            inner_html=inner
        ></textarea>
    }
}

/// A field for a line of text.
pub(super) fn line(
    name: &str,
    label: &str,
    value: &str,
    class: &'static str,
    placeholder: &'static str,
) -> impl IntoView + use<> {
    view! {
        <input
            id=name.to_owned()
            name=name.to_owned()
            class=class
            value=value.to_owned()
            placeholder=placeholder
            aria-label=label.to_owned()
            aria-describedby=slot_id(name)
        />
    }
}

/// A choice of one. What was picked and is not there any more stays picked.
pub(super) fn select(
    name: &str,
    label: &str,
    picked: &str,
    choices: Vec<Choice>,
) -> impl IntoView + use<> {
    let known = choices.iter().any(|(value, _)| value == picked);
    let gone = (!known && !picked.is_empty()).then(|| {
        let shown = picked.strip_prefix("user:").unwrap_or(picked);
        (picked.to_owned(), format!("{shown} (gone)"))
    });
    let picked = picked.to_owned();
    let options: Vec<_> = choices
        .into_iter()
        .chain(gone)
        .map(|(value, text)| {
            let selected = value == picked;
            view! { <option value=value selected=selected>{text}</option> }
        })
        .collect();
    view! {
        <select
            id=name.to_owned()
            name=name.to_owned()
            aria-label=label.to_owned()
            aria-describedby=slot_id(name)
        >
            {options}
        </select>
    }
}

/// A choice of several: each that is picked with a button to take it away, and a choice of one more.
pub(super) fn chips(
    name: &str,
    label: &str,
    picked: &[String],
    choices: &[Choice],
    add: &'static str,
) -> impl IntoView + use<> {
    let shown: Vec<_> = picked
        .iter()
        .enumerate()
        .map(|(index, value)| {
            let known = choices.iter().find(|(known, _)| known == value);
            let class = if known.is_some() { "chip" } else { "chip gone" };
            let text = known.map_or_else(|| format!("{value} (gone)"), |(_, text)| text.clone());
            let remove = format!("Remove {text}");
            view! {
                <span class=class>
                    <input type="hidden" name=name.to_owned() value=value.clone()/>
                    {text}
                    <button name="do" value=format!("take {name} {index}") aria-label=remove>"×"</button>
                </span>
            }
        })
        .collect();
    let left: Vec<Choice> = choices
        .iter()
        .filter(|(value, _)| !picked.contains(value))
        .cloned()
        .collect();
    view! {
        {shown}
        {more(name, name, label, left, add)}
    }
}

/// A choice of one more.
pub(super) fn more(
    id: &str,
    name: &str,
    label: &str,
    choices: Vec<Choice>,
    add: &'static str,
) -> impl IntoView + use<> {
    let options: Vec<_> = choices
        .into_iter()
        .map(|(value, text)| view! { <option value=value>{text}</option> })
        .collect();
    (!options.is_empty()).then(|| {
        view! {
            <select
                class="more"
                id=id.to_owned()
                name=name.to_owned()
                aria-label=label.to_owned()
                aria-describedby=slot_id(id)
            >
                <option value="">{add}</option>
                {options}
            </select>
        }
    })
}

/// A box to tick.
pub(super) fn tick(
    name: &str,
    text: &'static str,
    ticked: bool,
    title: &'static str,
) -> impl IntoView + use<> {
    view! {
        <label class="tick" title=title>
            <input type="checkbox" id=name.to_owned() name=name.to_owned() value="1" checked=ticked/>
            <span>{text}</span>
        </label>
    }
}

/// The days of the week to tick; none is every day.
pub(super) fn days(prefix: &str, ticked: &[String]) -> impl IntoView + use<> {
    let all = [
        ("monday", "Mo", "Monday"),
        ("tuesday", "Tu", "Tuesday"),
        ("wednesday", "We", "Wednesday"),
        ("thursday", "Th", "Thursday"),
        ("friday", "Fr", "Friday"),
        ("saturday", "Sa", "Saturday"),
        ("sunday", "Su", "Sunday"),
    ];
    let boxes: Vec<_> = all
        .into_iter()
        .map(|(value, short, long)| {
            let is_ticked = ticked.iter().any(|day| day == value);
            let id = format!("{prefix}{value}");
            view! {
                <label class="day" title=long>
                    <input type="checkbox" id=id name=format!("{prefix}day") value=value checked=is_ticked aria-label=long/>
                    <span aria-hidden="true">{short}</span>
                </label>
            }
        })
        .collect();
    view! { <span class="days" role="group" aria-label="Days; none is every day">{boxes}</span> }
}

pub(super) fn slot_id(field: &str) -> String {
    format!("wrong-{field}")
}

/// What has not been filled in yet is no mistake.
const STILL_TO_COME: &str = "Nothing is named";

/// Where what is wrong with a field is said.
pub(super) fn slot(problems: &[FieldProblem], field: &str) -> impl IntoView + use<> {
    let found: Vec<String> = problems
        .iter()
        .filter(|problem| problem.field == field)
        .map(|problem| problem.text.clone())
        .collect();
    // An empty text would be drawn as a space.
    let mut inner = escaped(&found.join(" "));
    if inner.starts_with(STILL_TO_COME) {
        inner = format!("<span class=\"calm\">{inner}</span>");
    }
    view! { <span class="wrong" id=slot_id(field) data-part="" aria-live="polite" inner_html=inner></span> }
}

/// Buttons that move something and remove it. `place` is where it stands.
pub(super) fn moves(place: &str, what: &str, last: bool) -> impl IntoView + use<> {
    let first = place.ends_with(".0");
    view! {
        <span class="moves">
            <button
                class="mini" id=format!("{place}:up") name="do" value=format!("up {place}") disabled=first
                data-move="up" aria-label=format!("Move {what} up") title="Move up (Alt+↑)"
            >"↑"</button>
            <button
                class="mini" id=format!("{place}:down") name="do" value=format!("down {place}") disabled=last
                data-move="down" aria-label=format!("Move {what} down") title="Move down (Alt+↓)"
            >"↓"</button>
            <button
                class="mini" name="do" value=format!("drop {place}") aria-label=format!("Remove {what}") title="Remove"
            >"×"</button>
        </span>
    }
}
