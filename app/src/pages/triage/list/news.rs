//! What becomes of a list while somebody reads it: rows change where they are, and what is new waits to be asked for.

use leptos::prelude::*;
use triage::text;

use crate::keys::focus;
use crate::live::Live;
use crate::view::{ConversationList, ConversationRow, ListNews};

/// A row as it is shown, and whether it still matches the filter.
pub(super) type Shown = RwSignal<(ConversationRow, bool)>;

/// A list, and what became of it since it was read.
#[derive(Clone, Copy)]
pub(super) struct News {
    /// Its rows, in the order they were read in.
    pub(super) rows: StoredValue<Vec<Shown>>,
    /// How many match by now.
    pub(super) matching: RwSignal<usize>,
    /// What there is to be seen by reading it again, in words.
    words: RwSignal<String>,
    /// Grows to read it again.
    again: RwSignal<u32>,
}

impl News {
    /// Asks what became of the list whenever the mirror changes. A list without rows is read again at once: there is
    /// nothing that could move.
    pub(super) fn follow(list: &ConversationList, filter: &str, again: RwSignal<u32>) -> Self {
        let rows: Vec<Shown> = list
            .rows
            .iter()
            .map(|row| RwSignal::new((row.clone(), true)))
            .collect();
        let is_empty = rows.is_empty();
        let news = Self {
            rows: StoredValue::new(rows),
            matching: RwSignal::new(list.matching),
            words: RwSignal::default(),
            again,
        };
        let live = Live::of_tab();
        let asking = Asking {
            news,
            filter: StoredValue::new(filter.to_owned()),
            seen: StoredValue::new(list.seen.clone()),
            wanted: StoredValue::new(0),
        };
        Effect::new(move |before: Option<u32>| {
            let now = live.mirror.get();
            if before.is_some_and(|before| before != now) {
                if is_empty {
                    again.update(|count| *count += 1);
                } else {
                    asking.ask();
                }
            }
            now
        });
        news
    }

    /// Shows what is new, if anything is.
    pub(super) fn show(self) -> bool {
        let there_is = self.words.with_untracked(|words| !words.is_empty());
        if there_is {
            // The button is about to go.
            focus("main");
            self.again.update(|count| *count += 1);
        }
        there_is
    }

    #[cfg_attr(
        not(feature = "hydrate"),
        expect(dead_code, reason = "the server asks for no news")
    )]
    fn take(self, news: &ListNews) {
        self.rows.with_value(|rows| {
            for shown in rows {
                let id = shown.with_untracked(|(row, _)| row.id.clone());
                let now = news.rows.iter().find(|(row, _)| row.id == id);
                let stays = shown.with_untracked(|shown| match now {
                    Some(now) => shown == now,
                    None => !shown.1,
                });
                if !stays {
                    shown.update(|shown| match now {
                        Some(now) => shown.clone_from(now),
                        None => shown.1 = false,
                    });
                }
            }
        });
        self.matching.set(news.matching);
        self.words.set(words(news.turned));
    }
}

/// What there is to be seen, in words.
fn words(turned: Option<(usize, usize)>) -> String {
    let Some((new, gone)) = turned else {
        return "The list may have changed".to_owned();
    };
    let new = (new > 0).then(|| format!("{} new", text::count(new as u64)));
    let gone = (gone > 0).then(|| {
        let verb = if gone == 1 { "matches" } else { "match" };
        format!("{} no longer {verb}", text::count(gone as u64))
    });
    new.into_iter().chain(gone).collect::<Vec<_>>().join(" · ")
}

/// Asking for news of a list, one question at a time.
#[derive(Clone, Copy)]
#[cfg_attr(
    not(feature = "hydrate"),
    expect(dead_code, reason = "the server asks for no news")
)]
struct Asking {
    news: News,
    filter: StoredValue<String>,
    seen: StoredValue<String>,
    /// How many answers are wanted: one on its way, and one of what came meanwhile.
    wanted: StoredValue<u8>,
}

impl Asking {
    fn ask(self) {
        #[cfg(feature = "hydrate")]
        {
            use std::time::Duration;

            use leptos::task::spawn_local;

            use crate::server_fns::ApiError;
            use crate::server_fns::triage::list_news;

            match self.wanted.try_get_value() {
                Some(0) => self.wanted.set_value(1),
                Some(_) => return self.wanted.set_value(2),
                // The list is no longer shown.
                None => return,
            }
            let (filter, seen) = (self.filter.get_value(), self.seen.get_value());
            let shown = self.news.rows.with_value(|rows| {
                rows.iter()
                    .map(|row| row.with_untracked(|(row, _)| row.id.clone()))
                    .collect()
            });
            spawn_local(async move {
                let answer = list_news(filter, seen, shown).await;
                let Some(wanted) = self.wanted.try_get_value() else {
                    return;
                };
                self.wanted.set_value(0);
                match answer {
                    Ok(news) => {
                        self.news.take(&news);
                        if wanted > 1 {
                            self.ask();
                        }
                    }
                    Err(ApiError::SignedOut | ApiError::Invalid(_)) => {}
                    // Nothing may be missed.
                    Err(_) => set_timeout(move || self.ask(), Duration::from_secs(2)),
                }
            });
        }
    }
}

/// Offers what is new, above the list and without moving it.
#[component]
pub(super) fn NewsBar(news: News) -> impl IntoView {
    view! {
        <div class="news" role="status">
            {move || {
                let words = news.words.get();
                (!words.is_empty())
                    .then(|| {
                        view! {
                            <button type="button" class="button primary" title="Read the list again (.)" on:click=move |_| {
                                news.show();
                            }>
                                {words}
                            </button>
                        }
                    })
            }}
        </div>
    }
}
