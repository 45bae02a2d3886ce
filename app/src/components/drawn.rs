//! A page that the server has drawn: HTML in, no code for what is in it.

use leptos::html::Div;
use leptos::prelude::*;

use super::problem::PageProblem;
use crate::server_fns::ApiError;

/// Shows HTML that a server function has drawn from escaped text (see `server_fns::pages`). Its links and plain
/// forms work, with scripts and without; it holds nothing that needs any.
#[component]
pub(crate) fn Drawn(
    html: Resource<Result<String, ApiError>>,
    /// Grows whenever the page may look different by now. What does is changed in its place: nothing moves, and the
    /// focus stays.
    #[prop(optional, into)]
    follows: Option<Signal<u32>>,
) -> impl IntoView {
    let node = NodeRef::<Div>::new();
    let place = Place::new(node, html, follows);
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match place.take(html.await) {
                    Ok(html) => view! { <div class="drawn" node_ref=node inner_html=html></div> }.into_any(),
                    Err(error) => view! { <PageProblem error=error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// The element that the page is drawn in. It keeps the HTML that it was made with as far as Leptos knows; what comes
/// later is put in past it.
#[derive(Clone, Copy)]
#[cfg_attr(
    not(feature = "hydrate"),
    expect(dead_code, reason = "the server draws once")
)]
struct Place {
    node: NodeRef<Div>,
    html: Resource<Result<String, ApiError>>,
    made_with: StoredValue<Option<String>>,
    /// How often the page is to be read again for the same address; once at a time.
    following: StoredValue<u8>,
}

impl Place {
    fn new(
        node: NodeRef<Div>,
        html: Resource<Result<String, ApiError>>,
        follows: Option<Signal<u32>>,
    ) -> Self {
        let place = Self {
            node,
            html,
            made_with: StoredValue::new(None),
            following: StoredValue::new(0),
        };
        if let Some(follows) = follows {
            Effect::new(move |before: Option<u32>| {
                let now = follows.get();
                if before.is_some_and(|before| before != now) {
                    place.follow();
                }
                now
            });
        }
        place
    }

    /// Reads the page again, now or once it has come.
    fn follow(self) {
        match self.following.try_get_value() {
            Some(0) => {
                self.following.set_value(1);
                self.html.refetch();
            }
            Some(1) => self.following.set_value(2),
            _ => {}
        }
    }

    #[cfg(feature = "hydrate")]
    fn follow_in(self, ms: u64) {
        set_timeout(move || self.follow(), std::time::Duration::from_millis(ms));
    }

    /// What is to be drawn now.
    fn take(self, drawn: Result<String, ApiError>) -> Result<String, ApiError> {
        #[cfg(feature = "hydrate")]
        if let (Some(made_with), Some(node)) =
            (self.made_with.get_value(), self.node.get_untracked())
        {
            let wanted = self.following.get_value();
            let following = wanted > 0;
            self.following.set_value(0);
            if wanted > 1 {
                self.follow_in(0);
            }
            match drawn {
                Ok(html) if following => in_place::update(&node, &html),
                Ok(html) => node.set_inner_html(&html),
                // What is there is better than nothing; the banner says how it stands.
                Err(ApiError::SignedOut) if following => {}
                Err(_) if following => self.follow_in(2_000),
                Err(error) => {
                    self.made_with.set_value(None);
                    return Err(error);
                }
            }
            return Ok(made_with);
        }
        #[cfg(feature = "hydrate")]
        self.made_with.set_value(drawn.as_ref().ok().cloned());
        drawn
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
        let mut at = now.first_child();
        let mut next = wanted.first_child();
        while let Some(new) = next {
            next = new.next_sibling();
            match at {
                Some(old) => {
                    at = old.next_sibling();
                    one(now, &old, &new);
                }
                None => {
                    let _ = now.append_child(&new);
                }
            }
        }
        while let Some(old) = at {
            at = old.next_sibling();
            let _ = now.remove_child(&old);
        }
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

    fn attributes(old: &Element, new: &Element) {
        for name in new.get_attribute_names() {
            if let Some(name) = name.as_string()
                && let Some(value) = new.get_attribute(&name)
            {
                let _ = old.set_attribute(&name, &value);
            }
        }
        for name in old.get_attribute_names() {
            if let Some(name) = name.as_string()
                && !new.has_attribute(&name)
            {
                let _ = old.remove_attribute(&name);
            }
        }
    }
}
