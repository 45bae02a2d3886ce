//! The overview: counts per mailbox and per user, each a link to its list.

use leptos::prelude::*;
use triage::filter::quote;
use triage::text;

use crate::components::marks::Ago;
use crate::view::{MailboxCard, Overview, UserLoad};

/// Draws the page.
pub(in crate::server_fns) fn draw(overview: Overview) -> String {
    view! { <Numbers overview=overview/> }.to_html()
}

#[component]
fn Numbers(overview: Overview) -> impl IntoView {
    if overview.mailboxes.is_empty() {
        return view! {
            <div class="nothing">
                <p class="nothing-what">"No mailboxes yet"</p>
                <p class="hint">
                    "The shared mailboxes appear here as soon as they have been read from Hiver. \
                     If none does, the key may open none: see "
                    <a href="/settings">"Settings"</a>
                    "."
                </p>
            </div>
        }
        .into_any();
    }
    let sum = |of: fn(&MailboxCard) -> usize| overview.mailboxes.iter().map(of).sum::<usize>();
    let (open, unassigned, pending) = (
        sum(|one| one.open),
        sum(|one| one.unassigned),
        sum(|one| one.pending),
    );
    view! {
        <ul class="totals">
            <Total href="/triage?q=is:unassigned+status:open" number=unassigned label="open and nobody's" main=true/>
            <Total href="/triage?q=status:open" number=open label="open" main=false/>
            <Total href="/triage?q=status:pending" number=pending label="pending" main=false/>
        </ul>
        <section aria-labelledby="mailboxes">
            <h2 id="mailboxes">"Mailboxes"</h2>
            <div class="table-scroll narrow">
            <table class="numbers" aria-label="Mailboxes">
                <thead>
                    <tr>
                        <th>"Mailbox"</th>
                        <th class="number">"Unassigned"</th>
                        <th class="number">"Open"</th>
                        <th class="number">"Pending"</th>
                        <th class="number">"Closed"</th>
                        <th>"Oldest open"</th>
                        <th>"Read from Hiver"</th>
                    </tr>
                </thead>
                <tbody>
                    {overview.mailboxes.into_iter().map(|mailbox| view! { <MailboxLine mailbox=mailbox/> }).collect_view()}
                </tbody>
            </table>
            </div>
        </section>
        <div class="drawn" inner_html=overview.flow></div>
        <section aria-labelledby="people">
            <h2 id="people">"People"</h2>
            <UserLoads users=overview.users/>
        </section>
    }
    .into_any()
}

#[component]
fn Total(href: &'static str, number: usize, label: &'static str, main: bool) -> impl IntoView {
    view! {
        <li>
            <a class="total" class:main=main href=href>
                <span class="number">{text::count(number as u64)}</span>
                <span class="label">{label}</span>
            </a>
        </li>
    }
}

/// A link to the list of a mailbox.
pub(super) fn list_of(mailbox: &str, terms: &str) -> String {
    link(&format!("mailbox:{} {terms}", quote(mailbox)))
}

fn link(filter: &str) -> String {
    #[derive(serde::Serialize)]
    struct Query<'a> {
        q: &'a str,
    }
    serde_qs::to_string(&Query { q: filter })
        .map_or_else(|_| "/triage".to_owned(), |query| format!("/triage?{query}"))
}

#[component]
fn MailboxLine(mailbox: MailboxCard) -> impl IntoView {
    let cell = |count: usize, terms: &str, what: &'static str| {
        let label = format!("{} {what} in {}", text::count(count as u64), mailbox.name);
        view! {
            <td class="number" data-label=what>
                <a class:zero=count == 0 href=list_of(&mailbox.name, terms) aria-label=label>
                    {text::count(count as u64)}
                </a>
            </td>
        }
    };
    let cells = (
        cell(
            mailbox.unassigned,
            "is:unassigned status:open",
            "unassigned",
        ),
        cell(mailbox.open, "status:open", "open"),
        cell(mailbox.pending, "status:pending", "pending"),
        cell(mailbox.closed, "status:closed", "closed"),
    );
    let oldest = format!("{}&sort=&dir=desc", list_of(&mailbox.name, "status:open"));
    view! {
        <tr>
            <th scope="row">
                <a href=list_of(&mailbox.name, "status:open")>{mailbox.name.clone()}</a>
                <span class="address">{mailbox.email.clone()}</span>
            </th>
            {cells}
            <td data-label="oldest open">
                {match mailbox.oldest {
                    Some(oldest_at) => view! { <a href=oldest><Ago moment=oldest_at/></a> }.into_any(),
                    None => view! { <span class="unknown">"none"</span> }.into_any(),
                }}
            </td>
            <td data-label="read from Hiver">
                {match mailbox.synced {
                    Some(synced) => view! { <Ago moment=synced ago=true/> }.into_any(),
                    None => view! { <span class="unknown">"not to the end yet"</span> }.into_any(),
                }}
            </td>
        </tr>
    }
}

#[component]
fn UserLoads(users: Vec<UserLoad>) -> impl IntoView {
    if users.is_empty() {
        return view! { <p class="hint">"Nobody to assign to yet: users appear once they have been read from Hiver."</p> }
            .into_any();
    }
    let most = users.iter().map(|user| user.open).max().unwrap_or(0).max(1);
    view! {
        <div class="table-scroll narrow">
        <table class="numbers loads" aria-label="Open conversations per user">
            <thead>
                <tr>
                    <th>"User"</th>
                    <th class="number">"Open"</th>
                    <th class="number">"Pending"</th>
                    <th class="load-column"><span class="for-readers">"Share of the busiest"</span></th>
                </tr>
            </thead>
            <tbody>
                {users
                    .into_iter()
                    .map(|user| {
                        let of = |terms: &str| link(&format!("assignee:{} {terms}", quote(&user.name)));
                        let label = format!("{} open of {}", user.open, user.name);
                        let width = format!("{:.1}", user.open as f64 * 100.0 / most as f64);
                        view! {
                            <tr>
                                <th scope="row">{user.name.clone()}</th>
                                <td class="number" data-label="open">
                                    <a class:zero=user.open == 0 href=of("status:open") aria-label=label>
                                        {text::count(user.open as u64)}
                                    </a>
                                </td>
                                <td class="number" data-label="pending">
                                    <a class:zero=user.pending == 0 href=of("status:pending")>
                                        {text::count(user.pending as u64)}
                                    </a>
                                </td>
                                <td class="load-column" aria-hidden="true">
                                    <svg class="load" viewBox="0 0 100 6" preserveAspectRatio="none">
                                        <rect x="0" y="0" height="6" width=width></rect>
                                    </svg>
                                </td>
                            </tr>
                        }
                    })
                    .collect_view()}
            </tbody>
        </table>
        </div>
    }
    .into_any()
}
