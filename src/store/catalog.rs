//! The catalog in refs: what analyses found, beside what executions taught.

use std::collections::BTreeMap;

use super::Store;
use super::error::StoreError;
use super::learned::Learned;
use crate::model::analysis::Analysis;
use crate::model::id::PluginId;
use crate::model::library::Library;
use crate::model::pattern::Pattern;

/// What an analysis found that a library does not have.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub(crate) analyses: BTreeMap<PluginId, Analysis>,
    /// Patterns that texts propose.
    pub(crate) proposals: Vec<Pattern>,
}

impl News {
    pub(crate) fn is_empty(&self) -> bool {
        self.analyses.is_empty() && self.proposals.is_empty()
    }

    /// The same library with the news.
    pub(crate) fn added_to(&self, library: &Library) -> Library {
        let mut library = library.clone();
        for (plugin, analysis) in &self.analyses {
            library.add_analysis(plugin, analysis);
        }
        library.propose(self.proposals.iter().cloned());
        library
    }
}

impl Store<'_> {
    /// Commits what is new beside everything that is known here, merged or not; nothing if that is
    /// nothing. `news` finds it, and `describe` words the commit message from the library before and after.
    pub(crate) fn catalog(
        &self,
        news: &dyn Fn(&Library) -> News,
        describe: &dyn Fn(&Library, &Library) -> String,
    ) -> Result<Option<Learned>, StoreError> {
        self.advance("orchestrate: analyze", &|ground| {
            let (known, _) = self.library()?;
            let news = news(&known);
            if news.is_empty() {
                return Ok(None);
            }
            let after = news.added_to(&known);
            Ok(Some((describe(&known, &after), news.added_to(&ground.carried))))
        })
    }
}
