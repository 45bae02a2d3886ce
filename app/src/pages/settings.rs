//! Settings: the connection to Hiver and its key.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use triage::text;

use crate::components::frame::Who;
use crate::components::problem::{Message, PageProblem};
use crate::server_fns::connection::{CheckKey, connection};
use crate::view::{ConnectionView, KeyCheck, KeySource, Role};

/// The page.
#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    let who = Who::of_page();
    let data = Resource::new(|| (), |()| connection());
    view! {
        <Title text="Settings"/>
        <h1>"Settings"</h1>
        <Suspense>
            {move || Suspend::new(async move {
                let may = who.may(Role::Admin).await;
                let page = match data.await {
                    Ok(connection) => view! { <Connection connection=connection may=may/> }.into_any(),
                    Err(error) => view! { <PageProblem error=error/> }.into_any(),
                };
                view! {
                    {page}
                    <section aria-labelledby="budget">
                        <h2 id="budget">"Budget"</h2>
                        <ul class="links">
                            <li><a href="/settings/reading">"Which mailboxes are read, how often, and at what price"</a></li>
                            <li><a href="/settings/budget">"Requests by lane and hour, and when Hiver asked to slow down"</a></li>
                        </ul>
                    </section>
                    <section aria-labelledby="time">
                        <h2 id="time">"Time"</h2>
                        <ul class="links">
                            <li><a href="/settings/time-zone">"Time zone of days, hours and schedules"</a></li>
                        </ul>
                    </section>
                    {may.then(|| {
                        view! {
                            <section aria-labelledby="webhooks">
                                <h2 id="webhooks">"Webhooks"</h2>
                                <ul class="links">
                                    <li><a href="/settings/webhooks">"Let Hiver say what happens, and what it said last"</a></li>
                                </ul>
                            </section>
                        }
                    })}
                    <section aria-labelledby="people">
                        <h2 id="people">"People"</h2>
                        <ul class="links">
                            <li><a href="/settings/people">"Who is away, and how many conversations each may have"</a></li>
                            <li><a href="/settings/password">"Change your password"</a></li>
                            {may.then(|| view! { <li><a href="/settings/operators">"Manage operators"</a></li> })}
                        </ul>
                    </section>
                }
            })}
        </Suspense>
    }
}

#[component]
fn Connection(connection: ConnectionView, may: bool) -> impl IntoView {
    let source = match connection.key_source {
        KeySource::Missing => "none",
        KeySource::Environment => "from HIVER_API_KEY",
        KeySource::Stored => "stored here, encrypted",
        KeySource::Demo => "the demo's own",
    };
    let key = match &connection.key_hint {
        Some(hint) if connection.key_source != KeySource::Demo => format!("…{hint}, {source}"),
        _ => source.to_owned(),
    };
    let per_day = connection.per_day.map_or_else(
        || "no limit".to_owned(),
        |per_day| format!("{} in 24 hours", text::count(per_day.into())),
    );
    view! {
        <section aria-labelledby="connection">
            <h2 id="connection">"Connection to Hiver"</h2>
            <dl class="facts">
                <div><dt>"Address"</dt><dd><code>{connection.base_url}</code></dd></div>
                <div><dt>"Dialect"</dt><dd>{connection.dialect}</dd></div>
                <div><dt>"Key"</dt><dd>{key}</dd></div>
                <div><dt>"Rate"</dt><dd>{connection.rate}</dd></div>
                <div><dt>"Requests a day"</dt><dd>{per_day}</dd></div>
                <div>
                    <dt>"State"</dt>
                    <dd>
                        {match connection.trouble {
                            None => "Working".into_any(),
                            Some(trouble) => view! { <strong>{trouble.message}</strong> " " {trouble.remedy} }.into_any(),
                        }}
                    </dd>
                </div>
            </dl>
        </section>
        {(may && connection.key_source != KeySource::Demo)
            .then(|| {
                view! {
                    <section aria-labelledby="another">
                        <h2 id="another">"Another key"</h2>
                        {if connection.key_source == KeySource::Environment {
                            view! {
                                <p class="hint">
                                    "The key comes from the environment, which goes before a stored one. \
                                     Change HIVER_API_KEY and start the console again."
                                </p>
                            }
                                .into_any()
                        } else {
                            view! { <KeyForm/> }.into_any()
                        }}
                    </section>
                }
            })}
        {(connection.key_source == KeySource::Demo)
            .then(|| {
                view! {
                    <p class="hint">
                        "This is the demo. To work on your own Hiver, start the console with "
                        <code>"HIVER_API_KEY"</code>
                        " set, or with "
                        <code>"hiver-console serve"</code>
                        " and set the key on its first page."
                    </p>
                }
            })}
    }
}

/// The form for a key: *Check* asks Hiver, *Save* asks and stores it.
#[component]
pub(crate) fn KeyForm() -> impl IntoView {
    let check = ServerAction::<CheckKey>::new();
    let answer = move || check.value().get();
    let pending = check.pending();
    view! {
        <ActionForm action=check attr:class="fields key-form">
            <label>
                <span>"Key"</span>
                <input
                    name="key"
                    type="password"
                    autocomplete="off"
                    spellcheck="false"
                    required
                    maxlength="500"
                    placeholder="Paste the key from Hiver"
                />
            </label>
            <div class="buttons">
                <button class="button" name="save" value="false" disabled=pending>"Check"</button>
                <button class="button primary" name="save" value="true" disabled=pending>"Check and save"</button>
            </div>
            <div class="key-answer" aria-live="polite">
                {move || pending.get().then(|| view! { <p class="hint">"Asking Hiver …"</p> })}
                {move || match answer() {
                    None => ().into_any(),
                    Some(Ok(checked)) => view! { <Checked checked=checked/> }.into_any(),
                    Some(Err(error)) => view! { <Message error=error/> }.into_any(),
                }}
            </div>
        </ActionForm>
    }
}

#[component]
fn Checked(checked: KeyCheck) -> impl IntoView {
    let class = if checked.accepted {
        "message message-good"
    } else {
        "message message-error"
    };
    view! {
        <div class=class role="status">
            <p>{checked.message}</p>
            {(!checked.mailboxes.is_empty())
                .then(|| {
                    view! {
                        <ul class="opened">
                            {checked.mailboxes.into_iter().map(|name| view! { <li>{name}</li> }).collect_view()}
                        </ul>
                    }
                })}
        </div>
    }
}
