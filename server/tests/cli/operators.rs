//! `operator add`, `list`, `remove`, `passwd`.

use serde_json::Value;

use crate::support::Place;

#[test]
fn operators_come_and_go() {
    let place = Place::new();
    let added = place.run(
        &["operator", "add", "Ana", "--role", "lead"],
        "a long password\n",
    );
    assert_eq!(
        (added.code, added.out.as_str()),
        (0, "Added Ana, lead.\n"),
        "{added:?}"
    );

    let added = place.run(
        &["operator", "add", " Ben ", "--role", "viewer", "--json"],
        "",
    );
    let json: Value = serde_json::from_str(&added.out).unwrap();
    assert_eq!(
        (&json["name"], &json["role"]),
        (&"Ben".into(), &"viewer".into())
    );
    assert_eq!(
        json["password"].as_str().unwrap().len(),
        24,
        "one was made: {json}"
    );
    let added = place.run(
        &["operator", "add", "Cem", "--role", "admin", "--json"],
        "another password",
    );
    assert_eq!(
        serde_json::from_str::<Value>(&added.out).unwrap()["password"],
        Value::Null,
        "it was given"
    );

    let again = place.run(
        &["operator", "add", "ANA", "--role", "admin"],
        "a long password",
    );
    assert_eq!(again.code, 1);
    assert!(
        again.err.contains("there is an operator `ANA` already"),
        "{again:?}"
    );
    assert_eq!(again.out, "");

    let listed = place.run(&["operator", "list"], "");
    assert_eq!(listed.out, "Ana\tlead\nBen\tviewer\nCem\tadmin\n");
    let listed = place.run(&["operator", "list", "--json"], "");
    let listed: Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(
        listed[0],
        serde_json::json!({ "name": "Ana", "role": "lead" })
    );

    let changed = place.run(&["operator", "passwd", "ana"], "");
    assert_eq!(changed.code, 0, "{changed:?}");
    assert!(
        changed.out.contains("ana has a new password.\nPassword: "),
        "{changed:?}"
    );
    let removed = place.run(&["operator", "remove", "Ben"], "");
    assert_eq!((removed.code, removed.out.as_str()), (0, "Removed Ben.\n"));
    for command in ["remove", "passwd"] {
        let nobody = place.run(&["operator", command, "Ben"], "a long password");
        assert_eq!(nobody.code, 1);
        assert!(
            nobody.err.contains("there is no operator `Ben`\n  hint: "),
            "{nobody:?}"
        );
    }
    assert_eq!(
        place.run(&["operator", "list"], "").out,
        "Ana\tlead\nCem\tadmin\n"
    );
}

#[test]
fn what_makes_no_operator_is_said() {
    let place = Place::new();
    let long_name = "x".repeat(101);
    for (arguments, input, words) in [
        (
            ["Ana", "--role", "boss"],
            "a long password",
            "`boss` is not a role: choose viewer, lead or admin",
        ),
        (
            ["Ana", "--role", "lead"],
            "short",
            "a password has at least 10 characters",
        ),
        (
            ["  ", "--role", "lead"],
            "a long password",
            "a name has 1 to 100 characters",
        ),
        (
            [&long_name, "--role", "lead"],
            "a long password",
            "a name has 1 to 100 characters",
        ),
    ] {
        let refused = place.run(
            &[["operator", "add"].as_slice(), &arguments].concat(),
            input,
        );
        assert_ne!(refused.code, 0);
        assert!(refused.err.contains(words), "{refused:?}");
    }
    assert_eq!(place.run(&["operator", "list"], "").out, "");
}
