//! The stream in the browser: opened, kept, and opened again from where it was.
//!
//! The browser's own way to try again is not used: it gives up for good when a proxy answers in the console's place,
//! waits however long it likes, and does not notice a connection that has died in a laptop's sleep.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use web_sys::js_sys::{Date, Math};
use web_sys::{EventSource, MessageEvent};

use super::{Live, Touch};
use crate::server_fns::ApiError;
use crate::server_fns::frame::frame;
use crate::view::RunProgressView;

/// All times in milliseconds. How often the stream is looked after.
const LOOK_EVERY: f64 = 5_000.0;
/// The console says something every 15 s (`server/src/web/live.rs`): a stream that was silent for so long is dead.
const SILENT: f64 = 32_000.0;
/// An answer that takes longer does not come.
const NO_ANSWER: f64 = 10_000.0;
/// The first and the longest pause between tries, give or take half of it: not all tabs at once.
const FIRST_PAUSE: f64 = 1_000.0;
const LONGEST_PAUSE: f64 = 30_000.0;

/// What is said on the stream.
const KINDS: [&str; 4] = ["frame", "run", "mirror", "beat"];

/// Follows what happens, for as long as the tab is visible: browsers allow few connections per address. A tab that
/// watches a run follows in the dark, too, to tell of its end.
pub(super) fn follow(live: Live) {
    let stream = Stream::new(live);
    stream.clone().look_after();
    // Anew whenever another run is watched, or a person asks.
    Effect::new(move |_| {
        live.watched.track();
        live.try_now.track();
        stream.tries.set(0);
        stream.open();
    });
}

/// Where the stream is.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// The tab is hidden, the session has ended, or there is a pause before the next try.
    Idle,
    /// Nothing was heard yet since it was tried then.
    Trying(f64),
    /// Something was heard then.
    Up(f64),
}

struct Stream {
    live: Live,
    phase: Cell<Phase>,
    source: RefCell<Option<EventSource>>,
    /// How far it was followed.
    seen: RefCell<String>,
    /// How often it was tried in vain.
    tries: Cell<i32>,
    /// The latest try: what comes of others is too late.
    latest: Cell<u32>,
    pause: Cell<Option<TimeoutHandle>>,
    heard: Closure<dyn Fn(MessageEvent)>,
    failed: Closure<dyn Fn()>,
}

impl Stream {
    fn new(live: Live) -> Rc<Self> {
        let seen = document()
            .document_element()
            .and_then(|root| root.get_attribute("data-live"));
        Rc::new_cyclic(|stream: &std::rc::Weak<Self>| {
            let (for_heard, for_failed) = (stream.clone(), stream.clone());
            Self {
                live,
                phase: Cell::new(Phase::Idle),
                source: RefCell::default(),
                seen: RefCell::new(seen.unwrap_or_default()),
                tries: Cell::new(0),
                latest: Cell::new(0),
                pause: Cell::default(),
                heard: Closure::new(move |event| {
                    if let Some(stream) = for_heard.upgrade() {
                        stream.hear(&event);
                    }
                }),
                failed: Closure::new(move || {
                    if let Some(stream) = for_failed.upgrade() {
                        stream.fail();
                    }
                }),
            }
        })
    }

    /// Opens it anew, from where it was; closes it where nobody looks, or what it was for is gone.
    fn open(&self) {
        self.close();
        let Some(watched) = self.live.watched.try_get_untracked() else {
            return;
        };
        if document().hidden() && watched.is_none() {
            return;
        }
        let mut address = format!("/live?since={}", self.seen.borrow());
        if let Some(run) = watched {
            address.push_str("&run=");
            address.push_str(&run.to_string());
        }
        let Ok(source) = EventSource::new(&address) else {
            return;
        };
        for kind in KINDS {
            let heard = self.heard.as_ref().unchecked_ref();
            let _ = source.add_event_listener_with_callback(kind, heard);
        }
        source.set_onerror(Some(self.failed.as_ref().unchecked_ref()));
        self.source.replace(Some(source));
        self.phase.set(Phase::Trying(Date::now()));
    }

    /// Ends whatever is on its way.
    fn close(&self) {
        self.latest.set(self.latest.get() + 1);
        self.phase.set(Phase::Idle);
        if let Some(pause) = self.pause.take() {
            pause.clear();
        }
        if let Some(source) = self.source.take() {
            source.set_onerror(None);
            source.close();
        }
    }

    fn hear(&self, event: &MessageEvent) {
        let live = self.live;
        self.phase.set(Phase::Up(Date::now()));
        self.tries.set(0);
        self.touch(Touch::In);
        let id = event.last_event_id();
        if !id.is_empty() {
            self.seen.replace(id);
        }
        let text = event.data().as_string().unwrap_or_default();
        match event.type_().as_str() {
            "frame" => {
                if let Ok(frame) = serde_json::from_str(&text) {
                    let _ = live.frame.try_set(Some(frame));
                    grow(live.frames);
                }
            }
            "run" => {
                if let Ok(run) = serde_json::from_str::<RunProgressView>(&text) {
                    if run.missed {
                        grow(live.missed);
                    }
                    let _ = live.run.try_set(Some(run));
                }
            }
            "mirror" => grow(live.mirror),
            _ => {}
        }
    }

    /// It broke, or could not be opened: why, is asked after a pause. The browser does not say.
    fn fail(self: &Rc<Self>) {
        self.close();
        let tries = self.tries.get();
        self.tries.set(tries + 1);
        if tries > 0 {
            self.touch(Touch::Out);
        }
        let pause = (FIRST_PAUSE * 2_f64.powi(tries.min(5))).min(LONGEST_PAUSE);
        let pause = pause * (0.5 + Math::random() / 2.0);
        let stream = self.clone();
        let ask = move || stream.ask();
        let handle = set_timeout_with_handle(ask, Duration::from_millis(pause as u64));
        self.pause.set(handle.ok());
    }

    /// Asks whether the console is there and lets us in, and opens the stream if so.
    fn ask(self: &Rc<Self>) {
        self.close();
        self.phase.set(Phase::Trying(Date::now()));
        let (stream, mine) = (self.clone(), self.latest.get());
        spawn_local(async move {
            let answer = frame().await;
            if stream.latest.get() != mine {
                return;
            }
            match answer {
                Ok(_) => stream.open(),
                Err(ApiError::SignedOut) => {
                    stream.close();
                    stream.touch(Touch::SignedOut);
                }
                Err(_) => {
                    stream.touch(Touch::Out);
                    stream.fail();
                }
            }
        });
    }

    fn touch(&self, now: Touch) {
        match self.live.touch.try_get_untracked() {
            Some(before) if before != now => {
                let _ = self.live.touch.try_set(now);
            }
            Some(_) => {}
            None => self.close(),
        }
    }

    /// Looks now and then, and whenever the tab is back, whether the stream is still alive.
    fn look_after(self: Rc<Self>) {
        let stream = self.clone();
        let back = Closure::<dyn Fn()>::new(move || {
            let gone = match stream.phase.get() {
                Phase::Idle => true,
                Phase::Trying(_) => false,
                Phase::Up(heard) => Date::now() - heard > SILENT / 2.0,
            };
            if document().hidden() {
                if stream.live.watched.try_get_untracked().flatten().is_none() {
                    stream.close();
                }
            } else if gone {
                // Where it had ended, somebody may have signed in again in another tab.
                stream.tries.set(0);
                stream.ask();
            }
        });
        for event in ["visibilitychange", "online", "pageshow"] {
            let back = back.as_ref().unchecked_ref();
            let _ = window().add_event_listener_with_callback(event, back);
        }
        back.forget();

        let looked = Cell::new(Date::now());
        let look = move || {
            let now = Date::now();
            // A clock that jumps has slept, and nobody was kept waiting.
            let slept = now - looked.replace(now) > 3.0 * LOOK_EVERY;
            match self.phase.get() {
                Phase::Trying(since) if now - since > NO_ANSWER => {
                    self.touch(Touch::Out);
                    self.fail();
                }
                Phase::Up(heard) if now - heard > SILENT => {
                    if !slept {
                        self.touch(Touch::Out);
                    }
                    self.ask();
                }
                _ => {}
            }
        };
        set_interval(look, Duration::from_millis(LOOK_EVERY as u64));
    }
}

fn grow(count: RwSignal<u32>) {
    let _ = count.try_update(|count| *count += 1);
}
