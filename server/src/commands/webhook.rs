//! `webhook address`, `rotate`.

use serde_json::json;
use store::WebhookSecret;

use super::doer::Doer;
use super::place::Place;
use super::{Exit, Stop, now, print};
use crate::Problem;
use crate::args::{Settings, WebhookCommand};
use crate::web::webhook_door_at;

pub(crate) async fn run(settings: Settings, command: WebhookCommand) -> Result<Exit, Stop> {
    let place = Place::open(settings).await?;
    let public_url = place.public_url()?;
    let (rotates, as_json) = match command {
        WebhookCommand::Address { json } => (false, json),
        WebhookCommand::Rotate { json } => (true, json),
    };
    let Some(public_url) = public_url else {
        return Err(Problem::from(
            "CONSOLE_PUBLIC_URL is not set, so it is not known where Hiver reaches this console\n  hint: set it to the \
             address that people open, e.g. https://triage.example.com",
        )
        .into());
    };
    let shown = secret(&place, rotates).await?;
    let address = shown.address(&webhook_door_at(&public_url));
    if as_json {
        let value = json!({
            "address": address,
            "made_at": shown.made_at,
            "previous_until": shown.previous_until,
        });
        print(&value.to_string())?;
    } else {
        print(&address)?;
    }
    Ok(Exit::Done)
}

/// The secret in use, or another one in its place. Both are a matter of the database: a running server sees at once
/// what is in it.
async fn secret(place: &Place, rotates: bool) -> Result<WebhookSecret, Stop> {
    let name = if rotates {
        "webhook rotate"
    } else {
        "webhook address"
    };
    Doer::with(place, name, None, async |doer| {
        let file = place.secret_file();
        let key = if doer.is_here() {
            file.settle(&place.store).await?
        } else {
            file.in_use(&place.store).await?
        };
        let shown = if rotates {
            place.store.rotate_webhook_secret(now(), &key).await
        } else {
            place.store.webhook_secret(now(), &key).await
        };
        shown.map_err(|error| match error {
            store::Error::Seal(_) => Stop::from(Problem::because(
                "the webhook secret cannot be shown\n  hint: `hiver-console webhook rotate` makes another one",
                &error,
            )),
            other => Stop::from(super::failed(other)),
        })
    })
    .await
}
