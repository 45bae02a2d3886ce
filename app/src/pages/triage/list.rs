//! The list: one table, rows that can be selected, keys to move through them. It stays as it was read under its
//! reader: what changes is changed in its row, what is new is offered.

mod news;

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use triage::text;

use self::news::{News, NewsBar, Shown};
use super::address::Address;
use super::filter_bar::FilterProblem;
use crate::components::compose::{Compose, FORM, Picked};
use crate::components::marks::{
    Ago, AssigneeMark, StatusMark, Subject, TagMarks, conversation_page,
};
use crate::components::pager::Pager;
use crate::keys::{click, focus, on_keys};
use crate::view::ConversationList;

/// Column: what it sorts by, its heading, its class.
const COLUMNS: [(&str, &str, &str); 4] = [
    ("subject", "Subject", "subject"),
    ("mailbox", "Mailbox", "mailbox"),
    ("status", "Status", "state"),
    ("assignee", "Assignee", "assigned"),
];

/// The list and what stands around it.
#[component]
pub(super) fn List(
    list: ConversationList,
    address: Address,
    compose: Compose,
    matching: RwSignal<usize>,
    shown: RwSignal<Vec<String>>,
    again: RwSignal<u32>,
    /// The conversation that the cursor is on, from one reading of the list to the next.
    at: StoredValue<Option<String>>,
    /// Whether the operator may change anything.
    selectable: bool,
) -> impl IntoView {
    if let Some(error) = list.filter_error {
        return view! { <FilterProblem filter=address.filter error=error/> }.into_any();
    }
    let ids: Vec<String> = list.rows.iter().map(|row| row.id.clone()).collect();
    let news = News::follow(&list, &address.filter, again);
    Effect::new({
        let ids = ids.clone();
        move || {
            matching.set(news.matching.get());
            shown.set(ids.clone());
        }
    });
    if list.rows.is_empty() {
        return view! { <Nothing total=list.total filtered=!address.filter.is_empty()/> }
            .into_any();
    }
    let cursor = RwSignal::new(kept_cursor(at, &ids));
    keep_cursor(at, cursor, ids.clone());
    list_keys(ids.clone(), compose, cursor, news, selectable);
    let first = (list.page - 1) * list.page_size;
    let range = format!(
        "{}–{} of ",
        text::count(first as u64 + 1),
        text::count((first + list.rows.len()) as u64),
    );
    let label =
        Signal::derive(move || format!("{range}{}", text::count(news.matching.get() as u64)));
    let pages = list.matching.div_ceil(list.page_size).max(1);
    let (of_page, age_title) = (address.clone(), age_title(list.ages_from_hiver));
    view! {
        <NewsBar news=news/>
        <div class="list-head">
            {selectable.then(|| view! { <SelectAll matching=news.matching address=address.clone() compose=compose/> })}
            <Pager page=list.page pages=pages label=label address=move |page| of_page.on_page(page).href()/>
        </div>
        <div class="table-scroll">
        <table class="list" aria-label="Conversations">
            <thead>
                <tr>
                    {selectable.then(|| view! { <th class="pick"><SelectPage ids=ids.clone() compose=compose/></th> })}
                    {COLUMNS
                        .into_iter()
                        .map(|(sort, name, class)| heading(&address, sort, name, class, None))
                        .collect_view()}
                    <th class="tagged">"Tags"</th>
                    {heading(&address, "", "Age", "age", Some(age_title))}
                </tr>
            </thead>
            <tbody>
                {news
                    .rows
                    .with_value(Vec::clone)
                    .into_iter()
                    .zip(ids)
                    .enumerate()
                    .map(|(position, (row, id))| {
                        view! {
                            <Row row=row id=id position=position compose=compose cursor=cursor selectable=selectable/>
                        }
                    })
                    .collect_view()}
            </tbody>
        </table>
        </div>
    }
    .into_any()
}

fn age_title(from_hiver: bool) -> &'static str {
    if from_hiver {
        "Since the conversation began, as Hiver says"
    } else {
        "Since the console first saw the conversation: Hiver did not say when it began"
    }
}

/// Where the cursor is on a list that is read again.
fn kept_cursor(at: StoredValue<Option<String>>, ids: &[String]) -> Option<usize> {
    let at = at.get_value()?;
    ids.iter().position(|id| *id == at)
}

fn keep_cursor(at: StoredValue<Option<String>>, cursor: RwSignal<Option<usize>>, ids: Vec<String>) {
    Effect::new(move || {
        if let Some(id) = cursor.get().and_then(|position| ids.get(position)) {
            at.set_value(Some(id.clone()));
        }
    });
}

#[component]
fn Nothing(total: usize, filtered: bool) -> impl IntoView {
    let (what, how) = match (total, filtered) {
        (0, _) => (
            "No conversations yet",
            "They appear here page by page while the mirror is read from Hiver for the first time.",
        ),
        (_, true) => (
            "Nothing matches",
            "Take a word or a term out of the filter to see more.",
        ),
        (_, false) => (
            "Nothing here",
            "The connected mailboxes have no conversations.",
        ),
    };
    view! {
        <div class="nothing">
            <p class="nothing-what">{what}</p>
            <p class="hint">{how}</p>
            {(filtered && total > 0).then(|| view! { <a class="button" href="/triage">"Show everything"</a> })}
        </div>
    }
}

fn heading(
    address: &Address,
    sort: &str,
    name: &'static str,
    class: &'static str,
    title: Option<&'static str>,
) -> impl IntoView + use<> {
    let current = address.sort == sort;
    // Ages are drawn as what passed: the newest first is ascending.
    let direction = match (current, address.descending) {
        (false, _) => "none",
        (true, false) => "ascending",
        (true, true) => "descending",
    };
    let arrow = match (current, address.descending) {
        (false, _) => "",
        (true, false) => "↑",
        (true, true) => "↓",
    };
    view! {
        <th class=class aria-sort=direction>
            <a href=address.sorted(sort).href() title=title>
                {name}
                <span class="arrow" aria-hidden="true">{arrow}</span>
            </a>
        </th>
    }
}

/// Selects everything that matches. Without scripts it asks for the page again with everything ticked.
#[component]
fn SelectAll(matching: RwSignal<usize>, address: Address, compose: Compose) -> impl IntoView {
    let all = move || {
        compose
            .picked
            .with(|picked| matches!(picked, Picked::AllBut(out) if out.is_empty()))
    };
    view! {
        <form method="get" action="/triage" class="select-all">
            <input type="hidden" name="q" value=address.filter.clone()/>
            <input type="hidden" name="sort" value=address.sort.clone()/>
            {address.descending.then(|| view! { <input type="hidden" name="dir" value="desc"/> })}
            <input type="hidden" name="page" value=address.page/>
            <button
                id="select-all"
                name="select"
                value="all"
                class="button small"
                title="* a"
                aria-pressed=move || if all() { "true" } else { "false" }
                on:click=move |event| {
                    event.prevent_default();
                    compose.picked.set(Picked::AllBut(Default::default()));
                }
            >
                {move || format!("Select all {} matching", text::count(matching.get() as u64))}
            </button>
        </form>
    }
}

/// The box in the heading: selects the rows of the page, or takes them out.
#[component]
fn SelectPage(ids: Vec<String>, compose: Compose) -> impl IntoView {
    let for_state = ids.clone();
    let all = move || {
        compose
            .picked
            .with(|picked| for_state.iter().all(|id| picked.has(id)))
    };
    view! {
        <input
            type="checkbox"
            class="when-live"
            aria-label="Select this page"
            prop:checked=all
            on:change=move |event| {
                let selected = event_target_checked(&event);
                compose.picked.update(|picked| ids.iter().for_each(|id| picked.set(id, selected)));
            }
        />
    }
}

#[component]
fn Row(
    row: Shown,
    id: String,
    position: usize,
    compose: Compose,
    cursor: RwSignal<Option<usize>>,
    selectable: bool,
) -> impl IntoView {
    let gone = move || row.with(|(_, fits)| !fits);
    // Everything that matches is selected: what no longer does is not.
    let selected = {
        let id = id.clone();
        move || {
            compose
                .picked
                .with(|picked| picked.has(&id) && (matches!(picked, Picked::Ids(_)) || !gone()))
        }
    };
    let (for_box, at_first) = (selected.clone(), untrack(selected.clone()));
    let label = move || {
        row.with(|(row, _)| {
            let subject = row.subject.as_deref();
            format!(
                "Select {}",
                subject.unwrap_or("the conversation without a subject")
            )
        })
    };
    view! {
        <tr
            id=format!("row-{position}")
            class:selected=selected
            class:gone=gone
            class:cursor=move || cursor.get() == Some(position)
        >
            {selectable
                .then(|| {
                    let for_change = id.clone();
                    view! {
                        <td class="pick">
                            <input type="hidden" name="shown[]" value=id.clone() form=FORM/>
                            <input
                                type="checkbox"
                                name="ids[]"
                                value=id.clone()
                                form=FORM
                                aria-label=label
                                checked=at_first
                                prop:checked=for_box
                                on:change=move |event| {
                                    let on = event_target_checked(&event);
                                    compose.picked.update(|picked| picked.set(&for_change, on));
                                    cursor.set(Some(position));
                                }
                            />
                        </td>
                    }
                })}
            {move || {
                let (row, fits) = row.get();
                view! {
                    <td class="subject">
                        {row
                            .run
                            .map(|run| {
                                view! {
                                    <a class="badge" href=format!("/runs/{run}") title="Has a change to come in this run">
                                        {format!("run {run}")}
                                    </a>
                                }
                            })}
                        <a href=conversation_page(&row.id)><Subject subject=row.subject/></a>
                        {(!fits).then(|| view! { <span class="for-readers">", no longer matches"</span> })}
                    </td>
                    <td class="mailbox">{row.mailbox}</td>
                    <td class="state"><StatusMark status=row.status/></td>
                    <td class="assigned"><AssigneeMark assignee=row.assignee/></td>
                    <td class="tagged"><TagMarks tags=row.tags/></td>
                    <td class="age"><Ago moment=row.age/></td>
                }
            }}
        </tr>
    }
}

fn list_keys(
    ids: Vec<String>,
    compose: Compose,
    cursor: RwSignal<Option<usize>>,
    news: News,
    selectable: bool,
) {
    let navigate = use_navigate();
    // Where a range starts: the row that was selected last.
    let anchor = StoredValue::new(None::<usize>);
    on_keys(move |pressed| {
        let at = cursor.get_untracked();
        match pressed.key.as_str() {
            "j" | "ArrowDown" => move_to(cursor, at.map_or(0, |at| (at + 1).min(ids.len() - 1))),
            "." => news.show(),
            "k" | "ArrowUp" => move_to(cursor, at.map_or(0, |at| at.saturating_sub(1))),
            "Enter" => match at.and_then(|at| ids.get(at)) {
                Some(id) => {
                    navigate(&conversation_page(id), Default::default());
                    true
                }
                None => false,
            },
            _ if !selectable => false,
            "x" => {
                let Some(at) = at else { return false };
                let from = if pressed.shift {
                    anchor.get_value().unwrap_or(at)
                } else {
                    at
                };
                let (from, to) = (from.min(at), from.max(at));
                compose.picked.update(|picked| {
                    let on = from != to || !picked.has(&ids[at]);
                    ids[from..=to].iter().for_each(|id| picked.set(id, on));
                });
                anchor.set_value(Some(at));
                true
            }
            "* a" => {
                compose.picked.set(Picked::AllBut(Default::default()));
                true
            }
            "* n" | "Escape" => {
                compose.picked.set(Picked::default());
                true
            }
            "a" => press("assign", "panel-assign"),
            "t" => press("add-tag", "panel-add-tag"),
            "s" => press("set-status", "panel-set-status"),
            "n" => {
                click("add-note");
                focus("note");
                true
            }
            "p" => {
                click("preview");
                true
            }
            _ => false,
        }
    });
}

fn move_to(cursor: RwSignal<Option<usize>>, position: usize) -> bool {
    cursor.set(Some(position));
    #[cfg(feature = "hydrate")]
    if let Some(row) = crate::keys::html_element(&format!("row-{position}")) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        row.scroll_into_view_with_scroll_into_view_options(&options);
    }
    true
}

/// Opens a panel and puts the focus on its first choice.
fn press(button: &str, panel: &str) -> bool {
    click(button);
    #[cfg(feature = "hydrate")]
    if let Some(panel) = crate::keys::html_element(panel) {
        use wasm_bindgen::JsCast;

        let first = panel.query_selector("input").ok().flatten();
        if let Some(first) = first.and_then(|first| first.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = first.focus();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = panel;
    true
}
