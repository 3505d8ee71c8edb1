//! `deinit`: takes our settings and files out of this clone; what was recorded stays.

use serde_json::json;

use super::init::{REWRITE, own_values};
use super::{Context, DONE, Ended};
use crate::git::RefEdit;
use crate::hook;
use crate::model::oid::Oid;
use crate::store::{LEARNING, NOTES, RUNS};
use crate::ui::{Failure, count, exit};

/// Take our settings and files out of this clone; what was recorded stays
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  git orchestrate deinit

Hooks are uninstalled. Executions and learning stay in their refs. `--purge`
deletes those refs too, with every learning branch: what no other clone has is
then lost.")]
pub(crate) struct Args {
    /// Delete what was recorded and learned, too
    #[arg(long)]
    purge: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(args: &Args, cx: &Context) -> Ended {
    let repo = cx.repository()?;
    let store = cx.store(&repo)?;
    let mut refs = Vec::new();
    let mut kept: Vec<(String, Oid)> = Vec::new();
    if !args.purge {
        require_empty_spool(&store)?;
    }
    if args.purge {
        for name in [NOTES, LEARNING] {
            refs.extend(repo.tip(name)?.map(|tip| (name.to_owned(), tip)));
        }
        let checked_out = repo.checked_out()?;
        let (stay, go) =
            store.learning_branches()?.into_iter().partition(|(name, _)| checked_out.contains(name));
        kept = stay;
        refs.extend::<Vec<(String, Oid)>>(go);
        refs.extend(repo.refs_under(RUNS)?);
        refs.extend(repo.refs_under("refs/orchestrate/remotes/")?);
        let question =
            format!("Delete {} with everything that was recorded and learned?", count(refs.len(), "ref"));
        if !refs.is_empty() && !args.yes && cx.ui.ask(&question, "yN") != Some('y') {
            return Err(Failure::new(exit::NOT_APPROVED, "nothing was deleted").hint("`--yes` says yes"));
        }
    }
    let edits: Vec<RefEdit> = refs.iter().map(|(name, tip)| RefEdit::delete(name.clone(), *tip)).collect();
    repo.move_refs(&edits, "orchestrate: deinit")?;
    let hooks = hook::uninstall(&repo)?;
    let left: Vec<String> = hooks.left.iter().map(|file| file.display().to_string()).collect();
    take_out_settings(&store)?;
    if !args.purge {
        // What waits in the spool was recorded too; it would go with the folder.
        store.drain()?;
    }
    let dir = repo.own_dir();
    if let Err(error) = std::fs::remove_dir_all(&dir)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(Failure::new(exit::REPOSITORY, format!("cannot remove {}: {error}", dir.display())));
    }
    if cx.ui.is_json() {
        let names = |refs: &[(String, Oid)]| refs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        cx.ui.json(&json!({"v": 1, "deleted_refs": names(&refs), "kept_refs": names(&kept),
                           "hooks_left": left}));
    } else {
        cx.ui.headline("The settings and files of git-orchestrate are gone from this clone");
        for file in &left {
            cx.ui.warn(format!("the hook {file} still calls git-orchestrate: edit it by hand"));
        }
        if !refs.is_empty() {
            cx.ui.line(format!("deleted {}", count(refs.len(), "ref")));
        }
        for (name, _) in &kept {
            let name = name.trim_start_matches("refs/heads/");
            cx.ui.warn(format!("the branch {name} stays, because a work tree has it checked out"));
        }
        if !args.purge {
            cx.ui.line("what was recorded and learned stays; `git orchestrate deinit --purge` deletes it");
        }
    }
    DONE
}

/// What waits in the spool was recorded, so it has to stay: in the notes.
fn require_empty_spool(store: &crate::store::Store<'_>) -> Result<(), Failure> {
    let drained = store.drain()?;
    if let Some(why) = drained.busy {
        return Err(Failure::new(exit::REPOSITORY, format!("the spool can't be drained: {why}"))
            .hint("try again when it has ended"));
    }
    if let Some(bad) = drained.bad.first() {
        return Err(Failure::new(exit::REPOSITORY, format!("a file of the spool can't be read: {bad}"))
            .hint("look at it in orchestrate/spool/bad, below the git folder"));
    }
    if let Some(left) = drained.left.first() {
        let message = format!("a file of the spool can't be recorded at the moment: {left}");
        return Err(Failure::new(exit::REPOSITORY, message).hint("try again when that has passed"));
    }
    Ok(())
}

fn take_out_settings(store: &crate::store::Store<'_>) -> Result<(), Failure> {
    let repo = store.repo;
    let (section, key) = REWRITE;
    let values = own_values(repo)?;
    if values.iter().any(|value| value == NOTES) {
        let others: Vec<String> = values.into_iter().filter(|value| value != NOTES).collect();
        repo.set_config(section, None, key, &others)?;
    }
    repo.remove_config_section("orchestrate", None)?;
    for name in store.settings.marketplaces.keys() {
        repo.remove_config_section("orchestrate", Some(&format!("marketplace.{name}")))?;
    }
    Ok(())
}
