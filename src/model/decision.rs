//! Decisions: whether an execution still counts in a cell that once counted it.
//!
//! Cells only grow, so what was corrected or forgotten is taken away when they are read. Lines of
//! notes only grow too: who knows more lines about an execution decides, so a correction can be
//! corrected back; forgetting is final. The join takes the greater decision, claim by claim. They are
//! the file `forgotten` of the learning tree.

use std::collections::BTreeMap;
use std::fmt;

use super::evidence::Slot;
use super::id::RecordId;
use super::time::Month;

/// An execution in one cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Claim {
    /// A pattern id or a component id.
    pub(crate) subject: String,
    pub(crate) slot: Slot,
    pub(crate) id: RecordId,
}

/// Whether a claim holds. The greater one is to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Decision {
    /// As far as this many lines of notes tell. Between clones that know as many but different lines,
    /// dropping wins until they know both.
    Told { lines: u64, dropped: bool },
    /// The user took the execution back.
    Forgotten,
}

impl fmt::Display for Decision {
    /// As in the file: how many lines told, and what.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Told { lines, dropped: false } => write!(out, "{lines} kept"),
            Self::Told { lines, dropped: true } => write!(out, "{lines} dropped"),
            Self::Forgotten => out.write_str("- forgotten"),
        }
    }
}

impl Decision {
    /// Whether the execution counts.
    pub(super) fn counts(self) -> bool {
        matches!(self, Self::Told { dropped: false, .. })
    }
}

/// The decisions that are not obvious, by claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decisions(BTreeMap<Claim, Decision>);

impl Decisions {
    /// Decides a claim, unless who knew more has decided it.
    pub(crate) fn decide(&mut self, claim: Claim, decision: Decision) {
        let held = self.0.entry(claim).or_insert(decision);
        *held = decision.max(*held);
    }

    /// The greater of both, claim by claim.
    pub(crate) fn join(&mut self, other: &Self) {
        for (claim, decision) in &other.0 {
            self.decide(claim.clone(), *decision);
        }
    }

    /// Drops the months before `epoch`.
    pub(crate) fn since(&mut self, epoch: &Month) {
        self.0.retain(|claim, _| claim.slot.month >= *epoch);
    }

    /// How many executions of one cell do not count.
    pub(crate) fn dropped(&self, subject: &str, slot: &Slot) -> u64 {
        let first = Claim { subject: subject.to_owned(), slot: slot.clone(), id: RecordId::from_parts(0, 0) };
        let cell = self.0.range(first..).take_while(|(it, _)| it.subject == subject && it.slot == *slot);
        cell.filter(|(_, decision)| !decision.counts()).count() as u64
    }

    /// What was decided of a claim.
    pub(crate) fn get(&self, claim: &Claim) -> Option<Decision> {
        self.0.get(claim).copied()
    }

    /// Every claim with its decision.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Claim, Decision)> {
        self.0.iter().map(|(claim, decision)| (claim, *decision))
    }

    /// The decisions that are greater than those of `other`, or not among them.
    pub(crate) fn beyond(&self, other: &Self) -> Self {
        let greater = self.iter().filter(|(claim, decision)| other.get(claim) < Some(*decision));
        Self(greater.map(|(claim, decision)| (claim.clone(), decision)).collect())
    }

    /// The same without those that raise what is counted, where `told` has none that is as great.
    pub(super) fn without_untold_raises(mut self, told: &Self) -> Self {
        self.0.retain(|claim, decision| !decision.counts() || told.get(claim) >= Some(*decision));
        self
    }

    /// Whether nothing was decided.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every claim that was decided.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.0.keys()
    }

    /// The file form, sorted, a line each: id, lines (or `-`), verdict, replica, month, outcome, subject.
    pub(crate) fn text(&self) -> String {
        let line = |(claim, decision): (&Claim, &Decision)| {
            let Slot { replica, month, outcome } = &claim.slot;
            let (id, replica) = (claim.id, escaped(replica));
            let (month, outcome, subject) = (month.as_str(), outcome.as_str(), &claim.subject);
            format!("{id} {decision} {replica} {month} {outcome} {subject}\n")
        };
        self.0.iter().map(line).collect()
    }

    /// Reads the file form.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut decisions = Self::default();
        for line in text.lines() {
            let (claim, decision) = parsed(line).ok_or_else(|| format!("`{line}` is not a decision"))?;
            decisions.decide(claim, decision);
        }
        Ok(decisions)
    }
}

fn parsed(line: &str) -> Option<(Claim, Decision)> {
    let mut parts = line.splitn(7, ' ');
    let id = parts.next()?.parse().ok()?;
    let decision = match (parts.next()?, parts.next()?) {
        ("-", "forgotten") => Decision::Forgotten,
        (lines, "kept") => Decision::Told { lines: lines.parse().ok()?, dropped: false },
        (lines, "dropped") => Decision::Told { lines: lines.parse().ok()?, dropped: true },
        _ => return None,
    };
    let replica = unescaped(parts.next()?)?;
    let month = parts.next()?.parse().ok()?;
    let outcome = serde_json::from_value(parts.next()?.into()).ok()?;
    let subject = parts.next()?.to_owned();
    Some((Claim { subject, slot: Slot { replica, month, outcome }, id }, decision))
}

/// A replica comes from a note, which may say anything: what would break a line is percent-encoded.
fn escaped(replica: &str) -> String {
    let escape = |c: char| match c {
        '%' | ' ' | '\r' | '\n' => format!("%{:02X}", c as u32),
        _ => c.to_string(),
    };
    replica.chars().map(escape).collect()
}

fn unescaped(text: &str) -> Option<String> {
    let mut pieces = text.split('%');
    let mut replica = pieces.next()?.to_owned();
    for piece in pieces {
        let code = u8::from_str_radix(piece.get(..2)?, 16).ok().filter(u8::is_ascii)?;
        replica.push(char::from(code));
        replica.push_str(&piece[2..]);
    }
    Some(replica)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record::Outcome;
    use crate::model::samples;

    #[test]
    fn a_decision_from_more_lines_wins_and_reads_back() {
        let slot = Slot { replica: "50 %\n".to_owned(), month: Month::first(), outcome: Outcome::Passed };
        let claim = Claim { subject: "a b".to_owned(), slot: slot.clone(), id: samples::execution(1).id };
        let mut decisions = Decisions::default();
        let told = |lines, dropped| Decision::Told { lines, dropped };
        decisions.decide(claim.clone(), told(2, true));
        assert_eq!(decisions.dropped("a b", &slot), 1);
        assert_eq!(decisions.text(), format!("{} 2 dropped 50%20%25%0A 1970-01 passed a b\n", claim.id));
        decisions.decide(claim.clone(), told(3, false));
        decisions.decide(claim.clone(), told(2, true));
        assert_eq!(decisions.dropped("a b", &slot), 0);
        assert_eq!(Decisions::parse(&decisions.text()).as_ref(), Ok(&decisions));
        decisions.decide(claim.clone(), Decision::Forgotten);
        decisions.decide(claim, told(9, false));
        assert_eq!(decisions.dropped("a b", &slot), 1);
        assert_eq!(Decisions::parse(&decisions.text()), Ok(decisions));
    }

    #[test]
    fn a_broken_line_is_named() {
        assert_eq!(Decisions::parse("what\n"), Err("`what` is not a decision".to_owned()));
    }
}
