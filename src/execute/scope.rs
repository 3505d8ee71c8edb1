//! The write scope: which files a component may change.

use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::error::ExecuteError;
use crate::model::component::Card;

/// The files that a component may change.
#[derive(Clone, Debug)]
pub(super) struct Scope(GlobSet);

impl Scope {
    /// The outputs of the component's contract. `*` stays inside a folder, `**` does not, and a glob
    /// that ends in `/` stands for all that is in the folder.
    pub(super) fn of(component: &Card) -> Result<Self, ExecuteError> {
        let mut set = GlobSetBuilder::new();
        let outputs = component.contract.iter().flat_map(|contract| &contract.outputs);
        let refused = |glob: &str, error: &globset::Error| ExecuteError::Glob {
            component: component.id.clone(),
            glob: glob.to_owned(),
            reason: error.kind().to_string(),
        };
        for output in outputs {
            let glob = output.strip_prefix("./").unwrap_or(output);
            let glob = if glob.ends_with('/') { format!("{glob}**") } else { glob.to_owned() };
            let built = GlobBuilder::new(&glob).literal_separator(true).build();
            set.add(built.map_err(|error| refused(output, &error))?);
        }
        set.build().map(Self).map_err(|error| refused("", &error))
    }

    /// Whether the file may be changed.
    pub(super) fn allows(&self, path: &Path) -> bool {
        self.0.is_match(path)
    }
}
