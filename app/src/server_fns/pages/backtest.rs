//! The page of a backtest: what is to be tried, how far it is, and what came of it.

mod differences;
mod numbers;

use std::sync::Arc;

use engine::{Backtest, BacktestState, KeptBacktest, RuleSource, Shown};
use leptos::prelude::*;
use triage::filter::FilterError;
use triage::model::{Conversation, ConversationId, Directory};
use triage::plan::Price;
use triage::text;

use super::Said;
use super::trying::{Choices, head, source_key};
use crate::pages::triage::FilterProblem;
use crate::server_fns::words::{Words, encode};

/// What is shown.
pub(in crate::server_fns) struct Found<'f> {
    pub(in crate::server_fns) choices: Choices,
    pub(in crate::server_fns) filter: String,
    /// How many conversations match the filter now; nothing where a result is shown.
    pub(in crate::server_fns) matching: Result<Option<usize>, FilterError>,
    pub(in crate::server_fns) as_if_new: bool,
    /// Why one that was asked for cannot be shown.
    pub(in crate::server_fns) gone: Option<Gone>,
    pub(in crate::server_fns) kept: Option<KeptBacktest>,
    pub(in crate::server_fns) earlier: Vec<KeptBacktest>,
    pub(in crate::server_fns) price: Box<dyn Fn(u64) -> Price + 'f>,
    pub(in crate::server_fns) directory: Directory,
    pub(in crate::server_fns) conversation: &'f dyn Fn(&ConversationId) -> Option<Conversation>,
    pub(in crate::server_fns) show: &'f str,
    pub(in crate::server_fns) rule: &'f str,
    pub(in crate::server_fns) page: usize,
    pub(in crate::server_fns) may: bool,
}

/// Why a backtest that was asked for cannot be shown.
#[derive(Clone, Copy)]
pub(in crate::server_fns) enum Gone {
    /// It is no longer kept.
    Over,
    /// Somebody else made it.
    Others,
}

/// Draws the page.
pub(in crate::server_fns) fn draw(words: &Words, found: &Found<'_>, said: Option<Said>) -> String {
    let body = match found.kept.as_ref().map(|kept| (kept, &kept.state)) {
        None => begin(words, found).into_any(),
        Some((kept, BacktestState::Running { done, of })) => running(kept, *done, *of).into_any(),
        Some((kept, BacktestState::Done(result))) => {
            ended(words, found, kept, &Arc::clone(result)).into_any()
        }
        Some((_, BacktestState::Cancelled)) => over(
            "Cancelled",
            "Nothing came of it. Press Backtest to begin again.",
        )
        .into_any(),
        Some((_, BacktestState::Failed)) => over(
            "The backtest broke off",
            "The console itself failed; the log has the cause. Press Backtest to try again.",
        )
        .into_any(),
    };
    view! {
        {head("Backtest", view! { <a href="/rules">"Rules"</a> })}
        {said.map(Said::draw)}
        {form(words, found)}
        {body}
    }
    .to_html()
}

fn form(words: &Words, found: &Found<'_>) -> impl IntoView + use<> {
    let choices = Choices {
        chosen: found
            .kept
            .as_ref()
            .map_or(found.choices.chosen, |kept| kept.source),
        live: found.choices.live,
        draft: found.choices.draft,
        versions: found.choices.versions.clone(),
    };
    let (note, problem) = match &found.matching {
        Ok(None) => (None, None),
        Ok(Some(matching)) => (
            Some(format!(
                "{} now. Nothing is sent and nothing is changed.",
                match (found.filter.trim().is_empty(), *matching) {
                    (true, all) => format!("All {}", text::plural(all as u64, "conversation")),
                    (false, 1) => "1 conversation matches".to_owned(),
                    (false, some) => format!("{} conversations match", text::count(some as u64)),
                }
            )),
            None,
        ),
        Err(error) => {
            let (filter, error) = (found.filter.clone(), error.clone());
            (
                None,
                Some(view! { <FilterProblem filter=filter error=error/> }),
            )
        }
    };
    view! {
        <form method="post" action="/rules/backtest" class="narrowing trying">
            {choices.draw(words)}
            <label class="grows">
                <span>"Filter"</span>
                <input name="q" value=found.filter.clone() placeholder="all conversations, such as status:open is:unassigned"/>
            </label>
            <label class="tick">
                <input type="checkbox" name="as_new" value="1" checked=found.as_if_new/>
                "As if no rule had acted before"
            </label>
            <button class="button primary">"Backtest"</button>
        </form>
        {note.map(|note| view! { <p class="hint">{note}</p> })}
        {problem}
    }
}

fn begin(words: &Words, found: &Found<'_>) -> impl IntoView + use<> {
    let earlier: Vec<_> = found
        .earlier
        .iter()
        .map(|one| {
            let name = found.choices.name(one.source);
            let of = match one.filter.trim() {
                "" => "all conversations".to_owned(),
                filter => filter.to_owned(),
            };
            let came = match &one.state {
                BacktestState::Running { .. } => "under way".to_owned(),
                BacktestState::Done(result) => headline(result),
                BacktestState::Cancelled => "cancelled".to_owned(),
                BacktestState::Failed => "broke off".to_owned(),
            };
            let at = words.clock(one.begun_at);
            view! {
                <li>
                    <a href=format!("/rules/backtest?id={}", one.id)>{came}</a>
                    <span class="hint">{format!("{name} over {of}, {at}")}</span>
                </li>
            }
        })
        .collect();
    let gone = found.gone.map(|gone| {
        let text = match gone {
            Gone::Over => {
                "That backtest is no longer there: results are kept for an hour, and the last four. Press Backtest to try again."
            }
            Gone::Others => {
                "That backtest is somebody else's: each is shown to whoever made it. Press Backtest to make your own."
            }
        };
        view! {
            <div class="message message-warn" role="status">
                <p>{text}</p>
            </div>
        }
    });
    let more = if earlier.is_empty() {
        view! {
            <div class="nothing">
                <p class="nothing-what">"Try rules before they act"</p>
                <p class="hint">
                    "A backtest runs a whole set, in its order and with all it does, over the conversations as they are: what \
                     would become of each, what it would cost, and where they would end otherwise than by the rules in force. \
                     Every rule takes part, whatever its occasions; one that acts once per conversation does not act again."
                </p>
            </div>
        }
        .into_any()
    } else {
        view! {
            <section aria-labelledby="earlier">
                <h2 id="earlier">"Earlier backtests"</h2>
                <ul class="groups earlier">{earlier}</ul>
            </section>
        }
        .into_any()
    };
    view! { {gone} {more} }
}

fn running(kept: &KeptBacktest, done: usize, of: usize) -> impl IntoView + use<> {
    let id = kept.id.to_string();
    let far = format!(
        "{} of {}",
        text::count(done as u64),
        text::plural(of as u64, "conversation")
    );
    let again = format!("/rules/backtest?id={id}");
    view! {
        <section aria-labelledby="progress" class="run-progress">
            <h2 id="progress">"Looking"</h2>
            <progress max=of.max(1).to_string() value=done.to_string() aria-labelledby="progress"></progress>
            <div class="run-progress-foot">
                <p class="number" role="status">{far}</p>
                <form method="post" action="/rules/backtest/cancel">
                    <input type="hidden" name="id" value=id/>
                    <button class="button">"Cancel"</button>
                </form>
            </div>
            <noscript><p class="hint"><a href=again>"Look how far it is"</a></p></noscript>
        </section>
    }
}

fn over(what: &'static str, hint: &'static str) -> impl IntoView {
    view! {
        <div class="nothing">
            <p class="nothing-what">{what}</p>
            <p class="hint">{hint}</p>
        </div>
    }
}

/// `12 conversations would end differently`; of the rules in force themselves, how many would change.
fn headline(result: &Backtest) -> String {
    let counts = &result.counts;
    match (result.against, counts.differ, counts.acted_on) {
        (Some(_), 0, _) => "No conversation would end differently".to_owned(),
        (Some(_), 1, _) => "1 conversation would end differently".to_owned(),
        (Some(_), some, _) => {
            format!(
                "{} conversations would end differently",
                text::count(some as u64)
            )
        }
        (None, _, 0) => "No conversation would change".to_owned(),
        (None, _, 1) => "1 conversation would change".to_owned(),
        (None, _, some) => format!("{} conversations would change", text::count(some as u64)),
    }
}

fn ended(
    words: &Words,
    found: &Found<'_>,
    kept: &KeptBacktest,
    result: &Backtest,
) -> impl IntoView + use<> {
    let counts = &result.counts;
    let than = result
        .against
        .map(|version| format!("than by the live version {version}"));
    let turn = (counts.differ_in_turn > 0).then(|| {
        format!(
            "{} only in whose turn it is when a rule shares out.",
            text::count(counts.differ_in_turn as u64)
        )
    });
    let looked = format!(
        "{} looked at, {}, by {}{}.",
        text::plural(counts.looked_at as u64, "conversation"),
        words.clock(kept.begun_at),
        found.choices.name(kept.source),
        if kept.as_if_new {
            ", as if no rule had acted before"
        } else {
            "; a rule that acted before on a conversation acts again only as it would"
        }
    );
    view! {
        <section aria-labelledby="came-of-it" class="came-of-it">
            <h2 id="came-of-it" role="status">
                {headline(result)}
                {than.map(|than| view! { " " <span class="than">{than}</span> })}
            </h2>
            {turn.map(|turn| view! { <p>{turn}</p> })}
            <p class="hint">{looked}</p>
        </section>
        {apply(found, kept, result)}
        {differences::draw(found, kept, result)}
        {numbers::rules(kept, result)}
        {numbers::end_states(found, result)}
    }
}

/// What it would cost, and the way to have it done.
fn apply(found: &Found<'_>, kept: &KeptBacktest, result: &Backtest) -> impl IntoView + use<> {
    let counts = &result.counts;
    if counts.acted_on == 0 && counts.acted_on_in_force == 0 {
        return ().into_any();
    }
    let price = (found.price)(counts.requests() as u64);
    let mut parts = vec![format!(
        "{} would change",
        text::count(counts.acted_on as u64)
    )];
    if result.against.is_some() {
        parts.push(format!(
            "{} by the live version",
            text::count(counts.acted_on_in_force as u64)
        ));
    }
    parts.push(text::plural(price.requests, "request"));
    parts.push(text::duration(price.seconds));
    if let Some(share) = price.share_of_day {
        parts.push(format!("{} of today", text::percent(share)));
    }
    let kinds: Vec<String> = counts
        .changes
        .iter()
        .map(|(kind, number)| {
            format!(
                "{}: {}",
                text::change_kind(*kind),
                text::count(*number as u64)
            )
        })
        .collect();
    // What rules did before counts when it is applied: that may be less, or nothing, and is not priced here.
    let offer = (counts.acted_on > 0 && found.may && !kept.as_if_new).then(|| {
        let id = kept.id.to_string();
        view! {
            <form method="post" action="/rules/backtest/apply">
                <input type="hidden" name="id" value=id/>
                <button class="button primary">"Apply to these now"</button>
            </form>
        }
    });
    let hint = match (counts.acted_on, found.may, kept.as_if_new) {
        (0, ..) => "Nothing would be sent.",
        (_, false, _) => "Applying needs the role lead.",
        (_, true, true) => {
            "This cannot be applied: what rules did before counts then. Press Backtest without “As if no rule had acted before” to see what can."
        }
        (_, true, false) => "Makes a preview: nothing is sent before you start it.",
    };
    view! {
        <section class="decision" aria-label="Price">
            {offer}
            <div class="hint">
                <p class="number price">{parts.join(" · ")}</p>
                <p>{(!kinds.is_empty()).then(|| format!("{}. ", kinds.join(", ")))} {hint}</p>
            </div>
        </section>
    }
    .into_any()
}

/// The address of a list of a result.
fn address(kept: &KeptBacktest, shown: Shown, rule: &str, page: usize) -> String {
    let show = match shown {
        Shown::Differing => "different",
        Shown::ActedOn => "acted",
    };
    let mut address = format!("/rules/backtest?id={}&show={show}", kept.id);
    if !rule.is_empty() {
        address.push_str(&format!("&rule={}", encode(rule)));
    }
    if page > 1 {
        address.push_str(&format!("&page={page}"));
    }
    address
}

/// Why: the explanation of a conversation with the rules that were tried.
fn why(source: RuleSource, conversation: &ConversationId) -> String {
    let page = crate::components::marks::conversation_page(conversation.as_str());
    format!("{page}/rules?rules={}", source_key(source))
}
