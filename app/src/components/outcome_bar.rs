//! The outcomes of a run as lengths.

use leptos::prelude::*;
use triage::outcome::Outcome;
use triage::text;

use super::marks::outcome_shape;

/// The order of the bar: what is settled first, what waits last.
const ORDER: [Outcome; 7] = [
    Outcome::Done,
    Outcome::Unchanged,
    Outcome::Failed,
    Outcome::Uncertain,
    Outcome::Cancelled,
    Outcome::Sending,
    Outcome::Waiting,
];

fn ordered(counts: &[(Outcome, u32)]) -> Vec<(Outcome, u32)> {
    ORDER
        .into_iter()
        .filter_map(|outcome| counts.iter().find(|(one, _)| *one == outcome).copied())
        .collect()
}

/// A single bar with a part for every outcome. Drawn as SVG: its lengths are attributes, which a strict content
/// security policy allows, unlike inline styles.
#[component]
pub(crate) fn OutcomeBar(#[prop(into)] counts: Signal<Vec<(Outcome, u32)>>) -> impl IntoView {
    let label = move || {
        ordered(&counts.get())
            .into_iter()
            .map(|(outcome, count)| format!("{} {outcome}", text::count(count.into())))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let parts = move || {
        let counts = ordered(&counts.get());
        let total = counts
            .iter()
            .map(|(_, count)| f64::from(*count))
            .sum::<f64>()
            .max(1.0);
        let mut from = 0.0;
        counts
            .into_iter()
            .map(|(outcome, count)| {
                let width = f64::from(count) * 1000.0 / total;
                let x = from;
                from += width;
                view! {
                    <rect
                        class=format!("part part-{outcome}")
                        x=format!("{x:.2}")
                        y="0"
                        width=format!("{width:.2}")
                        height="10"
                    ></rect>
                }
            })
            .collect_view()
    };
    view! {
        <svg class="outcome-bar" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label=label>
            {parts}
        </svg>
    }
}

/// The numbers of the bar; each leads to the changes with that outcome.
#[component]
pub(crate) fn OutcomeCounts(
    #[prop(into)] counts: Signal<Vec<(Outcome, u32)>>,
    /// The run whose list the numbers lead to; without one they are plain text.
    #[prop(optional_no_strip)]
    run: Option<i64>,
    /// The outcome that the list is narrowed to.
    #[prop(optional_no_strip)]
    narrowed: Option<Outcome>,
) -> impl IntoView {
    let entry = move |outcome: Outcome, count: u32| {
        let inside = view! {
            <span class="shape" aria-hidden="true">{outcome_shape(outcome)}</span>
            <span class="number">{text::count(count.into())}</span>
            " "
            {outcome.as_str()}
        };
        let class = format!("outcome outcome-{outcome}");
        match run {
            Some(run) => view! {
                <a
                    class=class
                    href=format!("/runs/{run}?outcome={outcome}")
                    aria-current=(narrowed == Some(outcome)).then_some("true")
                >
                    {inside}
                </a>
            }
            .into_any(),
            None => view! { <span class=class>{inside}</span> }.into_any(),
        }
    };
    view! {
        <ul class="outcome-counts">
            {run
                .map(|run| {
                    view! {
                        <li>
                            <a
                                class="outcome"
                                href=format!("/runs/{run}")
                                aria-current=narrowed.is_none().then_some("true")
                            >
                                "all"
                            </a>
                        </li>
                    }
                })}
            {move || {
                ordered(&counts.get())
                    .into_iter()
                    .map(|(outcome, count)| view! { <li>{entry(outcome, count)}</li> })
                    .collect_view()
            }}
        </ul>
    }
}
