//! What could not be sent stays in the tab.

use leptos::prelude::window;
use web_sys::{Element, Storage};

/// What is kept in the tab is called so.
const KEPT: &str = "unsent ";

fn tab() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

/// Where a form of an operator is kept in the tab.
fn kept_as(form: &Element) -> String {
    let text = |name: &str| form.get_attribute(name).unwrap_or_default();
    format!("{KEPT}{} {}", text("data-by"), text("action"))
}

/// What is kept of a form.
pub(super) fn kept(form: &Element) -> Option<String> {
    tab()?.get_item(&kept_as(form)).ok()?
}

pub(super) fn keep(form: &Element, body: &str) {
    if let Some(tab) = tab().filter(|_| form.has_attribute("data-by")) {
        let _ = tab.set_item(&kept_as(form), body);
    }
}

pub(super) fn forget(form: &Element) {
    if let Some(tab) = tab() {
        let _ = tab.remove_item(&kept_as(form));
    }
}

pub(super) fn forget_all() {
    let Some(tab) = tab() else { return };
    for index in (0..tab.length().unwrap_or(0)).rev() {
        if let Ok(Some(key)) = tab.key(index)
            && key.starts_with(KEPT)
        {
            let _ = tab.remove_item(&key);
        }
    }
}
