//! Brings drawn forms to life: what is typed is sent at once, and what the answer says stands beside it.
//!
//! A form with `data-live` is posted in the background. Its answer is the page again, of which the elements with
//! `data-part` are taken over. Those with `data-part="fields"` hold what is typed in and stay as they are while
//! somebody types; they are replaced when something was picked or a button pressed. A button with an address of its
//! own is left to the browser. Without scripts all of it works as plain forms.
//!
//! What was typed before scripts were there is sent as they start. What could not be sent is kept in the tab, and sent
//! when the same form is shown again to the same operator (`data-by`): after signing in, after the page was loaded
//! again, or on the way back to it.

/// Follows the forms for as long as the caller's component is shown; `drawn` is read to know when a page was drawn.
#[cfg_attr(
    not(feature = "hydrate"),
    expect(unused_variables, reason = "the server draws once")
)]
pub(crate) fn follow(drawn: impl Fn() + 'static) {
    #[cfg(feature = "hydrate")]
    hydrated::listen(drawn);
}

#[cfg(feature = "hydrate")]
mod hydrated {
    use std::time::Duration;

    use leptos::ev;
    use leptos::prelude::*;
    use wasm_bindgen::{JsCast, JsValue};
    use web_sys::js_sys::Reflect;
    use web_sys::js_sys::futures::JsFuture;
    use web_sys::{
        Element, FormData, HtmlElement, HtmlFormElement, RequestInit, Storage, UrlSearchParams,
    };

    use crate::keys::html_element;

    /// Nobody has typed for so long: what takes longer may be looked for.
    const IDLE: Duration = Duration::from_millis(1_200);
    /// What could not be sent is tried again after so long.
    const AGAIN: Duration = Duration::from_secs(2);
    /// A page that was left is gone after so long.
    const STILL_HERE: Duration = Duration::from_secs(5);
    /// What is kept in the tab is called so.
    const KEPT: &str = "unsent ";
    /// Browsers send no more than that once a page is being left.
    const MOST_AT_LAST: u32 = 60_000;

    /// Something to be sent.
    struct Wanted {
        form: HtmlFormElement,
        /// What a button says.
        asked: Option<(String, String)>,
        /// Whether the fields are to be drawn again.
        redraw: bool,
    }

    #[derive(Default)]
    struct State {
        busy: bool,
        next: Option<Wanted>,
        /// The ids of fields that were filled in since the last form went out.
        typed: Vec<String>,
        turn: u32,
        /// The browser sends a form itself and leaves.
        left: bool,
        /// A button that is pressed again once what is on its way is answered.
        then: Option<HtmlElement>,
        /// What was kept in the tab is on its way: nothing takes its place before it has arrived.
        held: bool,
        dragged: Option<Element>,
    }

    type Shared = StoredValue<State, LocalStorage>;

    pub(super) fn listen(drawn: impl Fn() + 'static) {
        let state: Shared = StoredValue::new_local(State::default());
        Effect::new(move || {
            drawn();
            // It is in its place by the next frame.
            request_animation_frame(move || put_back(state));
        });
        let input = window_event_listener(ev::input, move |event| {
            filled_in(
                state,
                target(&event).filter(|field| !is_choice(field)),
                false,
            );
        });
        let change = window_event_listener(ev::change, move |event| {
            filled_in(state, target(&event).filter(is_choice), true);
        });
        let submit = window_event_listener(ev::submit, move |event| {
            // Forms elsewhere have code of their own.
            let form = target(&event)
                .filter(|form| matches!(form.closest(".drawn"), Ok(Some(_))))
                .and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
            let (Some(form), Some(button)) = (form, event.submitter()) else {
                return;
            };
            let is_live = form.has_attribute("data-live");
            let is_out = out(&form);
            if !is_live || is_out == "session" || button.has_attribute("formaction") {
                if !goes(state, &form, &button, &is_out) {
                    event.prevent_default();
                }
                return;
            }
            event.prevent_default();
            let text = |name: &str| button.get_attribute(name).unwrap_or_default();
            let asked = Some((text("name"), text("value")));
            let redraw = true;
            want(
                state,
                Wanted {
                    form,
                    asked,
                    redraw,
                },
            );
        });
        let keydown = window_event_listener(ev::keydown, move |event| {
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
            let button = target(&event)
                .and_then(|field| field.closest(around).ok().flatten())
                .and_then(|around| around.query_selector(button).ok().flatten());
            if let Some(button) = button {
                event.prevent_default();
                button.unchecked_into::<HtmlElement>().click();
            }
        });
        let dragstart = window_event_listener(ev::dragstart, move |event| {
            let line = target(&event).and_then(|grip| line_of(&grip));
            if let (Some(line), Some(transfer)) = (&line, event.data_transfer()) {
                let _ = transfer.set_data("text/plain", &line.id());
                transfer.set_drag_image(line, 0, 0);
            }
            state.update_value(|state| state.dragged = line);
        });
        let dragover = window_event_listener(ev::dragover, move |event| {
            let Some(dragged) = state.with_value(|state| state.dragged.clone()) else {
                return;
            };
            event.prevent_default();
            let over = target(&event).and_then(|over| line_of(&over));
            if let Some(over) = over
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
        });
        let dragend = window_event_listener(ev::dragend, move |_| {
            let Some(dragged) = state
                .try_update_value(|state| state.dragged.take())
                .flatten()
            else {
                return;
            };
            let mut place = 0;
            let mut before = dragged.previous_element_sibling();
            while let Some(line) = before {
                place += 1;
                before = line.previous_element_sibling();
            }
            if let (Some(id), Some(form)) = (
                dragged.get_attribute("data-drag"),
                form_of(&dragged, "form[data-live]"),
            ) {
                let asked = Some(("do".to_owned(), format!("put {id} {place}")));
                let redraw = true;
                want(
                    state,
                    Wanted {
                        form,
                        asked,
                        redraw,
                    },
                );
            }
        });
        let drop_ = window_event_listener(ev::drop, move |event| event.prevent_default());
        // What waits its turn goes out before the page does.
        let leave = move |reloads: bool| {
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
        };
        let pagehide = window_event_listener_untyped("pagehide", move |_| leave(true));
        on_cleanup(move || {
            leave(false);
            for handle in [
                input, change, submit, keydown, dragstart, dragover, dragend, drop_, pagehide,
            ] {
                handle.remove();
            }
        });
    }

    fn filled_in(state: Shared, field: Option<Element>, redraw: bool) {
        if let Some(field) = field
            && let Some(form) = form_of(&field, "form[data-live=typing]")
        {
            state.update_value(|state| state.typed.push(field.id()));
            let asked = None;
            want(
                state,
                Wanted {
                    form,
                    asked,
                    redraw,
                },
            );
        }
    }

    /// The form that is typed in.
    fn typing() -> Option<HtmlFormElement> {
        let form = document().query_selector("form[data-live=typing]");
        form.ok().flatten()?.dyn_into().ok()
    }

    fn tab() -> Option<Storage> {
        window().session_storage().ok().flatten()
    }

    /// Where a form of an operator is kept in the tab.
    fn kept_as(form: &Element) -> String {
        let text = |name: &str| form.get_attribute(name).unwrap_or_default();
        format!("{KEPT}{} {}", text("data-by"), text("action"))
    }

    fn keep(form: &Element, body: &str) {
        if let Some(tab) = tab().filter(|_| form.has_attribute("data-by")) {
            let _ = tab.set_item(&kept_as(form), body);
        }
    }

    fn keep_now(form: &HtmlFormElement) {
        if let Some(body) = body(form) {
            keep(form, &String::from(body.to_string()));
        }
    }

    fn forget(form: &Element) {
        if let Some(tab) = tab() {
            let _ = tab.remove_item(&kept_as(form));
        }
    }

    /// Whether something was filled in before anybody listened.
    fn is_filled_in(form: &Element) -> bool {
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

    /// Sends what was typed in the form that is shown now, and was not sent then.
    fn put_back(state: Shared) {
        let form = typing();
        let kept = form.as_ref().and_then(|form| {
            let body = tab()?.get_item(&kept_as(form)).ok()??;
            UrlSearchParams::new_with_str(&body).ok()
        });
        let is_free = state.try_update_value(|state| {
            state.held = kept.is_some() && !state.busy;
            !state.busy
        });
        let Some(form) = form else { return };
        let is_filled_in = is_filled_in(&form);
        let wanted = Wanted {
            form,
            asked: None,
            redraw: true,
        };
        match kept {
            Some(body) if is_free == Some(true) => send_body(state, wanted, body, true),
            None if is_filled_in => want(state, wanted),
            _ => {}
        }
    }

    /// Whether the browser is to send a form now. It does so once, and after what was typed in it before.
    fn goes(state: Shared, form: &HtmlFormElement, button: &Element, is_out: &str) -> bool {
        if is_out == "lost" {
            // It is tried again; what stands here would be gone with the page.
            return false;
        }
        let goes = state.try_update_value(|state| {
            if state.left {
                return false;
            }
            if state.busy && state.then.is_none() {
                state.then = button.clone().dyn_into().ok();
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

    fn forget_all() {
        let Some(tab) = tab() else { return };
        for index in (0..tab.length().unwrap_or(0)).rev() {
            if let Ok(Some(key)) = tab.key(index)
                && key.starts_with(KEPT)
            {
                let _ = tab.remove_item(&key);
            }
        }
    }

    fn focused() -> Option<String> {
        document().active_element().map(|one| one.id())
    }

    fn target(event: &web_sys::Event) -> Option<Element> {
        event.target().and_then(|target| target.dyn_into().ok())
    }

    fn form_of(field: &Element, which: &str) -> Option<HtmlFormElement> {
        field.closest(which).ok().flatten()?.dyn_into().ok()
    }

    fn line_of(inside: &Element) -> Option<Element> {
        inside.closest("[data-drag]").ok().flatten()
    }

    fn is_choice(field: &Element) -> bool {
        field
            .matches("select,[type=checkbox],[type=radio]")
            .unwrap_or(false)
    }

    fn out(form: &Element) -> String {
        form.get_attribute("data-out").unwrap_or_default()
    }

    /// Sends it now, or once the one before is answered; then only the latest of those that wait.
    fn want(state: Shared, wanted: Wanted) {
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

    fn send(state: Shared, wanted: Wanted) {
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
        // What a button does may move fields from under whoever fills them in.
        let moves = asked.as_ref().is_some_and(|(name, _)| name == "do");
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
                let wanted = Wanted {
                    form,
                    asked,
                    redraw,
                };
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
                    // The form of another rule may stand in its place by now.
                    if form.is_connected() {
                        take_over(&html, redraw, &typed, focused.filter(|_| moves));
                    }
                    if let Some(then) = then {
                        then.click();
                        return;
                    }
                    if next.is_none() && redraw && !typed.is_empty() {
                        let (asked, redraw) = (None, false);
                        want(
                            state,
                            Wanted {
                                form,
                                asked,
                                redraw,
                            },
                        );
                    } else if next.is_none() && !idle {
                        let (asked, redraw) = (Some(("idle".into(), "1".into())), false);
                        later(
                            Wanted {
                                form,
                                asked,
                                redraw,
                            },
                            IDLE,
                        );
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
                        later(
                            Wanted {
                                form,
                                asked,
                                redraw,
                            },
                            AGAIN,
                        );
                    }
                }
            }
            if let Some(next) = next {
                want(state, next);
            }
        });
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
        let answer: web_sys::Response =
            JsFuture::from(answer).await.map_err(none)?.unchecked_into();
        if !answer.ok() {
            return Err(Some(answer.status()));
        }
        let text = answer.text().map_err(none)?;
        let text = JsFuture::from(text).await.map_err(none)?;
        text.as_string().ok_or(None)
    }

    /// Takes over the parts of a page; the fields only where they are to be drawn again, and then with what was typed
    /// since.
    fn take_over(html: &str, redraw: bool, typed: &[String], focused_before: Option<String>) {
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
            let _ = field.focus();
            if let Some((_, ends)) = selected.filter(|(id, _)| *id == field.id()) {
                for (end, at) in selection.iter().zip(ends) {
                    let _ = Reflect::set(&field, end, &at.unwrap_or_default());
                }
            }
        }
    }
}
