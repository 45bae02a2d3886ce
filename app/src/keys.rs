//! Shortcuts: `g o` and its like everywhere, letters on the list. They never steal from a text field.

#[cfg(feature = "hydrate")]
use leptos::prelude::*;

/// What a key press asked for, after prefixes (`g`, `*`) were put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pressed {
    /// The key, e.g. `j`, `g o`, `* a`, `Enter`.
    pub(crate) key: String,
    /// Whether Shift was held with a letter.
    pub(crate) shift: bool,
}

/// Calls `act` for every shortcut pressed outside text fields while the caller's component is shown; `act` says
/// whether it used the key.
#[cfg_attr(
    not(feature = "hydrate"),
    expect(unused_variables, reason = "there are no keys on the server")
)]
pub(crate) fn on_keys(act: impl Fn(&Pressed) -> bool + 'static) {
    #[cfg(feature = "hydrate")]
    {
        use leptos::ev;
        use wasm_bindgen::JsCast;

        let prefix = StoredValue::new(None::<char>);
        let handle = window_event_listener(ev::keydown, move |event| {
            if event.default_prevented() || event.ctrl_key() || event.alt_key() || event.meta_key()
            {
                return;
            }
            // An open panel has the keyboard: Escape closes it, and letters are no commands.
            if document()
                .query_selector(":popover-open")
                .ok()
                .flatten()
                .is_some()
            {
                return;
            }
            // A field keeps the focus for a moment after its panel was closed: it takes no more keys.
            let target = event
                .target()
                .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
                .filter(|target| target.get_client_rects().length() > 0);
            if target.as_ref().is_some_and(takes_text) {
                return;
            }
            let key = event.key();
            let on_a_control = target.is_some_and(|target| {
                matches!(
                    target.tag_name().as_str(),
                    "A" | "BUTTON" | "INPUT" | "SUMMARY" | "SELECT"
                )
            });
            // Enter and Space belong to the control that has the focus.
            if on_a_control && matches!(key.as_str(), "Enter" | " ") {
                return;
            }
            let before = prefix.get_value();
            prefix.set_value(None);
            let pressed = match (before, key.as_str()) {
                (None, "g" | "*") => {
                    prefix.set_value(key.chars().next());
                    return;
                }
                (Some(before), key) => format!("{before} {}", key.to_lowercase()),
                (None, key) if key.chars().count() == 1 => key.to_lowercase(),
                (None, key) => key.to_owned(),
            };
            if act(&Pressed {
                key: pressed,
                shift: event.shift_key(),
            }) {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    }
}

#[cfg(feature = "hydrate")]
fn takes_text(element: &web_sys::Element) -> bool {
    use wasm_bindgen::JsCast;

    match element.tag_name().as_str() {
        "TEXTAREA" | "SELECT" => true,
        "INPUT" => {
            let kind = element.unchecked_ref::<web_sys::HtmlInputElement>().type_();
            !matches!(kind.as_str(), "checkbox" | "radio" | "button" | "submit")
        }
        _ => false,
    }
}

/// Clicks the element with this id, as a person would.
#[cfg_attr(
    not(feature = "hydrate"),
    expect(unused_variables, reason = "there are no clicks on the server")
)]
pub(crate) fn click(id: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(element) = html_element(id) {
        element.click();
    }
}

/// Puts the focus on the element with this id.
#[cfg_attr(
    not(feature = "hydrate"),
    expect(unused_variables, reason = "there is no focus on the server")
)]
pub(crate) fn focus(id: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(element) = html_element(id) {
        let _ = element.focus();
    }
}

#[cfg(feature = "hydrate")]
pub(crate) fn html_element(id: &str) -> Option<web_sys::HtmlElement> {
    use wasm_bindgen::JsCast;

    document()
        .get_element_by_id(id)
        .and_then(|element| element.dyn_into().ok())
}
