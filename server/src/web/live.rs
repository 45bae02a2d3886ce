//! The live stream: one per tab, with the frame, the run that is watched, and word of changes to the mirror.

use std::convert::Infallible;
use std::time::Duration;

use app::server_fns::{SignedIn, frame_now, progress_now};
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum_login::AuthSession;
use engine::{Engine, Live, Turned};
use futures::Stream;
use futures::stream::unfold;
use serde::Deserialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::Web;
use super::sign_in::{Operators, still_signed_in};

/// A run is told at most so often, the rest less.
const RUN_EVERY: Duration = Duration::from_millis(250);
const REST_EVERY: Duration = Duration::from_secs(1);
/// A stream outlives its session by so much at most. It may have ended without a word: on the command line.
const CHECK_EVERY: Duration = Duration::from_millis(500);

#[derive(Deserialize)]
pub(super) struct Watching {
    run: Option<i64>,
}

/// `GET /live?run=ID`.
pub(super) async fn follow(
    State(web): State<Web>,
    auth: AuthSession<Operators>,
    Extension(operator): Extension<SignedIn>,
    Query(watching): Query<Watching>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let now = Instant::now();
    let stream = Follower {
        heard: web.0.engine.listen(),
        engine: web.0.engine.clone(),
        operator,
        run: watching.run,
        stop: web.0.stop.clone(),
        web,
        auth,
        // Everything is told once at the start: what happened before is in it.
        news: News {
            frame: true,
            mirror: false,
            run: watching.run.is_some(),
            turned: Vec::new(),
        },
        run_at: now,
        mirror_at: now,
        frame_at: now,
        check_at: now,
    };
    let events = unfold(stream, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}

struct Follower {
    heard: Receiver<Live>,
    engine: Engine,
    web: Web,
    auth: AuthSession<Operators>,
    operator: SignedIn,
    run: Option<i64>,
    stop: CancellationToken,
    news: News,
    run_at: Instant,
    mirror_at: Instant,
    frame_at: Instant,
    check_at: Instant,
}

/// What is to be told.
struct News {
    frame: bool,
    mirror: bool,
    run: bool,
    turned: Vec<Turned>,
}

impl Follower {
    /// The next event; nothing when the server stops or the session has ended.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let now = Instant::now();
            if self.due() <= now {
                if !self.is_still_signed_in().await {
                    return None;
                }
                self.check_at = now + CHECK_EVERY;
            }
            if self.news.run && self.run_at <= now {
                self.run_at = now + RUN_EVERY;
                self.news.run = false;
                if let Some(event) = self.run_event().await {
                    return Some(event);
                }
            }
            if self.news.mirror && self.mirror_at <= now {
                self.mirror_at = now + REST_EVERY;
                self.news.mirror = false;
                return Some(Event::default().event("mirror").data("changed"));
            }
            if self.news.frame && self.frame_at <= now {
                self.frame_at = now + REST_EVERY;
                self.news.frame = false;
                if let Some(event) = self.frame_event().await {
                    return Some(event);
                }
            }
            let due = self.due();
            tokio::select! {
                () = self.stop.cancelled() => return None,
                heard = self.heard.recv() => match heard {
                    Ok(live) => self.hear(live),
                    Err(RecvError::Lagged(_)) => {
                        self.news.frame = true;
                        self.news.mirror = true;
                        self.news.run = self.run.is_some();
                    }
                    Err(RecvError::Closed) => return None,
                },
                () = sleep_until(due) => {}
            }
        }
    }

    /// When there is something to tell, or at least to check.
    fn due(&self) -> Instant {
        let run = self.news.run.then_some(self.run_at);
        let mirror = self.news.mirror.then_some(self.mirror_at);
        let frame = self.news.frame.then_some(self.frame_at);
        run.into_iter()
            .chain(mirror)
            .chain(frame)
            .fold(self.check_at, Instant::min)
    }

    /// A stream that was let in once must not outlive its session.
    async fn is_still_signed_in(&mut self) -> bool {
        match still_signed_in(&self.web, &self.auth).await {
            Ok(Some(operator)) => {
                self.operator = operator;
                true
            }
            Ok(None) => false,
            Err(error) => {
                tracing::error!(error = %crate::Problem::because("a session cannot be read", &error), "live");
                false
            }
        }
    }

    fn hear(&mut self, live: Live) {
        match live {
            Live::Mirror => self.news.mirror = true,
            Live::Status => self.news.frame = true,
            Live::Delivered => {}
            Live::Run(id) => {
                self.news.frame = true;
                self.news.run |= self.run == Some(id.0);
            }
            Live::Turned(id, turned) => {
                self.news.frame = true;
                if self.run == Some(id.0) {
                    self.news.run = true;
                    self.news.turned.push(turned);
                }
            }
        }
    }

    async fn run_event(&mut self) -> Option<Event> {
        let turned = std::mem::take(&mut self.news.turned);
        match progress_now(&self.engine, self.run?, turned).await {
            Ok(Some(progress)) => Event::default().event("run").json_data(progress).ok(),
            Ok(None) => None,
            Err(error) => {
                tracing::error!(error = %crate::Problem::because("a run cannot be told", &error), "live");
                None
            }
        }
    }

    async fn frame_event(&self) -> Option<Event> {
        match frame_now(&self.engine, &self.operator).await {
            Ok(frame) => Event::default().event("frame").json_data(frame).ok(),
            Err(error) => {
                tracing::error!(error = %crate::Problem::because("the frame cannot be told", &error), "live");
                None
            }
        }
    }
}
