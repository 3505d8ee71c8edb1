//! How good a candidate looks: some forty numbers, and their weighted sum.

use super::candidates::Outlook;
use super::chance::logit;
use super::outline::{Outline, Part, f1};
use super::past::LENGTHS;

/// The numbers by name, as in the file of weights.
pub(crate) const NAMES: [&str; 41] = [
    "logit_sum",
    "chance_sum",
    "left_out",
    "logit_min",
    "left_out_max",
    "link_sum",
    "link_min",
    "link_estimates",
    "order_sum",
    "order_min",
    "link_shares",
    "link_counts",
    "outline_logit",
    "outline_count",
    "outline_seen",
    "outline_share",
    "outline_near",
    "nearby_sum",
    "nearby_min",
    "length",
    "first",
    "last",
    "repeated",
    "spoken_sum",
    "spoken_min",
    "spoken_left_out",
    "clause_sum",
    "clause_min",
    "clause_left_out",
    "whole_sum",
    "whole_min",
    "single",
    "linked",
    "mentioned",
    "cold",
    "cold_shared",
    "cold_longer",
    "parts",
    "parts_squared",
    "parts_words",
    "parts_clauses",
];
/// All numbers, and the same times how much the past knows of the request.
pub(crate) const COUNT: usize = 2 * NAMES.len();

/// The numbers of one candidate.
pub(crate) fn row(outlook: &Outlook<'_>, outline: &Outline) -> [f64; COUNT] {
    let (past, evidence) = (outlook.past, outlook.evidence);
    let set = outline.set();
    let signs: Vec<_> = set.iter().map(|&part| evidence.signs(part)).collect();
    let logits: Vec<f64> = set.iter().map(|&part| outlook.logit(part)).collect();
    let rest: Vec<Part> = outlook.likely.iter().copied().filter(|part| !set.contains(part)).collect();
    let linked = outline.is_linked();
    let links: Vec<(Part, Part)> = outline.links().collect();
    let link_logits: Vec<f64> = links.iter().map(|&link| outlook.link(link)).collect();
    let orders: Vec<f64> = if linked {
        outline.pairs().map(|(one, other)| evidence.order(one, other)).collect()
    } else {
        Vec::new()
    };
    let scale = past.scale();
    let link_count = |&(from, to): &(Part, Part)| {
        let seen = past.links.get(&(from, to)).copied().unwrap_or(0.0) / scale;
        libm::log((seen + 0.2) / (past.part(from).leads / scale + 8.0))
    };
    let number = past.number_of(outline);
    let count = number.map_or(0.0, |number| past.outlines[number as usize].1 / scale);
    let known = number.and_then(|number| evidence.outlines.get(&number)).filter(|_| count > 0.0);
    let share = number.and_then(|number| evidence.shares.get(&number)).copied().unwrap_or(0.0);
    let near = number.and_then(|number| evidence.nearest.get(&number)).copied().unwrap_or(0.0);
    let sum_of = |of: &dyn Fn(usize) -> f64| (0..set.len()).map(of).sum::<f64>();
    let min_of = |of: &dyn Fn(usize) -> f64| (0..set.len()).map(of).fold(f64::INFINITY, f64::min);
    let left =
        |of: &dyn Fn(Part) -> f64, none: f64| rest.iter().map(|it| of(*it)).reduce(f64::max).unwrap_or(none);
    let mentioned = |&(from, to): &(Part, Part)| {
        let later = evidence.signs(to).mention - evidence.signs(from).mention;
        if later == 0.0 { 0.0 } else { later.signum() }
    };
    let odds = evidence.linked.map_or(0.0, |linked| logit(linked.clamp(0.02, 0.98)));
    let (cold, cold_shared, cold_longer) = outlook.cold.as_ref().map_or((0.0, 0.0, 0.0), |cold| {
        let shared = cold.set().iter().filter(|part| set.contains(part)).count();
        let longer = outline.len() as f64 - cold.len() as f64;
        (f64::from(u8::from(cold == outline)), f1(shared, outline.len(), cold.len()), longer.abs())
    });
    let parts = outline.len() as f64;
    let ends = |estimate: f64| if linked { logit(estimate) } else { 0.0 };
    let own: [f64; NAMES.len()] = [
        logits.iter().sum(),
        set.iter().map(|&part| outlook.probability(part)).sum(),
        rest.iter().map(|&part| libm::log(1.0 - outlook.probability(part).clamp(0.003, 0.997))).sum(),
        logits.iter().copied().fold(f64::INFINITY, f64::min),
        left(&|part| outlook.logit(part), -6.0),
        link_logits.iter().sum(),
        link_logits.iter().copied().reduce(f64::min).unwrap_or(0.0),
        links.iter().filter_map(|link| evidence.links.get(link)).sum(),
        orders.iter().sum(),
        orders.iter().copied().reduce(f64::min).unwrap_or(0.0),
        links.iter().filter_map(|link| evidence.link_shares.get(link)).sum(),
        links.iter().map(link_count).sum(),
        known.map_or(-6.0, |estimate| logit(*estimate)),
        libm::log(count + 0.3),
        f64::from(u8::from(count > 0.0)),
        share,
        if count > 0.0 { near } else { 0.0 },
        sum_of(&|at| signs[at].nearby),
        min_of(&|at| signs[at].nearby),
        logit(evidence.lengths[outline.len().min(LENGTHS - 1)]),
        ends(evidence.signs(outline.first()).first),
        ends(evidence.signs(outline.last()).last),
        f64::from(u8::from(set.len() < outline.len())),
        sum_of(&|at| signs[at].spoken),
        min_of(&|at| signs[at].spoken),
        left(&|part| evidence.signs(part).spoken, 0.0),
        sum_of(&|at| signs[at].clause),
        min_of(&|at| signs[at].clause),
        left(&|part| evidence.signs(part).clause, 0.0),
        sum_of(&|at| signs[at].whole),
        min_of(&|at| signs[at].whole),
        f64::from(u8::from(outline.len() == 1)),
        if outline.len() == 1 {
            0.0
        } else if linked {
            odds
        } else {
            -odds
        },
        links.iter().map(mentioned).sum(),
        cold,
        cold_shared,
        cold_longer,
        parts,
        parts * parts / 10.0,
        parts * libm::log(outlook.words as f64 + 1.0),
        parts * outlook.clauses as f64 / 4.0,
    ];
    let known = evidence.known.clamp(0.0, 1.0);
    std::array::from_fn(|at| if at < own.len() { own[at] } else { known * own[at - own.len()] })
}
