//! Answers that come, but are not what they should be.

use serde_json::Value;

use crate::{FaultKind, ids, wire::Answer, world::World};

/// Spoils the body of an answer to a request for `path` (without `/api/v1`) as `fault` says. False when there was
/// nothing to spoil, as in a list without rows.
pub(crate) fn spoil(answer: &mut Answer, fault: FaultKind, path: &str, world: &World) -> bool {
    let spoiled = match fault {
        FaultKind::Truncated => Some(first_half(&answer.body)),
        FaultKind::BrokenRow => break_a_row(&answer.body),
        FaultKind::OtherId if answer.status == 200 => name_another(&answer.body, path, world),
        _ => None,
    };
    let done = spoiled.is_some();
    if let Some(body) = spoiled {
        answer.body = body;
    }
    done
}

fn first_half(body: &str) -> String {
    let half = body.floor_char_boundary(body.len() / 2);
    body[..half].to_owned()
}

/// Puts a number in place of the middle row of a list.
fn break_a_row(body: &str) -> Option<String> {
    let mut json: Value = serde_json::from_str(body).ok()?;
    let rows = match &mut json {
        Value::Array(rows) => rows,
        Value::Object(fields) => fields.values_mut().find_map(Value::as_array_mut)?,
        _ => return None,
    };
    let middle = rows.len() / 2;
    *rows.get_mut(middle)? = 42.into();
    Some(json.to_string())
}

/// Puts the id of another conversation where the answer first names the one it is about: that is its own `id`,
/// or a note's `conversation_id`.
fn name_another(body: &str, path: &str, world: &World) -> Option<String> {
    let right = path.strip_prefix("/conversations/")?.split('/').next()?;
    let position = world.position(right)?;
    let next = world.next_position() as usize;
    let made_up = || ids::id("cnv", world.seed, next);
    let other = world
        .neighbour(position)
        .map_or_else(made_up, str::to_owned);
    let (right, other) = (format!("\"{right}\""), format!("\"{other}\""));
    body.contains(&right)
        .then(|| body.replacen(&right, &other, 1))
}
