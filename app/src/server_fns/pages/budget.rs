//! The page of the budget: what was sent, by lane and hour, and when Hiver asked to slow down.

use engine::{Budget, BudgetHour, LANES};
use leptos::prelude::*;
use triage::text;

use super::head;
use crate::components::marks::Ago;
use crate::server_fns::words::Words;

/// The size of the chart.
const WIDTH: u32 = 720;
const HEIGHT: u32 = 160;

/// Draws the page.
pub(in crate::server_fns) fn draw(words: &Words, budget: &Budget) -> String {
    let allowed = match budget.per_day {
        Some(per_day) => format!(
            "{} of {} requests sent in the last 24 hours",
            text::count(budget.used.into()),
            text::count(per_day.into())
        ),
        None => format!(
            "{} sent in the last 24 hours; no limit a day is set",
            text::plural(budget.used.into(), "request")
        ),
    };
    view! {
        {head("Budget")}
        <p class="price">{allowed}</p>
        <p class="hint">
            {format!(
                "At most {} a second leave. It is an estimate: others may use the same Hiver account. Near the end of the day \
                 reading stops first, then runs wait and go on by themselves; the last requests are kept for clicks.",
                budget.per_second,
            )}
        </p>
        <section aria-labelledby="lanes">
            <h2 id="lanes">"By lane and hour"</h2>
            {legend(budget)}
            {chart(words, &budget.hours)}
        </section>
        <section aria-labelledby="holds">
            <h2 id="holds">"When Hiver asked to slow down"</h2>
            {holds(words, budget)}
        </section>
    }
    .to_html()
}

fn legend(budget: &Budget) -> impl IntoView + use<> {
    let lanes: Vec<_> = LANES
        .into_iter()
        .enumerate()
        .map(|(lane, name)| {
            let requests: u32 = budget.hours.iter().map(|hour| hour.requests[lane]).sum();
            view! {
                <li>
                    <span class=format!("lane-swatch lane-{lane}") aria-hidden="true"></span>
                    {name}
                    " "
                    <strong class="number">{text::count(requests.into())}</strong>
                </li>
            }
        })
        .collect();
    view! { <ul class="lanes">{lanes}</ul> }
}

/// Stacked bars, an hour each. The numbers stand in a table for those who do not see them.
fn chart(words: &Words, hours: &[BudgetHour]) -> impl IntoView + use<> {
    let most = hours
        .iter()
        .map(|hour| hour.requests.iter().sum::<u32>())
        .max()
        .unwrap_or(0)
        .max(1);
    let step = WIDTH / u32::try_from(hours.len()).unwrap_or(1).max(1);
    let bars: Vec<_> = hours
        .iter()
        .zip(0_u32..)
        .map(|(hour, position)| {
            let mut top = f64::from(HEIGHT);
            let total: u32 = hour.requests.iter().sum();
            let parts: Vec<_> = hour
                .requests
                .iter()
                .enumerate()
                .filter(|(_, requests)| **requests > 0)
                .map(|(lane, requests)| {
                    let height = f64::from(*requests) * f64::from(HEIGHT) / f64::from(most);
                    top -= height;
                    view! {
                        <rect
                            class=format!("lane-{lane}")
                            x=position * step + 2
                            y=format!("{top:.1}")
                            width=step - 4
                            height=format!("{height:.1}")
                        ></rect>
                    }
                })
                .collect();
            let title = format!(
                "{}: {}",
                words.clock(hour.at),
                text::plural(total.into(), "request")
            );
            view! { <g><title>{title}</title>{parts}</g> }
        })
        .collect();
    let marks: Vec<_> = hours
        .iter()
        .zip(0_u32..)
        .filter(|(_, position)| position.is_multiple_of(6))
        .map(|(hour, position)| {
            // The last one would run over the edge.
            let (x, anchor) = match position {
                24 => (25 * step, "end"),
                _ => (position * step + 2, "start"),
            };
            view! { <text x=x y=HEIGHT + 16 text-anchor=anchor>{words.clock(hour.at)}</text> }
        })
        .collect();
    let rows: Vec<_> = hours
        .iter()
        .filter(|hour| hour.requests.iter().any(|requests| *requests > 0))
        .map(|hour| {
            let cells = hour.requests.map(|requests| view! { <td>{requests}</td> });
            view! { <tr><th>{words.clock(hour.at)}</th>{cells.into_iter().collect_view()}</tr> }
        })
        .collect();
    view! {
        <div class="chart" tabindex="0" role="region" aria-label="Requests by hour">
            <svg viewBox=format!("0 -14 {WIDTH} {}", HEIGHT + 38) role="img" aria-label="Requests by hour">
                <line x1="0" x2=WIDTH y1="0" y2="0"></line>
                <text x="0" y="-4">{text::plural(most.into(), "request")} " an hour"</text>
                <line x1="0" x2=WIDTH y1=HEIGHT y2=HEIGHT></line>
                {bars}
                {marks}
            </svg>
        </div>
        <div class="for-readers">
        <table aria-label="Requests by hour and lane">
            <thead>
                <tr>
                    <th>"Hour"</th>
                    {LANES.map(|lane| view! { <th>{lane}</th> }).into_iter().collect_view()}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        </div>
    }
}

fn holds(words: &Words, budget: &Budget) -> impl IntoView + use<> {
    if budget.holds.is_empty() {
        return view! { <p class="hint">"It never did, as far as this console knows."</p> }
            .into_any();
    }
    let lines: Vec<_> = budget
        .holds
        .iter()
        .map(|hold| {
            let lasted = text::duration((hold.until - hold.at).max(0) as f64 / 1_000.0);
            view! {
                <li>
                    <Ago moment=words.moment(hold.at) ago=true/>
                    {format!(" · {lasted} · {}", hold.reason)}
                </li>
            }
        })
        .collect();
    view! { <ul class="holds">{lines}</ul> }.into_any()
}
