//! Taking in: many deliveries, one transaction.
//!
//! A disk that is waited for (`synchronous=FULL`) takes a few hundred commits a second. Whatever came in while one
//! was under way goes into the next together, and everybody is answered after it.

use std::sync::{Mutex, PoisonError};

use hiver::Event;
use store::{ConnectionId, KeptDelivery, NewDelivery};
use tokio::sync::{mpsc, oneshot};

use super::own_fields;
use super::own_writes::is_echo;
use crate::Engine;
use crate::sync::chain;

/// What is delivered word for word again within so long counts as a repeat.
const SAME_WITHIN_MS: i64 = 10 * 60 * 1_000;
/// The most deliveries of one transaction, and about the most bytes.
const MOST_AT_ONCE: usize = 256;
const MOST_BYTES_AT_ONCE: usize = 8 * 1024 * 1024;
/// How many deliveries are kept, how many bytes of them, and for how long.
const MOST_KEPT: u64 = 10_000;
const MOST_BYTES_KEPT: i64 = 64 * 1024 * 1024;
const KEPT_FOR_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// Old ones are looked for again after so many.
const FORGET_EVERY: usize = 1_000;

/// Why a delivery was not taken; whoever delivers should try again.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// It could not be written.
    #[error("a delivery could not be written")]
    NotWritten,
    /// The engine stops, or does something else.
    #[error("deliveries are not taken any more")]
    Closed,
}

struct Waiting {
    delivery: NewDelivery,
    event: Event,
    told: oneshot::Sender<Result<KeptDelivery, IntakeError>>,
}

/// What comes in, for the one that writes.
pub(super) struct Deliveries(mpsc::Receiver<Waiting>);

/// The way to the one that writes.
#[derive(Default)]
pub(super) struct Queue(Mutex<Option<mpsc::Sender<Waiting>>>);

impl Queue {
    /// Opens it; what comes in waits to be written.
    pub(super) fn open(&self) -> Deliveries {
        let (sender, receiver) = mpsc::channel(MOST_AT_ONCE);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        Deliveries(receiver)
    }

    fn sender(&self) -> Option<mpsc::Sender<Waiting>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

pub(super) async fn take(engine: &Engine, body: Vec<u8>) -> Result<KeptDelivery, IntakeError> {
    let event = Event::read(&body);
    let effect = match &event {
        Event { is_json: false, .. } => Some("It is no JSON: there is nothing to look at."),
        Event {
            name: Some(name),
            conversation: None,
            ..
        } if name == "ping" => Some("The address works."),
        Event {
            conversation: None, ..
        } => Some("It names no conversation: there is nothing to look at."),
        Event { .. } if is_echo(engine, &event) => Some("The console did that itself."),
        Event { .. } => None,
    };
    let delivery = NewDelivery {
        received_at: engine.now(),
        event: event.name.clone(),
        conversation: event.conversation.as_ref().map(|id| id.as_str().into()),
        body,
        effect: effect.map(str::to_owned),
        // The same may well have happened twice; then something else came in between, and the mirror shows that.
        even_if_repeated: !own_fields::agree(engine, &event),
    };
    let (told, kept) = oneshot::channel();
    let waiting = Waiting {
        delivery,
        event,
        told,
    };
    let sender = engine.0.door.queue.sender().ok_or(IntakeError::Closed)?;
    sender
        .send(waiting)
        .await
        .map_err(|_| IntakeError::Closed)?;
    kept.await.map_err(|_| IntakeError::Closed)?
}

/// Writes down what comes in, until the engine stops; what was handed over by then is written.
pub(super) async fn work(engine: Engine, mut queue: Deliveries) {
    if let Err(error) = engine.webhook_secret().await {
        tracing::warn!(error = %chain(&error), "the webhook address cannot be shown until its secret is rotated");
    }
    let mut since_forgetting = FORGET_EVERY;
    loop {
        if since_forgetting >= FORGET_EVERY {
            since_forgetting = 0;
            forget(&engine).await;
        }
        let first = tokio::select! {
            biased;
            first = queue.0.recv() => first,
            () = engine.0.stop.cancelled(), if !queue.0.is_closed() => {
                queue.0.close();
                continue;
            }
        };
        let Some(first) = first else { return };
        let mut bytes = first.delivery.body.len();
        let mut batch = vec![first];
        while batch.len() < MOST_AT_ONCE
            && bytes < MOST_BYTES_AT_ONCE
            && let Ok(next) = queue.0.try_recv()
        {
            bytes += next.delivery.body.len();
            batch.push(next);
        }
        // Large ones count for as many as fit into their share of what is kept.
        since_forgetting += batch
            .len()
            .max(FORGET_EVERY * bytes / (MOST_BYTES_KEPT as usize / 4));
        write(&engine, batch).await;
    }
}

async fn write(engine: &Engine, batch: Vec<Waiting>) {
    let mut deliveries = Vec::with_capacity(batch.len());
    let mut answers = Vec::with_capacity(batch.len());
    for Waiting {
        delivery,
        event,
        told,
    } in batch
    {
        answers.push((told, event, delivery.received_at));
        deliveries.push(delivery);
    }
    let written = async {
        let Some(connection) = engine.delivered_to().await? else {
            return Ok(None);
        };
        let kept = engine
            .store()
            .keep_deliveries(connection, deliveries, SAME_WITHIN_MS)
            .await?;
        Ok::<_, store::Error>(Some((connection, kept)))
    };
    match written.await {
        Ok(Some((connection, kept))) => {
            let mut events = Vec::with_capacity(kept.len());
            for ((told, event, received_at), kept) in answers.into_iter().zip(kept) {
                // Whoever hung up will deliver it again.
                let _ = told.send(Ok(kept));
                events.push((event, received_at));
            }
            show_at_once(engine, connection, events).await;
            engine.has_deliveries();
        }
        Ok(None) => {
            for (told, ..) in answers {
                let _ = told.send(Err(IntakeError::Closed));
            }
        }
        Err(error) => {
            tracing::error!(error = %chain(&error), "what Hiver delivered could not be written");
            for (told, ..) in answers {
                let _ = told.send(Err(IntakeError::NotWritten));
            }
        }
    }
}

async fn show_at_once(engine: &Engine, connection: ConnectionId, events: Vec<(Event, i64)>) {
    for (event, received_at) in events {
        if let Err(error) = own_fields::show(engine, connection, event, received_at).await {
            tracing::error!(error = %chain(&error), "the mirror could not be written");
        }
    }
}

async fn forget(engine: &Engine) {
    let before = engine.now().saturating_sub(KEPT_FOR_MS);
    if let Err(error) = engine
        .store()
        .forget_deliveries(before, MOST_KEPT, MOST_BYTES_KEPT)
        .await
    {
        tracing::warn!(error = %chain(&error), "old deliveries could not be forgotten");
    }
}
