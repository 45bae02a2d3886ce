//! What happens in the window.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{
    DragEvent, Element, Event, HtmlElement, HtmlFormElement, KeyboardEvent, SubmitEvent,
};

use super::kept::{forget, forget_all};
use super::parts::{form_of, is_choice, typing};
use super::sending::{Shared, State, Wanted, keep_now, put_back, send, want};

/// A page that was left is gone after so long.
const STILL_HERE: Duration = Duration::from_secs(5);
const HEARD: [&str; 9] = [
    "input",
    "change",
    "submit",
    "keydown",
    "dragstart",
    "dragover",
    "dragend",
    "drop",
    "pagehide",
];

pub(super) fn listen(drawn: impl Fn() + 'static) {
    let state: Shared = StoredValue::new_local(State::default());
    Effect::new(move || {
        drawn();
        // It is in its place by the next frame.
        request_animation_frame(move || put_back(state));
    });
    let handles =
        HEARD.map(|name| window_event_listener_untyped(name, move |event| heard(state, &event)));
    on_cleanup(move || {
        leave(state, false);
        for handle in handles {
            handle.remove();
        }
    });
}

fn heard(state: Shared, event: &Event) {
    let target: Option<Element> = event.target().and_then(|target| target.dyn_into().ok());
    match (event.type_().as_str(), target) {
        ("pagehide", _) => leave(state, true),
        ("dragend", _) => dragged(state),
        ("drop", _) => event.prevent_default(),
        ("input", Some(field)) if !is_choice(&field) => filled_in(state, &field, false),
        ("change", Some(field)) if is_choice(&field) => filled_in(state, &field, true),
        ("submit", Some(form)) => submitted(state, event.unchecked_ref(), &form),
        ("keydown", Some(field)) => pressed(state, event.unchecked_ref(), &field),
        ("dragstart", Some(grip)) => {
            let line = line_of(&grip);
            if let Some(line) = &line
                && let Some(transfer) = event.unchecked_ref::<DragEvent>().data_transfer()
            {
                let _ = transfer.set_data("text/plain", &line.id());
                transfer.set_drag_image(line, 0, 0);
            }
            state.update_value(|state| state.dragged = line);
        }
        ("dragover", over) => dragged_over(state, event.unchecked_ref(), over.as_ref()),
        _ => {}
    }
}

fn filled_in(state: Shared, field: &Element, redraw: bool) {
    if let Some(form) = form_of(field, "form[data-live=typing]") {
        state.update_value(|state| state.typed.push(field.id()));
        want(state, Wanted::of(form, None, redraw));
    }
}

fn submitted(state: Shared, event: &SubmitEvent, form: &Element) {
    // Forms elsewhere have code of their own.
    let is_ours = matches!(form.closest(".drawn"), Ok(Some(_)));
    let form = form.dyn_ref::<HtmlFormElement>().filter(|_| is_ours);
    let (Some(form), Some(button)) = (form, event.submitter()) else {
        return;
    };
    let is_out = form.get_attribute("data-out").unwrap_or_default();
    let is_live = form.has_attribute("data-live");
    if !is_live || is_out == "session" || button.has_attribute("formaction") {
        if !goes(state, form, &button, &is_out) {
            event.prevent_default();
        }
        return;
    }
    event.prevent_default();
    let text = |name: &str| button.get_attribute(name).unwrap_or_default();
    let asked = Some((text("name"), text("value")));
    want(state, Wanted::of(form.clone(), asked, true));
}

fn pressed(state: Shared, event: &KeyboardEvent, field: &Element) {
    let up = event.key() == "ArrowUp";
    if event.alt_key()
        && (up || event.key() == "ArrowDown")
        && let Some(line) = line_of(field)
    {
        event.prevent_default();
        // The other one moves: the focus stays.
        let moved = match up {
            true => line
                .previous_element_sibling()
                .map(|one| line.after_with_node_1(&one)),
            false => line
                .next_element_sibling()
                .map(|one| line.before_with_node_1(&one)),
        };
        if moved.is_some() {
            put(state, &line);
        }
        return;
    }
    // The element around the focus, and the button in it.
    let (around, button) = match (event.key().as_str(), event.alt_key()) {
        ("ArrowUp", true) => ("[data-keys]", ":scope > .moves > [data-move=up]"),
        ("ArrowDown", true) => ("[data-keys]", ":scope > .moves > [data-move=down]"),
        (key, false) if event.ctrl_key() || event.meta_key() => match key {
            "Enter" => (".group", ":scope > .group-tools > [data-move=add]"),
            "s" => ("form[data-live]", "[value=save]"),
            _ => return,
        },
        _ => return,
    };
    let around = field.closest(around).ok().flatten();
    let button = around.and_then(|around| around.query_selector(button).ok().flatten());
    if let Some(button) = button {
        event.prevent_default();
        button.unchecked_into::<HtmlElement>().click();
    }
}

fn line_of(inside: &Element) -> Option<Element> {
    inside.closest("[data-drag]").ok().flatten()
}

fn dragged_over(state: Shared, event: &DragEvent, over: Option<&Element>) {
    let Some(dragged) = state.with_value(|state| state.dragged.clone()) else {
        return;
    };
    event.prevent_default();
    if let Some(over) = over.and_then(line_of)
        && over.parent_node() == dragged.parent_node()
        && over != dragged
    {
        let area = over.get_bounding_client_rect();
        let below = f64::from(event.client_y()) > area.top() + area.height() / 2.0;
        let _ = if below {
            over.after_with_node_1(&dragged)
        } else {
            over.before_with_node_1(&dragged)
        };
    }
}

fn dragged(state: Shared) {
    let dragged = state.try_update_value(|state| state.dragged.take());
    if let Some(line) = dragged.flatten() {
        put(state, &line);
    }
}

/// Tells where a line was put.
fn put(state: Shared, line: &Element) {
    let mut place = 0;
    let mut before = line.previous_element_sibling();
    while let Some(line) = before {
        place += 1;
        before = line.previous_element_sibling();
    }
    if let (Some(id), Some(form)) = (
        line.get_attribute("data-drag"),
        form_of(line, "form[data-live]"),
    ) {
        let asked = Some(("do".to_owned(), format!("put {id} {place}")));
        want(state, Wanted::of(form, asked, true));
    }
}

/// What waits its turn goes out before the page does.
fn leave(state: Shared, reloads: bool) {
    let left = state.try_update_value(|state| {
        let unsent = !state.held && (state.busy || state.next.is_some());
        (!state.left).then(|| (state.next.take(), unsent))
    });
    let Some((next, unsent)) = left.flatten() else {
        return;
    };
    if reloads
        && unsent
        && let Some(form) = typing()
    {
        keep_now(&form);
    }
    if let Some(wanted) = next {
        send(state, wanted);
    }
}

/// Whether the browser is to send a form now. It does so once, and after what was typed in it before.
fn goes(state: Shared, form: &HtmlFormElement, button: &HtmlElement, is_out: &str) -> bool {
    if is_out == "lost" {
        // It is tried again; what stands here would be gone with the page.
        return false;
    }
    let goes = state.try_update_value(|state| {
        if state.left {
            return false;
        }
        if state.busy && state.then.is_none() {
            state.then = Some(button.clone());
            return false;
        }
        state.left = true;
        state.turn += 1;
        state.next = None;
        true
    });
    if goes == Some(true) {
        if button.get_attribute("value").as_deref() == Some("discard") {
            forget_all();
        } else if is_out != "session" {
            forget(form);
        }
        // Where the page is still there then, nothing came of it.
        set_timeout(
            move || {
                state.try_update_value(|state| state.left = false);
            },
            STILL_HERE,
        );
    }
    goes == Some(true)
}
