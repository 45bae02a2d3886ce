//! The rules' pages: what is typed comes back as it was typed, whatever happens in between.

use http::Method;
use routing::model::RuleSet;

use super::browser::{Browser, FORM, encode};
use super::html::{Tag, tags, unescape};
use super::support::{Console, House, PASSWORD};

pub(super) const NOTE: &str = "\n\"></textarea><script>alert(1)</script> & 'more'\nsecond line";
const TEXTS: &str = "</textarea><b>\n\" spaced \"\ninvoice";

pub(super) fn form<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("whole", "1"),
        ("rule", "bills"),
        ("name", "Bills"),
        ("mode", "on"),
        ("w.0:is", "created"),
        ("c:kind", "all"),
        ("c.0:what", "subject"),
        ("c.0:text", "contains"),
        ("c.0:texts", TEXTS),
        ("note", NOTE),
        ("repeat", "once"),
    ];
    form.extend_from_slice(more);
    form
}

/// The text of a field, as a browser would send it.
pub(super) fn text(page: &str, name: &str) -> String {
    let all = tags(page);
    let field: &Tag = all
        .iter()
        .find(|tag| tag.get("name") == Some(name))
        .unwrap_or_else(|| panic!("no {name} in {page}"));
    if field.name == "textarea" {
        // The first line break of a textarea is none of its text.
        let inner = field.text.strip_prefix('\n').unwrap_or(&field.text);
        return unescape(inner);
    }
    field.get("value").unwrap_or_default().to_owned()
}

pub(super) async fn new_rule(browser: &Browser) {
    let made = browser
        .submit("/rules", "/rules", &[("do", "new"), ("name", "Bills")])
        .await;
    assert_eq!(made.status, 303, "{}", made.body);
    assert_eq!(made.header("location"), "/rules/bills");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_stands_there_again_and_cannot_break_out() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    new_rule(&lead).await;
    let strange = [
        ("name", "<script>alert(2)</script>\"</title><b>"),
        ("repeat", "after"),
        ("repeat_hours", "soon"),
    ];
    let typed: Vec<_> = form(&[])
        .into_iter()
        .filter(|(name, _)| !strange.iter().any(|(strange, _)| strange == name))
        .chain(strange)
        .collect();
    let answer = lead.submit("/rules/bills", "/rules/bills", &typed).await;
    assert_eq!(answer.status, 303);
    for page in [
        lead.get("/rules/bills").await,
        lead.call("/rules/bills", &typed).await,
    ] {
        assert_eq!(page.status, 200);
        for (name, expected) in [("c.0:texts", TEXTS), ("note", NOTE)]
            .into_iter()
            .chain(strange)
        {
            if name != "repeat" {
                assert_eq!(text(&page.body, name), expected, "{name}");
            }
        }
        for broken in ["<script>alert", "</textarea><b>", "</title><b>"] {
            assert!(!page.body.contains(broken), "{}", page.body);
        }
        assert!(
            page.body.contains("is not a number of hours"),
            "{}",
            page.body
        );
    }
    let list = lead.get("/rules").await;
    assert!(!list.body.contains("<script>alert"), "{}", list.body);
    assert!(list.body.contains("to be completed"), "{}", list.body);
    // What cannot be used is not saved, and stays.
    let answer = lead
        .submit("/rules/save", "/rules", &[("do", "save")])
        .await;
    assert_eq!(answer.header("location"), "/rules/save");
    assert!(
        console
            .engine
            .rule_versions(None, 9)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(text(&lead.get("/rules/bills").await.body, "note"), NOTE);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_meets_an_ended_session_is_there_after_signing_in() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    new_rule(&lead).await;
    for (path, next) in [
        ("/rules/bills", "/rules/bills"),
        ("/rules/save", "/rules/save"),
    ] {
        let browser = console.browser();
        let note = format!("{path} {NOTE}");
        let typed: Vec<_> = form(&[])
            .into_iter()
            .map(|(name, value)| (name, if name == "note" { &*note } else { value }))
            .collect();
        let page = browser.submit(path, "/rules/bills", &typed).await;
        assert_eq!(page.status, 401);
        let found = tags(&page.body);
        let hidden = |name: &str| {
            let field = found.iter().find(|tag| tag.get("name") == Some(name));
            field.and_then(|field| field.get("value")).unwrap()
        };
        let answers = [
            ("name", "lead"),
            ("password", PASSWORD),
            ("next", hidden("next")),
            ("draft", hidden("draft")),
        ];
        let answer = browser.submit("/login", "/login", &answers).await;
        assert_eq!(answer.header("location"), next);
        browser.get(next).await;
        assert_eq!(text(&browser.get("/rules/bills").await.body, "note"), note);
    }
    // What was pasted comes back as well.
    let browser = console.browser();
    let pasted = [
        ("document", "[{\"keyword\": \"</textarea>"),
        ("how", "replace"),
    ];
    let page = browser
        .submit("/rules/import", "/rules/import", &pasted)
        .await;
    let found = tags(&page.body);
    let draft = found.iter().find(|tag| tag.get("name") == Some("draft"));
    let answers = [
        ("name", "lead"),
        ("password", PASSWORD),
        ("next", "/rules/import"),
        ("draft", draft.and_then(|draft| draft.get("value")).unwrap()),
    ];
    browser.submit("/login", "/login", &answers).await;
    let page = browser.get("/rules/import").await;
    assert_eq!(text(&page.body, "document"), pasted[0].1);
    // Where it is to go stays picked, also where it is refused.
    let refused = lead.submit("/rules/import", "/rules/import", &pasted).await;
    for page in [page, refused] {
        let places = tags(&page.body);
        let picked = places
            .iter()
            .filter(|tag| tag.get("name") == Some("how") && tag.get("checked").is_some())
            .map(|tag| tag.get("value").unwrap_or_default());
        assert_eq!(picked.collect::<Vec<_>>(), ["replace", "replace"]);
    }
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_imported_saved_exported_and_restored() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    let (tag, user) = {
        let mirror = console.engine.mirror().read();
        let directory = &mirror.directory;
        (
            directory.tags[0].name.clone(),
            directory.users[0].id.to_string(),
        )
    };
    let wrong =
        format!("[{{\"keyword\": \"\", \"tag\": \"{tag}\", \"assignee\": \"nobody-here\"}}]");
    let page = lead
        .submit("/rules/import", "/rules/import", &[("document", &wrong)])
        .await;
    assert_eq!(page.status, 422);
    for expected in ["2 problems", "[0].keyword", "[0].assignee"] {
        assert!(page.body.contains(expected), "{}", page.body);
    }
    assert_eq!(text(&page.body, "document"), wrong);
    let good = format!(
        "[{{\"keyword\": \"invoice\", \"tag\": \"{tag}\", \"assignee\": \"{user}\"}},\
         {{\"keyword\": \"login\", \"tag\": \"{tag}\", \"assignee\": \"{user}\"}}]"
    );
    let answer = lead
        .submit("/rules/import", "/rules/import", &[("document", &good)])
        .await;
    assert_eq!(answer.header("location"), "/rules");
    assert!(
        lead.get("/rules")
            .await
            .body
            .contains("Unsaved changes to 2 rules")
    );
    assert!(
        console
            .engine
            .rule_versions(None, 9)
            .await
            .unwrap()
            .is_empty(),
        "not in force"
    );
    let save = [("do", "anyway"), ("why", "first")];
    lead.submit("/rules/save", "/rules/save", &save).await;
    let exported = lead.get("/rules/export").await;
    assert!(
        exported
            .header("content-disposition")
            .contains("rules.json")
    );

    // A file of it in place of all is no change at all.
    let request = lead
        .request(Method::POST, "/rules/import")
        .header("accept", "text/html")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"r.json\"\r\n\r\n{}\r\n\
             --b\r\nContent-Disposition: form-data; name=\"how\"\r\n\r\nreplace\r\n--b--\r\n",
            exported.body
        ));
    assert_eq!(lead.send(request).await.status, 303);
    assert!(!lead.get("/rules").await.body.contains("Unsaved changes"));

    let first = console.engine.rules().await.unwrap().unwrap().set.clone();
    let saved = console
        .engine
        .save_rules("admin", 1, RuleSet::default(), "")
        .await;
    assert_eq!(saved.unwrap(), 2);
    let page = lead.get("/rules/versions/1").await;
    assert!(page.body.contains("Restore"), "{}", page.body);
    let stale = [("version", "1"), ("seen", "1")];
    lead.submit("/rules/versions", "/rules/versions/1", &stale)
        .await;
    let page = lead.get("/rules/versions/1").await;
    assert!(page.body.contains("Nothing was restored"), "{}", page.body);
    let restore = [("version", "1"), ("seen", "2")];
    lead.submit("/rules/versions", "/rules/versions/1", &restore)
        .await;
    let rules = console.engine.rules().await.unwrap().unwrap();
    assert_eq!((rules.number(), &rules.set), (3, &first));
    assert_eq!(
        rules.version.as_ref().unwrap().note,
        "restored from version 1"
    );
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_leads_save_import_and_restore() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let before = console.fingerprint(&house).await;
    let viewer = console.signed_in("viewer").await;
    for path in ["/rules/save", "/rules/import", "/rules/versions"] {
        let request = viewer
            .request(Method::POST, path)
            .header("content-type", FORM)
            .body(encode(&[
                ("do", "save"),
                ("version", "1"),
                ("document", "[]"),
            ]));
        assert_eq!(viewer.send(request).await.status, 403, "{path}");
        if path != "/rules/versions" {
            assert_eq!(viewer.get(path).await.status, 403, "{path}");
        }
    }
    assert_eq!(console.fingerprint(&house).await, before);
    console.stop().await;
}

/// What a page says of itself in its form.
fn stamps(page: &str) -> [(&'static str, String); 5] {
    ["tab", "seen", "was_mode", "place", "was_place"].map(|name| (name, text(page, name)))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pages_of_one_rule_lose_nothing_over_each_other() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    new_rule(&lead).await;
    lead.call("/rules/bills", &form(&[])).await;
    let pages = [
        stamps(&lead.get("/rules/bills").await.body),
        stamps(&lead.get("/rules/bills").await.body),
    ];
    let type_in = async |page: usize, more: &[(&'static str, &'static str)]| {
        let mut typed = form(&[]);
        typed.extend(pages[page].iter().map(|(name, value)| (*name, &**value)));
        for (name, value) in more {
            typed.retain(|(known, _)| known != name);
            typed.push((name, value));
        }
        lead.call("/rules/bills", &typed).await.body
    };
    let note = async || text(&lead.get("/rules/bills").await.body, "note");
    let elsewhere = "was changed elsewhere";
    // One page alone is told nothing, however often it writes.
    for words in ["first", "second"] {
        assert!(!type_in(0, &[("note", words)]).await.contains(elsewhere));
    }
    // Who has not typed anything throws nothing away.
    assert!(!type_in(1, &[]).await.contains(elsewhere));
    assert_eq!(note().await, "second");
    // Who has is told, once, and has the other again.
    assert!(type_in(1, &[("stop", "1")]).await.contains(elsewhere));
    assert_eq!(note().await, NOTE);
    assert!(!type_in(1, &[("stop", "1")]).await.contains(elsewhere));
    lead.submit("/rules/save", "/rules", &[("do", "undo")])
        .await;
    assert_eq!(note().await, "second");
    // A switch that was pressed in the list stays.
    lead.call("/rules", &[("do", "mode bills off")]).await;
    let answer = type_in(0, &[("note", "third")]).await;
    assert_eq!(text(&answer, "was_mode"), "off");
    assert_eq!(note().await, "third");
    // So does the place that it was given there, until another one is typed.
    let place = async || text(&lead.get("/rules/bills").await.body, "place");
    lead.submit("/rules", "/rules/new", &[("do", "new"), ("name", "New")])
        .await;
    lead.call("/rules", &[("do", "down bills 1")]).await;
    type_in(0, &[("note", "fourth")]).await;
    assert_eq!(place().await, "2");
    type_in(0, &[("place", "2"), ("was_place", "1")]).await;
    type_in(0, &[("place", "1"), ("was_place", "2")]).await;
    assert_eq!(place().await, "1");
    // Nothing is saved over what was not seen.
    lead.call("/rules/bills", &form(&[("stop", "1")])).await;
    let mut typed = form(&[("do", "save"), ("hours", "1")]);
    typed.extend(pages[1].iter().map(|(name, value)| (*name, &**value)));
    let answer = lead.submit("/rules/save", "/rules/bills", &typed).await;
    assert_eq!(answer.header("location"), "/rules/bills");
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_document_is_taken_and_a_larger_one_is_told_the_limit() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let lead = console.signed_in("lead").await;
    // It is no document, but it is read to its end.
    let large = format!("[\"{}\"]", "k".repeat(4 << 20));
    let answer = lead
        .submit("/rules/import", "/rules/import", &[("document", &large)])
        .await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains(&large[2..1_000]));
    for path in ["/rules", "/rules/bills"] {
        let too_large = "k".repeat(3 << 20);
        let answer = lead.submit(path, path, &[("document", &too_large)]).await;
        assert_eq!(answer.status, 413, "{path}");
        assert!(answer.body.contains("16 MiB"), "{}", answer.body);
        assert!(answer.body.contains("rules import FILE"), "{}", answer.body);
    }
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_for_signing_in_at_another_address_has_no_scripts() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let named = [("do", "new"), ("name", "Bills")];
    for path in ["/rules/import", "/rules/save", "/rules"] {
        let browser = console.browser();
        let page = browser.submit(path, path, &named).await;
        assert_eq!(page.status, 401, "{path}");
        assert!(page.body.contains("Your session had ended"), "{path}");
        assert!(!page.body.contains("hydrate("), "{}", page.body);
        let found = tags(&page.body);
        let draft = found.iter().find(|tag| tag.get("name") == Some("draft"));
        let answers = [
            ("name", "lead"),
            ("password", PASSWORD),
            ("next", path),
            ("draft", draft.and_then(|draft| draft.get("value")).unwrap()),
        ];
        let answer = browser.submit("/login", "/login", &answers).await;
        assert_eq!(answer.header("location"), path);
        let list = browser.get("/rules").await.body;
        assert_eq!(list.contains("/rules/bills"), path == "/rules", "{path}");
    }
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_of_a_backtest_that_meets_an_ended_session_leads_back_to_its_page() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let browser = console.browser();
    let from = "/rules/backtest?id=7";
    for button in ["/rules/backtest/cancel", "/rules/backtest/apply"] {
        let page = browser.submit(button, from, &[("id", "7")]).await;
        assert_eq!(page.status, 401, "{button}");
        let found = tags(&page.body);
        let next = found.iter().find(|tag| tag.get("name") == Some("next"));
        let next = next.and_then(|tag| tag.get("value")).unwrap();
        assert_eq!(next, from, "{button}");
    }
    console.stop().await;
}
