//! The client: every call, each on a lane.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;

use crate::answer::Answer;
use crate::transport::{Addressed, Transport};
use crate::wire::{self, Call, Reader};
use crate::{
    Capabilities, Conversation, ConversationId, ConversationQuery, Dialect, Error, ErrorKind, Lane,
    List, Mailbox, Meter, NoLimit, Pacer, Settings, SettingsError, Slot, Status, Tag, TagId, User,
    UserId, Write,
};

/// A read is tried this often where Hiver or the way there has trouble.
const READ_ATTEMPTS: u32 = 3;
/// So many 429s are waited for in one read; with the longest holds that is about ten minutes.
const READ_REFUSALS: u32 = 10;

/// A connection to Hiver. Clones share the pacer and the pool of TCP connections.
#[derive(Clone)]
pub struct Hiver {
    shared: Arc<Shared>,
}

struct Shared {
    dialect: Dialect,
    transport: Transport,
    pacer: Pacer,
    backoff: Duration,
}

impl Hiver {
    /// A client without a limit per day. Sends nothing yet.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] where the address, the key or the rate is unusable.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        Self::with_meter(settings, Arc::new(NoLimit))
    }

    /// A client whose pacer also asks `meter` who may leave.
    ///
    /// # Errors
    ///
    /// As [`Hiver::new`].
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the settings hold the key: taking them leaves no copy with the caller"
    )]
    pub fn with_meter(settings: Settings, meter: Arc<dyn Meter>) -> Result<Self, SettingsError> {
        let pacer = Pacer::with_meter(settings.pacer()?, meter);
        Ok(Self {
            shared: Arc::new(Shared {
                dialect: settings.dialect,
                transport: Transport::new(&settings, pacer.clone())?,
                pacer,
                backoff: settings.backoff,
            }),
        })
    }

    /// The contract that is spoken.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.shared.dialect
    }

    /// What the contract can do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        self.shared.dialect.capabilities()
    }

    /// The gate in front of every request of this connection.
    #[must_use]
    pub fn pacer(&self) -> &Pacer {
        &self.shared.pacer
    }

    /// Waits for a place in the schedule, to be used with [`Hiver::send`]. See [`Pacer::slot`].
    pub async fn slot(&self, lane: Lane) -> Slot {
        self.shared.pacer.slot(lane).await
    }

    /// The calls of a lane.
    pub fn on(&self, lane: Lane) -> OnLane {
        OnLane {
            hiver: self.clone(),
            lane,
        }
    }

    /// Makes one change, in one attempt, in the given slot: waits for the slot's instant, sends, and
    /// never sends again by itself. A `429` holds the pacer and is returned like any other error.
    ///
    /// A 2xx is success if its body is empty, JSON, or calls itself JSON; any other body (a captive
    /// portal's page) is [`ErrorKind::OutcomeUnknown`].
    ///
    /// # Errors
    ///
    /// [`Error::certainty`] says whether the change is provably not done.
    pub async fn send(&self, slot: Slot, write: &Write) -> Result<(), Error> {
        let call = wire::write(self.shared.dialect, write);
        let request = self.address(&call)?;
        let answer = self.attempt(slot, &call, &request).await?;
        answer
            .accepted()
            .map_err(|kind| Error::new(&call.operation, kind))
    }

    fn address<'a>(&self, call: &'a Call) -> Result<Addressed<'a>, Error> {
        self.shared
            .transport
            .address(call)
            .map_err(|kind| Error::new(&call.operation, kind))
    }

    /// One attempt in one slot; the answer is a success. Tells the pacer how it went.
    async fn attempt(
        &self,
        slot: Slot,
        call: &Call,
        request: &Addressed<'_>,
    ) -> Result<Answer, Error> {
        let Shared {
            transport, pacer, ..
        } = &*self.shared;
        let departure = slot.depart().await;
        let began = Instant::now();
        let sent = transport.send(request).await;
        let status = sent.as_ref().ok().map(|answer| answer.status.as_u16());
        tracing::debug!(
            method = %request.method(),
            path = request.path(),
            lane = departure.lane.as_str(),
            status,
            ms = began.elapsed().as_millis(),
            "request to Hiver"
        );
        let fail = |kind| Error::new(&call.operation, kind);
        let answer = sent.map_err(fail)?;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            let wait = pacer.rate_limited(&departure, answer.retry_after);
            return Err(fail(ErrorKind::RateLimited { wait }));
        }
        if !answer.status.is_server_error() {
            pacer.succeeded(&departure);
        }
        match answer.refusal(transport.texts()) {
            Some(kind) => Err(fail(kind)),
            None => Ok(answer),
        }
    }

    fn interpret<T>(&self, operation: &str, answer: &Answer, read: Reader<T>) -> Result<T, Error> {
        let texts = self.shared.transport.texts();
        answer
            .json(texts)
            .and_then(|json| read(&json).map_err(|what| texts.unreadable(&what, &answer.body)))
            .map_err(|kind| Error::new(operation, kind))
    }
}

impl std::fmt::Debug for Hiver {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Hiver")
            .field("dialect", &self.shared.dialect)
            .field("pacer", &self.shared.pacer)
            .finish_non_exhaustive()
    }
}

/// The calls of one lane.
///
/// Reads are tried up to three times on server errors, timeouts and connection trouble, with
/// exponential backoff and jitter; a `429` is not a try (the pacer holds, then the read goes on, up to
/// ten times). Writes are tried once.
#[derive(Clone, Debug)]
#[must_use = "choosing a lane sends nothing"]
pub struct OnLane {
    hiver: Hiver,
    lane: Lane,
}

impl OnLane {
    /// Asks for one mailbox, once, to see whether address and key are good: `GET /mailboxes?limit=1`.
    ///
    /// # Errors
    ///
    /// Whatever is in the way; nothing is tried again.
    pub async fn check(&self) -> Result<(), Error> {
        let (call, read) = wire::check(self.hiver.dialect());
        self.once(&call, read).await.map(drop)
    }

    /// The mailboxes that the key has access to: `GET /mailboxes`.
    pub fn mailboxes(&self) -> List<Mailbox> {
        List::new(self.clone(), wire::mailboxes(self.hiver.dialect()))
    }

    /// The users of the account: `GET /users`.
    pub fn users(&self) -> List<User> {
        List::new(self.clone(), wire::users(self.hiver.dialect()))
    }

    /// The tags of the account: `GET /tags`.
    pub fn tags(&self) -> List<Tag> {
        List::new(self.clone(), wire::tags(self.hiver.dialect()))
    }

    /// Conversations: `GET /conversations`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a question is asked once; callers would write `&` for nothing"
    )]
    pub fn conversations(&self, query: ConversationQuery) -> List<Conversation> {
        List::new(
            self.clone(),
            wire::conversations(self.hiver.dialect(), &query),
        )
    }

    /// One conversation: `GET /conversations/:id`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] where there is none, and those of any read.
    pub async fn conversation(&self, id: &ConversationId) -> Result<Conversation, Error> {
        let (call, read) = wire::conversation(self.hiver.dialect(), id);
        self.read(&call, read).await
    }

    /// Waits for a slot, then [`Hiver::send`].
    ///
    /// # Errors
    ///
    /// As [`Hiver::send`].
    pub async fn write(&self, write: &Write) -> Result<(), Error> {
        let slot = self.hiver.slot(self.lane).await;
        self.hiver.send(slot, write).await
    }

    /// Assigns a conversation, in one attempt.
    ///
    /// # Errors
    ///
    /// As [`Hiver::send`].
    pub async fn assign(&self, conversation: &ConversationId, user: &UserId) -> Result<(), Error> {
        self.write(&Write::Assign {
            conversation: conversation.clone(),
            user: user.clone(),
        })
        .await
    }

    /// Sets where a conversation stands, in one attempt.
    ///
    /// # Errors
    ///
    /// As [`Hiver::send`].
    pub async fn set_status(
        &self,
        conversation: &ConversationId,
        status: &Status,
    ) -> Result<(), Error> {
        self.write(&Write::SetStatus {
            conversation: conversation.clone(),
            status: status.clone(),
        })
        .await
    }

    /// Puts a tag on a conversation, in one attempt.
    ///
    /// # Errors
    ///
    /// As [`Hiver::send`].
    pub async fn add_tag(&self, conversation: &ConversationId, tag: &TagId) -> Result<(), Error> {
        self.write(&Write::AddTag {
            conversation: conversation.clone(),
            tag: tag.clone(),
        })
        .await
    }

    /// Takes a tag off a conversation, in one attempt.
    ///
    /// # Errors
    ///
    /// As [`Hiver::send`].
    pub async fn remove_tag(
        &self,
        conversation: &ConversationId,
        tag: &TagId,
    ) -> Result<(), Error> {
        self.write(&Write::RemoveTag {
            conversation: conversation.clone(),
            tag: tag.clone(),
        })
        .await
    }

    /// Adds an internal note, in one attempt. After [`Certainty::Unknown`](crate::Certainty::Unknown)
    /// a second call may add it twice.
    ///
    /// # Errors
    ///
    /// As [`Hiver::send`].
    pub async fn add_note(&self, conversation: &ConversationId, body: &str) -> Result<(), Error> {
        self.write(&Write::AddNote {
            conversation: conversation.clone(),
            body: body.to_owned(),
        })
        .await
    }

    /// Creates a tag, in one attempt: `POST /tags`. After an error of
    /// [`Certainty::Unknown`](crate::Certainty::Unknown) look for the name before trying again.
    ///
    /// # Errors
    ///
    /// As [`Hiver::send`]; and [`ErrorKind::Unreadable`] where the tag was probably created, but the
    /// answer does not say under which id.
    pub async fn create_tag(&self, name: &str) -> Result<Tag, Error> {
        let (call, read) = wire::create_tag(self.hiver.dialect(), name);
        self.once(&call, read).await
    }

    async fn once<T>(&self, call: &Call, read: Reader<T>) -> Result<T, Error> {
        let request = self.hiver.address(call)?;
        let slot = self.hiver.slot(self.lane).await;
        let answer = self.hiver.attempt(slot, call, &request).await?;
        self.hiver.interpret(&call.operation, &answer, read)
    }

    /// A read, with its retries.
    pub(crate) async fn read<T>(&self, call: &Call, read: Reader<T>) -> Result<T, Error> {
        let request = self.hiver.address(call)?;
        let mut failures = 0;
        let mut refusals = 0;
        loop {
            let slot = self.hiver.slot(self.lane).await;
            let error = match self.hiver.attempt(slot, call, &request).await {
                Ok(answer) => return self.hiver.interpret(&call.operation, &answer, read),
                Err(error) => error,
            };
            if matches!(error.kind(), ErrorKind::RateLimited { .. }) {
                // The next slot comes after the hold.
                refusals += 1;
                if refusals >= READ_REFUSALS {
                    return Err(error);
                }
                continue;
            }
            failures += 1;
            if !error.is_passing() || failures >= READ_ATTEMPTS {
                return Err(error);
            }
            tokio::time::sleep(self.backoff(failures)).await;
        }
    }

    /// Exponential, with up to half taken away at random so that many readers do not come back at once.
    fn backoff(&self, failures: u32) -> Duration {
        let longest = self.hiver.shared.backoff * 2u32.pow(failures.saturating_sub(1).min(8));
        longest.mul_f64(rand::random_range(0.5..=1.0))
    }
}
