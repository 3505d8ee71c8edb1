//! The command line: verbs, the short form of `run`, and the way to each verb's file.

use std::ffi::OsString;

use clap::{Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::{self, Context, Ended};
use crate::host::Host;
use crate::ui::{Failure, Format, Ui, cut_short, exit};

/// Turn a request into a workflow of agent plugins, run it safely, and remember in git what worked.
#[derive(Debug, Parser)]
#[command(
    name = "git orchestrate",
    bin_name = "git orchestrate",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "\
Example:
  git orchestrate --yes \"add a readme and a changelog\"

One argument with a space in it is short for `git orchestrate run \"…\"`."
)]
struct Cli {
    /// Print data for programs: JSON, stable and versioned
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
enum Verb {
    Init(commands::init::Args),
    Deinit(commands::deinit::Args),
    Status(commands::status::Args),
    Record(commands::record::Args),
    Log(commands::log::Args),
    Show(commands::show::Args),
    #[command(alias = "show-patterns")]
    Patterns(commands::patterns::Args),
    Merge(commands::merge::Args),
    Sync(commands::sync::Args),
    Drain(commands::drain::Args),
    Reconcile(commands::reconcile::Args),
    Check(commands::check::Args),
    Hooks(commands::hooks::Args),
    Marketplace(commands::marketplace::Args),
    #[command(alias = "analyze-plugins")]
    Analyze(commands::analyze::Args),
    Catalog(commands::catalog::Args),
    Research(commands::research::Args),
    Plan(commands::plan::Args),
    Backtest(commands::backtest::Args),
    Run(commands::run::Args),
    Demo(commands::demo::Args),
    Settings(commands::settings::Args),
    #[command(hide = true)]
    Hook(commands::hook::Args),
}

/// Runs the program with these arguments, the name first; gives the exit code.
pub(crate) fn main(arguments: Vec<OsString>) -> u8 {
    let hook = commands::hook::Args::of_commit(&arguments);
    let parsed = match hook {
        Some(hook) => Ok(Cli { json: false, verb: Verb::Hook(hook) }),
        None => parse(with_run(arguments)),
    };
    let cli = match parsed {
        Ok(cli) => cli,
        Err(message) => {
            let code = if message.use_stderr() { exit::USAGE } else { exit::DONE };
            drop(message.print());
            return code;
        }
    };
    let host = Host::new();
    let ui = Ui::new(if cli.json { Format::Json } else { Format::Text });
    let ended = match host.current_dir() {
        Ok(dir) => dispatch(&cli.verb, &Context { ui, host, dir }),
        Err(error) => Err(Failure::new(exit::USAGE, format!("the current folder can't be read: {error}"))),
    };
    let whole = ended.and_then(|code| cut_short().filter(|_| code == exit::DONE).map_or(Ok(code), Err));
    whole.unwrap_or_else(|failure| {
        Ui::new(Format::Text).failure(&failure);
        failure.code
    })
}

/// Builds the command line as far as these arguments need it: of the verbs the one that they name. To
/// build all takes a tenth of the time that a record takes; only the help on all verbs shows something of
/// each.
fn parse(arguments: Vec<OsString>) -> Result<Cli, clap::Error> {
    let mut command = Cli::command();
    let first = arguments.get(1).map(|first| first.to_string_lossy());
    if first.is_none_or(|first| first == "help" || first.starts_with('-')) {
        command = told(command);
    }
    let mut matches = command.try_get_matches_from_mut(arguments)?;
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

/// The command line whose verbs say what they are before they are built.
fn told(command: Command) -> Command {
    let mut whole = command.clone();
    whole.build();
    command.mut_subcommands(|verb| {
        let built = whole.find_subcommand(verb.get_name());
        built.and_then(Command::get_about).into_iter().fold(verb, |verb, about| verb.about(about.clone()))
    })
}

fn dispatch(verb: &Verb, cx: &Context) -> Ended {
    match verb {
        Verb::Init(args) => commands::init::run(args, cx),
        Verb::Deinit(args) => commands::deinit::run(args, cx),
        Verb::Status(args) => commands::status::run(args, cx),
        Verb::Record(args) => commands::record::run(args, cx),
        Verb::Log(args) => commands::log::run(args, cx),
        Verb::Show(args) => commands::show::run(args, cx),
        Verb::Patterns(args) => commands::patterns::run(args, cx),
        Verb::Merge(args) => commands::merge::run(args, cx),
        Verb::Sync(args) => commands::sync::run(args, cx),
        Verb::Drain(args) => commands::drain::run(args, cx),
        Verb::Reconcile(args) => commands::reconcile::run(args, cx),
        Verb::Check(args) => commands::check::run(args, cx),
        Verb::Hooks(args) => commands::hooks::run(args, cx),
        Verb::Marketplace(args) => commands::marketplace::run(args, cx),
        Verb::Analyze(args) => commands::analyze::run(args, cx),
        Verb::Catalog(args) => commands::catalog::run(args, cx),
        Verb::Research(args) => commands::research::run(args, cx),
        Verb::Plan(args) => commands::plan::run(args, cx),
        Verb::Backtest(args) => commands::backtest::run(args, cx),
        Verb::Run(args) => commands::run::run(args, cx),
        Verb::Demo(args) => commands::demo::run(args, cx),
        Verb::Settings(args) => commands::settings::run(args, cx),
        Verb::Hook(args) => commands::hook::run(args, cx),
    }
}

/// `git orchestrate "some request"` is short for `run`, but only when that one argument holds a
/// space: a mistyped verb must stay a usage error.
fn with_run(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let first = arguments.iter().skip(1).position(|argument| !argument.to_string_lossy().starts_with('-'));
    if let Some(index) = first.map(|index| index + 1)
        && arguments[index].to_string_lossy().trim().contains(char::is_whitespace)
    {
        // In front of the options: those of `run` may come before the request.
        arguments.insert(1, "run".into());
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(arguments: &[&str]) -> Vec<String> {
        let typed = ["git-orchestrate"].iter().chain(arguments).map(OsString::from).collect();
        with_run(typed).into_iter().skip(1).map(|it| it.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn only_an_argument_with_a_space_is_a_request() {
        assert_eq!(expanded(&["add a readme"]), ["run", "add a readme"]);
        assert_eq!(
            expanded(&["--json", "add a readme", "--yes"]),
            ["run", "--json", "add a readme", "--yes"]
        );
        assert_eq!(expanded(&["--yes", "add a readme"]), ["run", "--yes", "add a readme"]);
        assert_eq!(expanded(&["plna"]), ["plna"]);
        assert_eq!(expanded(&["plan", "add a readme"]), ["plan", "add a readme"]);
    }

    #[test]
    fn the_help_on_all_verbs_says_what_each_of_them_does() {
        let mut whole = Cli::command();
        whole.build();
        for asked in [&[][..], &["--help"], &["-h"], &["help"], &["--json", "--help"]] {
            let typed = ["git-orchestrate"].iter().chain(asked).map(OsString::from).collect();
            let help = parse(typed).expect_err("help is no command line").to_string();
            for verb in whole.get_subcommands().filter(|verb| !verb.is_hide_set()) {
                let about = verb.get_about().expect("every verb says what it is").to_string();
                let start = about.split(' ').next().expect("a word");
                let line = format!("  {:<11}  {start}", verb.get_name());
                assert!(help.contains(&line), "{asked:?}: {line} is not in {help}");
            }
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
