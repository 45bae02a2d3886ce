//! Scripts, styles and pictures, inside the binary, under an address that names their content.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::Web;

#[derive(RustEmbed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct Site;

/// The version of all assets together.
#[derive(Debug, Clone)]
pub(crate) struct Assets {
    version: Arc<str>,
}

impl Assets {
    /// What was built into this binary (in development: what the folder holds).
    pub(crate) fn embedded() -> Self {
        static ONCE: LazyLock<Assets> = LazyLock::new(Assets::hashed);
        ONCE.clone()
    }

    fn hashed() -> Self {
        let mut all = Sha256::new();
        let mut names: Vec<Cow<'static, str>> = Site::iter().collect();
        names.sort();
        for name in names {
            if let Some(file) = Site::get(&name) {
                all.update(name.as_bytes());
                all.update(file.metadata.sha256_hash());
            }
        }
        let version: String = all
            .finalize()
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self {
            version: version.into(),
        }
    }

    /// The folder that pages name, e.g. `/v/0123456789abcdef`.
    pub(crate) fn root(&self) -> String {
        format!("/v/{}", self.version)
    }
}

/// Serves an asset, in the smallest form that the browser takes.
pub(super) async fn asset(
    State(web): State<Web>,
    Path((version, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response<Body> {
    let accepted = headers
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let takes = |coding: &str| accepted.split(',').any(|one| names(one, coding));
    let forms = [("br", ".br"), ("gzip", ".gz"), ("", "")];
    let found = forms
        .into_iter()
        .filter(|(coding, _)| coding.is_empty() || takes(coding))
        .find_map(|(coding, ending)| {
            Site::get(&format!("{path}{ending}")).map(|file| (coding, file))
        });
    let Some((coding, file)) = found else {
        return status(StatusCode::NOT_FOUND);
    };
    let mut response = Response::new(Body::from(file.data));
    let kind = mime_guess::from_path(&path).first_or_octet_stream();
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(kind.as_ref()) {
        headers.insert(CONTENT_TYPE, kind);
    }
    if !coding.is_empty() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    // Another version's address is answered with what there is, but nobody may keep it for good.
    let is_current = *web.0.assets.version == version && !cfg!(debug_assertions);
    let cache = if is_current {
        "public, max-age=31536000, immutable"
    } else {
        "no-store"
    };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// Whether a part of `Accept-Encoding` names this coding and does not rule it out.
pub(super) fn names(part: &str, coding: &str) -> bool {
    let (name, weight) = part.split_once(';').unwrap_or((part, ""));
    let weight = weight
        .trim()
        .strip_prefix("q=")
        .and_then(|weight| weight.trim().parse::<f32>().ok());
    name.trim().eq_ignore_ascii_case(coding) && weight != Some(0.0)
}

/// Whether a file was built in.
#[cfg(test)]
pub(super) fn is_there(name: &str) -> bool {
    Site::get(name).is_some()
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
