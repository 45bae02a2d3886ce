//! Ends streams with their sessions. One look at the database serves all of them, since sessions may end without a
//! word: on the command line.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::server_fns::SignedIn;
use axum_login::{AuthSession, AuthUser};
use store::OperatorId;
use tokio::sync::watch;

use crate::web::Web;
use crate::web::sign_in::{Operators, Person};

/// A stream outlives its session by so much at most.
const CHECK_EVERY: Duration = Duration::from_millis(500);

/// The sessions that have streams.
#[derive(Clone, Default)]
pub(super) struct Ends(Arc<Mutex<Watch>>);

#[derive(Default)]
struct Watch {
    sessions: HashMap<Key, watch::Sender<Option<SignedIn>>>,
    /// Whether somebody looks after them.
    is_kept: bool,
}

/// A session, and whose it was when the stream was opened.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    session: String,
    operator: OperatorId,
    mark: Vec<u8>,
}

impl Ends {
    /// Who a session belongs to, from now on; nothing once it has ended, or its operator is gone, is disabled, has
    /// less of a role or another password.
    pub(super) fn watch(
        &self,
        web: &Web,
        auth: &AuthSession<Operators>,
        operator: SignedIn,
    ) -> watch::Receiver<Option<SignedIn>> {
        let (Some(id), Some(person)) = (auth.session.id(), &auth.user) else {
            return watch::Sender::new(None).subscribe();
        };
        let key = Key {
            session: id.to_string(),
            operator: person.id(),
            mark: person.session_auth_hash().to_vec(),
        };
        let mut watch = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !watch.is_kept {
            watch.is_kept = true;
            tokio::spawn(keep(self.clone(), web.clone()));
        }
        watch
            .sessions
            .entry(key)
            .or_insert_with(|| watch::Sender::new(Some(operator)))
            .subscribe()
    }

    /// The sessions whose streams are still open; nothing, and nobody looks after them any more, when there are none.
    fn open(&self) -> Option<Vec<Key>> {
        let mut watch = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watch
            .sessions
            .retain(|_, sender| sender.receiver_count() > 0);
        watch.is_kept = !watch.sessions.is_empty();
        watch
            .is_kept
            .then(|| watch.sessions.keys().cloned().collect())
    }

    fn tell(&self, key: &Key, now: Option<SignedIn>) {
        let watch = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = watch.sessions.get(key) {
            sender.send_if_modified(|known| {
                let differs = *known != now;
                *known = now;
                differs
            });
        }
    }
}

/// Looks after the sessions for as long as there are streams.
async fn keep(ends: Ends, web: Web) {
    loop {
        tokio::select! {
            () = web.0.stop.cancelled() => return,
            () = tokio::time::sleep(CHECK_EVERY) => {}
        }
        let Some(open) = ends.open() else { return };
        let now = match people_of(&web, &open).await {
            Ok(now) => now,
            Err(error) => {
                // Whoever may still look is let in again as soon as that can be told.
                tracing::error!(error = %crate::Problem::because("sessions cannot be read", &error), "live");
                HashMap::new()
            }
        };
        for key in &open {
            ends.tell(key, now.get(key).cloned());
        }
    }
}

/// Who is still signed in with which session.
async fn people_of(web: &Web, open: &[Key]) -> Result<HashMap<Key, SignedIn>, store::Error> {
    let ids = open.iter().map(|key| key.session.clone()).collect();
    let alive: HashSet<String> = web
        .0
        .store
        .sessions_alive(ids, web.0.engine.now())
        .await?
        .into_iter()
        .collect();
    let operators = web.0.store.operators().await?;
    let people: HashMap<OperatorId, Person> = operators
        .into_iter()
        .filter(|operator| !operator.disabled)
        .map(|operator| (operator.id, Person::new(operator)))
        .collect();
    let signed_in = open.iter().filter_map(|key| {
        let person = people.get(&key.operator)?;
        let fits = alive.contains(&key.session) && person.session_auth_hash() == key.mark;
        fits.then(|| (key.clone(), person.signed_in()))
    });
    Ok(signed_in.collect())
}
