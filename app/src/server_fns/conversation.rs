//! One conversation.

use leptos::prelude::*;
use server_fn::codec::GetUrl;
#[cfg(feature = "ssr")]
use {
    super::access::{internal, refuse, require},
    crate::view::Role,
    triage::model::ConversationId,
};

use super::{ApiError, Json};
use crate::view::ConversationView;

/// A conversation as the mirror has it, and what was done to it from here.
#[server(prefix = "/api", endpoint = "conversation", output = Json, input = GetUrl)]
pub async fn conversation(id: String) -> Result<ConversationView, ApiError> {
    use super::words::Words;

    let (engine, _) = require(Role::Viewer)?;
    let id = ConversationId::from(id);
    let Some(found) = engine.mirror().conversation(&id) else {
        return Err(refuse(ApiError::NotFound(format!(
            "The mirror has no conversation `{id}`."
        ))));
    };
    let history = engine
        .history(&id)
        .await
        .map_err(|error| internal(&error))?;
    let directory = engine.mirror().read().directory.clone();
    Ok(Words::of(&engine).conversation(&directory, &found, history))
}

/// Reads one conversation from Hiver again, ahead of everything else.
#[server(prefix = "/api", endpoint = "refresh_conversation", output = Json)]
pub async fn refresh_conversation(id: String) -> Result<(), ApiError> {
    let (engine, _) = require(Role::Lead)?;
    match engine.refresh_conversation(&ConversationId::from(id)).await {
        Ok(()) => Ok(()),
        Err(engine::RefreshError::Hiver(message)) => Err(refuse(ApiError::Invalid(vec![message]))),
        Err(engine::RefreshError::Store(error)) => Err(internal(&error)),
    }
}
