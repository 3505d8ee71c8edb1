//! Reliability as it is shown.

use super::Context;
use crate::model::evidence::{ENOUGH_RUNS, Tally};
use crate::research::reliability::{Circumstance, Factor, KnownFailure, Reliability};
use crate::ui::{clip, duration, percent, tally};

/// `94 % (47 of 50)`, or that there is not enough evidence to speak of a rate.
pub(super) fn rate(it: Tally) -> String {
    if (1..ENOUGH_RUNS).contains(&it.runs()) {
        format!("not enough evidence ({} of {} passed)", it.passed, it.runs())
    } else {
        tally(it)
    }
}

/// What executions say of a component; nothing where it never ran.
pub(super) fn show(cx: &Context, it: &Reliability) {
    let mut rows = Vec::new();
    let mut parts = |title: &str, parts: Vec<(String, String)>| {
        for (index, (name, text)) in parts.into_iter().enumerate() {
            let title = if index == 0 { title.to_owned() } else { String::new() };
            rows.push(vec![title, clip(&name, WIDEST_NAME), text]);
        }
    };
    parts("asked for", it.domains.iter().map(|part| (part.name.clone(), rate(part.tally))).collect());
    parts("run by", it.runners.iter().map(|part| (part.name.clone(), rate(part.tally))).collect());
    parts("differs", it.factors.iter().map(factor).collect());
    if !rows.is_empty() {
        cx.ui.gap();
        cx.ui.table(&["reliability", "", "record"], &rows, &[]);
    }
    if let Some(ms) = it.duration_ms {
        cx.ui.line(format!("median time of a pass: {}", duration(ms)));
    }
    if !it.failures.is_empty() {
        cx.ui.gap();
        cx.ui.headline("known issues");
        it.failures.iter().for_each(|failure| issue(cx, failure));
    }
}

/// The widest name of a row, so that it fits 80 characters.
const WIDEST_NAME: usize = 30;

/// `after changelog`, `95 % with, 82 % without (20 and 40 runs)`.
fn factor(it: &Factor) -> (String, String) {
    let what = match &it.what {
        Circumstance::After(id) => format!("after {}", id.name()),
        Circumstance::Model(model) => format!("model {model}"),
        Circumstance::Language(language) => format!("writes {language}"),
    };
    let mean = |tally: Tally| percent(tally.mean().unwrap_or(0.0));
    let runs = format!("{} and {} runs", it.with.runs(), it.without.runs());
    (what, format!("{} with, {} without ({runs})", mean(it.with), mean(it.without)))
}

fn issue(cx: &Context, it: &KnownFailure) {
    let times = if it.seen == 1 { "once".to_owned() } else { format!("{} times", it.seen) };
    cx.ui.line(format!("  {times}: \"{}\"", clip(it.error.lines().next().unwrap_or_default(), 60)));
    for fix in &it.fixes {
        let (helped, tried) = (fix.tally.passed, fix.tally.runs());
        cx.ui.aside(format!("    tried: {}; helped {helped} of {tried} times", clip(&fix.text, 48)));
    }
}
