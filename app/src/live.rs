//! What happens on the server, followed by one stream per tab while the tab is visible.

use leptos::prelude::*;

use crate::view::{Frame, RunProgressView};

/// What the stream has brought. Signals stay empty on the server and without scripts.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    /// The latest frame.
    pub(crate) frame: RwSignal<Option<Frame>>,
    /// The latest of the run that is watched.
    pub(crate) run: RwSignal<Option<RunProgressView>>,
    /// Grows whenever the mirror changed.
    pub(crate) mirror: RwSignal<u32>,
    /// Whether the console has refused the stream.
    pub(crate) refused: RwSignal<bool>,
    /// Whether the stream is up.
    pub(crate) in_touch: RwSignal<bool>,
    /// The run to be watched.
    pub(crate) watched: RwSignal<Option<i64>>,
    /// How many have watched so far; the last of them decides.
    watchers: StoredValue<u32>,
}

impl Live {
    /// Opens the stream, once per tab, and hands it to all pages.
    pub(crate) fn provide() -> Self {
        let live = Self {
            frame: RwSignal::new(None),
            run: RwSignal::new(None),
            mirror: RwSignal::new(0),
            refused: RwSignal::new(false),
            in_touch: RwSignal::new(true),
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

#[cfg(feature = "hydrate")]
mod stream {
    use leptos::ev;
    use leptos::prelude::*;
    use wasm_bindgen::prelude::*;
    use web_sys::{EventSource, MessageEvent};

    use super::Live;

    /// Opens the stream anew whenever another run is watched or the tab comes back, and closes it while the tab
    /// is hidden: browsers allow few connections per address. A tab that watches a run keeps it, to tell of its end.
    pub(super) fn follow(live: Live) {
        let visible = RwSignal::new(true);
        let handle = window_event_listener(ev::visibilitychange, move |_| {
            visible.set(!document().hidden());
        });
        on_cleanup(move || handle.remove());
        Effect::new(move |previous: Option<Option<SendWrapper>>| {
            if let Some(Some(open)) = previous {
                open.0.close();
            }
            let watched = live.watched.get();
            (visible.get() || watched.is_some())
                .then(|| open(live, watched))
                .flatten()
        });
    }

    struct SendWrapper(EventSource);

    fn open(live: Live, watched: Option<i64>) -> Option<SendWrapper> {
        let address = watched.map_or_else(|| "/live".to_owned(), |run| format!("/live?run={run}"));
        let source = EventSource::new(&address).ok()?;
        listen(&source, "frame", move |text| {
            if let Ok(frame) = serde_json::from_str(&text) {
                let _ = live.frame.try_set(Some(frame));
            }
        });
        listen(&source, "run", move |text| {
            if let Ok(run) = serde_json::from_str(&text) {
                let _ = live.run.try_set(Some(run));
            }
        });
        listen(&source, "mirror", move |_| {
            let _ = live.mirror.try_update(|count| *count += 1);
        });
        let opened = Closure::<dyn Fn()>::new(move || {
            let _ = live.in_touch.try_set(true);
        });
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));
        opened.forget();
        let of = source.clone();
        let failed = Closure::<dyn Fn()>::new(move || {
            let _ = live.in_touch.try_set(false);
            // The browser tries again by itself unless the console has refused: then the session has ended.
            let _ = live
                .refused
                .try_set(of.ready_state() == EventSource::CLOSED);
        });
        source.set_onerror(Some(failed.as_ref().unchecked_ref()));
        failed.forget();
        Some(SendWrapper(source))
    }

    fn listen(source: &EventSource, kind: &str, heard: impl Fn(String) + 'static) {
        let closure = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                heard(text);
            }
        });
        let _ = source.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref());
        closure.forget();
    }
}
