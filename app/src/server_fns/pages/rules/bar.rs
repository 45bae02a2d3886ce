//! What is not saved yet, and what to do about it.

use leptos::prelude::*;
use triage::text;

use super::Around;
use crate::rule_editor::Work;

/// The bar; empty where there is nothing to save. It stands in a form.
pub(super) fn draw(around: &Around<'_>, work: &Work) -> impl IntoView + use<> {
    let changes = work.changes();
    let behind = behind(around, work);
    let undo = work.can_take_back();
    let unusable = work.unusable().count();
    view! {
        <div id="rules-bar" data-part="">
            {around
                .edits
                .then(|| {
                    view! {
                        {behind
                            .map(|text| {
                                view! {
                                    <p class="message message-warn rules-behind" role="status">
                                        <span>{text}</span>
                                        <a href="/rules/save">"See what differs"</a>
                                    </p>
                                }
                            })}
                        {undo
                            .map(|what| {
                                view! {
                                    <p class="rules-undo">
                                        <span>{what}</span>
                                        {button("undo", "Undo", "button small")}
                                    </p>
                                }
                            })}
                        {(changes > 0)
                            .then(|| {
                                let text = format!("Unsaved changes to {}", text::plural(changes as u64, "rule"));
                                view! {
                                    <div class="rules-bar">
                                        <strong>{text}</strong>
                                        {(unusable > 0)
                                            .then(|| {
                                                let text = format!("{} to be completed", text::count(unusable as u64));
                                                view! { <span class="rules-incomplete">{text}</span> }
                                            })}
                                        <span class="rules-bar-tools">
                                            {button("save", "Save", "button primary small")}
                                            <a class="button small" href="/rules/backtest">"Backtest"</a>
                                            {button("discard", "Discard", "button quiet")}
                                        </span>
                                    </div>
                                }
                            })}
                    }
                })}
        </div>
    }
}

/// Who saved meanwhile, in words.
pub(super) fn behind(around: &Around<'_>, work: &Work) -> Option<String> {
    let latest = work.latest.as_ref().filter(|_| work.is_behind())?;
    let when = around.words.moment(latest.saved_at);
    Some(format!(
        "Version {} was saved by {} ({}) since you began from version {}.",
        latest.version, latest.author, when.exact, work.base
    ))
}

/// A button of the page before saving.
pub(super) fn button(what: &'static str, text: &'static str, class: &'static str) -> impl IntoView {
    view! { <button class=class name="do" value=what formaction="/rules/save">{text}</button> }
}
