//! What a page says once about a form that was sent.

use std::fmt;

use leptos::prelude::*;

use crate::view::Role;

/// What became of a form; the server puts it into the request for the next page.
#[derive(Clone, PartialEq, Eq)]
pub struct Said {
    /// Whether it was carried out.
    pub done: bool,
    /// In words: what happened, to which one, what to do.
    pub text: String,
    /// A password that was made; it is shown here and never again.
    pub password: Option<String>,
    /// A name and role that were typed and refused, so that nobody types them twice.
    pub typed: Option<(String, Role)>,
}

impl Said {
    /// It was carried out.
    #[must_use]
    pub fn done(text: impl Into<String>) -> Self {
        Self {
            done: true,
            text: text.into(),
            password: None,
            typed: None,
        }
    }

    /// It was refused.
    #[must_use]
    pub fn refused(text: impl Into<String>) -> Self {
        Self {
            done: false,
            ..Self::done(text)
        }
    }

    pub(super) fn draw(self) -> impl IntoView {
        let (class, role) = if self.done {
            ("message message-good", "status")
        } else {
            ("message message-error", "alert")
        };
        view! {
            <div class=class role=role>
                <p>{self.text}</p>
                {self
                    .password
                    .map(|password| {
                        view! {
                            <p>"Password: " <code class="made-password">{password}</code></p>
                            <p class="hint">"It is shown only this once: pass it on now."</p>
                        }
                    })}
            </div>
        }
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A password must not reach a log.
        formatter
            .debug_struct("Said")
            .field("done", &self.done)
            .field("text", &self.text)
            .finish_non_exhaustive()
    }
}
