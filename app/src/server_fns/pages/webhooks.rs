//! The page of the webhooks. Its forms are plain ones; the server handles them in `web/webhook_forms.rs`.

use leptos::prelude::*;
use store::{Delivery, DeliveryState, WebhookSecret};
use triage::text;

use super::{Said, head};
use crate::components::marks::{Ago, conversation_page};
use crate::server_fns::words::Words;

/// The events to tick in Hiver.
const EVENTS: [&str; 4] = [
    "conversation.created",
    "conversation.assigned",
    "conversation.status_changed",
    "note.added",
];
/// The longest part of a payload that is shown.
const LONGEST: usize = 20_000;

/// What is shown.
pub(in crate::server_fns) struct Found {
    /// The address to paste; nothing where it is not known.
    pub(in crate::server_fns) address: Option<String>,
    /// Nothing where it cannot be opened.
    pub(in crate::server_fns) secret: Option<WebhookSecret>,
    pub(in crate::server_fns) deliveries: Vec<Delivery>,
    pub(in crate::server_fns) total: u64,
    pub(in crate::server_fns) more: bool,
    pub(in crate::server_fns) before: Option<i64>,
    /// One delivery with its payload.
    pub(in crate::server_fns) shown: Option<(Delivery, Vec<u8>)>,
}

/// Draws the page.
pub(in crate::server_fns) fn draw(words: &Words, found: Found, said: Option<Said>) -> String {
    let Found {
        address,
        secret,
        deliveries,
        total,
        more,
        before,
        shown,
    } = found;
    view! {
        {head("Webhooks")}
        {said.map(Said::draw)}
        {shown.map(|(delivery, body)| one(words, &delivery, &body, before))}
        <section aria-labelledby="address">
            <h2 id="address">"Address"</h2>
            {where_to(address, secret.is_some())}
            {secret
                .and_then(|secret| secret.previous_until)
                .map(|until| {
                    let until = words.moment(until).exact;
                    view! { <p class="hint">{format!("The address before this one works until {until}.")}</p> }
                })}
            <div class="buttons">
                <form method="post" action="/webhooks/rotate"><button class="button">"Rotate"</button></form>
                <form method="post" action="/webhooks/test"><button class="button">"Send a test"</button></form>
            </div>
            <p class="hint">
                "Rotate makes another secret; the old address works for another 24 hours. If it got into wrong hands, \
                 rotate twice: then it works no more."
            </p>
        </section>
        <section aria-labelledby="in-hiver">
            <h2 id="in-hiver">"In Hiver"</h2>
            <ol class="steps">
                <li>"An administrator of Hiver opens Settings → Integrations → Webhooks and clicks Add Webhook."</li>
                <li>"Paste the address as the endpoint."</li>
                <li>
                    "Tick "
                    {EVENTS
                        .into_iter()
                        .map(|event| view! { <code>{event}</code> " " })
                        .collect_view()}
                    "and whatever else is about conversations."
                </li>
                <li>"Save. Hiver sends a ping, which appears below."</li>
            </ol>
        </section>
        <section aria-labelledby="deliveries">
            <h2 id="deliveries">"Last deliveries"</h2>
            {if deliveries.is_empty() {
                view! {
                    <div class="nothing">
                        <p class="nothing-what">"Nothing was delivered"</p>
                        <p class="hint">
                            "What Hiver sends to the address above appears here, with what came of it. Without it the console \
                             reads from Hiver on a schedule."
                        </p>
                    </div>
                }
                    .into_any()
            } else {
                table(words, deliveries, total, more, before).into_any()
            }}
        </section>
    }
    .to_html()
}

fn where_to(address: Option<String>, opens: bool) -> AnyView {
    match address {
        Some(address) => {
            let insecure = !address.starts_with("https://");
            view! {
                <p><code class="made-password webhook-address">{address}</code></p>
                <p class="hint">"Whoever has it can deliver. Nobody but admins is shown it."</p>
                {insecure
                    .then(|| {
                        view! {
                            <p class="hint">
                                "Hiver delivers to https addresses only: CONSOLE_PUBLIC_URL begins with http."
                            </p>
                        }
                    })}
            }
            .into_any()
        }
        None if opens => view! {
            <p>
                "It is not known how Hiver reaches this console. Set " <code>"CONSOLE_PUBLIC_URL"</code>
                " to the address that people open, such as " <code>"https://triage.example.com"</code>
                ", and start the console again."
            </p>
        }
        .into_any(),
        None => view! {
            <p>
                "The address was sealed with another secret key and cannot be shown. Rotate makes another one."
            </p>
        }
        .into_any(),
    }
}

fn one(
    words: &Words,
    delivery: &Delivery,
    body: &[u8],
    before: Option<i64>,
) -> impl IntoView + use<> {
    let back = page(before);
    let id = delivery.id;
    let can_be_replayed = delivery.conversation.is_some();
    view! {
        <section aria-labelledby="delivery">
            <h2 id="delivery">{format!("Delivery {id}")}</h2>
            <dl class="facts">
                <div><dt>"Received"</dt><dd>{words.moment(delivery.received_at).exact}</dd></div>
                <div><dt>"Event"</dt><dd>{event(delivery)}</dd></div>
                <div><dt>"State"</dt><dd>{state(delivery)}</dd></div>
                <div><dt>"Effect"</dt><dd>{what_came_of_it(delivery)}</dd></div>
            </dl>
            <pre class="payload" tabindex="0" aria-label="Payload">{payload(body)}</pre>
            <div class="buttons">
                {can_be_replayed
                    .then(|| {
                        view! {
                            <form method="post" action="/webhooks/replay">
                                <input type="hidden" name="id" value=id.to_string()/>
                                <button class="button">"Replay"</button>
                            </form>
                        }
                    })}
                <a href=back>"Close"</a>
            </div>
        </section>
    }
}

fn payload(body: &[u8]) -> String {
    let shown = &body[..body.len().min(LONGEST)];
    let mut text = String::from_utf8_lossy(shown).into_owned();
    if body.len() <= LONGEST
        && let Ok(read) = serde_json::from_slice::<serde_json::Value>(body)
        && let Ok(pretty) = serde_json::to_string_pretty(&read)
    {
        return pretty;
    }
    if shown.len() < body.len() {
        let rest = text::count((body.len() - shown.len()) as u64);
        text.push_str(&format!("\n… and {rest} more bytes"));
    }
    text
}

fn table(
    words: &Words,
    deliveries: Vec<Delivery>,
    total: u64,
    more: bool,
    before: Option<i64>,
) -> impl IntoView + use<> {
    let older = deliveries
        .last()
        .filter(|_| more)
        .map(|last| page(Some(last.id)));
    let lines: Vec<_> = deliveries
        .into_iter()
        .map(|one| {
            let shown = match before {
                Some(before) => format!("/settings/webhooks?delivery={}&before={before}", one.id),
                None => format!("/settings/webhooks?delivery={}", one.id),
            };
            view! {
                <tr>
                    <td class="run-number"><a href=shown>{format!("delivery {}", one.id)}</a></td>
                    <td class="author">{event(&one)}</td>
                    <td class="author">{state(&one)}</td>
                    <td class="change">
                        {what_came_of_it(&one)}
                        {one
                            .conversation
                            .as_ref()
                            .map(|id| {
                                view! { " " <a href=conversation_page(id.as_str())>"conversation"</a> }
                            })}
                    </td>
                    <td class="age"><Ago moment=words.moment(one.received_at) ago=true/></td>
                </tr>
            }
        })
        .collect();
    view! {
        <div class="list-head">
            <p class="hint">{format!("{} kept, newest first", text::plural(total, "delivery"))}</p>
            <nav class="pager" aria-label="Pages">
                {before.map(|_| view! { <a href="/settings/webhooks">"Newest"</a> })}
                {older.map(|older| view! { <a href=older>"Older"</a> })}
            </nav>
        </div>
        <div class="table-scroll">
            <table class="list changes" aria-label="Deliveries">
                <thead>
                    <tr>
                        <th class="run-number">"Delivery"</th>
                        <th class="author">"Event"</th>
                        <th class="author">"State"</th>
                        <th class="change">"Effect"</th>
                        <th class="age">"When"</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    }
}

fn page(before: Option<i64>) -> String {
    before.map_or_else(
        || "/settings/webhooks".to_owned(),
        |before| format!("/settings/webhooks?before={before}"),
    )
}

fn event(delivery: &Delivery) -> String {
    delivery
        .event
        .clone()
        .unwrap_or_else(|| "no event".to_owned())
}

fn state(delivery: &Delivery) -> &'static str {
    delivery.state.as_str()
}

fn what_came_of_it(delivery: &Delivery) -> String {
    match (&delivery.effect, delivery.state, delivery.repeat_of) {
        (Some(effect), ..) => effect.clone(),
        (None, DeliveryState::Repeat, Some(first)) => {
            format!("The same as delivery {first}: counted, not applied again.")
        }
        (None, DeliveryState::Waiting, _) => {
            "Its conversation is to be read from Hiver.".to_owned()
        }
        (None, ..) => String::new(),
    }
}
