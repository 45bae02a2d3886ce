//! Documents that are JSON, and none that can be read: each says where and why, and what to write instead.

use routing::document;

use crate::{documents::said, support::directory};

#[test]
fn what_is_json_of_another_shape_is_not_called_no_json() {
    let with = |rule: &str| {
        let document = format!(r#"{{"version":1,"rules":[{rule}]}}"#);
        said(&document::read(&document, &directory()).unwrap_err())
    };
    let nested = |depth: usize| {
        let (open, close) = (r#"{"all":["#.repeat(depth), "]}".repeat(depth));
        format!(r#"{{"id":"a","conditions":{open}{close}}}"#)
    };
    let cases = [
        (
            with(
                r#"{"conditions":{"all":[{"text":{"test":"contains","texts":["a"]},"status":["open"]}]}}"#,
            ),
            r#"`rules[0].conditions.all[0]`: `text` and `status` are several conditions in one; put one condition each into `all`: {"all": [{"text": …}, {"status": …}]}"#,
        ),
        (
            with(r#"{"conditions":{"tags":{"any":["a"],"none":["b"]}}}"#),
            r#"`rules[0].conditions.tags`: `any` and `none` are several tests in one; put one condition each into `all`: {"all": [{"tags": {"any": …}}, {"tags": {"none": …}}]}"#,
        ),
        (
            with(r#"{"conditions":{"all":[{"all":[],"all":[]}]}}"#),
            "`rules[0].conditions.all[0]`: the key `all` is there twice; keep one of them",
        ),
        (
            with(r#"{"conditions":null}"#),
            r#"`rules[0].conditions`: conditions cannot be null; leave them out or write {"all": []}"#,
        ),
        (
            with(r#"{"conditions":{"any":[null]}}"#),
            "`rules[0].conditions.any[0]`: a condition cannot be null; take it out",
        ),
        (
            with(r#"{"conditions":[{"status":["open"]}]}"#),
            r#"`rules[0].conditions`: a list is no condition; put it into a group: {"all": […]}"#,
        ),
        (
            with(r#"{"conditions":{}}"#),
            r#"`rules[0].conditions`: the object is empty; write one condition, such as {"status": ["open"]}"#,
        ),
        (
            with(&nested(200)),
            "`rules[0].conditions`: groups are nested deeper than 16; split the rule in two",
        ),
        (
            with(&format!(
                r#"{{"id":{}1{}}}"#,
                "[".repeat(200),
                "]".repeat(200)
            )),
            "`rules[0].id`: a list stands where a text in quotation marks belongs",
        ),
        (
            with(r#"{"id":"a","id":"b"}"#),
            "`rules[0].id`: the key `id` is there twice; keep one of them",
        ),
        (
            said(
                &document::read(r#"{"version":1,"rules":[],"rules":[]}"#, &directory())
                    .unwrap_err(),
            ),
            "`rules`: the key `rules` is there twice; keep one of them",
        ),
        (
            said(
                &document::read(r#"{"version":1,"version":1,"rules":[]}"#, &directory())
                    .unwrap_err(),
            ),
            "`version`: the key `version` is there twice; keep one of them",
        ),
        (
            with(r#"{"conditions":{"age":{"at_least_minutes":99999999999}}}"#),
            "`rules[0].conditions.age.at_least_minutes`: 99999999999 is too large; the largest number here is 4294967295",
        ),
        (
            with(r#"{"conditions":{"age":{"at_least_minutes":1e400}}}"#),
            "`rules[0].conditions.age.at_least_minutes`: the number is too large; the largest here is 4294967295",
        ),
        (
            with(r#"{"conditions":{"age":{"under_minutes":-1}}}"#),
            "`rules[0].conditions.age.under_minutes`: -1 is too small; the smallest number here is 0",
        ),
        (
            with(r#"{"conditions":{"age":{"under_minutes":1.5}}}"#),
            "`rules[0].conditions.age.under_minutes`: the number 1.5 stands where a whole number from 0 to 4294967295 belongs",
        ),
        (
            with(
                r#"{"actions":{"assign":{"share":{"by":"round_robin","among":[{"user":"a","cap":10000000000000000000000}]}}}}"#,
            ),
            "`rules[0].actions.assign.share.among[0].cap`: 1e+22 is too large; the largest number here is 4294967295",
        ),
        (
            with(r#"{"repeat":{"after_hours":99999999999}}"#),
            "`rules[0].repeat.after_hours`: 99999999999 is too large; the largest number here is 87600",
        ),
        (
            with(r#"{"conditions":{"age":5}}"#),
            "`rules[0].conditions.age`: the number 5 stands where an object in braces belongs",
        ),
        (
            with(r#"{"when":"created"}"#),
            "`rules[0].when`: the text \"created\" stands where a list in square brackets belongs",
        ),
        (
            with(r#"{"when":[5]}"#),
            r#"`rules[0].when[0]`: a number stands there; write an occasion, such as "created" or {"schedule": {"at": "08:00"}}"#,
        ),
        (
            with(r#"{"stop":"yes"}"#),
            "`rules[0].stop`: the text \"yes\" stands where `true` or `false` belongs",
        ),
        (
            with(r#"{"conditions":{"tags":{"untagged":true}}}"#),
            r#"`rules[0].conditions.tags.untagged`: `untagged` stands alone; write "untagged""#,
        ),
        (
            with(r#"{"conditions":{"tags":"any"}}"#),
            r#"`rules[0].conditions.tags.any`: `any` alone is not enough; write {"any": …}"#,
        ),
        (
            with(r#"{"actions":{"assign":{"user":"a","share":{}}}}"#),
            r#"`rules[0].actions.assign`: `user` and `share` cannot stand together; write one of them, as in {"user": …} or {"share": …}"#,
        ),
        (
            with(r#"{"mode":null}"#),
            r#"`rules[0].mode`: null stands there; write "on""#,
        ),
        (
            said(
                &document::read("{\"version\":1,\n\"rules\":[\n{\"id\":7}]}", &directory())
                    .unwrap_err(),
            ),
            "`rules[0].id`: the number 7 stands where a text in quotation marks belongs (line 3)",
        ),
        (
            said(&document::read(r#"["invoice"]"#, &directory()).unwrap_err()),
            "`[0]`: the text \"invoice\" stands where an object in braces belongs",
        ),
        (
            said(&document::read(r#"[["invoice"]]"#, &directory()).unwrap_err()),
            "`[0]`: a list stands where an object in braces belongs",
        ),
        (
            said(&document::read(r#"{"version":1}"#, &directory()).unwrap_err()),
            "The document cannot be read: missing field `rules`; add it",
        ),
    ];
    for (message, expected) in cases {
        assert_eq!(message, expected);
    }
    // What comes after a place that cannot be read is no JSON.
    let broken = with(r#"{"conditions":null,"#);
    assert!(broken.starts_with("The document is not JSON: "), "{broken}");
    let half = with(r#"{"name":"\ud800"}"#);
    assert!(half.starts_with("The document is not JSON: "), "{half}");
}
