//! What Hiver delivered: kept before it is answered, applied afterwards.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Set, Statement,
};
use sha2::{Digest, Sha256};
use triage::model::ConversationId;

use crate::connections::ConnectionId;
use crate::entities::deliveries::{self, Column, Entity};
use crate::error::{During, Error, Result};
use crate::open::Store;

/// The event that rules hear of from here: the history does not know of notes.
const NOTE_ADDED: &str = "note.added";

/// Something that was just delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// When it came.
    pub received_at: i64,
    /// The event, where one is named.
    pub event: Option<String>,
    /// The conversation, where one is named: the delivery waits to be applied, unless its effect is known already.
    /// Without one there is nothing to do.
    pub conversation: Option<ConversationId>,
    /// As it came.
    pub body: Vec<u8>,
    /// What there is to say of it already.
    pub effect: Option<String>,
    /// Whether it is to be applied although the same was delivered just before.
    pub even_if_repeated: bool,
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Its conversation is to be looked at.
    Waiting,
    /// That was done, or there was nothing to do.
    Applied,
    /// The same was delivered just before, and counts for both.
    Repeat,
    /// Its conversation could not be looked at.
    Failed,
}

/// A note that was delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveredNote {
    /// The number of the delivery.
    pub id: i64,
    /// The conversation.
    pub conversation: ConversationId,
    /// When it came.
    pub received_at: i64,
    /// As it came.
    pub body: Vec<u8>,
}

/// A delivery that is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptDelivery {
    /// Its number.
    pub id: i64,
    /// How it stands.
    pub state: DeliveryState,
}

/// A delivery as it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its number.
    pub id: i64,
    /// When it came.
    pub received_at: i64,
    /// The event, where one is named.
    pub event: Option<String>,
    /// The conversation, where one is named.
    pub conversation: Option<ConversationId>,
    /// How it stands.
    pub state: DeliveryState,
    /// What became of it, in words.
    pub effect: Option<String>,
    /// When it was applied.
    pub applied_at: Option<i64>,
    /// The delivery that it repeats.
    pub repeat_of: Option<i64>,
}

impl Store {
    /// Keeps deliveries, all in one transaction. What was delivered word for word at most `window` milliseconds
    /// before is kept as a repeat, without its body.
    ///
    /// # Errors
    /// When the database fails; then none is kept.
    pub async fn keep_deliveries(
        &self,
        connection: ConnectionId,
        new: Vec<NewDelivery>,
        window: i64,
    ) -> Result<Vec<KeptDelivery>> {
        let during = "keep what was delivered";
        let hashes: Vec<String> = new
            .iter()
            .map(|one| hex(&Sha256::digest(&one.body)))
            .collect();
        let transaction = self.begin().await.during(during)?;
        let known: Vec<(String, i64, i64)> = Entity::find()
            .select_only()
            .column(Column::Hash)
            .column(Column::Id)
            .column(Column::ReceivedAt)
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::Hash.is_in(hashes.iter().map(String::as_str)))
            .filter(Column::RepeatOf.is_null())
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(&transaction)
            .await
            .during(during)?;
        let mut originals: HashMap<String, (i64, i64)> = known
            .into_iter()
            .map(|(hash, id, at)| (hash, (id, at)))
            .collect();
        // Numbered here, so that all go in with one statement: this transaction is the only one that writes.
        let last: Option<Option<i64>> = Entity::find()
            .select_only()
            .column_as(Column::Id.max(), "last")
            .into_tuple()
            .one(&transaction)
            .await
            .during(during)?;
        let first = last.flatten().unwrap_or(0) + 1;
        let mut kept = Vec::with_capacity(new.len());
        let mut rows = Vec::with_capacity(new.len());
        for (id, (one, hash)) in (first..).zip(new.into_iter().zip(hashes)) {
            let repeat_of = originals
                .get(&hash)
                .filter(|(_, at)| one.received_at.saturating_sub(*at) <= window)
                .map(|(id, _)| *id);
            let state = match (repeat_of, &one.conversation) {
                (Some(_), _) if !one.even_if_repeated => DeliveryState::Repeat,
                (_, Some(_)) if one.effect.is_none() => DeliveryState::Waiting,
                (None, Some(_)) => DeliveryState::Applied,
                (Some(_), _) => DeliveryState::Repeat,
                (None, None) => DeliveryState::Applied,
            };
            let is_note = one.event.as_deref() == Some(NOTE_ADDED) && one.conversation.is_some();
            rows.push(deliveries::ActiveModel {
                id: Set(id),
                connection_id: Set(connection),
                received_at: Set(one.received_at),
                hash: Set(hash.clone()),
                event: Set(one.event),
                conversation_id: Set(one.conversation.map(|id| id.to_string())),
                body: Set(if repeat_of.is_some() {
                    Vec::new()
                } else {
                    one.body
                }),
                state: Set(state.to_string()),
                effect: Set(one.effect),
                applied_at: Set((state == DeliveryState::Applied).then_some(one.received_at)),
                repeat_of: Set(repeat_of),
                ruled: Set(!is_note || repeat_of.is_some()),
            });
            if repeat_of.is_none() {
                originals.insert(hash, (id, one.received_at));
            }
            kept.push(KeptDelivery { id, state });
        }
        for batch in chunks(rows) {
            Entity::insert_many(batch)
                .exec_without_returning(&transaction)
                .await
                .during(during)?;
        }
        transaction.commit().await.during(during)?;
        Ok(kept)
    }

    /// The conversations that deliveries wait for, in the order in which they were first named, each with the last of
    /// its deliveries.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delivered_conversations(
        &self,
        connection: ConnectionId,
        limit: u64,
    ) -> Result<Vec<(ConversationId, i64)>> {
        let rows: Vec<(Option<String>, i64)> = Entity::find()
            .select_only()
            .column(Column::ConversationId)
            .column_as(Column::Id.max(), "last")
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::State.eq(DeliveryState::Waiting.as_str()))
            .group_by(Column::ConversationId)
            .order_by_asc(Column::Id.min())
            .limit(limit)
            .into_tuple()
            .all(&self.read)
            .await
            .during("list what was delivered")?;
        Ok(rows
            .into_iter()
            .filter_map(|(id, last)| Some((id?.into(), last)))
            .collect())
    }

    /// Says what became of all deliveries of a conversation that wait, up to number `last`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle_deliveries(
        &self,
        connection: ConnectionId,
        conversation: &ConversationId,
        last: i64,
        state: DeliveryState,
        effect: &str,
        now: i64,
    ) -> Result<u64> {
        let settled = Entity::update_many()
            .col_expr(Column::State, state.as_str().into())
            .col_expr(Column::Effect, Some(effect.to_owned()).into())
            .col_expr(Column::AppliedAt, Some(now).into())
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::State.eq(DeliveryState::Waiting.as_str()))
            .filter(Column::ConversationId.eq(conversation.as_str()))
            .filter(Column::Id.lte(last))
            .exec(&self.write)
            .await
            .during("settle what was delivered")?;
        Ok(settled.rows_affected)
    }

    /// Lets a delivery be applied again; `false` where there is none, or none that names a conversation.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replay_delivery(&self, connection: ConnectionId, id: i64) -> Result<bool> {
        let replayed = Entity::update_many()
            .col_expr(Column::State, DeliveryState::Waiting.as_str().into())
            .col_expr(Column::Effect, Expr::val(None::<String>))
            .col_expr(Column::AppliedAt, Expr::val(None::<i64>))
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::Id.eq(id))
            .filter(Column::ConversationId.is_not_null())
            .exec(&self.write)
            .await
            .during("replay a delivery")?;
        Ok(replayed.rows_affected == 1)
    }

    /// The last deliveries, newest first, from those before number `before` on.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub async fn deliveries(
        &self,
        connection: ConnectionId,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<Delivery>> {
        let mut query = shown().filter(Column::ConnectionId.eq(connection));
        if let Some(before) = before {
            query = query.filter(Column::Id.lt(before));
        }
        let rows: Vec<Shown> = query
            .order_by_desc(Column::Id)
            .limit(limit)
            .into_tuple()
            .all(&self.read)
            .await
            .during("list what was delivered")?;
        rows.into_iter().map(read).collect()
    }

    /// One delivery with its body; a repeat has that of what it repeats.
    ///
    /// # Errors
    /// When the database fails or the row cannot be read.
    pub async fn delivery(
        &self,
        connection: ConnectionId,
        id: i64,
    ) -> Result<Option<(Delivery, Vec<u8>)>> {
        let during = "look a delivery up";
        let row: Option<Shown> = shown()
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::Id.eq(id))
            .into_tuple()
            .one(&self.read)
            .await
            .during(during)?;
        let Some(delivery) = row.map(read).transpose()? else {
            return Ok(None);
        };
        let original = Entity::find_by_id(delivery.repeat_of.unwrap_or(id))
            .one(&self.read)
            .await
            .during(during)?;
        Ok(Some((
            delivery,
            original.map(|row| row.body).unwrap_or_default(),
        )))
    }

    /// Notes that were delivered, and whose conversations were looked at since, but not by rules; in order. What repeats
    /// another delivery is left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notes_for_rules(
        &self,
        connection: ConnectionId,
        limit: u64,
    ) -> Result<Vec<DeliveredNote>> {
        let rows: Vec<(i64, Option<String>, i64, Vec<u8>)> = Entity::find()
            .select_only()
            .columns([
                Column::Id,
                Column::ConversationId,
                Column::ReceivedAt,
                Column::Body,
            ])
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::Ruled.eq(false))
            .filter(Column::State.eq(DeliveryState::Applied.as_str()))
            .order_by_asc(Column::Id)
            .limit(limit)
            .into_tuple()
            .all(&self.write)
            .await
            .during("list the notes that were delivered")?;
        let notes = rows.into_iter().filter_map(|(id, of, received_at, body)| {
            Some(DeliveredNote {
                id,
                conversation: of?.into(),
                received_at,
                body,
            })
        });
        Ok(notes.collect())
    }

    /// When something was last delivered that names a conversation.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_event(&self, connection: ConnectionId) -> Result<Option<i64>> {
        let last: Option<Option<i64>> = Entity::find()
            .select_only()
            .column_as(Column::ReceivedAt.max(), "last")
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::ConversationId.is_not_null())
            .into_tuple()
            .one(&self.read)
            .await
            .during("look for the last event")?;
        Ok(last.flatten())
    }

    /// How many deliveries are kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delivery_count(&self, connection: ConnectionId) -> Result<u64> {
        Entity::find()
            .filter(Column::ConnectionId.eq(connection))
            .count(&self.read)
            .await
            .during("count what was delivered")
    }

    /// Forgets deliveries from before `before`, all but the newest `most`, and those before the newest `most_bytes` of
    /// bodies. Those that wait stay, and so does the newest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_deliveries(&self, before: i64, most: u64, most_bytes: i64) -> Result<u64> {
        let during = "forget old deliveries";
        let last: Option<Option<i64>> = Entity::find()
            .select_only()
            .column_as(Column::Id.max(), "last")
            .into_tuple()
            .one(&self.write)
            .await
            .during(during)?;
        let last = last.flatten().unwrap_or(0);
        let first_too_many: Option<i64> = Entity::find()
            .select_only()
            .column(Column::Id)
            .order_by_desc(Column::Id)
            .offset(most)
            .limit(1)
            .into_tuple()
            .one(&self.write)
            .await
            .during(during)?;
        let too_large = Statement::from_sql_and_values(
            self.write.get_database_backend(),
            "SELECT MAX(id) AS id FROM (SELECT id, SUM(LENGTH(body)) OVER (ORDER BY id DESC) AS total FROM deliveries) \
             AS sums WHERE total > $1",
            [most_bytes.into()],
        );
        let last_too_large: Option<i64> =
            match self.write.query_one_raw(too_large).await.during(during)? {
                Some(row) => row.try_get("", "id").during(during)?,
                None => None,
            };
        let forgotten = Entity::delete_many()
            .filter(
                Condition::any()
                    .add(Column::ReceivedAt.lt(before))
                    .add(Column::Id.lte(first_too_many.max(last_too_large).unwrap_or(0))),
            )
            .filter(Column::State.ne(DeliveryState::Waiting.as_str()))
            // The next one is numbered after the last one, and no number is given twice.
            .filter(Column::Id.lt(last))
            .exec(&self.write)
            .await
            .during(during)?;
        Ok(forgotten.rows_affected)
    }
}

impl DeliveryState {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Applied => "applied",
            Self::Repeat => "repeat",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for DeliveryState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for DeliveryState {
    type Err = UnknownState;

    fn from_str(word: &str) -> std::result::Result<Self, Self::Err> {
        [Self::Waiting, Self::Applied, Self::Repeat, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| UnknownState(word.to_owned()))
    }
}

/// A word that is no state of a delivery.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no state of a delivery")]
pub struct UnknownState(String);

/// Rows in statements of at most so many: SQLite takes 32,766 values, and a delivery has twelve.
fn chunks<T>(rows: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    const ROWS: usize = 1_000;
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || {
        let chunk: Vec<T> = rows.by_ref().take(ROWS).collect();
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// The digits of bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All columns but the body, which may be large, and the hash.
type Shown = (
    i64,
    i64,
    Option<String>,
    Option<String>,
    String,
    Option<String>,
    Option<i64>,
    Option<i64>,
);

fn shown() -> sea_orm::Select<Entity> {
    Entity::find().select_only().columns([
        Column::Id,
        Column::ReceivedAt,
        Column::Event,
        Column::ConversationId,
        Column::State,
        Column::Effect,
        Column::AppliedAt,
        Column::RepeatOf,
    ])
}

fn read(row: Shown) -> Result<Delivery> {
    let (id, received_at, event, conversation, state, effect, applied_at, repeat_of) = row;
    Ok(Delivery {
        id,
        received_at,
        event,
        conversation: conversation.map(Into::into),
        state: state.parse().map_err(|error| Error::Value {
            operation: "read a delivery",
            source: Box::new(error),
        })?,
        effect,
        applied_at,
        repeat_of,
    })
}
