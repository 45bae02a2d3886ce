//! Pages that only the server draws: they reach the browser as HTML and cost it no code. See `components::drawn`.

pub(super) mod activity;
mod author;
pub(super) mod backtest;
pub(super) mod budget;
pub(super) mod explain;
pub(super) mod flow;
pub(super) mod operators;
pub(super) mod overview;
pub(super) mod password;
pub(super) mod people;
pub(super) mod reading;
pub(super) mod rule_notices;
pub(super) mod rule_stats;
pub(super) mod rules;
pub(super) mod runs;
mod said;
pub(super) mod time_zone;
pub(super) mod trying;
pub(super) mod webhooks;

use leptos::prelude::*;

pub use self::said::Said;
pub use self::trying::source as rule_source;
use super::access::extension;

/// The shortest password that is taken.
pub const SHORTEST_PASSWORD: usize = 10;

/// The longest that a form takes.
const LONGEST_PASSWORD: &str = "1000";

/// What is to be said on this page about the form that led to it.
pub(super) fn said() -> Option<Said> {
    extension::<Said>()
}

/// What stands at the top of a page below the settings.
fn head(heading: &'static str) -> impl IntoView {
    view! {
        <header class="page-head">
            <p class="crumb"><a href="/settings">"Settings"</a></p>
            <h1>{heading}</h1>
        </header>
    }
}
