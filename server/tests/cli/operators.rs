//! `operator add`, `list`, `remove`, `passwd`, `disable`, `enable`, `role`.

use serde_json::{Value, json};

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
        json!({ "name": "Ana", "role": "lead", "disabled": false, "signed_in_at": null })
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

#[test]
fn operators_are_disabled_enabled_and_given_roles() {
    let place = Place::new();
    for (name, role) in [("Ana", "admin"), ("Ben", "lead")] {
        let added = place.run(
            &["operator", "add", name, "--role", role],
            "a long password",
        );
        assert_eq!(added.code, 0, "{added:?}");
    }
    let disabled = place.run(&["operator", "disable", "Ben"], "");
    assert_eq!(
        (disabled.code, disabled.out.as_str()),
        (0, "Ben is disabled.\n")
    );
    assert_eq!(
        place.run(&["operator", "list"], "").out,
        "Ana\tadmin\nBen\tlead\tdisabled\n"
    );
    let enabled = place.run(&["operator", "enable", "Ben"], "");
    assert_eq!(
        (enabled.code, enabled.out.as_str()),
        (0, "Ben is enabled.\n")
    );
    let changed = place.run(&["operator", "role", "Ben", "--role", "viewer"], "");
    assert_eq!(
        (changed.code, changed.out.as_str()),
        (0, "Ben has the role viewer now.\n")
    );
    assert_eq!(
        place.run(&["operator", "list"], "").out,
        "Ana\tadmin\nBen\tviewer\n"
    );
    for arguments in [
        ["disable", "Eve"].as_slice(),
        &["enable", "Eve"],
        &["role", "Eve", "--role", "lead"],
    ] {
        let nobody = place.run(&[["operator"].as_slice(), arguments].concat(), "");
        assert_eq!((nobody.code, nobody.out.as_str()), (1, ""));
        assert!(
            nobody.err.contains("there is no operator `Eve`\n  hint: "),
            "{nobody:?}"
        );
    }
    let boss = place.run(&["operator", "role", "Ben", "--role", "boss"], "");
    assert_ne!(boss.code, 0);
    assert!(boss.err.contains("`boss` is not a role"), "{boss:?}");
}

#[test]
fn every_operator_command_prints_json() {
    let place = Place::new();
    let run = |arguments: &[&str], input: &str| {
        let all = [["operator"].as_slice(), arguments, &["--json"]].concat();
        let done = place.run(&all, input);
        assert_eq!(done.code, 0, "{done:?}");
        assert_eq!(done.out.lines().count(), 1, "{done:?}");
        serde_json::from_str::<Value>(&done.out).unwrap()
    };
    let as_they_are = |role: &str, disabled: bool| json!({ "name": "Ana", "role": role, "disabled": disabled, "signed_in_at": null });
    run(&["add", "Cem", "--role", "admin"], "a long password");
    let added = run(&["add", "Ana", "--role", "lead"], "a long password");
    let mut expected = as_they_are("lead", false);
    expected["password"] = Value::Null;
    assert_eq!(added, expected);
    assert_eq!(run(&["disable", "ANA"], ""), as_they_are("lead", true));
    assert_eq!(
        run(&["role", "Ana", "--role", "admin"], ""),
        as_they_are("admin", true)
    );
    assert_eq!(run(&["enable", "Ana"], ""), as_they_are("admin", false));
    assert_eq!(run(&["list"], "")[0], as_they_are("admin", false));
    let changed = run(&["passwd", "Ana"], "");
    assert_eq!(changed["password"].as_str().unwrap().len(), 24);
    assert_eq!(changed["name"], "Ana");
    let given = run(&["passwd", "Ana"], "another password");
    assert_eq!(given["password"], Value::Null, "it was given");
    assert_eq!(
        run(&["remove", "Ana"], ""),
        json!({ "name": "Ana", "removed": true })
    );
}

#[test]
fn the_last_active_admin_stays() {
    let place = Place::new();
    for (name, role) in [("Ana", "admin"), ("Ben", "admin")] {
        place.run(
            &["operator", "add", name, "--role", role],
            "a long password",
        );
    }
    assert_eq!(place.run(&["operator", "disable", "Ben"], "").code, 0);
    for arguments in [
        ["disable", "Ana"].as_slice(),
        &["remove", "Ana"],
        &["role", "Ana", "--role", "lead"],
    ] {
        let refused = place.run(&[["operator"].as_slice(), arguments].concat(), "");
        assert_eq!((refused.code, refused.out.as_str()), (1, ""));
        assert!(
            refused
                .err
                .contains("`Ana` is the last active admin, so nothing was changed\n  hint: "),
            "{refused:?}"
        );
    }
    assert_eq!(
        place.run(&["operator", "list"], "").out,
        "Ana\tadmin\nBen\tadmin\tdisabled\n"
    );
    assert_eq!(place.run(&["operator", "enable", "Ben"], "").code, 0);
    assert_eq!(place.run(&["operator", "remove", "Ana"], "").code, 0);
}
