//! Managing operators: what an admin may, what is shown once, and who stays.

mod ending;

use std::io::Write;
use std::sync::{Arc, Mutex};

use store::Role;
use tracing_subscriber::fmt::MakeWriter;

use super::browser::{Answer, Browser};
use super::html::tags;
use super::support::{Console, House, PASSWORD, operator};

const PAGE: &str = "/settings/operators";

/// Sends a form of the page and gives the page that says what became of it.
async fn send(browser: &Browser, path: &str, form: &[(&str, &str)]) -> Answer {
    let answer = browser.submit(path, PAGE, form).await;
    assert_eq!(
        (answer.status, answer.header("location"), &*answer.body),
        (303, PAGE, ""),
        "{path}"
    );
    let page = browser.get(PAGE).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

fn made_password(page: &Answer) -> Option<String> {
    let code = tags(&page.body)
        .into_iter()
        .find(|tag| tag.get("class") == Some("made-password"));
    code.map(|code| code.text)
}

async fn is_signed_in(browser: &Browser) -> bool {
    match browser.get("/api/frame").await.status {
        200 => true,
        401 => {
            assert_eq!(browser.get("/").await.status, 303);
            false
        }
        other => panic!("{other}"),
    }
}

/// Everything that is logged in this process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> Self {
        let log = Self::default();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(log.clone())
            .init();
        log
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_made_password_is_shown_once_and_nowhere_else() {
    let log = Log::start();
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let admin = console.signed_in("admin").await;
    let form = [("name", " Neo "), ("role", "lead"), ("password", "")];
    let added = admin.submit("/operators/add", PAGE, &form).await;
    assert_eq!((added.status, added.header("location")), (303, PAGE));
    // Only who asked sees it, and not by asking for data.
    let other = console.signed_in("admin").await;
    assert!(made_password(&other.get(PAGE).await).is_none());
    assert!(
        !admin
            .get("/api/page?path=%2Fsettings%2Foperators")
            .await
            .body
            .contains("made-")
    );
    let page = admin.get(PAGE).await;
    assert!(page.body.contains("Added Neo, lead."), "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
    let first = made_password(&page).unwrap();
    let again = admin.get(PAGE).await;
    assert!(!again.body.contains(&first), "it is shown once");
    assert!(!again.body.contains("Added Neo"), "nor is that said twice");

    let neo = console.browser();
    assert_eq!(neo.sign_in("neo", &first).await.header("location"), "/");
    let page = send(&admin, "/operators/password", &[("name", "Neo")]).await;
    let second = made_password(&page).unwrap();
    assert_ne!(first, second);
    assert!(!is_signed_in(&neo).await);
    assert!(
        neo.sign_in("neo", &first)
            .await
            .header("location")
            .contains("problem=wrong")
    );
    assert_eq!(neo.sign_in("neo", &second).await.header("location"), "/");
    console.stop().await;

    let log = log.text();
    assert!(log.contains("added an operator"), "{log}");
    assert!(log.contains("made a new password"), "{log}");
    let files: Vec<_> = std::fs::read_dir(house.folder.path())
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert!(!files.is_empty());
    for password in [first, second, PASSWORD.to_owned()] {
        assert!(!log.contains(&password), "a password is in the log");
        for path in &files {
            let bytes = std::fs::read(path).unwrap();
            let found = bytes
                .windows(password.len())
                .any(|window| window == password.as_bytes());
            assert!(!found, "a password is in {}", path.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_password_is_taken_and_shown_nowhere() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let admin = console.signed_in("admin").await;
    let typed = "typed with care";
    let form = [("name", "Mia"), ("role", "viewer"), ("password", typed)];
    let page = send(&admin, "/operators/add", &form).await;
    assert!(page.body.contains("Added Mia, viewer."), "{}", page.body);
    assert!(made_password(&page).is_none() && !page.body.contains(typed));
    let mia = console.browser();
    assert_eq!(mia.sign_in("Mia", typed).await.header("location"), "/");
    // The page knows when.
    let page = admin.get(PAGE).await;
    let row = page.body.split("Mia").nth(1).unwrap();
    assert!(row.contains("just now"), "{row}");
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_operator_is_said_and_what_was_typed_stays() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let admin = console.signed_in("admin").await;
    let before = console.fingerprint(&house).await;
    let awkward = r#"<b>"Ann" & Co</b>"#;
    let long_name = "x".repeat(101);
    for (name, role, password, words) in [
        (
            "LEAD",
            "lead",
            "long enough",
            "There is an operator LEAD already: choose another name.",
        ),
        (
            awkward,
            "admin",
            "too short",
            "was not added: a password has at least 10 characters.",
        ),
        (
            "  ",
            "lead",
            "",
            "Nobody was added: a name has 1 to 100 characters.",
        ),
        (
            &long_name,
            "lead",
            "",
            "Nobody was added: a name has 1 to 100 characters.",
        ),
        (
            "Ann",
            "boss",
            "",
            "is not a role: choose viewer, lead or admin.",
        ),
    ] {
        let form = [("name", name), ("role", role), ("password", password)];
        let page = send(&admin, "/operators/add", &form).await;
        assert!(page.body.contains(words), "{words}: {}", page.body);
        assert!(!page.body.contains("<b>"), "{}", page.body);
        assert!(password.is_empty() || !page.body.contains(password));
        let all = tags(&page.body);
        assert!(
            all.iter().any(|tag| tag.get("role") == Some("alert")),
            "{words}"
        );
        if role != "boss" {
            let kept = all
                .iter()
                .find(|tag| tag.name == "input" && tag.get("name") == Some("name"))
                .into_iter()
                .chain(all.iter().rev())
                .find(|tag| tag.get("maxlength") == Some("100"));
            assert_eq!(kept.unwrap().get("value"), Some(name), "{words}");
            let chosen = all
                .iter()
                .rfind(|tag| tag.name == "option" && tag.names().any(|name| name == "selected"));
            assert_eq!(chosen.unwrap().get("value"), Some(role), "{words}");
        }
        let next = admin.get(PAGE).await;
        assert!(!next.body.contains(words), "it is said once");
    }
    assert_eq!(console.fingerprint(&house).await, before);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_active_admin_stays() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let admin = console.signed_in("admin").await;
    let words = "admin is the last active admin, so nothing was changed. Make somebody else an admin first.";
    let forms: [(&str, &[(&str, &str)]); 3] = [
        ("/operators/disable", &[("name", "admin")]),
        ("/operators/role", &[("name", "admin"), ("role", "lead")]),
        ("/operators/remove", &[("name", "admin")]),
    ];
    for (path, form) in forms {
        let page = send(&admin, path, form).await;
        assert!(page.body.contains(words), "{path}: {}", page.body);
        assert!(is_signed_in(&admin).await);
    }
    let own = send(&admin, "/operators/password", &[("name", "ADMIN")]).await;
    assert!(
        own.body.contains("Your own password was not changed") && made_password(&own).is_none(),
        "{}",
        own.body
    );

    // With another one, each of them may go, and is signed out.
    for (path, form) in forms {
        let new = operator("second", Role::Admin);
        assert!(console.store.add_operator(new).await.unwrap().is_some());
        let second = console.signed_in("second").await;
        let own: Vec<(&str, &str)> = form
            .iter()
            .map(|(field, value)| (*field, if *field == "name" { "second" } else { value }))
            .collect();
        let answer = second.submit(path, PAGE, &own).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/login"),
            "{path}"
        );
        assert!(!is_signed_in(&second).await, "{path}");
        let _ = console.store.remove_operator("second").await.unwrap();
    }
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_the_admins_and_its_forms_need_no_script() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let (lead, admin) = (
        console.signed_in("lead").await,
        console.signed_in("admin").await,
    );
    for (browser, links) in [(&lead, false), (&admin, true)] {
        let settings = browser.get("/settings").await.body;
        assert!(settings.contains(r#"href="/settings/password""#));
        assert_eq!(settings.contains(r#"href="/settings/operators""#), links);
    }
    let new = operator("<i>Eve</i>", Role::Lead);
    assert!(console.store.add_operator(new).await.unwrap().is_some());
    let eve = console.signed_in("<i>Eve</i>").await;
    let refused = eve
        .submit("/operators/disable", PAGE, &[("name", "admin")])
        .await;
    assert_eq!(refused.status, 403);
    assert!(
        refused.body.contains("&lt;i&gt;Eve") && !refused.body.contains("<i>"),
        "{}",
        refused.body
    );
    let page = admin.get(PAGE).await;
    assert!(!page.body.contains("<i>"), "{}", page.body);
    let all = tags(&page.body);
    let mut actions: Vec<&str> = all
        .iter()
        .filter(|tag| tag.name == "form" && tag.get("method") == Some("post"))
        .filter_map(|tag| tag.get("action"))
        .filter(|action| action.starts_with("/operators/"))
        .collect();
    actions.sort_unstable();
    actions.dedup();
    assert_eq!(
        actions,
        ["add", "disable", "password", "remove", "role"].map(|one| format!("/operators/{one}"))
    );
    // A button opens the panel of its own operator.
    let opens: Vec<&str> = all
        .iter()
        .filter(|tag| tag.name == "button")
        .filter_map(|tag| tag.get("popovertarget"))
        .filter(|panel| panel.starts_with("operator-"))
        .collect();
    assert_eq!(opens.len(), 4);
    for panel in opens {
        assert!(all.iter().any(|tag| tag.get("id") == Some(panel)));
    }
    console.stop().await;
}
