//! What is worked out once for all streams.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use app::server_fns::{frame_now, progress_now};
use app::view::{Frame, RunProgressView};
use axum::response::sse::Event;
use engine::Seen;
use tokio::sync::Mutex;
use tokio::time::Instant;
use triage::model::RunId;

use super::Watched;
use crate::web::Web;

/// What was worked out is good for so long: requests are counted, and ages grow, without a word.
const GOOD_FOR: Duration = Duration::from_secs(1);
/// Runs are kept no longer than they are watched; this many are never watched at once.
const MOST_RUNS: usize = 64;

/// The frame and the runs that are watched. Whoever asks while it is being worked out waits for that.
#[derive(Default)]
pub(super) struct Shared {
    frame: Mutex<Option<Known<Arc<Frame>>>>,
    runs: Mutex<HashMap<RunId, Known<RunProgressView>>>,
}

/// Something, and what had happened when it was worked out.
struct Known<T> {
    what: T,
    seen: Seen,
    at: Instant,
}

impl<T: Clone> Known<T> {
    /// What is known, if it is young and nothing has happened since.
    fn good(&self, moved: Seen) -> Option<T> {
        let is_good = self.seen >= moved && self.at.elapsed() < GOOD_FOR;
        is_good.then(|| self.what.clone())
    }
}

impl Shared {
    /// The frame, not older than what `moved` it last; of some operator.
    pub(super) async fn frame(&self, web: &Web, moved: Seen) -> Option<Arc<Frame>> {
        let mut known = self.frame.lock().await;
        if let Some(frame) = known.as_ref().and_then(|known| known.good(moved)) {
            return Some(frame);
        }
        let (seen, at) = (web.0.engine.seen(), Instant::now());
        match frame_now(&web.0.engine).await {
            Ok(frame) => {
                let what = Arc::new(frame);
                *known = Some(Known {
                    what: Arc::clone(&what),
                    seen,
                    at,
                });
                Some(what)
            }
            Err(error) => {
                tracing::error!(error = %crate::Problem::because("the frame cannot be told", &error), "live");
                None
            }
        }
    }

    /// How a run stands, with what turned; nothing where there is no such run. Takes the news out of `run`.
    pub(super) async fn run_event(&self, web: &Web, run: &mut Watched) -> Option<Event> {
        let mut progress = match self.progress(web, run.id).await {
            Ok(progress) => {
                run.news = false;
                progress?
            }
            Err(error) => {
                tracing::error!(error = %crate::Problem::because("a run cannot be told", &error), "live");
                return None;
            }
        };
        let turned = std::mem::take(&mut run.turned);
        progress.missed = std::mem::take(&mut run.missed);
        // What was missed is read with everything else of the run.
        if !progress.missed {
            progress.turned = turned
                .into_iter()
                .map(|one| (one.seq, one.outcome, one.reason))
                .collect();
        }
        Event::default().event("run").json_data(progress).ok()
    }

    async fn progress(
        &self,
        web: &Web,
        id: RunId,
    ) -> Result<Option<RunProgressView>, store::Error> {
        let engine = &web.0.engine;
        let moved = engine.run_moved(id).unwrap_or_default();
        let mut runs = self.runs.lock().await;
        if let Some(known) = runs.get(&id).and_then(|known| known.good(moved)) {
            return Ok(Some(known));
        }
        let (seen, at) = (engine.seen(), Instant::now());
        let Some(what) = progress_now(engine, id.0).await? else {
            return Ok(None);
        };
        if runs.len() >= MOST_RUNS {
            runs.clear();
        }
        let known = Known {
            what: what.clone(),
            seen,
            at,
        };
        runs.insert(id, known);
        Ok(Some(what))
    }
}
