//! The page of reading. Its form is a plain one; the server handles it in `web/reading_form.rs`.

use engine::{ListReading, MailboxCounts, MailboxReading, Reading};
use leptos::prelude::*;
use triage::model::Status;
use triage::text;

use super::{Said, head};
use crate::server_fns::words::Words;

const MINUTE_MS: i64 = 60_000;

/// Draws the page.
pub(in crate::server_fns) fn draw(
    words: &Words,
    reading: &Reading,
    counts: &[MailboxCounts],
    may_set: bool,
    said: Option<Said>,
) -> String {
    let lines = reading
        .mailboxes
        .iter()
        .map(|mailbox| line(words, mailbox, counts, may_set))
        .collect_view();
    let nothing = reading.mailboxes.is_empty();
    let body = view! {
        <section aria-labelledby="mailboxes">
            <h2 id="mailboxes">"Mailboxes"</h2>
            {if nothing {
                view! { <p class="hint">"They appear here once they have been read from Hiver."</p> }.into_any()
            } else {
                view! {
                    <div class="table-scroll narrow">
                        <table class="numbers" aria-label="Reading of mailboxes">
                            <thead>
                                <tr>
                                    <th>"Mailbox"</th>
                                    <th>"Open"</th>
                                    <th>"Pending"</th>
                                    <th>"Closed"</th>
                                    <th class="number">"Requests a day"</th>
                                </tr>
                            </thead>
                            <tbody>{lines}</tbody>
                        </table>
                    </div>
                }
                    .into_any()
            }}
            <p class="hint">
                "A mailbox that is left out is not read, and the mirror forgets its conversations. In Hiver nothing changes. \
                 Put in again, it is read anew; its history has a gap then."
            </p>
        </section>
        <section aria-labelledby="share">
            <h2 id="share">"Share of the budget"</h2>
            {share(reading, may_set)}
        </section>
    };
    let page = if may_set {
        view! {
            <form method="post" action="/reading">
                {body}
                <div class="buttons"><button class="button primary">"Save"</button></div>
            </form>
        }
        .into_any()
    } else {
        body.into_any()
    };
    view! {
        {head("Reading")}
        {said.map(Said::draw)}
        <p class="price">{price(reading)}</p>
        <p class="hint">{how(reading)}</p>
        {page}
    }
    .to_html()
}

fn price(reading: &Reading) -> String {
    format!(
        "{} of {} requests a day that sweeps may use",
        text::count(reading.price.round() as u64),
        text::count(reading.allowance.floor() as u64)
    )
}

fn how(reading: &Reading) -> String {
    let events = if reading.events {
        "Events tell of changes within a second or two; sweeps look for what events left out, four times as rarely as \
         without them."
    } else {
        "No event came in the last two hours: sweeps alone find out what changed. With webhooks set up, changes show \
         within a second or two, and sweeps cost a quarter."
    };
    if reading.stretch > 1.01 {
        let times = format!("{:.1}", reading.stretch);
        format!(
            "{events} To keep within their share, sweeps are {times} times as far apart as they would otherwise be."
        )
    } else {
        events.to_owned()
    }
}

fn line(
    words: &Words,
    mailbox: &MailboxReading,
    counts: &[MailboxCounts],
    may_set: bool,
) -> impl IntoView + use<> {
    let id = mailbox.mailbox.id.to_string();
    let name = mailbox.mailbox.name.clone();
    let read = !mailbox.left_out;
    let counted = counts
        .iter()
        .find(|one| one.mailbox.id == mailbox.mailbox.id);
    let cells = if mailbox.left_out {
        view! { <td colspan="3"><span class="unknown">"left out"</span></td> }.into_any()
    } else if mailbox.closed_to_us {
        view! { <td colspan="3"><span class="unknown">"Hiver does not let us read it; tried again on schedule"</span></td> }
            .into_any()
    } else {
        mailbox
            .lists
            .iter()
            .map(|list| cell(words, list, counted))
            .collect_view()
            .into_any()
    };
    let day_ms = 24.0 * 60.0 * MINUTE_MS as f64;
    let price: f64 = mailbox
        .lists
        .iter()
        .filter_map(|list| {
            let requests = f64::from(list.last?.requests);
            Some(requests * day_ms / list.every_ms.max(1) as f64)
        })
        .sum();
    view! {
        <tr>
            <th scope="row">
                {if may_set {
                    view! {
                        <label class="choice">
                            <input type="hidden" name="listed" value=id.clone()/>
                            <input type="checkbox" name="read" value=id checked=read/>
                            <span>{name}</span>
                        </label>
                    }
                        .into_any()
                } else {
                    name.into_any()
                }}
            </th>
            {cells}
            <td class="number" data-label="a day">{text::count(price.round() as u64)}</td>
        </tr>
    }
}

fn cell(
    words: &Words,
    list: &ListReading,
    counted: Option<&MailboxCounts>,
) -> impl IntoView + use<> {
    let count = counted.map(|counted| match list.status {
        Status::Pending => counted.pending,
        Status::Closed => counted.closed,
        _ => counted.open,
    });
    let every = format!("every {}", span(list.every_ms));
    let label = list.status.to_string();
    let (read, title) = match list.last {
        None => ("not read yet".to_owned(), String::new()),
        Some(last) => {
            let at = words.moment(last.at);
            let ago = if at.short == "just now" {
                at.short
            } else {
                format!("{} ago", at.short)
            };
            let title = format!(
                "Read {} with {}; next {}",
                at.exact,
                text::plural(last.requests.into(), "request"),
                words.clock(list.due_at)
            );
            (format!("read {ago}"), title)
        }
    };
    view! {
        <td data-label=label title=title>
            {count
                .map(|count| {
                    let so_far = if list.last.is_none() { " so far" } else { "" };
                    format!("{}{so_far}", text::count(count as u64))
                })}
            <span class="address">{format!("{read}, {every}")}</span>
        </td>
    }
}

fn span(ms: i64) -> String {
    let minutes = (ms as f64 / MINUTE_MS as f64).round() as u64;
    match minutes {
        0..120 => format!("{minutes} min"),
        120..2_880 => format!("{} h", (minutes as f64 / 60.0).round()),
        _ => format!("{} days", (minutes as f64 / 1_440.0).round()),
    }
}

fn share(reading: &Reading, may_set: bool) -> impl IntoView + use<> {
    let share = reading.settings.share;
    let hint = "Of the requests of a day. Sweeps keep within it by coming less often; runs, clicks and events go first all \
                the same.";
    if may_set {
        view! {
            <div class="fields key-form">
                <label>
                    <span>"Percent"</span>
                    <input
                        name="share"
                        type="number"
                        min="1"
                        max="100"
                        required
                        value=share.to_string()
                        aria-describedby="share-hint"
                    />
                    <span class="hint" id="share-hint">{hint}</span>
                </label>
            </div>
        }
        .into_any()
    } else {
        view! {
            <p>{format!("{share} %")}</p>
            <p class="hint">{hint}</p>
        }
        .into_any()
    }
}
