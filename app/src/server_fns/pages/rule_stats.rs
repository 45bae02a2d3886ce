//! What became of rules lately, and what the console did to them by itself: pieces for the pages of rules.

use engine::{RuleStats, RuleTally};
use leptos::prelude::*;
use triage::text;

use crate::components::marks::Ago;
use crate::server_fns::words::Words;

/// How many days are shown, today included.
pub(in crate::server_fns) const DAYS: u32 = 14;

/// The size of a chart: a column for each day.
const STEP: u32 = 20;
const HEIGHT: u32 = 40;
const BELOW: u32 = 14;

/// A rule in a line of a list: how often it acted, when last, and a chart; nothing where nothing is known of these days.
pub(in crate::server_fns) fn line(words: &Words, stats: Option<&RuleStats>) -> AnyView {
    let Some(stats) = stats.filter(|stats| stats.total != RuleTally::default()) else {
        return ().into_any();
    };
    let total = &stats.total;
    let (did, last) = match (total.acted, total.shadow) {
        (0, 0) => (
            format!("fitted {}, acted 0", text::count(total.matched)),
            None,
        ),
        (0, shadow) => (
            format!("would have acted {}", text::count(shadow)),
            stats.last_shadow,
        ),
        (acted, _) => (format!("acted {}", text::count(acted)), stats.last_acted),
    };
    let last = last.map(|at| view! { " · " <Ago moment=words.moment(at) ago=true/> });
    view! {
        <span class="rule-stats hint">
            {chart(words, stats, false)}
            <span class="number">{did} {last}</span>
        </span>
    }
    .into_any()
}

/// A rule's own section: a chart of the days, and in numbers how often it fitted, acted, or was kept from it, and why.
pub(in crate::server_fns) fn section(words: &Words, stats: Option<&RuleStats>) -> AnyView {
    let body = match stats.filter(|stats| stats.total != RuleTally::default()) {
        None => view! {
            <p class="hint">
                {format!(
                    "In the last {DAYS} days it fitted no conversation. Once it does, this shows day by day how often it acted, \
                     and what kept it from acting.",
                )}
            </p>
        }
        .into_any(),
        Some(stats) => told(words, stats).into_any(),
    };
    view! {
        <section aria-labelledby="lately">
            <h2 id="lately">{format!("Last {DAYS} days")}</h2>
            {body}
        </section>
    }
    .into_any()
}

fn told(words: &Words, stats: &RuleStats) -> impl IntoView + use<> {
    let total = &stats.total;
    let reasons = [
        ("would have acted, as a shadow", total.shadow),
        ("all was so already", total.already),
        ("it had acted before", total.acted_before),
        ("off at that hour", total.outside_hours),
        ("an earlier rule stopped", total.stopped),
        ("nobody was free", total.nobody_free),
        ("it was at its ceiling", total.ceiling),
    ];
    let reasons: Vec<_> = reasons
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(why, count)| {
            view! { <div><dt>{why}</dt><dd class="number">{text::count(count)}</dd></div> }
        })
        .collect();
    let skipped = (!reasons.is_empty()).then(|| {
        view! {
            <p class="what">"What kept it from acting"</p>
            <dl class="skipped">{reasons}</dl>
        }
    });
    let last = |label: &'static str, at: Option<i64>| {
        let when = match at {
            Some(at) => view! { <Ago moment=words.moment(at) ago=true/> }.into_any(),
            None => view! { <span class="unknown">"not in these days"</span> }.into_any(),
        };
        view! { <div><dt>{label}</dt><dd>{when}</dd></div> }
    };
    let late = (total.late > 0).then(|| {
        let late = format!(
            "Its schedule was late {}: the console was off at the time.",
            match total.late {
                1 => "once".to_owned(),
                times => format!("{} times", text::count(times)),
            }
        );
        view! { <p class="hint">{late}</p> }
    });
    view! {
        <div class="lately">
            <dl class="lately-facts">
                <div><dt>"Fitted"</dt><dd class="number">{text::count(total.matched)}</dd></div>
                <div><dt>"Acted"</dt><dd class="number">{text::count(total.acted)}</dd></div>
                {last("Last fitted", stats.last_matched)}
                {last("Last acted", stats.last_acted)}
                {stats.last_shadow.map(|at| last("Last as a shadow", Some(at)))}
            </dl>
            <div class="lately-chart">{chart(words, stats, true)}</div>
        </div>
        {skipped}
        {late}
    }
}

/// A column for each day: how often it fitted, and in it how often it acted. `labelled`: with the days below.
fn chart(words: &Words, stats: &RuleStats, labelled: bool) -> impl IntoView + use<> {
    let today = words.today();
    let days: Vec<(String, RuleTally)> = (0..DAYS)
        .rev()
        .filter_map(|back| {
            let day = today
                .checked_sub(jiff::Span::new().days(i64::from(back)))
                .ok()?;
            let key = day.to_string();
            let found = stats.days.iter().find(|(of, _)| *of == key);
            Some((
                words.date(day),
                found.map_or_else(RuleTally::default, |(_, tally)| *tally),
            ))
        })
        .collect();
    let did = |tally: &RuleTally| tally.acted + tally.shadow;
    let most = days
        .iter()
        .map(|(_, tally)| tally.matched.max(did(tally)))
        .max()
        .unwrap_or(0)
        .max(1);
    let tall = |number: u64| {
        let height = number as f64 * f64::from(HEIGHT) / most as f64;
        // A single one among thousands is still to be seen.
        if number > 0 { height.max(1.5) } else { 0.0 }
    };
    let columns: Vec<_> = days
        .iter()
        .zip(0_u32..)
        .filter(|((_, tally), _)| *tally != RuleTally::default())
        .map(|((day, tally), position)| {
            let x = position * STEP + 3;
            let bar = |class: &'static str, number: u64| {
                let height = tall(number);
                let y = format!("{:.1}", f64::from(HEIGHT) - height);
                view! { <rect class=class x=x y=y width=STEP - 6 height=format!("{height:.1}")></rect> }
            };
            let title = format!(
                "{day}: fitted {}, acted {}",
                text::count(tally.matched),
                text::count(did(tally))
            );
            view! {
                <g>
                    <title>{title}</title>
                    {bar("left", tally.matched)}
                    {bar("came", did(tally))}
                </g>
            }
        })
        .collect();
    let width = STEP * DAYS;
    let height = if labelled { HEIGHT + BELOW } else { HEIGHT + 1 };
    let ends = labelled.then(|| {
        let first = days.first().map(|(day, _)| day.clone());
        view! {
            <text x="0" y=HEIGHT + 11 text-anchor="start">{first}</text>
            <text x=width y=HEIGHT + 11 text-anchor="end">"today"</text>
        }
    });
    let label = format!(
        "In {DAYS} days it fitted {} and acted {}",
        text::count(stats.total.matched),
        text::count(did(&stats.total))
    );
    view! {
        <svg class="flow rule-chart" viewBox=format!("0 0 {width} {height}") role="img" aria-label=label>
            {columns}
            <line x1="0" x2=width y1=HEIGHT y2=HEIGHT></line>
            {ends}
        </svg>
    }
}
