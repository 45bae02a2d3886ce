//! Nothing happens for forms of other sites.

use http::Method;

use super::browser::{Answer, Browser, FORM, encode};
use super::support::{Console, House, PASSWORD, With};

async fn post(browser: &Browser, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = browser
        .request(Method::POST, path)
        .header("content-type", FORM)
        .body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    browser.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_is_refused_and_nothing_happens() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let plan = console.plan(2).await;
    let admin = console.signed_in("admin").await;
    let before = console.fingerprint(&house).await;
    let same_host = format!("http://{}", console.address);
    let other_port = "http://127.0.0.1:1".to_owned();
    let foreign: [&[(&str, &str)]; 8] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "something-new")],
        &[("sec-fetch-site", "cross-site"), ("origin", &same_host)],
        &[("origin", "https://evil.example")],
        &[("origin", &other_port)],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1.evil.example")],
    ];
    for headers in foreign {
        let id = format!("id={plan}");
        for (path, body) in [
            ("/api/start_run", id.as_str()),
            ("/api/refresh", ""),
            ("/api/check_key", "key=k"),
            ("/operators/disable", "name=viewer"),
            ("/operators/password", "name=viewer"),
            ("/password", "current=a&new=b&again=b"),
            ("/logout", ""),
            ("/theme", ""),
            ("/login", "name=viewer&password=wrong"),
        ] {
            let answer = post(&admin, path, headers, body).await;
            assert_eq!(answer.status, 403, "{path} {headers:?}: {}", answer.body);
            assert!(
                answer
                    .body
                    .contains("This form came from another site, so nothing was done."),
                "{}",
                answer.body
            );
            assert_eq!(answer.header("set-cookie"), "");
        }
    }
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let request = admin
            .request(method, "/api/refresh")
            .header("sec-fetch-site", "cross-site");
        assert_eq!(admin.send(request).await.status, 403);
    }
    assert_eq!(console.fingerprint(&house).await, before);
    assert_eq!(admin.get("/api/frame").await.status, 200);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_forms_and_tools_are_let_through() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let admin = console.signed_in("admin").await;
    let same = format!("http://{}", console.address);
    let own: [&[(&str, &str)]; 5] = [
        &[],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        &[("origin", &same)],
        &[("sec-fetch-site", "same-origin"), ("origin", &same)],
    ];
    for headers in own {
        assert_eq!(
            post(&admin, "/api/refresh", headers, "").await.status,
            200,
            "{headers:?}"
        );
    }
    // A link from elsewhere is followed.
    let link = admin
        .request(Method::GET, "/runs")
        .header("sec-fetch-site", "cross-site");
    assert_eq!(admin.send(link).await.status, 200);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_the_public_address_counts() {
    let house = House::new().await;
    let public_url = Some("https://triage.example.com/");
    let console = house
        .console(With {
            public_url,
            ..With::default()
        })
        .await;
    let form = encode(&[("name", "lead"), ("password", PASSWORD)]);
    for (origin, status) in [
        ("https://triage.example.com", 303),
        ("https://triage.example.com:443", 303),
        ("http://triage.example.com", 403),
        ("https://example.com", 403),
    ] {
        let browser = console.browser();
        let answer = post(
            &browser,
            "/login",
            &[("origin", origin), ("host", "backend:3000")],
            &form,
        )
        .await;
        assert_eq!(answer.status, status, "{origin}");
        assert_eq!(
            browser.cookie("hiver_console").is_some(),
            status == 303,
            "{origin}"
        );
    }
    console.stop().await;
}
