//! The rule for what the catalog keeps of plugins.
//!
//! Whether a fact is true only its marketplace can tell, which need not be here. That it is a fact, and is
//! written in its one way, can be told everywhere.

use super::gap::NEWER;
use super::{Finding, Subject};
use crate::model::analysis::{Analysis, Unreadable};
use crate::model::capability::EXTRACTOR;
use crate::model::id::PluginId;
use crate::model::plugin_file::plugin_path;

/// Every component of the catalog and every fact is in its one form, bounded and clean.
pub(super) fn catalog(subject: &Subject<'_>) -> Vec<Finding> {
    let analyses = &subject.library().analyses;
    let findings: Vec<Finding> =
        analyses.iter().filter_map(|(plugin, analysis)| finding(subject, plugin, analysis)).collect();
    if findings.is_empty() && !analyses.is_empty() {
        let components: usize = analyses.values().map(Analysis::len).sum();
        let message = format!("all facts of the catalog are in their one form ({components} components)");
        return vec![Finding::passed("catalog", &subject.name, message)];
    }
    findings
}

fn finding(subject: &Subject<'_>, plugin: &PluginId, analysis: &Analysis) -> Option<Finding> {
    let path = plugin_path(plugin);
    let object = subject.object(&path);
    let extractor = analysis.stamp().map_or(0, |stamp| stamp.extractor);
    let finding = match analysis.read(plugin) {
        Ok(_) if extractor <= EXTRACTOR => return None,
        Ok(_) => newer(&object, &Unreadable::Newer(extractor)),
        Err(error @ Unreadable::Newer(_)) => newer(&object, &error),
        Err(Unreadable::Broken { line, reason }) => {
            let line = line + lines_before(subject, &path, analysis);
            Finding::failed("catalog", object, format!("line {line} {reason}"), subject.revert())
        }
    };
    Some(finding.in_file(&path))
}

/// How many lines of its file stand before an analysis.
fn lines_before(subject: &Subject<'_>, path: &str, analysis: &Analysis) -> usize {
    let bytes = subject.files().get(path).map_or(&[][..], |bytes| bytes);
    let before = bytes.len().saturating_sub(analysis.text().len());
    bytes[..before].iter().filter(|byte| **byte == b'\n').count()
}

fn newer(object: &str, error: &Unreadable) -> Finding {
    Finding { cure: Some(NEWER.to_owned()), ..Finding::not_checked("catalog", object, error.to_string()) }
}
