//! One request, one attempt: address, key, sending, and reading the answer within bounds.

use std::time::{Duration, SystemTime};

use futures::FutureExt as _;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use http::{HeaderValue, Method};
use reqwest::redirect;
use url::Url;

use crate::answer::{Answer, Texts};
use crate::connecting::Noticing;
use crate::error::{ErrorKind, Reason};
use crate::settings::{Settings, SettingsError, is_this_machine};
use crate::wire::Call;
use crate::{Pacer, retry_after};

/// An idle connection is used again for this long. Servers close theirs after 5 s at the earliest in
/// common configurations; a request that meets such a closing ends in doubt, which for a note means
/// that a person has to look.
const IDLE_CONNECTION: Duration = Duration::from_secs(4);

/// An error's text is cut to a few words anyway: no need to wait for megabytes.
const LARGEST_ERROR: usize = 64 * 1024;

pub(crate) struct Transport {
    http: reqwest::Client,
    base: Url,
    authorization: HeaderValue,
    texts: Texts,
    largest_response: usize,
}

/// A request that has an address and may be sent any number of times.
pub(crate) struct Addressed<'a> {
    call: &'a Call,
    url: Url,
}

impl Addressed<'_> {
    pub(crate) fn method(&self) -> &Method {
        &self.call.method
    }

    /// The path alone: filters and cursors stay out of logs.
    pub(crate) fn path(&self) -> &str {
        self.url.path()
    }
}

impl Transport {
    pub(crate) fn new(settings: &Settings, pacer: Pacer) -> Result<Self, SettingsError> {
        let base = settings.base()?;
        let authorization = settings.authorization()?;
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("hiver-console/", env!("CARGO_PKG_VERSION")))
            // The key goes to the configured address and nowhere else.
            .redirect(redirect::Policy::none())
            .referer(false)
            // One slot, one request: whoever wants another try takes another slot. What remains below
            // this is hyper's own second try of a request of which it has not written a single byte,
            // because the idle connection it picked turned out to be closed.
            .retry(reqwest::retry::never())
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.total_timeout)
            .pool_idle_timeout(IDLE_CONNECTION)
            .connector_layer(Noticing { pacer });
        if is_this_machine(&base) {
            // A proxy from the environment would be handed the key in plain.
            http = http.no_proxy();
        }
        Ok(Self {
            http: http
                .build()
                .map_err(|error| SettingsError::Http(Box::new(error)))?,
            base,
            authorization,
            texts: Texts::hiding(settings.key.clone()),
            largest_response: settings.largest_response,
        })
    }

    pub(crate) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Gives a request its address. Every part of the path is percent-encoded.
    pub(crate) fn address<'a>(&self, call: &'a Call) -> Result<Addressed<'a>, ErrorKind> {
        let mut url = self.base.clone();
        // Addresses have no way to write such a part: it would name another resource.
        if let Some(part) = call
            .path
            .iter()
            .find(|part| matches!(part.as_str(), "" | "." | ".."))
        {
            return Err(ErrorKind::NeverSent {
                source: Reason::boxed(format!("`{part}` cannot be an id")),
            });
        }
        match url.path_segments_mut() {
            Ok(mut path) => path.pop_if_empty().extend(&call.path),
            Err(()) => {
                return Err(ErrorKind::NeverSent {
                    source: Reason::boxed("Hiver's address has no path"),
                });
            }
        };
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        Ok(Addressed { call, url })
    }

    /// Sends once. Any status is an answer; errors are those of the way there and back.
    pub(crate) async fn send(&self, request: &Addressed<'_>) -> Result<Answer, ErrorKind> {
        let mut builder = self
            .http
            .request(request.call.method.clone(), request.url.clone())
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, "application/json");
        builder = match &request.call.body {
            Some(body) => builder.json(body),
            None => builder.header(CONTENT_TYPE, "application/json"),
        };
        let response = builder.send().boxed().await.map_err(sending_failed)?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = if status.is_success() {
            read_body(response, self.largest_response).await?
        } else {
            // The status says what matters; a text that breaks off is still a text.
            read_some(response, LARGEST_ERROR).await
        };
        Ok(Answer {
            status,
            content_type: text_header(&headers, CONTENT_TYPE.as_str()).map(str::to_owned),
            retry_after: text_header(&headers, RETRY_AFTER.as_str()).and_then(|value| {
                let date = text_header(&headers, DATE.as_str());
                retry_after::parse(value, date, SystemTime::now())
            }),
            body,
        })
    }
}

fn sending_failed(error: reqwest::Error) -> ErrorKind {
    // A request that could not be put together, or whose connection (DNS, TCP, TLS) was never ready,
    // has not sent a byte of itself. Anything later has to be taken for sent.
    let never_sent = error.is_builder() || error.is_connect();
    let source = Box::new(error.without_url());
    if never_sent {
        ErrorKind::NeverSent { source }
    } else {
        ErrorKind::OutcomeUnknown { source }
    }
}

async fn read_body(mut response: reqwest::Response, limit: usize) -> Result<Vec<u8>, ErrorKind> {
    let too_large = ErrorKind::TooLarge { limit };
    if response
        .content_length()
        .is_some_and(|length| length > limit as u64)
    {
        return Err(too_large);
    }
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > limit => return Err(too_large),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => {
                return Err(ErrorKind::OutcomeUnknown {
                    source: Box::new(error.without_url()),
                });
            }
        }
    }
}

async fn read_some(mut response: reqwest::Response, limit: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > limit {
            body.truncate(limit);
            break;
        }
    }
    body
}

fn text_header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
