//! What the next page says once about a form that was sent.
//!
//! Kept in memory, by session: a password that was made must not reach the disk. A restart forgets it, and another
//! one is made as easily.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use app::server_fns::Said;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use tower_sessions::Session;
use tower_sessions::session::Id;

use super::Web;

/// The pages that say it.
const PAGES: [&str; 2] = ["/settings/", "/rules"];
/// What nobody came to read for so long is forgotten.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// What is to be said to whom.
#[derive(Debug, Default)]
pub(super) struct Sayings {
    kept: Mutex<HashMap<Id, (Instant, Said)>>,
}

impl Sayings {
    /// Keeps it for the next page of the session, in place of what was kept before.
    pub(super) fn put(&self, session: &Session, said: Said) {
        if let Some(id) = session.id() {
            self.put_at(id, said, Instant::now());
        }
    }

    fn put_at(&self, id: Id, said: Said, now: Instant) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (at, _)| now.duration_since(*at) < PATIENCE);
        kept.insert(id, (now, said));
    }

    fn take_at(&self, id: Id, now: Instant) -> Option<Said> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, said) = kept.remove(&id)?;
        (now.duration_since(at) < PATIENCE).then_some(said)
    }
}

/// Hands what is to be said to the page that says it.
pub(super) async fn show(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let says = request.method() == Method::GET
        && PAGES
            .iter()
            .any(|page| request.uri().path().starts_with(page));
    let session = request
        .extensions()
        .get::<Session>()
        .filter(|_| says)
        .and_then(Session::id);
    if let Some(said) = session.and_then(|id| web.0.sayings.take_at(id, Instant::now())) {
        request.extensions_mut().insert(said);
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_once_to_the_session_it_is_for_and_not_for_ever() {
        let sayings = Sayings::default();
        let (here, there, now) = (Id(1), Id(2), Instant::now());
        sayings.put_at(here, Said::done("first"), now);
        sayings.put_at(here, Said::done("second"), now);
        assert!(sayings.take_at(there, now).is_none());
        assert!(sayings.take_at(here, now) == Some(Said::done("second")));
        assert!(sayings.take_at(here, now).is_none());
        sayings.put_at(here, Said::done("late"), now);
        assert!(sayings.take_at(here, now + PATIENCE).is_none());
        sayings.put_at(here, Said::done("left"), now);
        sayings.put_at(there, Said::done("other"), now + PATIENCE);
        assert_eq!(sayings.kept.lock().unwrap().len(), 1);
    }
}
