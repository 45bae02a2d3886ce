//! How the account looks from outside. One file per dialect; the account knows nothing of them.

mod events;
mod paging;
mod rows;
mod tutorial;

use axum::http::{Method, Uri};
use serde::Serialize;
use serde_json::json;

use crate::{EffectRecord, Error, account::Account};

pub(crate) use events::{event, ping};
pub use rows::WireOptions;
pub(crate) use rows::WirePatch;
pub(crate) use tutorial::answer;

/// A request that was let in.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    /// Without `/api/v1` and without a slash at the end.
    pub(crate) path: &'a str,
    pub(crate) body: &'a [u8],
    /// When it is carried out, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// Its number in the ledger.
    pub(crate) number: u64,
}

/// What it is answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// JSON.
    pub(crate) body: String,
    pub(crate) effect: Option<EffectRecord>,
}

impl Answer {
    fn json(value: &impl Serialize) -> Result<Self, Refusal> {
        let body = serde_json::to_string(value).map_err(|error| {
            Refusal::new(500, format!("The answer cannot be written: {error}."))
        })?;
        Ok(Self {
            status: 200,
            body,
            effect: None,
        })
    }

    fn with_effect(mut self, effect: EffectRecord) -> Self {
        self.effect = Some(effect);
        self
    }
}

/// A request that is not carried out.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, message }
    }

    fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, message)
    }

    fn forbidden(mailbox: &str) -> Self {
        Self::new(
            403,
            format!("The API key has no access to the mailbox `{mailbox}`."),
        )
    }

    /// As an answer.
    pub(crate) fn answer(&self) -> Answer {
        let body = error_body(&self.message);
        Answer {
            status: self.status,
            body,
            effect: None,
        }
    }
}

/// The body of everything that is not a success.
pub(crate) fn error_body(message: &str) -> String {
    json!({"error": {"message": message}}).to_string()
}

/// Nothing was changed because it could not be kept: the simulator's own failure, not the caller's.
impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = if matches!(error, Error::Unknown { .. }) {
            404
        } else {
            500
        };
        Self::new(status, format!("{error}."))
    }
}

/// The account and how it shall look.
pub(crate) struct Stage<'a> {
    pub(crate) account: &'a mut Account,
    pub(crate) wire: WireOptions,
}
