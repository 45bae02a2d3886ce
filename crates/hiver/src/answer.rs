//! What an answer means.

use std::time::Duration;

use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::error::{ErrorKind, Reason, UnauthorizedReason};

/// Texts from outside are cut to this many characters.
const LONGEST_TEXT: usize = 300;

/// A complete answer of any status.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

/// Makes texts from outside fit to be shown: short, one line, without the key.
pub(crate) struct Texts {
    key: SecretString,
}

impl Answer {
    /// What a status other than success means. `None` for success, and for 429 which concerns
    /// everybody and is dealt with by the caller.
    pub(crate) fn refusal(&self, texts: &Texts) -> Option<ErrorKind> {
        if self.status.is_success() || self.status == StatusCode::TOO_MANY_REQUESTS {
            return None;
        }
        let status = self.status.as_u16();
        let text = texts.words_of(&self.body);
        Some(match status {
            300..=399 => ErrorKind::Redirected { status },
            400 => ErrorKind::BadRequest { text },
            401 => ErrorKind::Unauthorized {
                reason: unauthorized_reason(&text),
                text,
            },
            403 => ErrorKind::Forbidden { text },
            404 => ErrorKind::NotFound { text },
            500..=599 => ErrorKind::Server { status, text },
            _ => ErrorKind::UnexpectedStatus { status, text },
        })
    }

    /// The JSON of a successful answer.
    pub(crate) fn json(&self, texts: &Texts) -> Result<Value, ErrorKind> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = if self.body.is_empty() {
                "it is empty".to_owned()
            } else if self.seems_html() {
                "it is a web page instead of JSON".to_owned()
            } else {
                format!("it is not JSON ({error})")
            };
            texts.unreadable(&what, &self.body)
        })
    }

    /// Whether a successful answer to a write comes from Hiver.
    ///
    /// A 2xx means that Hiver accepted the change, whatever the body says: no answer of a write
    /// carries anything we need. But a captive portal or a proxy also answers 200, with a page of its
    /// own. So an empty body, JSON, and what calls itself JSON count as Hiver's word; anything else
    /// leaves the outcome unknown.
    pub(crate) fn accepted(&self) -> Result<(), ErrorKind> {
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&self.body).is_ok();
        let blank = self.body.iter().all(u8::is_ascii_whitespace);
        if blank || is_json || (self.calls_itself_json() && !self.begins_like_html()) {
            return Ok(());
        }
        let reason = if self.seems_html() {
            "a web page came back instead of Hiver's answer"
        } else {
            "what came back is not Hiver's answer"
        };
        Err(ErrorKind::OutcomeUnknown {
            source: Reason::boxed(reason),
        })
    }

    fn seems_html(&self) -> bool {
        self.begins_like_html()
            || self
                .content_type
                .as_deref()
                .is_some_and(|kind| kind.to_ascii_lowercase().contains("html"))
    }

    fn begins_like_html(&self) -> bool {
        self.body.trim_ascii_start().first() == Some(&b'<')
    }

    fn calls_itself_json(&self) -> bool {
        self.content_type
            .as_deref()
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("json"))
    }
}

impl Texts {
    pub(crate) fn hiding(key: SecretString) -> Self {
        Self { key }
    }

    pub(crate) fn unreadable(&self, what: &str, body: &[u8]) -> ErrorKind {
        ErrorKind::Unreadable {
            what: self.fit(what),
            excerpt: self.fit(&String::from_utf8_lossy(body)),
        }
    }

    /// Hiver's own words in an error's body: the message of the usual JSON shapes, else the body.
    fn words_of(&self, body: &[u8]) -> String {
        let message = serde_json::from_slice::<Value>(body)
            .ok()
            .and_then(|body| message_of(&body));
        match message {
            Some(message) => self.fit(&message),
            None => self.fit(&String::from_utf8_lossy(body)),
        }
    }

    /// One line, without the key, cut to [`LONGEST_TEXT`].
    fn fit(&self, text: &str) -> String {
        let key = self.key.expose_secret().trim();
        // The key goes first: cut before, half of it could remain.
        let text = if key.is_empty() {
            text.to_owned()
        } else {
            text.replace(key, "[key]")
        };
        let mut fitting = String::new();
        let words = text.split(|c: char| c.is_whitespace() || c.is_control());
        for word in words.filter(|word| !word.is_empty()) {
            if !fitting.is_empty() {
                fitting.push(' ');
            }
            fitting.push_str(word);
            if fitting.len() > LONGEST_TEXT * 4 {
                break;
            }
        }
        match fitting.char_indices().nth(LONGEST_TEXT) {
            Some((end, _)) => format!("{}…", &fitting[..end]),
            None => fitting,
        }
    }
}

/// `{"message"}`, `{"error"}`, `{"error": {"message"}}`, `{"errors": [{"message"}]}`.
fn message_of(body: &Value) -> Option<String> {
    let candidates = [
        body.pointer("/message"),
        body.pointer("/error/message"),
        body.pointer("/error"),
        body.pointer("/errors/0/message"),
        body.pointer("/errors/0"),
        body.pointer("/Message"),
        Some(body),
    ];
    candidates
        .into_iter()
        .flatten()
        .find_map(Value::as_str)
        .map(str::to_owned)
}

fn unauthorized_reason(text: &str) -> UnauthorizedReason {
    if text.to_ascii_lowercase().contains("activat") {
        UnauthorizedReason::NotActivated
    } else {
        UnauthorizedReason::MissingOrWrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Texts {
        Texts::hiding(SecretString::from("topsecret".to_owned()))
    }

    fn answer(content_type: Option<&str>, body: &str) -> Answer {
        Answer {
            status: StatusCode::OK,
            content_type: content_type.map(str::to_owned),
            retry_after: None,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn texts_are_short_on_one_line_and_without_the_key() {
        let long = format!("{}topsecret", "x ".repeat(150));
        let fitted = texts().fit(&long);
        assert!(fitted.chars().count() <= LONGEST_TEXT + 1);
        assert!(!texts().fit(&"ä".repeat(5000)).is_empty());
        assert_eq!(
            texts().fit("Bearer topsecret\r\nis\twrong\u{1b}[31m"),
            "Bearer [key] is wrong [31m"
        );
        // Cutting happens after hiding: no half of the key remains.
        let at_the_edge = format!("{}topsecret", "x".repeat(LONGEST_TEXT - 4));
        assert!(!texts().fit(&at_the_edge).contains("tops"));
    }

    #[test]
    fn hivers_words_are_found_in_the_usual_shapes() {
        for body in [
            r#"{"message":"no such user"}"#,
            r#"{"error":"no such user"}"#,
            r#"{"error":{"message":"no such user","code":4}}"#,
            r#"{"errors":[{"message":"no such user"}]}"#,
            r#"{"errors":["no such user"]}"#,
            r#"{"Message":"no such user"}"#,
            r#""no such user""#,
            "no such user",
        ] {
            assert_eq!(texts().words_of(body.as_bytes()), "no such user", "{body}");
        }
    }

    #[test]
    fn which_answers_count_as_hivers_word_for_a_write() {
        let json = Some("application/json; charset=utf-8");
        for fine in [
            answer(None, ""),
            answer(Some("text/html"), " \n"),
            answer(json, r#"{"ok":true}"#),
            answer(None, "null"),
            answer(json, r#"{"ok":tr"#),
        ] {
            assert!(fine.accepted().is_ok());
        }
        for doubtful in [
            answer(Some("text/html"), "<html>Please sign in</html>"),
            answer(json, "<!doctype html>"),
            answer(Some("text/plain"), "welcome to the hotel"),
        ] {
            assert!(matches!(
                doubtful.accepted(),
                Err(ErrorKind::OutcomeUnknown { .. })
            ));
        }
    }
}
