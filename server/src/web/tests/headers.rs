//! What every answer carries, and what pages may hold under their content security policy.

use axum::body::Body;
use http::Method;

use super::browser::Answer;
use super::html::tags;
use super::support::{Console, House};

const ALWAYS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// Asserts the headers and gives the policy.
fn policy(answer: &Answer, what: &str) -> String {
    for (name, value) in ALWAYS {
        assert_eq!(answer.header(name), value, "{what}");
    }
    let policy = answer.header("content-security-policy").to_owned();
    assert_eq!(
        answer
            .headers
            .get_all("content-security-policy")
            .iter()
            .count(),
        1,
        "{what}"
    );
    assert!(
        policy.starts_with("default-src 'none';"),
        "{what}: {policy}"
    );
    assert!(
        policy.contains("frame-ancestors 'none'"),
        "{what}: {policy}"
    );
    assert!(policy.contains("base-uri 'none'"), "{what}: {policy}");
    assert!(
        !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
        "{what}: {policy}"
    );
    policy
}

fn nonce(policy: &str) -> &str {
    let (_, rest) = policy
        .split_once("'nonce-")
        .unwrap_or_else(|| panic!("no nonce: {policy}"));
    rest.split('\'').next().unwrap()
}

/// Asserts that nothing in a page is against its policy, which the browser would only tell in its console.
fn assert_fits(answer: &Answer, what: &str) {
    let policy = policy(answer, what);
    let nonce = nonce(&policy);
    let tags = tags(&answer.body);
    assert!(
        tags.iter().any(|tag| tag.name == "script"),
        "{what}: {}",
        answer.body
    );
    for tag in &tags {
        assert_ne!(tag.name, "style", "{what}");
        for name in tag.names() {
            assert!(
                name != "style" && !name.starts_with("on"),
                "{what}: {tag:?}"
            );
        }
        for link in ["href", "src", "action"]
            .into_iter()
            .filter_map(|name| tag.get(name))
        {
            let ours = (link.starts_with('/') && !link.starts_with("//")) || link.starts_with('#');
            assert!(ours, "{what}: {tag:?}");
        }
        if tag.name == "script" && tag.get("src").is_none() {
            assert_eq!(tag.get("nonce"), Some(nonce), "{what}: {tag:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_nothing_that_their_policy_forbids() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let run = console.plan(3).await;
    assert!(console.engine.confirm(run).await.unwrap());
    console.until_finished(run).await;
    let plan = console.plan(2).await;
    let conversation = console.conversations(1).remove(0);
    let admin = console.signed_in("admin").await;
    let nobody = console.browser();
    let mut nonces = Vec::new();
    for path in ["/login", "/login?problem=wrong&name=%22%3E%3Cscript%3E"] {
        let answer = nobody.get(path).await;
        assert_fits(&answer, path);
        nonces.push(nonce(&policy(&answer, path)).to_owned());
    }
    for (path, status) in [
        ("/", 200),
        ("/triage", 200),
        ("/triage?q=status%3Aopen&select=all", 200),
        ("/triage?q=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E", 200),
        (&format!("/preview/{plan}"), 200),
        (&format!("/conversations/{conversation}"), 200),
        ("/runs", 200),
        (&format!("/runs/{run}"), 200),
        ("/settings", 200),
        ("/settings/operators", 200),
        ("/settings/password", 200),
        ("/setup", 200),
        ("/nowhere", 404),
        ("/runs/999", 404),
        ("/preview/999", 404),
        ("/conversations/none", 404),
    ] {
        let answer = admin.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(!answer.body.contains("<script>alert"), "{path}");
        assert_fits(&answer, path);
        nonces.push(nonce(&policy(&answer, path)).to_owned());
    }
    let count = nonces.len();
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), count, "a nonce was used twice");
    assert!(nonces.iter().all(|nonce| nonce.len() >= 20), "{nonces:?}");
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let nobody = console.browser();
    let admin = console.signed_in("admin").await;
    for (browser, method, path, status) in [
        (&nobody, Method::GET, "/", 303),
        (&nobody, Method::GET, "/healthz", 200),
        (&nobody, Method::GET, "/readyz", 200),
        (&nobody, Method::GET, "/api/frame", 401),
        (&nobody, Method::GET, "/live", 401),
        (&nobody, Method::POST, "/api/plan", 401),
        (&nobody, Method::GET, "/v/0/none.js", 404),
        (&nobody, Method::GET, "/v/0/favicon.svg", 0),
        (&nobody, Method::PUT, "/login", 405),
        (&nobody, Method::POST, "/theme", 303),
        (&admin, Method::GET, "/api/frame", 200),
        (&admin, Method::GET, "/api/nothing", 0),
        (&admin, Method::GET, "/logout", 405),
        (&admin, Method::HEAD, "/", 200),
    ] {
        let answer = browser.send(browser.request(method.clone(), path)).await;
        assert!(
            status == 0 || answer.status == status,
            "{method} {path}: {}",
            answer.status
        );
        policy(&answer, path);
        assert_ne!(answer.header("cache-control"), "", "{path}");
    }
    let foreign = admin
        .request(Method::POST, "/logout")
        .header("sec-fetch-site", "cross-site");
    policy(&admin.send(foreign).await, "from another site");
    let large = console
        .post_directly("/api/plan", &admin, Body::empty(), Some(3 << 20))
        .await;
    assert_eq!(large.status, 413);
    policy(&large, "too large");
    console.stop().await;
}
