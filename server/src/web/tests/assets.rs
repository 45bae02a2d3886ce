//! Scripts, styles and pictures; whether there are any depends on what was built before.

use http::Method;

use super::html::tags;
use super::support::{House, With};
use crate::web::assets::{Assets, names};

#[test]
fn the_folder_names_the_content() {
    let (first, second) = (Assets::embedded().root(), Assets::embedded().root());
    assert_eq!(first, second);
    let version = first.strip_prefix("/v/").unwrap();
    assert!(
        version.len() == 16 && version.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{version}"
    );
}

#[test]
fn a_coding_is_taken_unless_it_is_ruled_out() {
    for (accepted, coding, expected) in [
        ("gzip, deflate, br", "br", true),
        ("gzip;q=0.5,br;q=1.0", "gzip", true),
        ("gzip, br;q=0", "br", false),
        ("gzip, br; q=0.0", "br", false),
        ("brotli", "br", false),
        ("BR", "br", true),
        ("", "gzip", false),
    ] {
        assert_eq!(
            accepted.split(',').any(|part| names(part, coding)),
            expected,
            "{accepted:?} {coding}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn assets_are_served_in_the_form_that_is_asked_for() {
    let house = House::new().await;
    let console = house.console(With::default()).await;
    let browser = console.browser();
    let page = browser.get("/login").await;
    let root = Assets::embedded().root();
    let linked: Vec<String> = tags(&page.body)
        .iter()
        .filter(|tag| tag.name == "link" || tag.name == "script")
        .filter_map(|tag| tag.get("href").or(tag.get("src")).map(str::to_owned))
        .collect();
    assert!(!linked.is_empty());
    for path in &linked {
        assert!(path.starts_with(&root), "{path} is not under {root}");
        let name = &path[root.len() + 1..];
        for accepted in ["identity", "gzip", "br, gzip", "br;q=0"] {
            let request = browser
                .request(Method::GET, path)
                .header("accept-encoding", accepted);
            let answer = browser.send(request).await;
            let there = |ending: &str| crate::web::assets::is_there(&format!("{name}{ending}"));
            let expected = match accepted {
                "br, gzip" if there(".br") => Some("br"),
                "gzip" | "br, gzip" if there(".gz") => Some("gzip"),
                _ if there("") => Some(""),
                _ => None,
            };
            match expected {
                Some(coding) => {
                    assert_eq!(
                        (answer.status, answer.header("content-encoding")),
                        (200, coding),
                        "{path}"
                    );
                    assert_eq!(answer.header("vary"), "accept-encoding");
                    let cache = if cfg!(debug_assertions) {
                        "no-store"
                    } else {
                        "public, max-age=31536000, immutable"
                    };
                    assert_eq!(answer.header("cache-control"), cache);
                    let kind = mime_guess::from_path(name).first_or_octet_stream();
                    assert_eq!(answer.header("content-type"), kind.as_ref(), "{path}");
                }
                None => assert_eq!((answer.status, answer.body.as_str()), (404, ""), "{path}"),
            }
        }
    }
    // Another version is answered with what there is, but not for good.
    let other = browser.get("/v/0000000000000000/favicon.svg").await;
    assert_eq!(other.header("cache-control"), "no-store");
    for outside in [
        "/v/0/../../Cargo.toml",
        "/v/0/..%2f..%2fCargo.toml",
        "/v/0/%2fetc%2fpasswd",
        "/v/0/pkg%2f..%2f..%2fdebug",
    ] {
        let answer = browser.get(outside).await;
        assert_ne!(answer.status, 200, "{outside}");
        assert!(
            !answer.body.contains("root:") && !answer.body.contains("[package]"),
            "{outside}"
        );
    }
    console.stop().await;
}
