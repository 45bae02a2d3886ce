//! What stands around every page.

use leptos::prelude::*;
use server_fn::codec::GetUrl;
#[cfg(feature = "ssr")]
use {
    super::access::{internal, refuse, require},
    super::words::Words,
    crate::view::Role,
    engine::Engine,
};

use super::{ApiError, Json};
use crate::view::Frame;

/// Who is signed in, how fresh the mirror is, how Hiver is doing.
#[server(name = ReadFrame, prefix = "/api", endpoint = "frame", output = Json, input = GetUrl)]
pub async fn frame() -> Result<Frame, ApiError> {
    let (engine, operator) = require(Role::Viewer)?;
    let frame = frame_now(&engine).await.map_err(|error| internal(&error))?;
    Ok(Frame {
        operator: operator.name,
        role: operator.role,
        ..frame
    })
}

/// Reads from Hiver again: ahead of everything the lists that a filter is about, where one is being looked at; else, in
/// the background, mailboxes, users, tags and everything open.
#[server(prefix = "/api", endpoint = "refresh", output = Json)]
pub async fn refresh_mirror(#[server(default)] filter: Option<String>) -> Result<(), ApiError> {
    let (engine, _) = require(Role::Lead)?;
    let Some(filter) = filter else {
        engine.refresh();
        return Ok(());
    };
    match engine.refresh_lists(&filter).await {
        Ok(()) => Ok(()),
        Err(engine::RefreshError::Hiver(message)) => Err(refuse(ApiError::Invalid(vec![message]))),
        Err(engine::RefreshError::Store(error)) => Err(internal(&error)),
    }
}

/// The frame as it is now, for the page and for the live stream: all of it but the operator.
///
/// # Errors
/// When the database fails.
#[cfg(feature = "ssr")]
pub async fn frame_now(engine: &Engine) -> Result<Frame, store::Error> {
    let status = engine.status().await?;
    Ok(Words::of(engine).frame(status))
}
