//! Configuration: what git says of a key, and writing to the repository's own file.

use std::time::Duration;

use gix::bstr::ByteSlice;

use super::error::GitError;
use super::objects::Identity;
use super::repository::Repository;
use crate::host::Host;

/// How often the lock of the configuration is tried for, 20 ms apart.
const TRIES: u32 = 100;

impl Repository {
    /// The value of a key (`section.key` or `section.subsection.key`), the last one set.
    pub(crate) fn config(&self, key: &str) -> Option<String> {
        self.opened.config.string(key).map(|value| value.to_str_lossy().into_owned())
    }

    /// Every value of a key, in order.
    pub(crate) fn config_all(&self, key: &str) -> Vec<String> {
        let values = self.opened.config.raw_values(key).unwrap_or_default();
        values.iter().map(|value| value.to_str_lossy().into_owned()).collect()
    }

    /// Every key below a section, as (subsection, key), in order, repetitions kept.
    pub(crate) fn config_keys(&self, section: &str) -> Vec<(Option<String>, String)> {
        let Some(sections) = self.opened.config.sections_by_name(section) else { return Vec::new() };
        sections
            .flat_map(|section| {
                let subsection =
                    section.header().subsection_name().map(|name| name.to_str_lossy().into_owned());
                let names: Vec<String> = section.value_names().map(|name| name.to_string()).collect();
                names.into_iter().map(move |name| (subsection.clone(), name)).collect::<Vec<_>>()
            })
            .collect()
    }

    /// Sets a key of the repository's own configuration to these values and no others; none at all
    /// takes it out, with its section where nothing is left of that. The rest of the file stays as it
    /// is, byte for byte: that is why git writes it (gix leaves empty lines where values were).
    pub(crate) fn set_config(
        &self,
        section: &str,
        subsection: Option<&str>,
        key: &str,
        values: &[String],
    ) -> Result<(), GitError> {
        let _lock = self.lock()?;
        let full =
            subsection.map_or_else(|| format!("{section}.{key}"), |sub| format!("{section}.{sub}.{key}"));
        let listing = self.git().args(["config", "--local", "-z", "--get-all", &full]).end()?.stdout;
        let listing = String::from_utf8_lossy(&listing).into_owned();
        let held: Vec<&str> = listing.split_terminator('\0').collect();
        for value in held.iter().filter(|held| !values.iter().any(|value| value == *held)) {
            self.write_config(&["--fixed-value", "--unset-all", &full, value])?;
        }
        for value in values.iter().filter(|value| !held.contains(&value.as_str())) {
            self.write_config(&["--add", &full, value])?;
        }
        Ok(())
    }

    /// Takes a whole section (with this subsection) out of the repository's own configuration.
    pub(crate) fn remove_config_section(
        &self,
        section: &str,
        subsection: Option<&str>,
    ) -> Result<(), GitError> {
        let full = subsection.map_or_else(|| section.to_owned(), |sub| format!("{section}.{sub}"));
        match self.write_config(&["--remove-section", &full]) {
            Err(GitError::Failed { stderr, .. }) if stderr.contains("no such section") => Ok(()),
            ended => ended,
        }
    }

    /// Changes the repository's own configuration. git does not wait where another git writes it.
    fn write_config(&self, arguments: &[&str]) -> Result<(), GitError> {
        let mut tries = 1;
        loop {
            match self.git().args(["config", "--local"]).args(arguments).output() {
                Err(GitError::Failed { stderr, .. })
                    if tries < TRIES && stderr.contains("could not lock") =>
                {
                    std::thread::sleep(Duration::from_millis(20));
                    tries += 1;
                }
                ended => return ended.map(drop),
            }
        }
    }

    /// Who the user is: `GIT_COMMITTER_*`, then `committer.*`, then `user.*`; else ours, so that
    /// notes can be written on a machine that nobody has introduced themselves to.
    pub(crate) fn identity(&self, host: &Host) -> Identity {
        let find = |variable: &str, key: &str, fallback: &str| {
            let given = host.env(variable).map(|value| value.to_string_lossy().into_owned());
            let value = given
                .or_else(|| self.config(&format!("committer.{key}")))
                .or_else(|| self.config(&format!("user.{key}")));
            let clean = value.unwrap_or_default().replace(['<', '>', '\n', '\0'], "");
            if clean.trim().is_empty() { fallback.to_owned() } else { clean.trim().to_owned() }
        };
        let ours = Identity::ours();
        Identity {
            name: find("GIT_COMMITTER_NAME", "name", &ours.name),
            email: find("GIT_COMMITTER_EMAIL", "email", &ours.email),
        }
    }
}
