//! `settings`: the one table of settings, with their values here.

use serde_json::json;

use super::{Context, DONE, Ended};
use crate::git::without_password;
use crate::store::TABLE;

/// List the settings, what they mean, and their values here
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate settings

Settings are git config: `git config orchestrate.jobs 4` sets one for this repository,
`git config --global orchestrate.jobs 4` for all of yours.")]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    // Opening the store names the settings that mean nothing or can't be.
    let store = cx.store(&repo)?;
    let value = |key: &str| {
        let values = repo.config_all(&format!("orchestrate.{key}"));
        values.iter().map(|it| without_password(it)).collect::<Vec<_>>().join(", ")
    };
    if cx.ui.is_json() {
        let all: Vec<_> = TABLE
            .iter()
            .map(|it| {
                json!({"v": 1, "key": format!("orchestrate.{}", it.key), "value": value(it.key),
                       "default": it.default, "meaning": it.meaning})
            })
            .collect();
        cx.ui.json(&all);
        return DONE;
    }
    for setting in TABLE {
        let set = match setting.key {
            "marketplace.<name>.source" => {
                store.settings.marketplaces.keys().cloned().collect::<Vec<_>>().join(", ")
            }
            key => value(key),
        };
        let shown = if set.is_empty() { format!("default: {}", setting.default) } else { set };
        cx.ui.headline(format!("orchestrate.{}", setting.key));
        cx.ui.line(format!("  {}", setting.meaning));
        cx.ui.aside(format!("  {shown}"));
    }
    DONE
}
