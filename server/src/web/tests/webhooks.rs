//! The webhook door: found by whoever knows the secret, and by nobody else.

use axum::body::Body;
use futures::{StreamExt, stream};
use http::Method;
use secrecy::ExposeSecret;
use serde_json::json;
use store::{DeliveryState, Role};

use super::browser::Answer;
use super::support::{Console, House, ROLES, With};

const MIB: usize = 1024 * 1024;

async fn address(console: &Console) -> String {
    let shown = console.engine.webhook_secret().await.unwrap();
    format!("/webhooks/hiver/{}", shown.secret.expose_secret())
}

async fn post(console: &Console, path: &str, body: impl Into<reqwest::Body>) -> Answer {
    let browser = console.browser();
    let request = browser
        .request(Method::POST, path)
        .header("content-type", "application/json")
        .body(body);
    Answer::read(browser.open(request).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_kept_before_it_is_answered_and_applied_afterwards() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let door = address(&console).await;
    let conversation = console.conversations(1).remove(0);
    let body = json!({"event": "note.added", "data": {"conversation": {"id": conversation}}});
    let browser = console.browser();
    let request = browser
        .request(Method::POST, &door)
        .header("sec-fetch-site", "cross-site")
        .header("origin", "https://hiver.example")
        .body(body.to_string());
    let answer = Answer::read(browser.open(request).await).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(browser.cookies(), "", "Hiver gets no session");
    let (all, _) = console.engine.deliveries(None, 10).await.unwrap();
    let [delivery] = &all[..] else {
        panic!("{all:?}")
    };
    console
        .eventually("it is applied", async || {
            let found = console.engine.delivery(delivery.id).await.unwrap();
            found.unwrap().0.state == DeliveryState::Applied
        })
        .await;
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_answered_like_any_unknown_address() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let right = address(&console).await;
    console.engine.rotate_webhook_secret().await.unwrap();
    let current = address(&console).await;
    assert_eq!(
        post(&console, &right, "{}").await.status,
        200,
        "a day of grace"
    );
    console.engine.rotate_webhook_secret().await.unwrap();
    assert_eq!(post(&console, &current, "{}").await.status, 200);

    let wrong = [
        right.clone(),
        "/webhooks/hiver/".to_owned(),
        "/webhooks/hiver".to_owned(),
        format!("/webhooks/hiver/{}", "0".repeat(64)),
        format!("{current}/"),
        format!("{current}0"),
        current.to_uppercase(),
    ];
    let unknown = "/nobody/ever/thought-of-this";
    for role in [None, Some(Role::Viewer), Some(Role::Admin)] {
        let browser = match role {
            None => console.browser(),
            Some(role) => console.signed_in(role.as_str()).await,
        };
        // The first visit of a day is noted.
        browser.get("/").await;
        for (accept, site) in [
            ("application/json", "none"),
            ("text/html", "none"),
            ("*/*", "cross-site"),
        ] {
            let asked = async |path: &str| {
                let request = browser
                    .request(Method::POST, path)
                    .header("accept", accept)
                    .header("sec-fetch-site", site)
                    .body("{\"event\":\"ping\"}");
                let answer = Answer::read(browser.open(request).await).await;
                // What differs between any two answers.
                let mut headers = answer.headers.clone();
                headers.remove("date");
                let policy = headers.remove("content-security-policy");
                let mut headers: Vec<String> = headers
                    .iter()
                    .map(|(name, value)| format!("{name}: {value:?}").replace(path, "PATH"))
                    .collect();
                headers.sort();
                (
                    answer.status,
                    headers,
                    policy.is_some(),
                    without_nonces(&answer.body).replace(path, "PATH"),
                )
            };
            let expected = asked(unknown).await;
            assert_ne!(expected.0, 200);
            for path in &wrong {
                assert_eq!(asked(path).await, expected, "{path} as {role:?}");
            }
        }
    }
    let (_, kept) = console.engine.deliveries(None, 10).await.unwrap();
    assert_eq!(kept, 2);
    let browser = console.browser();
    assert_eq!(
        browser.get(&current).await.status,
        303,
        "only POST is let in"
    );
    console.stop().await;
}

/// A page without what is drawn anew for every request.
fn without_nonces(html: &str) -> String {
    let mut text = html.to_owned();
    for attribute in ["nonce=\"", "crossorigin=\""] {
        let mut parts = text.split(attribute);
        let mut kept = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            kept.push_str(part.split_once('"').map_or(part, |(_, rest)| rest));
        }
        text = kept;
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_any_kind_and_size() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let door = address(&console).await;
    let whole = format!("\"{}\"", "x".repeat(MIB - 2));
    for body in [
        Vec::new(),
        b"\xFF\xFE{".to_vec(),
        "{\"data\":".repeat(100_000).into_bytes(),
        whole.clone().into_bytes(),
    ] {
        let answer = post(&console, &door, body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let browser = console.browser();
    let too_large = vec![b'x'; MIB + 1];
    let answer = console
        .post_directly(&door, &browser, too_large.clone().into(), Some(MIB + 1))
        .await;
    assert_eq!(answer.status, 413);
    let parts = too_large
        .chunks(64 * 1024)
        .map(|part| Ok::<_, std::io::Error>(part.to_vec()))
        .collect::<Vec<_>>();
    let answer = console
        .post_directly(
            &door,
            &browser,
            Body::from_stream(stream::iter(parts)),
            None,
        )
        .await;
    assert_eq!(answer.status, 413, "also where nobody said how much it is");
    let (_, kept) = console.engine.deliveries(None, 10).await.unwrap();
    assert_eq!(kept, 4);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_deliveries_fifty_at_a_time() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let door = address(&console).await;
    let ids = console.conversations(20);
    let hiver = console.browser();
    let statuses: Vec<u16> = stream::iter(0..1_000)
        .map(|number| {
            let body = json!({"event": "note.added", "number": number,
                "data": {"conversation": {"id": ids[number % ids.len()]}}});
            let request = hiver.request(Method::POST, &door).body(body.to_string());
            let hiver = &hiver;
            async move { hiver.send(request).await.status }
        })
        .buffer_unordered(50)
        .collect()
        .await;
    assert_eq!(statuses, [200; 1_000]);
    let (_, kept) = console.engine.deliveries(None, 1).await.unwrap();
    assert_eq!(kept, 1_000);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_the_address_to_admins_and_what_was_delivered() {
    let house = House::new().await;
    let console = house
        .console(With {
            public_url: Some("https://triage.example.com"),
            ..With::default()
        })
        .await;
    console.until_synced().await;
    let door = address(&console).await;
    let admin = console.signed_in("admin").await;
    let page = admin.get("/settings/webhooks").await;
    assert!(
        page.body
            .contains(&format!("https://triage.example.com{door}"))
    );
    assert!(page.body.contains("Nothing was delivered"));
    for role in ROLES.into_iter().filter(|role| *role < Role::Admin) {
        let browser = console.signed_in(role.as_str()).await;
        for path in [
            "/settings/webhooks",
            "/api/page?path=%2Fsettings%2Fwebhooks",
            "/settings",
            "/live",
        ] {
            if path != "/live" {
                let page = browser.get(path).await;
                assert!(!page.body.contains(&door[16..]), "{path} as {role}");
            }
        }
    }
    admin
        .submit("/webhooks/test", "/settings/webhooks", &[])
        .await;
    let page = admin.get("/settings/webhooks").await;
    assert!(page.body.contains("A test came in through the door"));
    assert!(page.body.contains("ping"));

    let strange = "<script>alert(1)</script>";
    let body = json!({"event": strange, "data": {"conversation": {"id": strange}}});
    let kept = console
        .engine
        .take_delivery(body.to_string().into_bytes())
        .await;
    let shown = admin
        .get(&format!("/settings/webhooks?delivery={}", kept.unwrap().id))
        .await;
    assert_eq!(shown.status, 200);
    assert!(!shown.body.contains(strange));
    assert!(shown.body.contains("Replay"));

    let before = address(&console).await;
    admin
        .submit("/webhooks/rotate", "/settings/webhooks", &[])
        .await;
    assert_ne!(address(&console).await, before);
    let page = admin.get("/settings/webhooks").await;
    assert!(page.body.contains("works until"));
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_public_address_the_page_says_what_is_missing() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let admin = console.signed_in("admin").await;
    let page = admin.get("/settings/webhooks").await;
    assert!(page.body.contains("CONSOLE_PUBLIC_URL"));
    console.stop().await;
}
