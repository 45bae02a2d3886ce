//! The bar itself: one form, whether scripts are on or not. Its panels are popovers, which need no script.

use std::collections::BTreeSet;

use leptos::form::ActionForm;
use leptos::prelude::*;
use triage::text;

use super::state::{Compose, Picked};
use crate::components::marks::StatusMark;
use crate::components::problem::Message;
use crate::escape::escaped;
use crate::server_fns::triage::PlanChanges;
use crate::view::{Choices, Named};

/// The id of the form; boxes in the list belong to it by this name.
pub(crate) const FORM: &str = "compose";

/// The bar in which actions are composed. It stays out of the way until something is selected.
#[component]
pub(crate) fn ComposeBar(
    compose: Compose,
    choices: Choices,
    /// The filter of the list.
    #[prop(into)]
    filter: Signal<String>,
    /// How many match it.
    #[prop(into)]
    matching: Signal<usize>,
    /// The ids of the rows that are shown.
    #[prop(into)]
    shown: Signal<Vec<String>>,
) -> impl IntoView {
    let plan = ServerAction::<PlanChanges>::new();
    let count = move || compose.picked.with(|picked| picked.count(matching.get()));
    let error = move || plan.value().get().and_then(Result::err);
    let Choices { users, tags, .. } = choices;
    let names = StoredValue::new((users.clone(), tags.clone()));
    let tags_to_remove = tags.clone();
    view! {
        <section class="compose" class:idle=move || count() == 0 aria-label="Selection">
            <ActionForm action=plan attr:id=FORM>
                <input type="hidden" name="filter" value=move || filter.get()/>
                <SelectionFields compose=compose shown=shown/>
                <div class="compose-row">
                    <p class="compose-count" aria-live="polite">
                        <strong class="number">{move || text::count(count() as u64)}</strong>
                        " selected"
                        <span class="of">{move || format!(" of {}", text::count(matching.get() as u64))}</span>
                        <button
                            type="button"
                            class="link when-live"
                            title="Select nothing (Esc)"
                            on:click=move |_| compose.picked.set(Picked::default())
                        >
                            "Clear"
                        </button>
                    </p>
                    <div class="compose-tools">
                        <Tool id="assign" name="Assign" key="a">
                            <UserChoice compose=compose users=users/>
                        </Tool>
                        <Tool id="add-tag" name="Add tag" key="t">
                            <TagChoice title="Add tag" field="add_tags[]" picked=compose.add_tags other=compose.remove_tags tags=tags/>
                            <NewTag compose=compose/>
                        </Tool>
                        <Tool id="remove-tag" name="Remove tag" key="">
                            <TagChoice title="Remove tag" field="remove_tags[]" picked=compose.remove_tags other=compose.add_tags tags=tags_to_remove/>
                        </Tool>
                        <Tool id="set-status" name="Set status" key="s">
                            <StatusChoice compose=compose/>
                        </Tool>
                        <Tool id="add-note" name="Add note" key="n">
                            <NoteChoice compose=compose/>
                        </Tool>
                        <button
                            type="submit"
                            id="preview"
                            class="button primary"
                            title="See exactly what would change (p)"
                            disabled=move || plan.pending().get()
                        >
                            "Preview"
                        </button>
                    </div>
                </div>
                <Chosen compose=compose names=names/>
                {move || error().map(|error| view! { <Message error=error/> })}
            </ActionForm>
        </section>
    }
}

/// What the boxes of the shown rows cannot say: the scope, rows on other pages, and which boxes were shown.
#[component]
fn SelectionFields(compose: Compose, shown: Signal<Vec<String>>) -> impl IntoView {
    let hidden = |name: &'static str, ids: Vec<String>| {
        ids.into_iter()
            .map(|id| view! { <input type="hidden" name=name value=id/> })
            .collect_view()
    };
    view! {
        <input
            type="hidden"
            name="scope"
            value=move || compose.picked.with(|picked| match picked {
                Picked::Ids(_) => "ids",
                Picked::AllBut(_) => "matching",
            })
        />
        {move || {
            let shown: BTreeSet<String> = shown.get().into_iter().collect();
            match compose.picked.get() {
                Picked::Ids(ids) => hidden("ids[]", ids.difference(&shown).cloned().collect()).into_any(),
                Picked::AllBut(out) => {
                    (
                        hidden("except[]", out.difference(&shown).cloned().collect()),
                        hidden("shown[]", shown.into_iter().collect()),
                    )
                        .into_any()
                }
            }
        }}
    }
}

/// A button that opens a panel.
#[component]
fn Tool(
    id: &'static str,
    name: &'static str,
    /// The shortcut, if there is one.
    key: &'static str,
    children: Children,
) -> impl IntoView {
    let panel = format!("panel-{id}");
    let title = if key.is_empty() {
        name.to_owned()
    } else {
        format!("{name} ({key})")
    };
    view! {
        <span class="tool">
            <button type="button" id=id class="button" title=title popovertarget=panel.clone()>
                {name}
            </button>
            <div id=panel class=format!("panel panel-{id}") popover="auto">
                {children()}
            </div>
        </span>
    }
}

#[component]
fn UserChoice(compose: Compose, users: Vec<Named>) -> impl IntoView {
    let choice = move |id: String, label: AnyView| {
        let (now, picked) = (id.clone(), id.clone());
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="assign"
                    value=id.clone()
                    checked=compose.assign.get_untracked() == id
                    prop:checked=move || compose.assign.with(|assign| *assign == now)
                    on:change=move |_| compose.assign.set(picked.clone())
                />
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <fieldset class="choices">
            <legend>"Assign to"</legend>
            {choice(String::new(), "Leave as it is".into_any())}
            {users.into_iter().map(|user| choice(user.id, user.name.into_any())).collect_view()}
        </fieldset>
    }
}

#[component]
fn TagChoice(
    title: &'static str,
    field: &'static str,
    picked: RwSignal<BTreeSet<String>>,
    /// What the other panel has picked: a tag is added or removed, not both.
    other: RwSignal<BTreeSet<String>>,
    tags: Vec<Named>,
) -> impl IntoView {
    let choice = move |tag: Named| {
        let (now, on) = (tag.id.clone(), tag.id.clone());
        view! {
            <label class="choice">
                <input
                    type="checkbox"
                    name=field
                    value=tag.id.clone()
                    checked=picked.with_untracked(|picked| picked.contains(&tag.id))
                    prop:checked=move || picked.with(|picked| picked.contains(&now))
                    on:change=move |event| {
                        let checked = event_target_checked(&event);
                        if checked && other.with_untracked(|other| other.contains(&on)) {
                            other.update(|other| {
                                other.remove(&on);
                            });
                        }
                        picked
                            .update(|picked| {
                                if checked { picked.insert(on.clone()) } else { picked.remove(&on) };
                            });
                    }
                />
                <span>{tag.name}</span>
            </label>
        }
    };
    let empty = tags.is_empty();
    view! {
        <fieldset class="choices">
            <legend>{title}</legend>
            {tags.into_iter().map(choice).collect_view()}
            {empty.then(|| view! { <p class="hint">"Hiver has no tags yet."</p> })}
        </fieldset>
    }
}

/// A tag that Hiver does not have yet is made when the run starts.
#[component]
fn NewTag(compose: Compose) -> impl IntoView {
    view! {
        <label class="new-tag">
            <span class="legend">"New tag"</span>
            <input
                name="new_tag"
                maxlength="100"
                placeholder="Made when the run starts"
                autocomplete="off"
                value=compose.new_tag.get_untracked()
                prop:value=move || compose.new_tag.get()
                on:input=move |event| compose.new_tag.set(event_target_value(&event))
            />
        </label>
    }
}

#[component]
fn StatusChoice(compose: Compose) -> impl IntoView {
    let choice = move |word: &'static str| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="set_status"
                    value=word
                    checked=compose.set_status.get_untracked() == word
                    prop:checked=move || compose.set_status.with(|status| status == word)
                    on:change=move |_| compose.set_status.set(word.to_owned())
                />
                <span>
                    {if word.is_empty() {
                        "Leave as it is".into_any()
                    } else {
                        view! { <StatusMark status=Some(word.into())/> }.into_any()
                    }}
                </span>
            </label>
        }
    };
    view! {
        <fieldset class="choices">
            <legend>"Set status"</legend>
            {["", "open", "pending", "closed"].into_iter().map(choice).collect_view()}
        </fieldset>
    }
}

#[component]
fn NoteChoice(compose: Compose) -> impl IntoView {
    // Children of a text area would be drawn unescaped. Without scripts its text must be in the document all the
    // same, so it goes in escaped; with scripts the property holds it.
    let drawn = escaped(&compose.note.get_untracked());
    view! {
        <label class="note">
            <span class="legend">"Internal note"</span>
            <textarea
                name="note"
                id="note"
                rows="5"
                maxlength="10000"
                placeholder="Only your team sees it"
                inner_html=drawn
                prop:value=move || compose.note.get()
                on:input=move |event| compose.note.set(event_target_value(&event))
            ></textarea>
        </label>
        <p class="hint">"Hiver cannot delete notes: each conversation gets this one for good."</p>
    }
}

/// The chosen actions, each with a way to take it back.
#[component]
fn Chosen(compose: Compose, names: StoredValue<(Vec<Named>, Vec<Named>)>) -> impl IntoView {
    let name_of = move |id: &str, of_tag: bool| {
        names.with_value(|(users, tags)| {
            let list = if of_tag { tags } else { users };
            list.iter()
                .find(|one| one.id == id)
                .map_or_else(|| id.to_owned(), |one| one.name.clone())
        })
    };
    let chip = move |label: String, take_back: Box<dyn Fn() + Send + Sync>| {
        let what = format!("Take back: {label}");
        view! {
            <li class="chip">
                {label}
                <button type="button" aria-label=what on:click=move |_| take_back()>"×"</button>
            </li>
        }
    };
    view! {
        <Show when=move || compose.has_actions()>
            <ul class="chosen when-live" aria-label="Chosen actions">
                {move || {
                    let user = compose.assign.get();
                    (!user.is_empty())
                        .then(|| {
                            chip(
                                format!("Assign to {}", name_of(&user, false)),
                                Box::new(move || compose.assign.set(String::new())),
                            )
                        })
                }}
                {move || {
                    compose
                        .add_tags
                        .get()
                        .into_iter()
                        .map(|tag| {
                            chip(
                                format!("Add tag {}", name_of(&tag, true)),
                                Box::new(move || compose.add_tags.update(|tags| {
                                    tags.remove(&tag);
                                })),
                            )
                        })
                        .collect_view()
                }}
                {move || {
                    let name = compose.new_tag.get();
                    (!name.trim().is_empty())
                        .then(|| {
                            chip(
                                format!("Make and add tag {}", name.trim()),
                                Box::new(move || compose.new_tag.set(String::new())),
                            )
                        })
                }}
                {move || {
                    compose
                        .remove_tags
                        .get()
                        .into_iter()
                        .map(|tag| {
                            chip(
                                format!("Remove tag {}", name_of(&tag, true)),
                                Box::new(move || compose.remove_tags.update(|tags| {
                                    tags.remove(&tag);
                                })),
                            )
                        })
                        .collect_view()
                }}
                {move || {
                    let status = compose.set_status.get();
                    (!status.is_empty())
                        .then(|| {
                            chip(
                                format!("Set status {status}"),
                                Box::new(move || compose.set_status.set(String::new())),
                            )
                        })
                }}
                {move || {
                    let note = compose.note.get();
                    (!note.trim().is_empty())
                        .then(|| {
                            let start: String = note.trim().chars().take(40).collect();
                            let more = if note.trim().chars().count() > 40 { "…" } else { "" };
                            chip(
                                format!("Add note “{start}{more}”"),
                                Box::new(move || compose.note.set(String::new())),
                            )
                        })
                }}
            </ul>
        </Show>
    }
}
