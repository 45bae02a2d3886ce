//! The connection to Hiver and its key. The key comes in and never goes out.

use leptos::prelude::*;
use server_fn::codec::GetUrl;
#[cfg(feature = "ssr")]
use {
    super::access::{internal, refuse, require},
    super::words::Words,
    crate::view::Role,
};

use super::{ApiError, Json};
use crate::view::{ConnectionView, KeyCheck};

/// Where requests go, with which key (its last four characters), and whether that works.
#[server(prefix = "/api", endpoint = "connection", output = Json, input = GetUrl)]
pub async fn connection() -> Result<ConnectionView, ApiError> {
    let (engine, _) = require(Role::Viewer)?;
    let status = engine.status().await.map_err(|error| internal(&error))?;
    Ok(Words::of(&engine).connection(status))
}

/// Asks Hiver whether it accepts the key, with one request. With `save`, an accepted key is stored and used
/// from then on.
#[server(prefix = "/api", endpoint = "check_key", output = Json)]
pub async fn check_key(key: String, #[server(default)] save: bool) -> Result<KeyCheck, ApiError> {
    let (engine, _) = require(Role::Admin)?;
    let key = key.trim().to_owned();
    if key.is_empty() {
        return Err(refuse(ApiError::Invalid(vec![
            "Paste the key first.".to_owned(),
        ])));
    }
    let check = engine.check_key(key.clone().into()).await;
    let accepted = check.accepted();
    if accepted && save {
        match engine.use_key(key.into()).await {
            Ok(()) => leptos_axum::redirect("/"),
            Err(engine::UseKeyError::FromEnvironment) => {
                let message =
                    "The key comes from HIVER_API_KEY, which goes before a stored one.".to_owned();
                return Err(refuse(ApiError::Invalid(vec![message])));
            }
            Err(error) => return Err(internal(&error)),
        }
    }
    Ok(Words::of(&engine).key_check(check))
}
