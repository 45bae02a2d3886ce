//! A page that the server has drawn: HTML in, no code for what is in it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use leptos::html::Div;
use leptos::prelude::*;
use leptos_meta::Title;

use super::problem::PageProblem;
use crate::server_fns::ApiError;

/// Asks for HTML.
pub(crate) type Again = Arc<dyn Fn() -> Drawing + Send + Sync>;

/// HTML on its way.
pub(crate) type Drawing = Pin<Box<dyn Future<Output = Result<String, ApiError>>>>;

/// Shows a page that a server function has drawn from escaped text (see `server_fns::drawn`): its title, a line break,
/// and HTML. Its links and plain forms work, with scripts and without.
///
/// It is drawn again whenever the number in `moves` grows, beside the path that it is of. What differs then is changed in its place: nothing moves, and the focus
/// stays.
#[component]
pub(crate) fn DrawnLive(
    html: Resource<Result<String, ApiError>>,
    moves: Memo<(String, u32)>,
    again: Again,
) -> impl IntoView {
    let node = NodeRef::<Div>::new();
    let following = Following {
        node,
        again: StoredValue::new(again),
        wanted: StoredValue::new(0),
    };
    Effect::new(move |before: Option<(String, u32)>| {
        let now = moves.get();
        // Another page is on its way by itself.
        if before.is_some_and(|before| before.0 == now.0 && before.1 != now.1) {
            following.draw();
        }
        now
    });
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match html.await {
                    Ok(page) => {
                        let (title, html) = parts(&page);
                        view! {
                            <Title text=title.to_owned()/>
                            <div class="drawn" node_ref=node inner_html=html.to_owned()></div>
                        }
                            .into_any()
                    }
                    Err(error) => view! { <PageProblem error=error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// The title of a page, and its HTML.
fn parts(page: &str) -> (&str, &str) {
    page.split_once('\n').unwrap_or_default()
}

/// Drawing a page again, once at a time.
#[derive(Clone, Copy)]
#[cfg_attr(
    not(feature = "hydrate"),
    expect(dead_code, reason = "the server draws once")
)]
struct Following {
    node: NodeRef<Div>,
    again: StoredValue<Again>,
    /// How often it is wanted: what is on its way, and once more for what came meanwhile.
    wanted: StoredValue<u8>,
}

impl Following {
    fn draw(self) {
        #[cfg(feature = "hydrate")]
        {
            // A page that may not be seen, or could not be drawn, does not follow anything.
            if self.node.try_get_untracked().flatten().is_none() {
                return;
            }
            match self.wanted.try_get_value() {
                Some(0) => self.wanted.set_value(1),
                Some(_) => return self.wanted.set_value(2),
                // The page is no longer shown.
                None => return,
            }
            let drawing = self.again.with_value(|again| again());
            leptos::task::spawn_local(async move {
                let drawn = drawing.await;
                let Some(wanted) = self.wanted.try_get_value() else {
                    return;
                };
                self.wanted.set_value(0);
                match drawn {
                    Ok(html) => {
                        if let Some(node) = self.node.get_untracked() {
                            in_place::update(&node, parts(&html).1);
                        }
                        if wanted > 1 {
                            self.draw();
                        }
                    }
                    Err(ApiError::SignedOut) => {}
                    // What is there is better than nothing; the banner says how it stands.
                    Err(_) => set_timeout(move || self.draw(), std::time::Duration::from_secs(2)),
                }
            });
        }
    }
}

#[cfg(feature = "hydrate")]
mod in_place {
    use wasm_bindgen::JsCast;
    use web_sys::{Element, Node};

    /// Makes the children of `place` look like `html`, touching only what differs.
    pub(super) fn update(place: &Element, html: &str) {
        if let Ok(wanted) = place.clone_node() {
            let wanted: Element = wanted.unchecked_into();
            wanted.set_inner_html(html);
            children(place, &wanted);
        }
    }

    fn children(now: &Node, wanted: &Node) {
        let mut at = behind_messages(now.first_child());
        let mut next = behind_messages(wanted.first_child());
        while let Some(new) = next {
            next = behind_messages(new.next_sibling());
            match at {
                Some(old) => {
                    at = behind_messages(old.next_sibling());
                    one(now, &old, &new);
                }
                None => {
                    let _ = now.append_child(&new);
                }
            }
        }
        while let Some(old) = at {
            at = behind_messages(old.next_sibling());
            let _ = now.remove_child(&old);
        }
    }

    /// What was said about a form is said once, and stays until the page is left.
    fn behind_messages(mut at: Option<Node>) -> Option<Node> {
        while let Some(node) = &at {
            let element = node.dyn_ref::<Element>();
            if !element.is_some_and(|one| one.class_list().contains("message")) {
                break;
            }
            at = node.next_sibling();
        }
        at
    }

    fn one(parent: &Node, old: &Node, new: &Node) {
        if old.is_equal_node(Some(new)) {
            return;
        }
        match (old.dyn_ref::<Element>(), new.dyn_ref::<Element>()) {
            (Some(old), Some(new))
                if old.tag_name() == new.tag_name() && old.tag_name() != "INPUT" =>
            {
                attributes(old, new);
                children(old, new);
            }
            (None, None) if old.node_type() == new.node_type() => {
                old.set_node_value(new.node_value().as_deref());
            }
            _ => {
                let _ = parent.replace_child(new, old);
            }
        }
    }

    /// Whether `details` are open is for the person who looks at them.
    fn attributes(old: &Element, new: &Element) {
        for name in new.get_attribute_names() {
            if let Some(name) = name.as_string()
                && name != "open"
                && let Some(value) = new.get_attribute(&name)
            {
                let _ = old.set_attribute(&name, &value);
            }
        }
        for name in old.get_attribute_names() {
            if let Some(name) = name.as_string()
                && name != "open"
                && !new.has_attribute(&name)
            {
                let _ = old.remove_attribute(&name);
            }
        }
    }
}
