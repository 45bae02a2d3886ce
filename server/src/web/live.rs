//! The live stream: one per tab, with the frame, the run that is watched, and word of changes to the mirror. Whoever
//! comes back says how far they had followed, and is told what has changed since.

mod ends;
mod shared;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use app::server_fns::SignedIn;
use app::view::Frame;
use axum::Extension;
use axum::extract::{Query, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName};
use axum::response::IntoResponse;
use axum::response::sse::{Event, Sse};
use axum_login::AuthSession;
use engine::{Live, Seen, Turned};
use futures::stream::unfold;
use serde::Deserialize;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep_until};
use triage::model::RunId;

use self::ends::Ends;
use self::shared::Shared;
use super::Web;
use super::sign_in::Operators;

/// A run is told at most so often, the rest less. What comes after a pause is told at once.
const RUN_EVERY: Duration = Duration::from_millis(250);
const REST_EVERY: Duration = Duration::from_secs(1);
/// Something is told so often at least: proxies cut connections that are silent for a minute, and a browser takes a
/// stream for dead that was silent for 40 s (`app/src/live/stream.rs`).
const BEAT_EVERY: Duration = Duration::from_secs(15);

/// What all streams share.
#[derive(Default)]
pub(super) struct Streams {
    ends: Ends,
    shared: Shared,
}

#[derive(Deserialize)]
pub(super) struct Watching {
    run: Option<i64>,
    /// How far the tab had followed: an id of an event, or what its page says (`data-live`).
    #[serde(default)]
    since: String,
}

/// `GET /live?run=ID&since=SEEN`; `Last-Event-ID` goes before `since`.
pub(super) async fn follow(
    State(web): State<Web>,
    auth: AuthSession<Operators>,
    Extension(operator): Extension<SignedIn>,
    Query(watching): Query<Watching>,
    headers: HeaderMap,
) -> impl IntoResponse {
    let last = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .unwrap_or(&watching.since);
    let since = last
        .parse()
        .ok()
        .filter(|seen| web.0.engine.knows(*seen))
        .unwrap_or_default();
    let follower = Follower::new(web, &auth, operator, watching.run.map(RunId), since);
    let events = unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    (
        [
            // Nothing on the way may hold events back, to compress them or otherwise.
            (CACHE_CONTROL, "no-cache, no-transform"),
            (HeaderName::from_static("x-accel-buffering"), "no"),
        ],
        Sse::new(events),
    )
}

struct Follower {
    web: Web,
    operator: watch::Receiver<Option<SignedIn>>,
    mirror: watch::Receiver<Seen>,
    frame: watch::Receiver<Seen>,
    run: Option<Watched>,
    /// How far the mirror and the frame were told.
    mirror_told: Seen,
    frame_told: Seen,
    /// The frame that was told last, hashed.
    last_frame: Option<u64>,
    /// When each may be told again.
    mirror_at: Instant,
    frame_at: Instant,
    beat_at: Instant,
    ready: VecDeque<Event>,
}

/// A run that is watched.
struct Watched {
    id: RunId,
    heard: broadcast::Receiver<Live>,
    /// Whether there is something to tell.
    news: bool,
    turned: Vec<Turned>,
    /// Whether changes may have turned that nobody heard of.
    missed: bool,
    at: Instant,
}

impl Follower {
    fn new(
        web: Web,
        auth: &AuthSession<Operators>,
        operator: SignedIn,
        run: Option<RunId>,
        since: Seen,
    ) -> Self {
        let engine = &web.0.engine;
        let now = Instant::now();
        let run = run.map(|id| {
            let heard = engine.listen();
            let missed =
                since == Seen::default() || engine.run_moved(id).is_some_and(|moved| moved > since);
            Watched {
                id,
                heard,
                news: missed,
                turned: Vec::new(),
                missed,
                at: now,
            }
        });
        Self {
            operator: web.0.streams.ends.watch(&web, auth, operator),
            mirror: engine.mirror_moves(),
            frame: engine.frame_moves(),
            run,
            mirror_told: since,
            frame_told: since,
            last_frame: None,
            mirror_at: now,
            frame_at: now,
            // Whoever comes is answered at once, so that they know that they are in touch.
            beat_at: now,
            ready: VecDeque::new(),
            web,
        }
    }

    /// The next event; nothing when the server stops or the session has ended.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.operator.borrow().is_none() || self.web.0.stop.is_cancelled() {
                return None;
            }
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            self.collect().await;
            if self.ready.is_empty() {
                self.wait().await?;
            }
        }
    }

    /// Puts together what is to be told now. The last event says how far everything was told, if it was.
    async fn collect(&mut self) {
        let now = Instant::now();
        let seen = self.web.0.engine.seen();
        let mut events = Vec::new();
        if let Some(run) = &mut self.run {
            run.hear_all();
            if run.news && run.at <= now {
                run.at = now + RUN_EVERY;
                events.extend(self.web.0.streams.shared.run_event(&self.web, run).await);
            }
        }
        let frame = *self.frame.borrow_and_update();
        let beat = self.beat_at <= now;
        if beat || (frame > self.frame_told && self.frame_at <= now) {
            if !beat || frame > self.frame_told {
                self.frame_at = now + REST_EVERY;
            }
            // A beat looks, too: ages grow by themselves.
            if let Some(event) = self.frame_event(frame).await {
                events.push(event);
            }
            self.frame_told = self.frame_told.max(frame);
        }
        let mirror = *self.mirror.borrow_and_update();
        if mirror > self.mirror_told && self.mirror_at <= now {
            self.mirror_at = now + REST_EVERY;
            self.mirror_told = mirror;
            events.push(Event::default().event("mirror").data("changed"));
        }
        if beat && events.is_empty() {
            events.push(Event::default().event("beat").data(""));
        }
        let all_told = mirror <= self.mirror_told
            && frame <= self.frame_told
            && self.run.as_ref().is_none_or(|run| !run.news);
        if let Some(last) = events.pop() {
            self.beat_at = now + BEAT_EVERY;
            self.ready.extend(events);
            self.ready.push_back(if all_told {
                last.id(seen.to_string())
            } else {
                last
            });
        }
    }

    /// Waits until there may be something to tell; nothing when the stream is over.
    async fn wait(&mut self) -> Option<()> {
        // What is due anyway needs no listening: however much happens, a stream wakes once.
        let mirror_due = *self.mirror.borrow() > self.mirror_told;
        let frame_due = *self.frame.borrow() > self.frame_told;
        let run_due = self.run.as_ref().is_some_and(|run| run.news);
        let mut until = self.beat_at;
        if mirror_due {
            until = until.min(self.mirror_at);
        }
        if frame_due {
            until = until.min(self.frame_at);
        }
        if let Some(run) = self.run.as_ref().filter(|run| run.news) {
            until = until.min(run.at);
        }
        let run = &mut self.run;
        let heard = async {
            match run {
                Some(run) => run.heard.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.web.0.stop.cancelled() => return None,
            ended = self.operator.changed() => ended.ok()?,
            moved = self.mirror.changed(), if !mirror_due => moved.ok()?,
            moved = self.frame.changed(), if !frame_due => moved.ok()?,
            heard = heard, if !run_due => {
                if let Some(run) = &mut self.run {
                    run.hear(heard)?;
                }
            }
            () = sleep_until(until) => {}
        }
        Some(())
    }

    /// The frame as it is now, unless that is what was told last.
    async fn frame_event(&mut self, moved: Seen) -> Option<Event> {
        let operator = self.operator.borrow().clone()?;
        let shared = self.web.0.streams.shared.frame(&self.web, moved).await?;
        let frame = Frame {
            operator: operator.name,
            role: operator.role,
            ..Frame::clone(&shared)
        };
        let text = serde_json::to_string(&frame).ok()?;
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let hash = Some(hasher.finish());
        if self.last_frame == hash {
            return None;
        }
        self.last_frame = hash;
        Some(Event::default().event("frame").data(text))
    }
}

impl Watched {
    /// Takes in all that was told so far.
    fn hear_all(&mut self) {
        loop {
            match self.heard.try_recv() {
                Ok(live) => self.take_in(live),
                Err(TryRecvError::Lagged(_)) => self.has_missed(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    fn hear(&mut self, heard: Result<Live, RecvError>) -> Option<()> {
        match heard {
            Ok(live) => self.take_in(live),
            Err(RecvError::Lagged(_)) => self.has_missed(),
            Err(RecvError::Closed) => return None,
        }
        Some(())
    }

    fn take_in(&mut self, live: Live) {
        match live {
            Live::Run(id) if id == self.id => self.news = true,
            Live::Turned(id, turned) if id == self.id => {
                self.news = true;
                self.turned.push(turned);
            }
            _ => {}
        }
    }

    fn has_missed(&mut self) {
        self.news = true;
        self.missed = true;
    }
}
