//! What happens on the server, followed by one stream per tab while the tab is visible.

#[cfg(feature = "hydrate")]
mod stream;

use leptos::prelude::*;

use crate::view::{Frame, RunProgressView};

/// What the stream has brought. Signals stay as they are on the server and without scripts.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    /// The latest frame.
    pub(crate) frame: RwSignal<Option<Frame>>,
    /// Grows with every frame: one comes whenever a run moves.
    pub(crate) frames: RwSignal<u32>,
    /// The latest of the run that is watched.
    pub(crate) run: RwSignal<Option<RunProgressView>>,
    /// Grows whenever changes of the watched run may have turned that the stream has not told.
    pub(crate) missed: RwSignal<u32>,
    /// Grows whenever the mirror changed.
    pub(crate) mirror: RwSignal<u32>,
    /// Grows whenever a person had something read from Hiver again: who asks for it wants to see it.
    pub(crate) refreshed: RwSignal<usize>,
    /// How the tab stands with the console.
    pub(crate) touch: RwSignal<Touch>,
    /// Grows whenever a person wants the console to be tried now.
    pub(crate) try_now: RwSignal<u32>,
    /// The run to be watched.
    pub(crate) watched: RwSignal<Option<i64>>,
    /// How many have watched so far; the last of them decides.
    watchers: StoredValue<u32>,
}

/// How a tab stands with the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "hydrate"),
    expect(dead_code, reason = "the server has no stream")
)]
pub(crate) enum Touch {
    /// The stream is up, or was a moment ago.
    In,
    /// The console cannot be reached; it is tried again.
    Out,
    /// The session has ended.
    SignedOut,
}

impl Live {
    /// Opens the stream, once per tab, and hands it to all pages.
    pub(crate) fn provide() -> Self {
        let live = Self {
            frame: RwSignal::new(None),
            frames: RwSignal::new(0),
            run: RwSignal::new(None),
            missed: RwSignal::new(0),
            mirror: RwSignal::new(0),
            refreshed: RwSignal::new(0),
            touch: RwSignal::new(Touch::In),
            try_now: RwSignal::new(0),
            watched: RwSignal::new(None),
            watchers: StoredValue::new(0),
        };
        provide_context(live);
        #[cfg(feature = "hydrate")]
        stream::follow(live);
        live
    }

    /// The stream of this tab.
    pub(crate) fn of_tab() -> Self {
        expect_context::<Self>()
    }

    /// Watches a run for as long as the caller's component is shown.
    pub(crate) fn watch(self, id: Signal<Option<i64>>) {
        let mine = self.watchers.get_value() + 1;
        self.watchers.set_value(mine);
        Effect::new(move || {
            self.run.set(None);
            self.watched.set(id.get());
        });
        on_cleanup(move || {
            // The next page may watch already, and the application may be going away altogether.
            if self.watchers.try_get_value() == Some(mine) {
                let _ = self.watched.try_set(None);
            }
        });
    }
}

/// What a page's data depends on. Nothing changes while a page is drawn on the server, and what it was drawn from may be
/// gone before its last data has come: there it is read once.
pub(crate) fn steady<T: Clone + Send + Sync + 'static>(
    read: impl Fn() -> T + Send + Sync + 'static,
) -> impl Fn() -> T + Send + Sync + 'static {
    #[cfg(feature = "ssr")]
    {
        let value = untrack(read);
        move || value.clone()
    }
    #[cfg(not(feature = "ssr"))]
    read
}
