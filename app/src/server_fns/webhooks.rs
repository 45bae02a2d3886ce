//! Webhooks: the address that Hiver delivers to, and what it delivered; a page that the server draws.

use super::access::{internal, require};
use super::pages::{self, webhooks::Found};
use super::words::Words;
use crate::view::Role;
use leptos::prelude::*;

use super::ApiError;

/// Deliveries on a page.
const PAGE_SIZE: u64 = 50;

/// What the server knows of the way from Hiver to here.
#[derive(Debug, Clone)]
pub struct WebhookDoor {
    /// The address to which the secret is added; nothing where it is not known how the console is reached.
    pub address: Option<String>,
}

/// Address and deliveries as HTML: those before number `before`, and one of them whole.
pub(super) async fn webhooks_page(
    delivery: Option<i64>,
    before: Option<i64>,
) -> Result<String, ApiError> {
    let (engine, _) = require(Role::Admin)?;
    let door = use_context::<WebhookDoor>().ok_or(ApiError::Internal)?;
    let said = pages::said();
    let secret = match engine.webhook_secret().await {
        Ok(secret) => Some(secret),
        // A rotation mends it, and that is offered.
        Err(store::Error::Seal(_)) => None,
        Err(error) => return Err(internal(&error)),
    };
    let (deliveries, total) = engine
        .deliveries(before, PAGE_SIZE)
        .await
        .map_err(|error| internal(&error))?;
    let shown = match delivery {
        Some(id) => engine
            .delivery(id)
            .await
            .map_err(|error| internal(&error))?,
        None => None,
    };
    let found = Found {
        address: secret
            .as_ref()
            .and_then(|secret| Some(secret.address(door.address.as_ref()?))),
        secret,
        more: deliveries.len() as u64 == PAGE_SIZE,
        deliveries,
        total,
        shown,
        before,
    };
    Ok(pages::webhooks::draw(&Words::of(&engine), found, said))
}
