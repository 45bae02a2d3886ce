//! The webhook door: what Hiver delivers is kept, then its conversation is looked at again.
//!
//! Nothing says in which order deliveries come, whether all of them do, or that they are true. So none changes more
//! than what is shown until Hiver was asked: for every conversation that is named there is a read to come, on the lane
//! `Event` as far as events may hold up runs, else on `Sync`; and it is the read that settles the delivery. Only what
//! tells of the console's own doing, and of nothing that the mirror does not have, is settled as it comes. What was kept
//! and not settled waits in the database.

mod applying;
mod effect;
mod intake;
mod own_fields;
mod own_writes;
mod spacing;

use store::{Delivery, Error, KeptDelivery, WebhookSecret};
use tokio::sync::Notify;

pub use self::intake::IntakeError;
use self::intake::Queue;
use self::own_fields::ShownAtOnce;
use self::own_writes::OwnWrites;
use crate::Engine;
use crate::live::Live;

/// What the door has in memory.
#[derive(Default)]
pub(crate) struct Door {
    queue: Queue,
    /// There may be something to apply.
    delivered: Notify,
    shown_at_once: ShownAtOnce,
    /// What runs send; deliveries tell of it.
    pub(crate) own_writes: OwnWrites,
}

/// Opens the door, until the engine stops.
pub(crate) fn open(engine: &Engine) {
    // From here on deliveries are taken, whether or not the one that writes has begun.
    let queue = engine.0.door.queue.open();
    engine.0.tasks.spawn(intake::work(engine.clone(), queue));
    engine.0.tasks.spawn(applying::work(engine.clone()));
}

impl Engine {
    /// Keeps what Hiver delivered. Once this returns it is on disk; it is applied afterwards.
    ///
    /// # Errors
    /// When it could not be written, or the engine stops.
    pub async fn take_delivery(&self, body: Vec<u8>) -> Result<KeptDelivery, IntakeError> {
        intake::take(self, body).await
    }

    /// Whether whoever presents this secret may deliver.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn knows_webhook_secret(&self, presented: &str) -> Result<bool, Error> {
        self.store()
            .knows_webhook_secret(presented, self.now())
            .await
    }

    /// The secret of the address that Hiver delivers to, made the first time.
    ///
    /// # Errors
    /// When the database fails, or the secret was sealed with another secret key.
    pub async fn webhook_secret(&self) -> Result<WebhookSecret, Error> {
        self.store()
            .webhook_secret(self.now(), &self.secret())
            .await
    }

    /// Makes another secret; the one in use is let in for another day.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rotate_webhook_secret(&self) -> Result<WebhookSecret, Error> {
        self.store()
            .rotate_webhook_secret(self.now(), &self.secret())
            .await
    }

    /// The last deliveries, newest first, from those before number `before` on; and how many are kept in all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deliveries(
        &self,
        before: Option<i64>,
        limit: u64,
    ) -> Result<(Vec<Delivery>, u64), Error> {
        let Some(connection) = self.delivered_to().await? else {
            return Ok((Vec::new(), 0));
        };
        Ok((
            self.store().deliveries(connection, before, limit).await?,
            self.store().delivery_count(connection).await?,
        ))
    }

    /// One delivery with its body.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delivery(&self, id: i64) -> Result<Option<(Delivery, Vec<u8>)>, Error> {
        match self.delivered_to().await? {
            None => Ok(None),
            Some(connection) => self.store().delivery(connection, id).await,
        }
    }

    /// Looks at the conversation of a delivery once more; `false` where there is none, or it names no conversation.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replay_delivery(&self, id: i64) -> Result<bool, Error> {
        let Some(connection) = self.delivered_to().await? else {
            return Ok(false);
        };
        let replayed = self.store().replay_delivery(connection, id).await?;
        if replayed {
            self.has_deliveries();
        }
        Ok(replayed)
    }

    /// The account that deliveries are of: the one in use, else the one that was.
    pub(crate) async fn delivered_to(&self) -> Result<Option<store::ConnectionId>, Error> {
        if let Some(link) = self.link() {
            return Ok(Some(link.connection.id));
        }
        let last = crate::connection_in_use(self.store(), self.config()).await?;
        Ok(last.map(|connection| connection.id))
    }

    /// Tells everybody that something was delivered or is to be applied again.
    fn has_deliveries(&self) {
        self.0.door.delivered.notify_one();
        self.tell(Live::Delivered);
    }
}
