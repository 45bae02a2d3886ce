//! The state of the bar: signals on the page, kept in the tab so that nothing typed is ever lost.

use std::collections::BTreeSet;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What is selected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Picked {
    /// These, by id.
    Ids(BTreeSet<String>),
    /// Everything that matches the filter, but these.
    AllBut(BTreeSet<String>),
}

impl Default for Picked {
    fn default() -> Self {
        Self::Ids(BTreeSet::new())
    }
}

impl Picked {
    /// Whether a conversation is selected.
    pub(crate) fn has(&self, id: &str) -> bool {
        match self {
            Self::Ids(ids) => ids.contains(id),
            Self::AllBut(out) => !out.contains(id),
        }
    }

    /// Selects a conversation or takes it out.
    pub(crate) fn set(&mut self, id: &str, selected: bool) {
        let (set, insert) = match self {
            Self::Ids(ids) => (ids, selected),
            Self::AllBut(out) => (out, !selected),
        };
        if insert {
            set.insert(id.to_owned());
        } else {
            set.remove(id);
        }
    }

    /// How many are selected, of `matching`.
    pub(crate) fn count(&self, matching: usize) -> usize {
        match self {
            Self::Ids(ids) => ids.len(),
            Self::AllBut(out) => matching.saturating_sub(out.len()),
        }
    }
}

/// Everything in the bar.
#[derive(Clone, Copy)]
pub(crate) struct Compose {
    /// What is selected.
    pub(crate) picked: RwSignal<Picked>,
    /// The user to assign to; empty leaves it.
    pub(crate) assign: RwSignal<String>,
    /// Tags to add, by id.
    pub(crate) add_tags: RwSignal<BTreeSet<String>>,
    /// The name of a tag to be made and added; blank makes none.
    pub(crate) new_tag: RwSignal<String>,
    /// Tags to remove, by id.
    pub(crate) remove_tags: RwSignal<BTreeSet<String>>,
    /// The status to set; empty leaves it.
    pub(crate) set_status: RwSignal<String>,
    /// The note to add; blank adds none.
    pub(crate) note: RwSignal<String>,
}

/// The state as it is kept: in the tab, or by the server as the form that was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Kept {
    scope: String,
    pub(crate) filter: String,
    ids: BTreeSet<String>,
    except: BTreeSet<String>,
    shown: BTreeSet<String>,
    assign: String,
    add_tags: BTreeSet<String>,
    new_tag: String,
    remove_tags: BTreeSet<String>,
    set_status: String,
    note: String,
}

impl Kept {
    /// Reads a form as the browser sent it.
    pub(crate) fn from_form(form: &str) -> Option<Self> {
        serde_qs::Config::new(5, false).deserialize_str(form).ok()
    }

    fn picked(&self) -> Picked {
        if self.scope == "matching" {
            let unticked = self.shown.difference(&self.ids).cloned();
            Picked::AllBut(self.except.iter().cloned().chain(unticked).collect())
        } else {
            Picked::Ids(self.ids.clone())
        }
    }
}

/// Where the tab keeps it.
#[cfg(feature = "hydrate")]
const KEY: &str = "compose";

impl Compose {
    /// An empty bar.
    pub(crate) fn new() -> Self {
        Self {
            picked: RwSignal::default(),
            assign: RwSignal::default(),
            add_tags: RwSignal::default(),
            new_tag: RwSignal::default(),
            remove_tags: RwSignal::default(),
            set_status: RwSignal::default(),
            note: RwSignal::default(),
        }
    }

    /// Whether any action is chosen.
    pub(crate) fn has_actions(self) -> bool {
        !self.assign.with(String::is_empty)
            || !self.add_tags.with(BTreeSet::is_empty)
            || !self.new_tag.with(|name| name.trim().is_empty())
            || !self.remove_tags.with(BTreeSet::is_empty)
            || !self.set_status.with(String::is_empty)
            || !self.note.with(|note| note.trim().is_empty())
    }

    /// Takes up what was kept.
    pub(crate) fn take_up(self, kept: Kept) {
        self.picked.set(kept.picked());
        self.assign.set(kept.assign);
        self.add_tags.set(kept.add_tags);
        self.new_tag.set(kept.new_tag);
        self.remove_tags.set(kept.remove_tags);
        self.set_status.set(kept.set_status);
        self.note.set(kept.note);
    }

    #[cfg(feature = "hydrate")]
    fn kept(self, filter: String) -> Kept {
        let mut kept = Kept {
            filter,
            assign: self.assign.get(),
            add_tags: self.add_tags.get(),
            new_tag: self.new_tag.get(),
            remove_tags: self.remove_tags.get(),
            set_status: self.set_status.get(),
            note: self.note.get(),
            ..Kept::default()
        };
        match self.picked.get() {
            Picked::Ids(ids) => kept.ids = ids,
            Picked::AllBut(out) => {
                "matching".clone_into(&mut kept.scope);
                kept.except = out;
            }
        }
        kept
    }

    /// Keeps the bar in the tab from now on, after taking up what the tab had kept. A selection belongs to its
    /// filter: under another one only the actions come back.
    #[cfg_attr(
        not(feature = "hydrate"),
        expect(unused_variables, reason = "the server keeps nothing in a tab")
    )]
    pub(crate) fn keep_in_tab(self, filter: Signal<String>) {
        #[cfg(feature = "hydrate")]
        Effect::new(move |again: Option<()>| {
            if again.is_none()
                && let Some(storage) = storage()
                && let Ok(Some(text)) = storage.get_item(KEY)
                && let Ok(mut kept) = serde_json::from_str::<Kept>(&text)
            {
                if kept.filter != filter.get_untracked() {
                    kept.scope.clear();
                    kept.ids.clear();
                }
                self.take_up(kept);
            }
            if let Some(storage) = storage()
                && let Ok(text) = serde_json::to_string(&self.kept(filter.get()))
            {
                let _ = storage.set_item(KEY, &text);
            }
        });
    }

    /// Forgets what the tab had kept, once it has been carried out.
    pub(crate) fn forget_in_tab() {
        #[cfg(feature = "hydrate")]
        if let Some(storage) = storage() {
            let _ = storage.remove_item(KEY);
        }
    }
}

#[cfg(feature = "hydrate")]
fn storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_was_sent_is_taken_up_as_it_was() {
        let form = "filter=status%3Aopen&shown%5B%5D=c1&shown%5B%5D=c2&ids%5B%5D=c1&scope=matching\
                    &assign=usr_1&add_tags%5B%5D=tag_1&add_tags%5B%5D=tag_2&set_status=&note=two%0D%0Alines+%26+more";
        let kept = Kept::from_form(form).unwrap();
        assert_eq!(kept.filter, "status:open");
        assert_eq!(kept.picked(), Picked::AllBut(["c2".to_owned()].into()));
        assert_eq!(kept.assign, "usr_1");
        assert_eq!(kept.add_tags.len(), 2);
        assert_eq!(kept.note, "two\r\nlines & more");
    }

    #[test]
    fn a_selection_counts_what_it_says() {
        let mut picked = Picked::default();
        picked.set("a", true);
        picked.set("b", true);
        picked.set("a", false);
        assert!(!picked.has("a") && picked.has("b"));
        assert_eq!(picked.count(10), 1);
        let mut all = Picked::AllBut(BTreeSet::new());
        all.set("a", false);
        assert!(!all.has("a") && all.has("b"));
        assert_eq!(all.count(10), 9);
    }
}
