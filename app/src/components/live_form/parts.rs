//! The fields of a form, and what an answer puts in their place and beside them.

use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::Reflect;
use web_sys::{Element, HtmlElement, HtmlFormElement};

use crate::keys::html_element;

/// The form that is typed in.
pub(super) fn typing() -> Option<HtmlFormElement> {
    let form = document().query_selector("form[data-live=typing]");
    form.ok().flatten()?.dyn_into().ok()
}

pub(super) fn form_of(field: &Element, which: &str) -> Option<HtmlFormElement> {
    field.closest(which).ok().flatten()?.dyn_into().ok()
}

pub(super) fn is_choice(field: &Element) -> bool {
    field
        .matches("select,[type=checkbox],[type=radio]")
        .unwrap_or(false)
}

pub(super) fn focused() -> Option<String> {
    document().active_element().map(|one| one.id())
}

/// Whether something was filled in before anybody listened.
pub(super) fn is_filled_in(form: &Element) -> bool {
    let Ok(fields) = form.query_selector_all("input,textarea,option[selected]") else {
        return false;
    };
    let states = [
        ("value", "defaultValue"),
        ("checked", "defaultChecked"),
        ("selected", "defaultSelected"),
    ];
    (0..fields.length()).any(|index| {
        let field = fields.get(index).into();
        let get = |name: &str| Reflect::get(&field, &name.into()).unwrap_or_default();
        states.iter().any(|(now, drawn)| {
            let drawn = get(drawn);
            !drawn.is_undefined() && get(now) != drawn
        })
    })
}

/// Takes over the parts of a page; the fields only where they are to be drawn again, and then with what was typed
/// since.
pub(super) fn take_over(
    html: &str,
    redraw: bool,
    typed: &[String],
    focused_before: Option<String>,
) {
    let Ok(page) = document().create_element("div") else {
        return;
    };
    page.set_inner_html(html);
    let focused = focused_before.or_else(focused);
    let names = ["value", "checked"].map(JsValue::from);
    let selection = ["selectionStart", "selectionEnd"].map(JsValue::from);
    let selected = document().active_element().map(|one| {
        let ends = selection.clone().map(|end| Reflect::get(&one, &end));
        (one.id(), ends)
    });
    let typed: Vec<_> = typed
        .iter()
        .filter_map(|id| {
            let field = html_element(id)?;
            Some((id, names.clone().map(|name| Reflect::get(&field, &name))))
        })
        .collect();
    let Ok(parts) = page.query_selector_all("[data-part]") else {
        return;
    };
    for index in 0..parts.length() {
        let part: Element = match parts.get(index) {
            Some(part) => part.unchecked_into(),
            None => break,
        };
        let is_fields = part.get_attribute("data-part").as_deref() == Some("fields");
        if let Some(here) = html_element(&part.id())
            && (redraw || !is_fields)
            && here.inner_html() != part.inner_html()
        {
            here.set_inner_html(&part.inner_html());
        }
    }
    if !redraw {
        return;
    }
    for (id, values) in typed {
        if let Some(field) = html_element(id) {
            for (name, value) in names.iter().zip(values) {
                let _ = Reflect::set(&field, name, &value.unwrap_or_default());
            }
        }
    }
    let wanted = document().query_selector("[data-focus]").ok().flatten();
    let wanted = wanted.and_then(|said| said.get_attribute("data-focus"));
    let field = [wanted, focused]
        .into_iter()
        .flatten()
        .find_map(|id| html_element(&id));
    if let Some(field) = field {
        // What can go no further leaves the focus to what it moves.
        let neighbour = || {
            let around = field.closest("[data-keys]").ok()??;
            around.query_selector("a,select,input").ok()?
        };
        if field.matches(":disabled").unwrap_or(false)
            && let Some(other) = neighbour()
        {
            let _ = other.unchecked_into::<HtmlElement>().focus();
        }
        let _ = field.focus();
        if let Some((_, ends)) = selected.filter(|(id, _)| *id == field.id()) {
            for (end, at) in selection.iter().zip(ends) {
                let _ = Reflect::set(&field, end, &at.unwrap_or_default());
            }
        }
    }
}
