//! How much a rule does by itself before the console stops it.

use leptos::prelude::*;
use triage::text;

use crate::view::Role;

/// Says on how many conversations a rule acts within an hour; an admin sets it.
pub(super) fn draw(ceiling: u32, role: Role) -> impl IntoView {
    let many = text::plural(u64::from(ceiling), "conversation");
    let form = (role == Role::Admin).then(|| {
        view! {
            <form class="rule-ceiling" method="post" action="/rule-ceiling">
                <label for="ceiling">"At most"</label>
                <input id="ceiling" name="ceiling" type="number" min="1" max="100000" required value=ceiling.to_string()/>
                <button class="button small">"Set"</button>
            </form>
        }
    });
    view! {
        <section class="rule-limit" aria-labelledby="limit">
            <h2 id="limit">"Limit"</h2>
            <p class="hint">
                {format!(
                    "By itself a rule acts on at most {many} within an hour. One that is about to go on is put into shadow, \
                     and it is said here. What people apply or run does not count.",
                )}
            </p>
            {form}
        </section>
    }
}
