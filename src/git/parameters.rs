//! Configuration from git's own command line: `git -c KEY=VALUE orchestrate …` reaches us as
//! `GIT_CONFIG_PARAMETERS`, which gix does not read.

use gix::config::Source;

use super::error::GitError;

/// What git calls the variable: shell words, one for each `-c`, `key=value` or `'key'='value'`.
pub(super) const VARIABLE: &str = "GIT_CONFIG_PARAMETERS";

/// Lets the configuration have what the command line says, above all else.
pub(super) fn apply(gix: &mut gix::Repository, text: &str) -> Result<(), GitError> {
    let doing = || GitError::gix(format!("understand {VARIABLE}"));
    let mut config = gix.config_snapshot_mut();
    config.append_config(words(text), Source::Cli).map_err(doing())?;
    config.commit().map_err(doing())?;
    Ok(())
}

/// Words as a shell reads them, as far as git quotes them: single quotes and backslashes.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => is_quoted = !is_quoted,
            '\\' if !is_quoted => word.extend(chars.next()),
            ' ' if !is_quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_quotes_is_read_as_it_was_given() {
        assert_eq!(words("'a.b'='c d' 'e.f=g'"), ["a.b=c d", "e.f=g"]);
        assert_eq!(words(r"'a.b'='it'\''s '\!''"), ["a.b=it's !"]);
        assert_eq!(words(" "), Vec::<String>::new());
    }
}
