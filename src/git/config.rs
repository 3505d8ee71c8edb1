//! Configuration: what git says of a key, and writing to the repository's own file.

use gix::bstr::{BString, ByteSlice};

use super::error::GitError;
use super::objects::Identity;
use super::repository::Repository;
use crate::host::Host;

impl Repository {
    /// The value of a key (`section.key` or `section.subsection.key`), the last one set.
    pub(crate) fn config(&self, key: &str) -> Option<String> {
        self.gix.config_snapshot().string(key).map(|value| value.to_str_lossy().into_owned())
    }

    /// Every value of a key, in order.
    pub(crate) fn config_all(&self, key: &str) -> Vec<String> {
        let snapshot = self.gix.config_snapshot();
        let values = snapshot.plumbing().raw_values(key).unwrap_or_default();
        values.iter().map(|value| value.to_str_lossy().into_owned()).collect()
    }

    /// Every key below a section, as (subsection, key), in order, repetitions kept.
    pub(crate) fn config_keys(&self, section: &str) -> Vec<(Option<String>, String)> {
        let snapshot = self.gix.config_snapshot();
        let Some(sections) = snapshot.plumbing().sections_by_name(section) else { return Vec::new() };
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
    /// is, comments too.
    pub(crate) fn set_config(
        &self,
        section: &str,
        subsection: Option<&str>,
        key: &str,
        values: &[String],
    ) -> Result<(), GitError> {
        let path = self.common_dir().join("config");
        let doing = || GitError::gix(format!("change {}", path.display()));
        let mut file = self.gix.config_file_mut(&path).map_err(doing())?;
        let full =
            subsection.map_or_else(|| format!("{section}.{key}"), |sub| format!("{section}.{sub}.{key}"));
        if let Ok(mut old) = file.raw_values_mut(full.as_str()) {
            old.delete_all();
        }
        let subsection = subsection.map(BString::from);
        let subsection = subsection.as_ref().map(|it| it.as_bstr());
        if values.is_empty() {
            let left = file.section(section, subsection).map(|section| section.to_bstring());
            if left
                .is_ok_and(|left| left.trim_ascii().ends_with(b"]") && left.trim_ascii().lines().count() == 1)
            {
                file.remove_section(section, subsection);
            }
        } else {
            let mut section = file.section_mut_or_create_new(section, subsection).map_err(doing())?;
            for value in values {
                section.push(key, value.as_str()).map_err(doing())?;
            }
        }
        file.commit().map_err(doing())
    }

    /// Takes a whole section (with this subsection) out of the repository's own configuration.
    pub(crate) fn remove_config_section(
        &self,
        section: &str,
        subsection: Option<&str>,
    ) -> Result<(), GitError> {
        let path = self.common_dir().join("config");
        let doing = || GitError::gix(format!("change {}", path.display()));
        let mut file = self.gix.config_file_mut(&path).map_err(doing())?;
        let subsection = subsection.map(BString::from);
        while file.remove_section(section, subsection.as_ref().map(|it| it.as_bstr())).is_some() {}
        file.commit().map_err(doing())
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
