//! Every endpoint there is, and who may use it. One without a row fails.

use std::collections::BTreeSet;

use app::App;
use http::Method;
use leptos::server_fn::axum::server_fn_paths;
use routing::model::RuleSet;
use secrecy::ExposeSecret;
use store::Role;

use super::browser::{Answer, FORM};
use super::support::{Console, House, ROLES, operator};
use crate::web::router;

/// Who may use an endpoint at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Least {
    Anybody,
    Operator(Role),
}

const ANYBODY: Least = Least::Anybody;
const VIEWER: Least = Least::Operator(Role::Viewer);
const LEAD: Least = Least::Operator(Role::Lead);
const ADMIN: Least = Least::Operator(Role::Admin);

/// A row: method, address as it is registered, who may, and what to send: the rest of the address of a GET (from
/// where the registered one has parameters, or the query), the form of a POST. `CONVERSATION`, `PLAN` and `RUN`
/// stand for ids.
type Row = (Method, &'static str, Least, &'static str);

const ROWS: &[Row] = &[
    (Method::GET, "/api/connection", VIEWER, ""),
    (Method::GET, "/api/conversation", VIEWER, "?id=CONVERSATION"),
    (
        Method::GET,
        "/api/conversations",
        VIEWER,
        "?filter=status%3Aopen&sort=subject&descending=true&page=1",
    ),
    (Method::GET, "/api/choices", VIEWER, ""),
    (Method::GET, "/api/frame", VIEWER, ""),
    (
        Method::GET,
        "/api/list_news",
        VIEWER,
        "?filter=status%3Aopen&seen=1&shown[0]=CONVERSATION",
    ),
    (
        Method::GET,
        "/api/page",
        VIEWER,
        "?path=%2Factivity&query=kind%3Dassign%26page%3D1",
    ),
    (Method::GET, "/api/preview", VIEWER, "?id=PLAN&page=1"),
    (
        Method::GET,
        "/api/run",
        VIEWER,
        "?id=RUN&outcome=done&page=1",
    ),
    (
        Method::POST,
        "/api/plan",
        LEAD,
        "ids[]=CONVERSATION&note=hello",
    ),
    (Method::POST, "/api/plan_again", LEAD, "id=PLAN"),
    (Method::POST, "/api/start_run", LEAD, "id=PLAN"),
    (Method::POST, "/api/act_on_run", LEAD, "id=RUN&act=pause"),
    (Method::POST, "/api/refresh", LEAD, "filter=status:open"),
    (
        Method::POST,
        "/api/refresh_conversation",
        LEAD,
        "id=CONVERSATION",
    ),
    (Method::POST, "/api/check_key", ADMIN, "key=another-key"),
    (Method::GET, "/login", ANYBODY, ""),
    (Method::GET, "/setup", VIEWER, ""),
    (Method::GET, "/", VIEWER, ""),
    (Method::GET, "/triage", VIEWER, "?q=status%3Aopen"),
    (Method::GET, "/preview/{id}", VIEWER, "PLAN"),
    (Method::GET, "/conversations/{id}", VIEWER, "CONVERSATION"),
    (
        Method::GET,
        "/conversations/{id}/rules",
        VIEWER,
        "CONVERSATION/rules",
    ),
    (Method::GET, "/rules/backtest", VIEWER, "?q=status%3Aopen"),
    (
        Method::GET,
        "/rules/explain",
        VIEWER,
        "?conversation=CONVERSATION",
    ),
    (Method::POST, "/rules/backtest", VIEWER, "rules=live"),
    (Method::POST, "/rules/backtest/cancel", VIEWER, "id=1"),
    (Method::POST, "/rules/backtest/apply", LEAD, "id=1"),
    (Method::GET, "/runs", VIEWER, ""),
    (Method::GET, "/runs/{id}", VIEWER, "RUN"),
    (Method::GET, "/activity", VIEWER, "?kind=assign"),
    (Method::GET, "/rules", VIEWER, ""),
    (Method::GET, "/rules/{id}", VIEWER, "versions"),
    (Method::GET, "/rules/versions/{number}", VIEWER, "1"),
    (Method::GET, "/rules/export", VIEWER, ""),
    (Method::GET, "/rules/schema.json", VIEWER, ""),
    (Method::POST, "/rules", LEAD, "do=new&name=Bills"),
    (
        Method::POST,
        "/rules/{id}",
        LEAD,
        "whole=1&name=Refunds&w.0%3Ais=created&stop=1",
    ),
    (Method::GET, "/settings", VIEWER, ""),
    (Method::GET, "/settings/budget", VIEWER, ""),
    (Method::GET, "/settings/operators", ADMIN, ""),
    (Method::GET, "/settings/password", VIEWER, ""),
    (Method::GET, "/settings/reading", VIEWER, ""),
    (
        Method::GET,
        "/settings/webhooks",
        ADMIN,
        "?delivery=DELIVERY",
    ),
    (Method::GET, "/settings/{part}", VIEWER, "people"),
    (
        Method::POST,
        "/people",
        LEAD,
        "user=usr_1&was=never%7C%7C%7C&away=now&from=&until=&cap=",
    ),
    (Method::POST, "/time-zone", ADMIN, "zone=Europe%2FBerlin"),
    (Method::POST, "/reading", ADMIN, "share=30"),
    (
        Method::POST,
        "/rule-notices/dismiss",
        ADMIN,
        "id=1&page=%2F",
    ),
    (Method::POST, "/rule-ceiling", ADMIN, "ceiling=100"),
    (Method::POST, "/webhooks/rotate", ADMIN, ""),
    (Method::POST, "/webhooks/replay", ADMIN, "id=DELIVERY"),
    (Method::POST, "/webhooks/test", ADMIN, ""),
    (Method::POST, DOOR, ANYBODY, "{\"event\":\"ping\"}"),
    (
        Method::POST,
        "/operators/add",
        ADMIN,
        "name=new&role=lead&password=long%20enough",
    ),
    (
        Method::POST,
        "/operators/role",
        ADMIN,
        "name=spare&role=viewer",
    ),
    (Method::POST, "/operators/disable", ADMIN, "name=spare"),
    (Method::POST, "/operators/enable", ADMIN, "name=spare"),
    (Method::POST, "/operators/password", ADMIN, "name=spare"),
    (Method::POST, "/operators/remove", ADMIN, "name=spare"),
    (
        Method::POST,
        "/password",
        VIEWER,
        "current=a&new=long%20enough&again=another%20one",
    ),
    (
        Method::POST,
        "/login",
        ANYBODY,
        "name=viewer&password=wrong",
    ),
    (Method::POST, "/logout", VIEWER, ""),
    (Method::POST, "/theme", ANYBODY, ""),
    (Method::GET, "/healthz", ANYBODY, ""),
    (Method::GET, "/readyz", ANYBODY, ""),
    (
        Method::GET,
        "/runs/{id}/changes.csv",
        VIEWER,
        "RUN/changes.csv",
    ),
    (Method::GET, "/live", VIEWER, "?run=RUN&since=1"),
    (Method::GET, "/v/{version}/{*path}", ANYBODY, "0/none.js"),
];

/// Whoever knows its secret is let in. It is no route: to everybody else it is not there.
const DOOR: &str = "/webhooks/hiver/{secret}";

/// Behind it stand the server functions, each of which has its own row.
const FUNCTIONS: &str = "/api/{*name}";

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_has_a_row_and_every_row_an_endpoint() {
    let house = House::new().await;
    let console = Console::synced(&house).await;

    let functions: BTreeSet<(String, String)> = server_fn_paths()
        .map(|(path, method)| (method.to_string(), path.to_owned()))
        .collect();
    assert!(!functions.is_empty());
    let pages: BTreeSet<(String, String)> = leptos_axum::generate_route_list(App)
        .iter()
        .map(|page| ("GET".to_owned(), page.path().to_owned()))
        .collect();
    assert!(!pages.is_empty());
    let rows: BTreeSet<(String, String)> = ROWS
        .iter()
        .map(|(method, path, ..)| (method.to_string(), (*path).to_owned()))
        .collect();
    assert_eq!(rows.len(), ROWS.len(), "a row is there twice");

    let known: BTreeSet<_> = functions.union(&pages).cloned().collect();
    let without: Vec<_> = known.difference(&rows).collect();
    assert!(without.is_empty(), "endpoints without a row: {without:?}");
    let of_functions: BTreeSet<_> = rows
        .iter()
        .filter(|(_, path)| path.starts_with("/api/"))
        .cloned()
        .collect();
    assert_eq!(of_functions, functions, "a row names no server function");

    // Whatever the router knows has a row, wherever it was added.
    let mut routed = addresses(&router(&console.web));
    routed.remove(FUNCTIONS);
    assert!(routed.insert(DOOR.to_owned()));
    let rows: BTreeSet<String> = rows.into_iter().map(|(_, path)| path).collect();
    assert_eq!(routed, rows);
    console.stop().await;
}

/// The addresses that a router knows; it names them where it is printed for debugging.
fn addresses(router: &axum::Router) -> BTreeSet<String> {
    let printed = format!("{router:?}");
    printed
        .split("RouteId(")
        .filter_map(|part| part.split_once("): \""))
        .filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|(_, path)| path.split_once('"').map(|(path, _)| path.to_owned()))
        .filter(|path| !path.contains("__private__"))
        .collect()
}

struct Ids {
    conversation: String,
    plan: String,
    run: String,
    delivery: String,
    secret: String,
}

impl Ids {
    fn fill(&self, sample: &str) -> String {
        sample
            .replace("CONVERSATION", &self.conversation)
            .replace("PLAN", &self.plan)
            .replace("RUN", &self.run)
            .replace("DELIVERY", &self.delivery)
    }
}

async fn prepared(console: &Console) -> Ids {
    let spare = console.store.add_operator(operator("spare", Role::Lead));
    assert!(spare.await.unwrap().is_some());
    let run = console.plan(3).await;
    assert!(console.engine.confirm(run).await.unwrap());
    console.until_finished(run).await;
    let plan = console.plan(2).await;
    let rules = RuleSet::default();
    let saved = console.engine.save_rules("admin", 0, rules, "").await;
    assert_eq!(saved.unwrap(), 1);
    let conversation = console.conversations(1).remove(0);
    let delivered = format!("{{\"data\":{{\"conversation_id\":\"{conversation}\"}}}}");
    let delivery = console
        .engine
        .take_delivery(delivered.into_bytes())
        .await
        .unwrap()
        .id;
    console
        .eventually("the delivery is settled", async || {
            let (delivery, _) = console.engine.delivery(delivery).await.unwrap().unwrap();
            delivery.applied_at.is_some()
        })
        .await;
    let shown = console.engine.webhook_secret().await.unwrap();
    Ids {
        conversation,
        plan: plan.to_string(),
        run: run.to_string(),
        delivery: delivery.to_string(),
        secret: shown.secret.expose_secret().to_owned(),
    }
}

/// Asks an endpoint as `who`; `None` is nobody.
async fn ask(console: &Console, row: &Row, ids: &Ids, who: Option<Role>) -> Answer {
    let (method, path, _, sample) = row;
    let browser = match who {
        Some(role) => console.signed_in(role.as_str()).await,
        None => console.browser(),
    };
    let sample = ids.fill(sample);
    let request = if *method == Method::GET {
        let place = path.split('{').next().unwrap();
        let accept = if path.starts_with("/api/") {
            "application/json"
        } else {
            "text/html"
        };
        browser
            .request(Method::GET, &format!("{place}{sample}"))
            .header("accept", accept)
    } else {
        let path = path
            .replace("{secret}", &ids.secret)
            .replace("{id}", "refunds");
        let request = browser.request(method.clone(), &path);
        request
            .header("accept", "application/json")
            .header("content-type", FORM)
            .body(sample)
    };
    let response = browser.open(request).await;
    if response
        .headers()
        .get("content-type")
        .is_some_and(|kind| kind == "text/event-stream")
    {
        // It does not end by itself.
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        return Answer {
            status,
            headers,
            body: String::new(),
        };
    }
    Answer::read(response).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_is_refused_and_nothing_happens() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let ids = prepared(&console).await;
    let before = console.fingerprint(&house).await;
    for row in ROWS {
        let (method, path, least, _) = row;
        let Least::Operator(least) = least else {
            continue;
        };
        let answer = ask(&console, row, &ids, None).await;
        let is_page = *method == Method::GET && !path.starts_with("/api/") && *path != "/live";
        if is_page {
            assert_eq!(answer.status, 303, "{path}");
            assert!(
                answer.header("location").starts_with("/login?next="),
                "{path}: {}",
                answer.header("location")
            );
        } else {
            assert_eq!(answer.status, 401, "{path}: {}", answer.body);
            assert_eq!(answer.body, "\"SignedOut\"", "{path}");
        }
        for role in ROLES.into_iter().filter(|role| role < least) {
            let answer = ask(&console, row, &ids, Some(role)).await;
            assert_eq!(answer.status, 403, "{path} as {role}: {}", answer.body);
            let words =
                format!("That needs the role {least}; you are signed in as {role}, a {role}.");
            assert!(
                answer.body.contains(&words),
                "{path} as {role}: {}",
                answer.body
            );
            // What scripts ask for to show that page.
            if is_page {
                let browser = console.signed_in(role.as_str()).await;
                let drawn = browser.get(&format!("/api/page?path={path}")).await;
                assert_eq!(drawn.status, 403, "{path} as {role}: {}", drawn.body);
            }
        }
        assert_eq!(
            console.fingerprint(&house).await,
            before,
            "{method} {path} had an effect"
        );
    }
    // What was only begun would have arrived by now: this goes the same way, later.
    console
        .engine
        .check_key("another-key".to_owned().into())
        .await;
    let after = console.fingerprint(&house).await;
    let requests = house.sim().ledger().last;
    let expected = before.replace(
        &format!("{} requests", requests - 1),
        &format!("{requests} requests"),
    );
    assert_eq!(after, expected);
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_is_answered() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let ids = prepared(&console).await;
    for row in ROWS {
        let (method, path, least, _) = row;
        let who = match least {
            Least::Anybody => vec![
                None,
                Some(Role::Viewer),
                Some(Role::Lead),
                Some(Role::Admin),
            ],
            Least::Operator(least) => ROLES
                .into_iter()
                .filter(|role| role >= least)
                .map(Some)
                .collect(),
        };
        for who in who {
            let answer = ask(&console, row, &ids, who).await;
            let expected: &[u16] = match *path {
                DOOR => &[200],
                // What is no page is answered with the part that is drawn.
                "/rules" | "/rules/{id}" if *method == Method::POST => &[200],
                path if *method == Method::POST && !path.starts_with("/api/") => &[303],
                "/v/{version}/{*path}" => &[404],
                _ => &[200],
            };
            assert!(
                expected.contains(&answer.status),
                "{method} {path} as {who:?}: {} {}",
                answer.status,
                answer.body
            );
            let to_sign_in = answer.header("location").starts_with("/login?next=");
            assert!(!to_sign_in, "{method} {path} as {who:?}");
        }
    }
    console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_changes_nothing_and_reaches_no_changing_function() {
    let house = House::new().await;
    let console = Console::synced(&house).await;
    let ids = prepared(&console).await;
    let admin = console.signed_in("admin").await;
    let before = console.fingerprint(&house).await;
    for (method, path, _, sample) in ROWS {
        let sample = ids.fill(sample);
        let path = if *method == Method::GET {
            format!("{}{sample}", path.split('{').next().unwrap())
        } else {
            format!("{path}?{sample}")
        };
        if path.starts_with("/live") {
            continue;
        }
        let answer = admin.get(&path).await;
        // Some are pages as well.
        let is_page = ["/login", "/rules"]
            .iter()
            .any(|page| path.starts_with(page));
        if *method == Method::POST && !is_page {
            assert!(
                (400..500).contains(&answer.status),
                "{path}: {} {}",
                answer.status,
                answer.body
            );
        }
        assert_eq!(
            console.fingerprint(&house).await,
            before,
            "{path} had an effect"
        );
    }
    assert_eq!(
        admin.get("/").await.status,
        200,
        "nor did it end the session"
    );
    console.stop().await;
}
