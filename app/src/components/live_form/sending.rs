//! What waits to be sent, and what becomes of it.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::Reflect;
use web_sys::js_sys::futures::JsFuture;
use web_sys::{Element, FormData, HtmlElement, HtmlFormElement, RequestInit, UrlSearchParams};

use super::kept::{forget, keep, kept};
use super::parts::{focused, is_filled_in, take_over, typing};

/// Nobody has typed for so long: what takes longer may be looked for.
const IDLE: Duration = Duration::from_millis(1_200);

/// What could not be sent is tried again after so long.
const AGAIN: Duration = Duration::from_secs(2);

/// Browsers send no more than that once a page is being left.
const MOST_AT_LAST: u32 = 60_000;

/// Something to be sent.
pub(super) struct Wanted {
    pub(super) form: HtmlFormElement,
    /// What a button says.
    pub(super) asked: Option<(String, String)>,
    /// Whether the fields are to be drawn again.
    pub(super) redraw: bool,
}

impl Wanted {
    pub(super) fn of(form: HtmlFormElement, asked: Option<(String, String)>, redraw: bool) -> Self {
        Self {
            form,
            asked,
            redraw,
        }
    }
}

#[derive(Default)]
pub(super) struct State {
    pub(super) busy: bool,
    pub(super) next: Option<Wanted>,
    /// The ids of fields that were filled in since the last form went out.
    pub(super) typed: Vec<String>,
    pub(super) turn: u32,
    /// The browser sends a form itself and leaves.
    pub(super) left: bool,
    /// A button that is pressed again once what is on its way is answered.
    pub(super) then: Option<HtmlElement>,
    /// What was kept in the tab is on its way: nothing takes its place before it has arrived.
    pub(super) held: bool,
    pub(super) dragged: Option<Element>,
}

pub(super) type Shared = StoredValue<State, LocalStorage>;

/// Sends it now, or once the one before is answered; then only the latest of those that wait.
pub(super) fn want(state: Shared, wanted: Wanted) {
    let now = state.try_update_value(|state| {
        if state.left {
            return None;
        }
        state.turn += 1;
        if !state.busy {
            return Some(wanted);
        }
        state.next = Some(match state.next.take() {
            Some(before) => Wanted {
                asked: wanted.asked.or(before.asked),
                redraw: wanted.redraw || before.redraw,
                form: wanted.form,
            },
            None => wanted,
        });
        None
    });
    if let Some(wanted) = now.flatten() {
        send(state, wanted);
    }
}

pub(super) fn send(state: Shared, wanted: Wanted) {
    if let Some(body) = body(&wanted.form) {
        send_body(state, wanted, body, false);
    }
}

/// Sends this for a form; `kept` says that it is what was kept in the tab.
fn send_body(state: Shared, wanted: Wanted, body: UrlSearchParams, kept: bool) {
    let Wanted {
        form,
        asked,
        redraw,
    } = wanted;
    let begun = state.try_update_value(|state| {
        state.busy = true;
        state.typed.clear();
    });
    if begun.is_none() {
        return;
    }
    let typed = String::from(body.to_string());
    if let Some((name, value)) = &asked {
        body.append(name, value);
    }
    // What a button does may move fields from under whoever fills them in. What was put somewhere stands there already.
    let moves = asked
        .as_ref()
        .is_some_and(|(name, what)| name == "do" && !what.starts_with("put "));
    let fields = form.query_selector("[data-part=fields]").ok().flatten();
    let fields = fields.filter(|_| moves);
    let focused = focused();
    if let Some(fields) = &fields {
        let _ = fields.set_attribute("inert", "");
    }
    leptos::task::spawn_local(async move {
        let answer = post(&form, &body).await;
        if kept || state.try_with_value(|state| state.held) != Some(true) {
            match &answer {
                Ok(_) => forget(&form),
                Err(_) => keep(&form, &typed),
            }
        }
        if let Some(fields) = fields {
            let _ = fields.remove_attribute("inert");
        }
        let idle = asked.as_ref().is_some_and(|(name, _)| name == "idle");
        if kept && !matches!(answer, Ok(_) | Err(Some(401))) {
            let _ = form.set_attribute("data-out", "lost");
            let wanted = Wanted::of(form, asked, redraw);
            set_timeout(move || send_body(state, wanted, body, true), AGAIN);
            return;
        }
        let Some((turn, next, then)) = state.try_update_value(|state| {
            state.busy = false;
            state.held &= !kept || answer.is_err();
            (state.turn, state.next.take(), state.then.take())
        }) else {
            return;
        };
        let later = move |wanted: Wanted, pause| {
            set_timeout(
                move || {
                    if state.try_with_value(|state| state.turn) == Some(turn) {
                        want(state, wanted);
                    }
                },
                pause,
            );
        };
        match answer {
            Ok(html) => {
                let _ = form.remove_attribute("data-out");
                // What waits was filled in before this was answered: the fields are drawn by its own answer.
                let typed = state.with_value(|state| state.typed.clone());
                // What waits draws the fields anew.
                let redraw = redraw && next.as_ref().is_none_or(|next| !next.redraw);
                // The form of another rule may stand in its place by now.
                if form.is_connected() {
                    take_over(&html, redraw, &typed, focused.filter(|_| moves));
                }
                if let Some(then) = then {
                    then.click();
                    return;
                }
                if next.is_none() && redraw && !typed.is_empty() {
                    want(state, Wanted::of(form, None, false));
                } else if next.is_none() && !idle {
                    let asked = Some(("idle".into(), "1".into()));
                    later(Wanted::of(form, asked, false), IDLE);
                }
            }
            Err(Some(401)) => {
                let _ = form.set_attribute("data-out", "session");
                if next.is_some() && !state.with_value(|state| state.held) {
                    keep_now(&form);
                }
                return;
            }
            Err(_) => {
                let _ = form.set_attribute("data-out", "lost");
                if next.is_none() {
                    later(Wanted::of(form, asked, redraw), AGAIN);
                }
            }
        }
        if let Some(next) = next {
            want(state, next);
        }
    });
}

/// Sends what was typed in the form that is shown now, and was not sent then.
pub(super) fn put_back(state: Shared) {
    let form = typing();
    let kept = form.as_ref().and_then(|form| kept(form));
    let kept = kept.and_then(|body| UrlSearchParams::new_with_str(&body).ok());
    let is_free = state.try_update_value(|state| {
        state.held = kept.is_some() && !state.busy;
        !state.busy
    });
    let Some(form) = form else { return };
    let is_filled_in = is_filled_in(&form);
    let wanted = Wanted::of(form, None, true);
    match kept {
        Some(body) if is_free == Some(true) => send_body(state, wanted, body, true),
        None if is_filled_in => want(state, wanted),
        _ => {}
    }
}

pub(super) fn keep_now(form: &HtmlFormElement) {
    if let Some(body) = body(form) {
        keep(form, &String::from(body.to_string()));
    }
}

/// All that stands in a form.
fn body(form: &HtmlFormElement) -> Option<UrlSearchParams> {
    let data = FormData::new_with_form(form).ok()?;
    UrlSearchParams::new_with_str_sequence_sequence(&data).ok()
}

/// The answer, else its status where there was one.
async fn post(form: &HtmlFormElement, body: &UrlSearchParams) -> Result<String, Option<u16>> {
    let none = |_: JsValue| None;
    let init = RequestInit::new();
    init.set_method("POST");
    if body.to_string().length() < MOST_AT_LAST {
        let _ = Reflect::set(&init, &"keepalive".into(), &true.into());
    }
    init.set_body(body);
    // Not `form.action`: a field may be called so.
    let address = form.get_attribute("action").unwrap_or_default();
    let answer = window().fetch_with_str_and_init(&address, &init);
    let answer: web_sys::Response = JsFuture::from(answer).await.map_err(none)?.unchecked_into();
    if !answer.ok() {
        return Err(Some(answer.status()));
    }
    let text = answer.text().map_err(none)?;
    let text = JsFuture::from(text).await.map_err(none)?;
    text.as_string().ok_or(None)
}
