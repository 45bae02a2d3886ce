//! What went wrong in a run, with its remedy beside it.

use leptos::prelude::*;
use triage::outcome::{Outcome, RunState};
use triage::text;

use super::acts::{Deed, DeedForm};
use super::changes::ways_out;
use crate::components::marks::OutcomeMark;
use crate::view::Problem;

/// What went wrong, with what to do about it; or that nothing did.
#[component]
pub(super) fn Problems(problems: Vec<Problem>, state: RunState, deed: Deed) -> impl IntoView {
    let id = deed.id;
    if problems.is_empty() {
        let sentence = match state {
            RunState::Cancelled => "Cancelled. Everything that was sent before is done.",
            _ => "Everything is done.",
        };
        return view! { <p class="message message-good" role="status">{sentence}</p> }.into_any();
    }
    let uncertain: usize = problems
        .iter()
        .filter(|problem| problem.outcome == Outcome::Uncertain)
        .map(|problem| problem.count)
        .sum();
    view! {
        <section class="problems" aria-labelledby="problems">
            <h2 id="problems">"What went wrong"</h2>
            <ul>
                {problems
                    .into_iter()
                    .map(|problem| {
                        view! {
                            <li>
                                <a href=format!("/runs/{id}?outcome={}", problem.outcome)>
                                    <OutcomeMark outcome=problem.outcome/>
                                    " "
                                    <strong class="number">{text::count(problem.count as u64)}</strong>
                                </a>
                                <span>{problem.reason}</span>
                                <span class="hint">{remedy(problem.outcome)}</span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
            {(uncertain > 1 && deed.may)
                .then(|| {
                    let all = format!(" all {} uncertain", text::count(uncertain as u64));
                    view! { <DeedForm deed=deed buttons=ways_out(&all)/> }
                })}
        </section>
    }
    .into_any()
}

fn remedy(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Uncertain => {
            "Look at the conversation in Hiver, then mark it as done, or send it again if it is not there. By itself it is \
             not sent again, so nothing happens twice."
        }
        _ => {
            "Nothing was changed there. Retry failed sends these once more, once the cause is gone."
        }
    }
}
