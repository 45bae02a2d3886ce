//! What came and left in each mailbox in the last days: a chart each, or all of it in numbers.

use engine::{FlowDay, Flowed, Known, MailboxFlow};
use jiff::civil::Date;
use leptos::prelude::*;
use triage::filter::Way;
use triage::text;

use super::overview::list_of;
use crate::server_fns::words::Words;

/// How many days are shown, today included.
pub(in crate::server_fns) const DAYS: u16 = 14;

/// The size of a chart: a column for each day, and the two halves with what is written above and below them.
const STEP: u32 = 20;
const HALF: u32 = 34;
const ABOVE: u32 = 14;
const BELOW: u32 = 16;

/// A mailbox by its name.
type Named = (String, MailboxFlow);

/// Draws the section; nothing where there are no mailboxes.
pub(in crate::server_fns) fn draw(words: &Words, flows: &[Named], numbers: bool) -> String {
    if flows.is_empty() {
        return String::new();
    }
    let (href, other) = if numbers {
        ("/", "As charts")
    } else {
        ("/?flow=numbers", "As numbers")
    };
    let beginning = beginning(words, flows);
    view! {
        <section aria-labelledby="flow">
            <div class="list-head">
                <h2 id="flow">{format!("Last {DAYS} days")}</h2>
                <a href=href>{other}</a>
            </div>
            <p class="hint">
                "Up: came to be open or pending. Down: closed, moved, or gone. Each conversation counts once a day. "
                {beginning}
            </p>
            {if numbers { table(words, flows).into_any() } else { charts(words, flows).into_any() }}
        </section>
    }
    .to_html()
}

/// What all of them have in common; where they differ, each says for itself.
fn beginning(words: &Words, flows: &[Named]) -> String {
    let zone = words.zone_name();
    let begins = flows.iter().map(|(_, flow)| flow.begins);
    let (first, last) = (begins.clone().min().flatten(), begins.max().flatten());
    match (first, last) {
        (_, None) => {
            "The history begins once everything was read from Hiver; nobody knows what was before."
                .to_owned()
        }
        (Some(first), Some(last)) if words.day(first) == words.day(last) => {
            format!(
                "The history begins {}; days are those of {zone}.",
                words.moment(first).exact
            )
        }
        _ => format!("Days are those of {zone}."),
    }
}

fn charts(words: &Words, flows: &[Named]) -> impl IntoView + use<> {
    let several = flows.windows(2).any(|pair| {
        pair[0].1.begins.map(|at| words.day(at)) != pair[1].1.begins.map(|at| words.day(at))
    });
    let cards: Vec<_> = flows
        .iter()
        .map(|(name, flow)| card(words, name, flow, several))
        .collect();
    view! {
        <svg class="for-readers" aria-hidden="true">
            <pattern id="unwatched" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <line class="hatch" x1="0" x2="0" y1="0" y2="5"></line>
            </pattern>
        </svg>
        <ul class="flows">{cards}</ul>
    }
}

fn card(words: &Words, name: &str, flow: &MailboxFlow, several: bool) -> impl IntoView + use<> {
    let sum = |of: fn(&FlowDay) -> Flowed| -> usize {
        let days = flow.days.iter();
        days.map(|day| of(day).conversations).sum()
    };
    let (came, left) = (sum(|day| day.came), sum(|day| day.left));
    let sums = match flow.begins {
        None => "No history yet".to_owned(),
        Some(_) => format!(
            "{} came · {} left",
            text::count(came as u64),
            text::count(left as u64)
        ),
    };
    let mut remarks = Vec::new();
    if let Some(begins) = flow.begins.filter(|_| several) {
        remarks.push(format!("History begins {}.", words.moment(begins).exact));
    }
    let unwatched: i64 = flow.days.iter().map(|day| day.unwatched).sum();
    if unwatched > 0 {
        let lasted = text::duration(unwatched as f64 / 1_000.0);
        remarks.push(format!(
            "Not looked at for {lasted}: what happened then counts on the day it was seen."
        ));
    }
    let remarks = (!remarks.is_empty()).then(|| view! { <p class="hint">{remarks.join(" ")}</p> });
    view! {
        <li>
            <p class="flow-name"><a href=list_of(name, "")>{name.to_owned()}</a></p>
            <p class="flow-sums">{sums}</p>
            {chart(words, name, &flow.days)}
            {remarks}
        </li>
    }
}

/// Two columns for each day, up and down. Whoever does not see or cannot click them has the numbers.
fn chart(words: &Words, name: &str, days: &[FlowDay]) -> impl IntoView + use<> {
    let most = days
        .iter()
        .flat_map(|day| [day.came.conversations, day.left.conversations])
        .max()
        .unwrap_or(0);
    let width = STEP * u32::try_from(days.len()).unwrap_or(1);
    let line = ABOVE + HALF;
    let columns: Vec<_> = days
        .iter()
        .zip(0_u32..)
        .map(|(day, position)| {
            let x = position * STEP;
            let hatched = (day.known != Known::All || day.unwatched > 0).then(|| {
                let title = note(day).unwrap_or_default();
                view! {
                    <g>
                        <title>{format!("{}: {title}", words.date(day.day))}</title>
                        <rect class="unwatched" x=x y=ABOVE width=unknown_width(day) height=2 * HALF></rect>
                    </g>
                }
            });
            let ways = [Way::Came, Way::Left].map(|way| column(words, name, day, way, most, x));
            view! { {hatched} {ways.into_iter().collect_view()} }
        })
        .collect();
    let ends: Vec<_> = [(days.first(), 0, "start"), (days.last(), width, "end")]
        .into_iter()
        .filter_map(|(day, x, anchor)| {
            let day = day?;
            let label = if day.today {
                "today".to_owned()
            } else {
                words.date(day.day)
            };
            Some(view! { <text x=x y=ABOVE + 2 * HALF + 12 text-anchor=anchor>{label}</text> })
        })
        .collect();
    let scale = (most > 0).then(|| text::count(most as u64));
    view! {
        <svg class="flow" viewBox=format!("0 0 {width} {}", ABOVE + 2 * HALF + BELOW) aria-hidden="true">
            <text x="0" y="9">{scale}</text>
            {columns}
            <line x1="0" x2=width y1=line y2=line></line>
            {ends}
        </svg>
    }
}

/// How much of a day's column is hatched: as much as nobody looked at, and all of a day that is not known from its
/// beginning.
fn unknown_width(day: &FlowDay) -> String {
    const DAY_MS: f64 = 24.0 * 60.0 * 60.0 * 1_000.0;
    let share = match day.known {
        Known::All => (day.unwatched as f64 / DAY_MS).clamp(0.1, 1.0),
        Known::Nothing | Known::Part => 1.0,
    };
    format!("{:.1}", share * f64::from(STEP))
}

fn column(
    words: &Words,
    name: &str,
    day: &FlowDay,
    way: Way,
    most: usize,
    x: u32,
) -> Option<impl IntoView + use<>> {
    let flowed = of(day, way);
    if flowed.conversations == 0 {
        return None;
    }
    // A single one among thousands is still to be seen.
    let height = (flowed.conversations as f64 * f64::from(HALF) / most as f64).max(1.5);
    let line = f64::from(ABOVE + HALF);
    let (area, y) = match way {
        Way::Came => (ABOVE, line - height),
        Way::Left => (ABOVE + HALF, line),
    };
    let title = said(words, day, way);
    Some(view! {
        <a href=list_of(name, &term(way, day.day)) tabindex="-1">
            <title>{title}</title>
            <rect class="flow-area" x=x y=area width=STEP height=HALF></rect>
            <rect class=way.key() x=x + 3 y=format!("{y:.1}") width=STEP - 6 height=format!("{height:.1}")></rect>
        </a>
    })
}

fn of(day: &FlowDay, way: Way) -> Flowed {
    match way {
        Way::Came => day.came,
        Way::Left => day.left,
    }
}

fn term(way: Way, day: Date) -> String {
    format!("{}:{day}", way.key())
}

/// `20 Nov: 12 came (2 no longer in this mailbox), so far`.
fn said(words: &Words, day: &FlowDay, way: Way) -> String {
    let flowed = of(day, way);
    let mut said = format!(
        "{}: {} {}",
        words.date(day.day),
        text::count(flowed.conversations as u64),
        way.key()
    );
    let elsewhere = flowed.conversations - flowed.listed;
    if elsewhere > 0 {
        let elsewhere = text::count(elsewhere as u64);
        said.push_str(&format!(" ({elsewhere} no longer in this mailbox)"));
    }
    for note in note(day)
        .into_iter()
        .chain(day.today.then(|| "so far".to_owned()))
    {
        said.push_str(", ");
        said.push_str(&note);
    }
    said
}

/// What is to be known of a day before its numbers are believed.
fn note(day: &FlowDay) -> Option<String> {
    let unwatched = text::duration(day.unwatched as f64 / 1_000.0);
    match day.known {
        Known::Nothing => Some("before the history begins".to_owned()),
        _ if day.unwatched > 0 => Some(format!("not looked at for {unwatched}")),
        Known::Part => Some("the history begins on this day".to_owned()),
        Known::All => None,
    }
}

/// A row for each mailbox, a column for each day; every number opens its list.
fn table(words: &Words, flows: &[Named]) -> impl IntoView + use<> {
    let days: Vec<_> = flows
        .first()
        .map(|(_, flow)| flow.days.iter())
        .into_iter()
        .flatten()
        .map(|day| view! { <th scope="col" class="number">{words.date(day.day)}</th> })
        .collect();
    let rows: Vec<_> = flows
        .iter()
        .map(|(name, flow)| {
            let cells: Vec<_> = flow.days.iter().map(|day| cell(words, name, day)).collect();
            view! { <tr><th scope="row">{name.clone()}</th>{cells}</tr> }
        })
        .collect();
    view! {
        <p class="hint">
            "In each cell: came, then left. An asterisk marks a day of which not all is known. What changes while this is \
             open shows on the next visit."
        </p>
        <div class="table-scroll flow-numbers" tabindex="0" role="region" aria-label="Last 14 days in numbers">
            <table class="numbers" aria-label="Came and left">
                <thead>
                    <tr><th scope="col">"Mailbox"</th>{days}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn cell(words: &Words, name: &str, day: &FlowDay) -> impl IntoView + use<> {
    let date = words.date(day.day);
    if day.known == Known::Nothing {
        let title = "before the history begins";
        return view! { <td class="number" data-label=date title=title><span class="unknown">"–"</span></td> }
            .into_any();
    }
    let numbers = [Way::Came, Way::Left].map(|way| {
        let number = text::count(of(day, way).conversations as u64);
        if of(day, way).conversations == 0 {
            return view! { <span class="zero">{number}</span> }.into_any();
        }
        let label = format!("{name}, {}", said(words, day, way));
        view! { <a href=list_of(name, &term(way, day.day)) aria-label=label>{number}</a> }
            .into_any()
    });
    let mark = note(day).map(|note| view! { <abbr title=note>"*"</abbr> });
    view! { <td class="number" data-label=date>{numbers.into_iter().collect_view()} {mark}</td> }
        .into_any()
}
