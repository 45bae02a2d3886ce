//! What stands around every page: sections, freshness, budget, troubles.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::components::Outlet;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use triage::text;

use super::shortcuts::{SHORTCUTS, Shortcuts};
use crate::keys::{click, focus, on_keys};
use crate::live::{Live, Touch};
use crate::server_fns::ApiError;
use crate::server_fns::frame::{RefreshMirror, frame};
use crate::view::{Frame, Role};

/// The sections: letter after `g`, address, name.
const SECTIONS: [(&str, &str, &str, &str); 6] = [
    ("o", "/", "Overview", "◧"),
    ("t", "/triage?q=status:open", "Triage", "☰"),
    ("r", "/runs", "Runs", "▷"),
    ("l", "/rules", "Rules", "⇉"),
    ("a", "/activity", "Activity", "≡"),
    ("s", "/settings", "Settings", "⚙"),
];

/// Who is signed in, for pages that show more to some than to others.
#[derive(Clone, Copy)]
pub(crate) struct Who(Resource<Result<Frame, ApiError>>);

impl Who {
    /// The operator of this page.
    pub(crate) fn of_page() -> Self {
        expect_context::<Self>()
    }

    /// Whether the operator may at least what `role` may.
    pub(crate) async fn may(self, role: Role) -> bool {
        self.0.await.is_ok_and(|frame| frame.role >= role)
    }
}

/// Draws the frame around the page of the route.
#[component]
pub(crate) fn FrameAround() -> impl IntoView {
    let live = Live::provide();
    let loaded = Resource::new_blocking(|| (), |()| frame());
    provide_context(Who(loaded));
    section_keys();
    // The frame as it was drawn, then as the stream tells it.
    let latest =
        move |first: Option<Frame>| Memo::new(move |_| live.frame.get().or_else(|| first.clone()));
    view! {
        <a class="skip" href="#main" rel="external">"Skip to the page"</a>
        <div class="app">
            <header class="side">
                <Suspense>
                    {move || Suspend::new(async move {
                        let now = latest(loaded.await.ok());
                        view! { <Side now=now/> }
                    })}
                </Suspense>
            </header>
            <div class="page">
                <Suspense>
                    {move || Suspend::new(async move {
                        let now = latest(loaded.await.ok());
                        view! { <Banners now=now live=live/> }
                    })}
                </Suspense>
                <main id="main" tabindex="-1">
                    <Outlet/>
                </main>
            </div>
        </div>
        <Shortcuts/>
    }
}

#[component]
fn Side(now: Memo<Option<Frame>>) -> impl IntoView {
    let refresh = ServerAction::<RefreshMirror>::new();
    view! {
        <a class="brand" href="/" aria-label="Hiver Console, overview">
            <span class="brand-mark" aria-hidden="true">"⬡"</span>
            <span class="brand-name">"Hiver Console"</span>
        </a>
        <Sections now=now/>
        <div class="side-foot">
            <Freshness now=now refresh=refresh/>
            <Budget now=now/>
            <Account now=now/>
        </div>
    }
}

#[component]
fn Sections(now: Memo<Option<Frame>>) -> impl IntoView {
    let path = use_location().pathname;
    let is_current = move |href: &str| {
        let path = path.get();
        let section = href.split('?').next().unwrap_or(href);
        match section {
            "/" => path == "/",
            "/triage" => ["/triage", "/preview", "/conversations"]
                .iter()
                .any(|one| path.starts_with(one)),
            other => path.starts_with(other),
        }
    };
    let open_runs = move || now.with(|frame| frame.as_ref().map_or(0, |frame| frame.open_runs));
    view! {
        <nav class="sections" aria-label="Sections">
            <ul>
                {SECTIONS
                    .into_iter()
                    .map(|(_, href, name, icon)| {
                        view! {
                            <li>
                                <a href=href aria-current=move || is_current(href).then_some("page")>
                                    <span class="icon" aria-hidden="true">{icon}</span>
                                    <span class="name">{name}</span>
                                    {(name == "Runs")
                                        .then(|| {
                                            view! {
                                                <Show when=move || { open_runs() > 0 }>
                                                    <span class="count" title="Runs that are not at their end">
                                                        {open_runs}
                                                    </span>
                                                </Show>
                                            }
                                        })}
                                </a>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </nav>
    }
}

#[component]
fn Freshness(now: Memo<Option<Frame>>, refresh: ServerAction<RefreshMirror>) -> impl IntoView {
    let reading =
        move || now.with(|frame| frame.as_ref().is_some_and(|frame| frame.sync.is_some()));
    let age = move || {
        if refresh.pending().get() || reading() {
            return "Reading …".to_owned();
        }
        now.with(
            |frame| match frame.as_ref().and_then(|frame| frame.mirror_age.clone()) {
                Some(age) if age.short == "just now" => "Read just now".to_owned(),
                Some(age) => format!("Read {} ago", age.short),
                None => "Not read yet".to_owned(),
            },
        )
    };
    let exact = move || {
        now.with(|frame| {
            frame
                .as_ref()
                .and_then(|frame| frame.mirror_age.clone())
                .map(|age| age.exact)
        })
    };
    let may =
        move || now.with(|frame| frame.as_ref().is_some_and(|frame| frame.role >= Role::Lead));
    let refreshed = Live::of_tab().refreshed;
    Effect::new(move |_| {
        let version = refresh.version().get();
        if version > 0 {
            refreshed.set(version);
        }
    });
    let (path, query) = (use_location().pathname, use_query_map());
    let filter = move || {
        (path.get() == "/triage").then(|| query.with(|query| query.get("q").unwrap_or_default()))
    };
    view! {
        <div class="freshness">
            <span title=exact>{age}</span>
            <Show when=may>
                <ActionForm action=refresh>
                    {move || {
                        filter().map(|filter| view! { <input type="hidden" name="filter" value=filter/> })
                    }}
                    <button class="link" title="Read from Hiver again what is open, or what this list is about">"Refresh"</button>
                </ActionForm>
            </Show>
        </div>
    }
}

#[component]
fn Budget(now: Memo<Option<Frame>>) -> impl IntoView {
    let words = move || {
        now.with(|frame| {
            let frame = frame.as_ref()?;
            let sent = text::count(frame.requests_today.into());
            Some(match frame.requests_per_day {
                Some(limit) => {
                    let left = limit.saturating_sub(frame.requests_today);
                    format!(
                        "{} of {} requests left today",
                        text::count(left.into()),
                        text::count(limit.into())
                    )
                }
                None => format!("{sent} requests in 24 h"),
            })
        })
    };
    view! { <div class="budget" title="An estimate: others may use the same account">{words}</div> }
}

#[component]
fn Account(now: Memo<Option<Frame>>) -> impl IntoView {
    let who = move || now.with(|frame| frame.as_ref().map(|frame| frame.operator.clone()));
    let role = move || now.with(|frame| frame.as_ref().map(|frame| frame.role.as_str()));
    view! {
        <div class="account">
            <span class="who" title=role>{who}</span>
            <span class="account-tools">
                <button
                    type="button"
                    id="open-shortcuts"
                    class="link"
                    popovertarget=SHORTCUTS
                    aria-label="Keyboard shortcuts"
                    title="Keyboard shortcuts (?)"
                >
                    "?"
                </button>
                <form method="post" action="/theme">
                    <button class="link" aria-label="Light or dark" title="Light or dark" on:click=|event| switch_theme(&event)>
                        "◐"
                    </button>
                </form>
                <form method="post" action="/logout">
                    <button class="link">"Sign out"</button>
                </form>
            </span>
        </div>
    }
}

/// With scripts the page stays as it is; without, the form does it.
#[cfg_attr(
    not(feature = "hydrate"),
    expect(unused_variables, reason = "nobody clicks on the server")
)]
fn switch_theme(event: &leptos::ev::MouseEvent) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;

        let Some(root) = document().document_element() else {
            return;
        };
        let system_is_dark = window()
            .match_media("(prefers-color-scheme: dark)")
            .ok()
            .flatten()
            .is_some_and(|dark| dark.matches());
        let is_dark = match root.get_attribute("data-theme").as_deref() {
            Some("dark") => true,
            Some("light") => false,
            _ => system_is_dark,
        };
        let theme = if is_dark { "light" } else { "dark" };
        if root.set_attribute("data-theme", theme).is_ok() {
            event.prevent_default();
            let cookie = format!("theme={theme}; Path=/; Max-Age=31536000; SameSite=Lax");
            let _ = document()
                .unchecked_into::<web_sys::HtmlDocument>()
                .set_cookie(&cookie);
        }
    }
}

#[component]
fn Banners(now: Memo<Option<Frame>>, live: Live) -> impl IntoView {
    let trouble = move || now.with(|frame| frame.as_ref().and_then(|frame| frame.trouble.clone()));
    let demo = move || now.with(|frame| frame.as_ref().is_some_and(|frame| frame.demo));
    let sync = move || now.with(|frame| frame.as_ref().and_then(|frame| frame.sync.clone()));
    view! {
        <div class="banners">
            <Show when=demo>
                <p class="banner banner-demo">
                    <span>
                        <strong>"Demo"</strong>
                        " · a simulated Hiver with sample data; nothing leaves this machine"
                    </span>
                </p>
            </Show>
            {move || {
                trouble()
                    .map(|trouble| {
                        view! {
                            <div class="banner banner-trouble" role="status">
                                <span>
                                    <strong>{trouble.message}</strong>
                                    " "
                                    {trouble.remedy}
                                    {trouble
                                        .about_key
                                        .then(|| view! { " " <a href="/settings">"Open settings"</a> })}
                                </span>
                            </div>
                        }
                    })
            }}
            {move || match live.touch.get() {
                Touch::In => ().into_any(),
                Touch::Out => {
                    let since = now.with_untracked(|frame| frame.as_ref().map(|frame| frame.now.clone()));
                    view! {
                        <p class="banner banner-touch" role="status">
                            <span>
                                <strong>"Out of touch"</strong>
                                {format!(" with the console since {}: what you see may be old. Trying again …", since.unwrap_or_default())}
                            </span>
                            <button type="button" class="link" on:click=move |_| live.try_now.update(|count| *count += 1)>
                                "Try now"
                            </button>
                        </p>
                    }
                        .into_any()
                }
                Touch::SignedOut => {
                    view! {
                        <p class="banner banner-touch" role="status">
                            <span>
                                <strong>"Your session has ended"</strong>
                                ": what you see may be old. What you typed is kept."
                            </span>
                            <a href="" rel="external">"Sign in again"</a>
                        </p>
                    }
                        .into_any()
                }
            }}
            {move || {
                sync()
                    .filter(|sync| sync.lists > 0)
                    .map(|sync| {
                        view! {
                            <div class="banner banner-sync" role="status">
                                <span>
                                    {format!(
                                        "Reading from Hiver: {} · {} so far",
                                        sync.doing,
                                        text::plural(sync.conversations.into(), "conversation"),
                                    )}
                                </span>
                                <progress
                                    max=sync.lists
                                    value=sync.lists_done
                                    aria-label="Lists read from Hiver"
                                ></progress>
                            </div>
                        }
                    })
            }}
        </div>
    }
}

/// `g` and a letter goes to a section, `/` to the filter, `?` shows the list of shortcuts.
fn section_keys() {
    let navigate = use_navigate();
    on_keys(move |pressed| {
        if pressed.key == "?" {
            click("open-shortcuts");
            return true;
        }
        if pressed.key == "/" {
            focus("filter");
            return true;
        }
        let section = SECTIONS.iter().find(|(letter, ..)| {
            pressed
                .key
                .strip_prefix("g ")
                .is_some_and(|key| key == *letter)
        });
        match section {
            Some((_, href, ..)) => {
                navigate(href, leptos_router::NavigateOptions::default());
                true
            }
            None => false,
        }
    });
}
