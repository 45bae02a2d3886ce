//! The conversations of a backtest: before, after, and by which rules.

use engine::{Backtest, BacktestEntry, Ending, KeptBacktest, Shown};
use leptos::prelude::*;
use routing::model::RuleId;
use triage::actions::{Change, ChangeKind};
use triage::model::Directory;
use triage::text;

use super::{Found, address, why};
use crate::components::marks::{Subject, conversation_page};
use crate::components::pager::Pager;

/// Conversations on a page.
const PAGE_SIZE: usize = 20;

/// Draws the list.
pub(super) fn draw(
    found: &Found<'_>,
    kept: &KeptBacktest,
    result: &Backtest,
) -> impl IntoView + use<> {
    let counts = &result.counts;
    let compared = result.against.is_some();
    let shown = match found.show {
        "acted" => Shown::ActedOn,
        _ if compared => Shown::Differing,
        _ => Shown::ActedOn,
    };
    let rule = (!found.rule.is_empty()).then(|| RuleId::from(found.rule));
    let page = found.page.max(1);
    let list = result.list(shown, rule.as_ref(), page - 1, PAGE_SIZE);
    let pages = list.total.div_ceil(PAGE_SIZE).max(1);
    let label = match list.total {
        0 => "0".to_owned(),
        total => format!(
            "{}–{} of {}",
            text::count(((page - 1) * PAGE_SIZE + 1).min(total) as u64),
            text::count((page * PAGE_SIZE).min(total) as u64),
            text::count(total as u64)
        ),
    };
    let tab = |to: Shown, words: &str, number: usize| {
        let current = (to == shown).then_some("true");
        let text = format!("{words} {}", text::count(number as u64));
        view! { <a class="chip-link" href=address(kept, to, found.rule, 1) aria-current=current>{text}</a> }
    };
    let tabs = compared.then(|| {
        view! {
            {tab(Shown::Differing, "End differently", counts.differ)}
            {tab(Shown::ActedOn, "Would change", counts.acted_on)}
        }
    });
    let of_rule = rule.as_ref().map(|id| {
        let name = result
            .rules
            .iter()
            .find(|one| one.rule == *id)
            .map_or_else(|| id.to_string(), |one| one.name.clone());
        view! {
            <span class="chip-link" aria-current="true">{format!("by {name}")}</span>
            <a href=address(kept, shown, "", 1)>"By all rules"</a>
        }
    });
    let body = if list.entries.is_empty() {
        nothing(shown, rule.is_some(), counts.acted_on).into_any()
    } else {
        let rows: Vec<_> = list
            .entries
            .iter()
            .map(|entry| row(found, kept, result, entry))
            .collect();
        let live = compared.then(|| {
            view! { <th class="after">"By the live version"</th> }
        });
        view! {
            <div class="table-scroll">
                <table class="list differences" aria-label="Conversations">
                    <thead>
                        <tr>
                            <th class="subject">"Conversation"</th>
                            <th class="before">"As it is"</th>
                            {live}
                            <th class="after">"By these rules"</th>
                            <th class="why"><span class="for-readers">"Why"</span></th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    let rule_of_pages = found.rule.to_owned();
    let kept_of_pages = kept.clone();
    let pager = (pages > 1).then(|| {
        view! {
            <Pager
                page=page
                pages=pages
                label=label
                address=move |page| address(&kept_of_pages, shown, &rule_of_pages, page)
            />
        }
    });
    let unlisted = (counts.unlisted > 0).then(|| {
        let listed = counts.unlisted as u64;
        let text = format!(
            "{} more are counted and not listed: narrow the filter to see them.",
            text::count(listed)
        );
        view! { <p class="hint">{text}</p> }
    });
    view! {
        <section aria-label="Conversations">
            <div class="list-head"><div class="chips">{tabs} {of_rule}</div> {pager}</div>
            {body}
            {unlisted}
        </section>
    }
}

fn nothing(shown: Shown, of_rule: bool, acted_on: usize) -> impl IntoView {
    let (what, hint) = match (shown, of_rule, acted_on) {
        (_, true, _) => (
            "None by this rule",
            "It acts on none of these. The numbers below say how often it fits, and what keeps it from acting.",
        ),
        (Shown::Differing, ..) => (
            "Both end the same",
            "For every conversation that was looked at, these rules and the live version send the same. What differs may \
             be about others, or about rules that never come to act here.",
        ),
        (Shown::ActedOn, ..) => (
            "Nothing would change",
            "No rule fits, or all is so already. The numbers below say which; a conversation's own page explains each condition.",
        ),
    };
    view! {
        <div class="nothing">
            <p class="nothing-what">{what}</p>
            <p class="hint">{hint}</p>
        </div>
    }
}

fn row(
    found: &Found<'_>,
    kept: &KeptBacktest,
    result: &Backtest,
    entry: &BacktestEntry,
) -> impl IntoView + use<> {
    let id = &entry.before.id;
    let now = (found.conversation)(id);
    let subject = match &now {
        Some(now) => view! { <Subject subject=now.subject.clone()/> }.into_any(),
        None => view! { <span class="unknown">"(no longer in the mirror)"</span> }.into_any(),
    };
    let names = &found.directory;
    let none = Ending::default();
    let in_force = entry.in_force.as_ref();
    let live = result.against.map(|_| {
        let ending = in_force.unwrap_or(&none);
        let cell = after(result, ending, &entry.tried, entry.differs, names);
        view! { <td class="after" data-label="By the live version">{cell}</td> }
    });
    let tried = after(
        result,
        &entry.tried,
        in_force.unwrap_or(&none),
        entry.differs,
        names,
    );
    let before: Vec<_> = before(entry, names)
        .into_iter()
        .map(|part| view! { <li>{part}</li> })
        .collect();
    view! {
        <tr>
            <td class="subject"><a href=conversation_page(id.as_str())>{subject}</a></td>
            <td class="before" data-label="As it is"><ul>{before}</ul></td>
            {live}
            <td class="after" data-label="By these rules">{tried}</td>
            <td class="why"><a href=why(kept.source, id)>"why"</a></td>
        </tr>
    }
}

/// What the changes of either side replace.
fn before(entry: &BacktestEntry, names: &Directory) -> Vec<String> {
    let endings = entry.in_force.iter().chain([&entry.tried]);
    let mut kinds: Vec<ChangeKind> = endings
        .flat_map(|ending| &ending.changes)
        .map(|(_, change)| change.kind())
        .collect();
    kinds.sort_unstable();
    let tags = |kind: &ChangeKind| matches!(kind, ChangeKind::AddTag | ChangeKind::RemoveTag);
    kinds.dedup_by(|later, earlier| later == earlier || (tags(later) && tags(earlier)));
    let of = &entry.before;
    let parts = kinds.into_iter().filter_map(|kind| match kind {
        ChangeKind::Assign => Some(text::assignee(&of.assignee, names)),
        ChangeKind::AddTag | ChangeKind::RemoveTag => Some(match of.tags.as_deref() {
            None => "tags unknown".to_owned(),
            Some([]) => "no tags".to_owned(),
            Some(tags) => {
                let tags: Vec<String> = tags.iter().map(|tag| text::tag_name(tag, names)).collect();
                tags.join(", ")
            }
        }),
        ChangeKind::SetStatus => Some(
            of.status
                .as_ref()
                .map_or_else(|| "status unknown".to_owned(), ToString::to_string),
        ),
        ChangeKind::AddNote => None,
    });
    parts.collect()
}

/// What a side does, rule by rule. Where the two differ, what the other does as well stands back.
fn after(
    result: &Backtest,
    ending: &Ending,
    other: &Ending,
    differs: bool,
    names: &Directory,
) -> impl IntoView + use<> {
    let name = |place: u32| {
        result
            .rule(place)
            .map_or_else(|| "a rule".to_owned(), |rule| rule.name.clone())
    };
    if ending.changes.is_empty() {
        let stopped = ending
            .stopped_by
            .map(|place| view! { <span class="by">{format!("“{}” stops", name(place))}</span> });
        return view! { <span class="unknown">"as it is"</span> {stopped} }.into_any();
    }
    let mut places: Vec<u32> = ending.changes.iter().map(|(place, _)| *place).collect();
    places.sort_unstable();
    places.dedup();
    let by_rule: Vec<_> = places
        .into_iter()
        .map(|place| {
            let changes: Vec<_> = ending
                .changes
                .iter()
                .filter(|(by, _)| *by == place)
                .map(|(_, change)| {
                    let same = differs && other.changes.iter().any(|(_, one)| one == change);
                    view! { <li class:same=same>{told(change, names)}</li> }
                })
                .collect();
            view! { <ul>{changes}</ul> <span class="by">{name(place)}</span> }
        })
        .collect();
    by_rule.into_any()
}

fn told(change: &Change, names: &Directory) -> String {
    match change {
        Change::AddNote(note) => format!("Note “{note}”"),
        change => text::change(change, names),
    }
}
