//! Tolerant reading of JSON: what any dialect needs. Errors are sentences for people.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::{Cursor, Page, SkippedRow};

/// From here on, a number means milliseconds since 1970 rather than seconds (the year 5138).
const MILLISECONDS_FROM: f64 = 100_000_000_000.0;

/// A field that was sent; null counts as not sent.
pub(super) fn field<'a>(row: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    row.get(name).filter(|value| !value.is_null())
}

pub(super) fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Map<String, Value>, String> {
    value
        .as_object()
        .ok_or_else(|| format!("{what} is {}, expected an object", kind(value)))
}

/// An id: text that is not empty, or a whole number, whose text is kept.
pub(super) fn id_text(value: &Value, name: &str) -> Result<String, String> {
    match value {
        Value::String(text) if !text.is_empty() => Ok(text.clone()),
        Value::Number(number) if !number.is_f64() => Ok(number.to_string()),
        Value::String(_) => Err(format!("`{name}` is empty")),
        Value::Number(_) => Err(format!("`{name}` is a fraction, expected an id")),
        other => Err(format!("`{name}` is {}, expected an id", kind(other))),
    }
}

pub(super) fn required_id(row: &Map<String, Value>, name: &str) -> Result<String, String> {
    match field(row, name) {
        Some(value) => id_text(value, name),
        None => Err(format!("`{name}` is missing")),
    }
}

pub(super) fn optional_id(row: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    field(row, name)
        .map(|value| id_text(value, name))
        .transpose()
}

pub(super) fn optional_text(
    row: &Map<String, Value>,
    name: &str,
) -> Result<Option<String>, String> {
    match field(row, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(format!("`{name}` is {}, expected text", kind(other))),
    }
}

/// The first of several names under which a time may be sent, in milliseconds since 1970. No contract
/// promises times, so one that cannot be read is unknown rather than a reason to lose the row.
pub(super) fn time(row: &Map<String, Value>, names: &[&str]) -> Option<i64> {
    names
        .iter()
        .find_map(|name| field(row, name))
        .and_then(milliseconds)
}

fn milliseconds(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => epoch(number.as_f64()?),
        Value::String(text) => {
            let text = text.trim();
            match text.parse::<f64>() {
                Ok(number) => epoch(number),
                Err(_) => calendar(text),
            }
        }
        _ => None,
    }
}

fn epoch(number: f64) -> Option<i64> {
    let milliseconds = if number.abs() >= MILLISECONDS_FROM {
        number
    } else {
        number * 1000.0
    };
    // Out of the calendar is not a time.
    Timestamp::from_millisecond(milliseconds.is_finite().then_some(milliseconds as i64)?)
        .ok()
        .map(Timestamp::as_millisecond)
}

/// ISO 8601; without a zone it is taken as UTC.
fn calendar(text: &str) -> Option<i64> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.as_millisecond());
    }
    let local = text
        .parse::<DateTime>()
        .or_else(|_| text.parse::<Date>().map(DateTime::from))
        .ok()?;
    let instant = local.to_zoned(TimeZone::UTC).ok()?;
    Some(instant.timestamp().as_millisecond())
}

/// A page of rows. A row that cannot be read is reported and skipped; the rest is used.
pub(super) fn rows<T>(
    rows: &[Value],
    next: Option<Cursor>,
    read: impl Fn(&Value) -> Result<T, String>,
) -> Page<T> {
    let mut page = Page {
        items: Vec::with_capacity(rows.len()),
        skipped: Vec::new(),
        next,
    };
    for (index, row) in rows.iter().enumerate() {
        match read(row) {
            Ok(item) => page.items.push(item),
            Err(reason) => page.skipped.push(SkippedRow { index, reason }),
        }
    }
    page
}

/// What a value is, for people.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_in_every_form_that_is_accepted() {
        let second = 1_767_323_045_000;
        for (sent, expected) in [
            (json!("2026-01-02T03:04:05Z"), Some(second)),
            (json!("2026-01-02T05:04:05+02:00"), Some(second)),
            (json!("2026-01-02T03:04:05"), Some(second)),
            (json!("2026-01-02 03:04:05"), Some(second)),
            (json!("2026-01-02T03:04:05.250Z"), Some(second + 250)),
            (json!("2026-01-02"), Some(1_767_312_000_000)),
            (json!(1_767_323_045), Some(second)),
            (json!(1_767_323_045.25), Some(second + 250)),
            (json!(1_767_323_045_000_i64), Some(second)),
            (json!("1767323045"), Some(second)),
            (json!("yesterday"), None),
            (json!(1e300), None),
            (json!("NaN"), None),
            (json!(true), None),
            (json!({}), None),
        ] {
            let row = json!({ "created_at": sent });
            let row = row.as_object().unwrap();
            assert_eq!(time(row, &["created_at"]), expected, "{row:?}");
        }
    }

    #[test]
    fn ids_are_text_or_whole_numbers() {
        assert_eq!(id_text(&json!("mb_1"), "id"), Ok("mb_1".to_owned()));
        assert_eq!(id_text(&json!(42), "id"), Ok("42".to_owned()));
        assert_eq!(
            id_text(&json!(18_446_744_073_709_551_615_u64), "id"),
            Ok("18446744073709551615".to_owned())
        );
        for bad in [json!(""), json!(1.5), json!(true), json!([]), json!({})] {
            assert!(id_text(&bad, "id").is_err(), "{bad}");
        }
    }
}
