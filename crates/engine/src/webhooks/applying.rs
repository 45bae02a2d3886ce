//! Applying: every conversation that is named is read again, once for all that was delivered about it by then.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use hiver::{ErrorKind, Lane};
use store::{DeliveryState, Error, Source};
use tokio::time::{Instant, sleep_until};
use triage::model::ConversationId;

use super::effect::effect;
use super::spacing::{Ahead, Spacing};
use crate::link::Link;
use crate::live::Live;
use crate::sync::{PAUSES, SyncError, chain, look_up, reads_per_second};
use crate::{Engine, words};

/// How many conversations are looked for at once, and read at once.
const LOOK_AHEAD: u64 = 500;
const AT_ONCE: usize = 8;

/// What became of one conversation.
enum Looked {
    /// Its deliveries are settled.
    Settled,
    /// Hiver cannot be asked at present.
    Later,
    /// Hiver does not accept the key: a person has to mend that.
    KeyRefused,
}

/// Applies what was delivered to whatever link is in use, until the engine stops.
pub(super) async fn work(engine: Engine) {
    let with_link = |engine: Engine, link: Arc<Link>| async move { keep(&engine, &link).await };
    engine.follow_links(with_link, |_| ()).await;
}

async fn keep(engine: &Engine, link: &Arc<Link>) {
    // A key of another account knows none of these conversations, and would have them forgotten.
    let mut verified = link.verified.subscribe();
    if verified.wait_for(|verified| *verified).await.is_err() {
        return;
    }
    let mut spacing = Spacing::default();
    let mut ahead = Ahead::new(Instant::now());
    let mut failures = 0_usize;
    loop {
        let pause = match pass(engine, link, &mut spacing, &mut ahead).await {
            Ok(Passed::Nothing { until }) => {
                failures = 0;
                until
            }
            Ok(Passed::Looked(Looked::Settled)) => {
                failures = 0;
                continue;
            }
            Ok(Passed::Looked(Looked::KeyRefused)) => {
                // Trying again and again may get the key locked; whoever sweeps next finds out whether it was mended.
                let mut trouble = engine.0.trouble.subscribe();
                let mended = trouble
                    .wait_for(|trouble| trouble.as_ref().is_none_or(|trouble| !trouble.about_key));
                if mended.await.is_err() {
                    return;
                }
                continue;
            }
            Ok(Passed::Looked(Looked::Later)) => {
                failures += 1;
                after_trouble(engine, failures).await;
                continue;
            }
            Err(error) => {
                tracing::error!(error = %chain(&error), "what Hiver delivered could not be applied");
                failures += 1;
                after_trouble(engine, failures).await;
                continue;
            }
        };
        tokio::select! {
            () = engine.0.door.delivered.notified() => {}
            () = until(pause) => {}
        }
    }
}

async fn after_trouble(engine: &Engine, failures: usize) {
    let pause = PAUSES[failures.clamp(1, PAUSES.len()) - 1];
    tokio::time::sleep(engine.patience().of(Duration::from_secs(pause))).await;
}

async fn until(next: Option<Instant>) {
    match next {
        Some(next) => sleep_until(next).await,
        None => std::future::pending().await,
    }
}

/// What one look at the waiting deliveries came to.
enum Passed {
    /// There was nothing that may be read yet; when there will be.
    Nothing { until: Option<Instant> },
    /// The worst of what became of those that were read.
    Looked(Looked),
}

async fn pass(
    engine: &Engine,
    link: &Arc<Link>,
    spacing: &mut Spacing,
    ahead: &mut Ahead,
) -> Result<Passed, Error> {
    let waiting = engine
        .store()
        .delivered_conversations(link.connection.id, LOOK_AHEAD)
        .await?;
    let now = Instant::now();
    let mut until: Option<Instant> = None;
    let mut due = Vec::new();
    for (id, last) in waiting {
        match spacing.next(&id, now) {
            None => due.push((id, last)),
            Some(next) => until = Some(until.map_or(next, |earliest| earliest.min(next))),
        }
    }
    if due.is_empty() {
        return Ok(Passed::Nothing { until });
    }
    // New ones get their turn soon.
    due.truncate(AT_ONCE * 4);
    let per_second = reads_per_second(engine, link.connection.id).await?;
    let due: Vec<_> = due
        .into_iter()
        .map(|(id, last)| {
            spacing.read(&id, now);
            (id, last, ahead.lane(per_second, now))
        })
        .collect();
    let mut looks = stream::iter(due)
        .map(|(id, last, lane)| look(engine, link, id, last, lane))
        .buffer_unordered(AT_ONCE);
    while let Some(looked) = looks.next().await {
        match looked? {
            Looked::Settled => {}
            trouble => return Ok(Passed::Looked(trouble)),
        }
    }
    Ok(Passed::Looked(Looked::Settled))
}

/// Reads a conversation and settles its deliveries up to number `last`: whatever came later may tell of something that
/// happened after the read.
async fn look(
    engine: &Engine,
    link: &Arc<Link>,
    id: ConversationId,
    last: i64,
    lane: Lane,
) -> Result<Looked, Error> {
    link.count_sweep(engine.now());
    let mirrored = engine.mirror().conversation(&id);
    let (state, effect) = match look_up(engine, link, &id, lane, Source::Event).await {
        Ok(_) => {
            let before = engine.0.door.shown_at_once.take(&id).unwrap_or(mirrored);
            let after = engine.mirror().conversation(&id);
            (
                DeliveryState::Applied,
                effect(before.as_ref(), after.as_ref()),
            )
        }
        Err(SyncError::Store(error)) => return Err(error),
        Err(SyncError::SomebodyGoesFirst) => return Ok(Looked::Later),
        Err(SyncError::Trouble(trouble)) => (DeliveryState::Failed, trouble.message),
        Err(SyncError::Hiver(error)) => {
            if matches!(error.kind(), ErrorKind::Unauthorized { .. }) {
                engine.set_trouble(Some(words::trouble(&error)));
                return Ok(Looked::KeyRefused);
            }
            if error.is_passing() {
                tracing::info!(conversation = %id, error = %chain(&error), "what was delivered waits");
                return Ok(Looked::Later);
            }
            tracing::warn!(conversation = %id, error = %chain(&error), "what was delivered could not be looked at");
            (
                DeliveryState::Failed,
                format!("It could not be read: {error}."),
            )
        }
    };
    engine
        .store()
        .settle_deliveries(link.connection.id, &id, last, state, &effect, engine.now())
        .await?;
    engine.tell(Live::Delivered);
    Ok(Looked::Settled)
}
