//! Forms that could not be carried out come back.

use axum::body::Body;
use http::Method;

use super::browser::{Browser, FORM, encode};
use super::html::{Tag, tags, unescape};
use super::support::{Console, House, PASSWORD};

const NOTE: &str = "\"></textarea><script>alert(1)</script> & 'more'\r\nsecond line";

struct Wish {
    conversation: String,
    user: String,
    tag: String,
}

impl Wish {
    fn of(console: &Console) -> Self {
        let mirror = console.engine.mirror().read();
        Self {
            conversation: console.conversations(1).remove(0),
            user: mirror.directory.users[1].id.to_string(),
            tag: mirror.directory.tags[0].id.to_string(),
        }
    }

    fn form<'a>(&'a self, note: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![
            ("filter", "status:open"),
            ("scope", "ids"),
            ("ids[]", &self.conversation),
            ("assign", &self.user),
            ("add_tags[]", &self.tag),
            ("set_status", "pending"),
            ("note", note),
        ]
    }
}

fn hidden<'a>(tags: &'a [Tag], name: &str) -> &'a str {
    tags.iter()
        .find(|tag| tag.name == "input" && tag.get("name") == Some(name))
        .and_then(|tag| tag.get("value"))
        .unwrap()
}

fn note(tags: &[Tag]) -> String {
    unescape(&tags.iter().find(|tag| tag.name == "textarea").unwrap().text)
}

/// Whether the box or button with that name and value is on.
fn is_on(tags: &[Tag], name: &str, value: &str) -> bool {
    let found = tags
        .iter()
        .find(|tag| tag.get("name") == Some(name) && tag.get("value") == Some(value));
    found
        .unwrap_or_else(|| panic!("no {name}={value}"))
        .names()
        .any(|name| name == "checked")
}

fn assert_shown(wish: &Wish, page: &str, text: &str) {
    let tags = tags(page);
    assert_eq!(
        note(&tags).replace("\r\n", "\n"),
        text.replace("\r\n", "\n"),
        "{page}"
    );
    assert!(is_on(&tags, "assign", &wish.user), "the user");
    assert!(is_on(&tags, "add_tags[]", &wish.tag), "the tag");
    assert!(is_on(&tags, "set_status", "pending"), "the status");
    assert!(
        is_on(&tags, "ids[]", &wish.conversation),
        "the conversation"
    );
}

async fn sign_in_with(browser: &Browser, page: &str) -> String {
    let tags = tags(page);
    let form = [
        ("name", "lead"),
        ("password", PASSWORD),
        ("next", hidden(&tags, "next")),
        ("draft", hidden(&tags, "draft")),
    ];
    let answer = browser.submit("/login", "/login", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_meets_an_ended_session_is_there_after_signing_in() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let before = console.fingerprint(&house).await;
    let wish = Wish::of(&console);
    let browser = console.browser();
    let from = "/triage?q=status%3Aopen";
    let page = browser.submit("/api/plan", from, &wish.form(NOTE)).await;
    assert_eq!(page.status, 401);
    assert!(
        page.body.contains("Your session had ended."),
        "{}",
        page.body
    );
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
    assert_eq!(hidden(&tags(&page.body), "draft"), encode(&wish.form(NOTE)));

    // A wrong password loses nothing.
    let found = tags(&page.body);
    let wrong = [
        ("name", "lead"),
        ("password", "wrong"),
        ("next", hidden(&found, "next")),
        ("draft", hidden(&found, "draft")),
    ];
    let page = browser.submit("/login", "/login", &wrong).await;
    assert_eq!(page.status, 401);
    assert!(
        page.body
            .contains("That name and password do not fit together."),
        "{}",
        page.body
    );

    let location = sign_in_with(&browser, &page.body).await;
    assert_eq!(location, from);
    let page = browser.get(&location).await;
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
    assert_shown(&wish, &page.body, NOTE);
    let again = browser.get(&location).await;
    assert_eq!(note(&tags(&again.body)), "", "it is shown once");
    assert_eq!(
        console.fingerprint(&house).await,
        before,
        "nothing was done"
    );
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_cannot_break_out_of_the_page_for_signing_in() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let browser = console.browser();
    let raw = "note=\"><script>alert(1)</script>&x='<b>";
    let request = browser
        .request(Method::POST, "/api/plan")
        .header("accept", "text/html")
        .header("content-type", FORM)
        .body(raw);
    let page = browser.send(request).await;
    assert_eq!(page.status, 401);
    assert!(
        !page.body.contains("<script>alert") && !page.body.contains("<b>"),
        "{}",
        page.body
    );
    assert_eq!(hidden(&tags(&page.body), "draft"), raw);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_form_is_shown_once_again() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let wish = Wish::of(&console);
    let browser = console.signed_in("lead").await;
    // Nothing selected: nothing to plan.
    let form: Vec<_> = wish
        .form(NOTE)
        .into_iter()
        .filter(|(name, _)| *name != "ids[]")
        .collect();
    let answer = browser
        .submit("/api/plan", "/triage?q=status%3Aopen", &form)
        .await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    let location = answer.header("location").to_owned();
    let back = location.find("/triage?").map(|at| &location[at..]).unwrap();
    assert!(back.contains("__err="), "{back}");
    let page = browser.get(back).await;
    assert_eq!(page.status, 200);
    let shown = tags(&page.body);
    assert_eq!(
        note(&shown).replace("\r\n", "\n"),
        NOTE.replace("\r\n", "\n")
    );
    assert!(is_on(&shown, "assign", &wish.user) && is_on(&shown, "add_tags[]", &wish.tag));
    assert!(
        page.body.contains("message-error"),
        "what is wrong is said: {}",
        page.body
    );
    assert_eq!(note(&tags(&browser.get(back).await.body)), "");

    // One that is carried out leaves nothing behind.
    let answer = browser
        .submit("/api/plan", "/triage", &wish.form("kept by the plan"))
        .await;
    assert_eq!(answer.status, 302);
    assert!(
        answer.header("location").starts_with("/preview/"),
        "{}",
        answer.header("location")
    );
    assert_eq!(note(&tags(&browser.get("/triage").await.body)), "");
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blank_actions_are_refused_with_words() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let conversation = console.conversations(1).remove(0);
    let browser = console.signed_in("lead").await;
    let before = console.fingerprint(&house).await;
    let blank = [
        ("scope", "ids"),
        ("ids[]", conversation.as_str()),
        ("assign", ""),
        ("note", " \r\n "),
    ];
    let called = browser.call("/api/plan", &blank).await;
    assert_eq!(called.status, 422, "{}", called.body);
    assert!(
        called.body.starts_with(r#"{"Invalid":["#),
        "{}",
        called.body
    );
    let answer = browser
        .submit("/api/plan", "/triage?q=status%3Aopen", &blank)
        .await;
    let location = answer.header("location").to_owned();
    let page = browser
        .get(location.find("/triage").map(|at| &location[at..]).unwrap())
        .await;
    assert!(
        is_on(&tags(&page.body), "ids[]", &conversation),
        "the selection is still there"
    );
    assert_eq!(console.fingerprint(&house).await, before);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_form_is_drawn_whole_every_time() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let conversation = console.conversations(1).remove(0);
    let from = "/triage?q=status%3Aopen";
    let refused = [("scope", "ids"), ("ids[]", conversation.as_str())];
    let mut leads = Vec::new();
    for _ in 0..8 {
        leads.push(console.signed_in("lead").await);
    }
    let rounds = leads.iter().map(|browser| async {
        for _ in 0..40 {
            let answer = browser.submit("/api/plan", from, &refused).await;
            let location = answer.header("location").to_owned();
            let at = location.find("/triage").unwrap();
            let page = browser.get(&location[at..]).await;
            assert_eq!(page.status, 200);
            assert!(is_on(&tags(&page.body), "ids[]", &conversation));
        }
    });
    futures::future::join_all(rounds).await;
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_too_large_to_keep_breaks_nothing() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let wish = Wish::of(&console);
    for length in [300_000, 1_500_000] {
        let long = "<".repeat(length / 3);
        let browser = console.browser();
        let page = browser
            .submit("/api/plan", "/triage", &wish.form(&long))
            .await;
        assert_eq!(page.status, 401);
        assert_eq!(
            hidden(&tags(&page.body), "draft"),
            "",
            "it is not carried along"
        );
        let location = sign_in_with(&browser, &page.body).await;
        assert_eq!(note(&tags(&browser.get(&location).await.body)), "");
        // Sent by hand, it is not kept either.
        let draft = encode(&[("note", &long)]);
        let form = [
            ("name", "lead"),
            ("password", PASSWORD),
            ("next", "/triage"),
            ("draft", draft.as_str()),
        ];
        let answer = console.browser().submit("/login", "/login", &form).await;
        assert!([303, 413].contains(&answer.status), "{}", answer.status);
    }
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_the_limit_is_not_taken() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let before = console.fingerprint(&house).await;
    let nobody = console.browser();
    let lead = console.signed_in("lead").await;
    let body = format!("note={}", "x".repeat(2 * 1024 * 1024));
    for browser in [&nobody, &lead] {
        for path in ["/api/plan", "/login"] {
            let answer = console
                .post_directly(path, browser, body.clone().into(), Some(body.len()))
                .await;
            assert_eq!(answer.status, 413, "{path}");
            // The same without its length said beforehand.
            let parts: Vec<Result<Vec<u8>, std::io::Error>> = body
                .as_bytes()
                .chunks(64 * 1024)
                .map(|part| Ok(part.to_vec()))
                .collect();
            let streamed = Body::from_stream(futures::stream::iter(parts));
            let answer = console.post_directly(path, browser, streamed, None).await;
            assert_eq!(answer.status, 413, "{path}, in parts");
        }
    }
    assert_eq!(console.fingerprint(&house).await, before);
    console.stop().await;
}
