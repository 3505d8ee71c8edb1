//! The catalog in refs: what analyses found, beside what executions taught.

use std::collections::BTreeMap;

use super::Store;
use super::error::StoreError;
use super::learned::Learned;
use crate::model::analysis::Analysis;
use crate::model::id::PluginId;
use crate::model::library::Library;

impl Store<'_> {
    /// Commits the analyses that are new beside everything that is known here, merged or not; nothing if
    /// there are none. `news` finds them, and `describe` words the commit message from the library before
    /// and after.
    pub(crate) fn catalog(
        &self,
        news: &dyn Fn(&Library) -> BTreeMap<PluginId, Analysis>,
        describe: &dyn Fn(&Library, &Library) -> String,
    ) -> Result<Option<Learned>, StoreError> {
        self.advance("orchestrate: analyze", &|ground| {
            let (known, _) = self.library()?;
            let news = news(&known);
            if news.is_empty() {
                return Ok(None);
            }
            let (mut after, mut here) = (known.clone(), ground.carried.clone());
            for (plugin, analysis) in news {
                after.add_analysis(&plugin, &analysis);
                here.add_analysis(&plugin, &analysis);
            }
            Ok(Some((describe(&known, &after), here)))
        })
    }
}
