//! Contracts, read strictly: what runs without a model must say exactly how.

use std::path::Path;

use serde_json::Value;

use super::files::{Refusal, plain};
use super::looks::Looks;
use crate::model::component::{Contract, GateTest};

/// Why a contract is not accepted.
#[derive(Debug, thiserror::Error)]
pub(super) enum ContractError {
    #[error("contract is not understood: {0}")]
    Form(#[from] serde_json::Error),
    #[error("contract: {0}")]
    Path(#[from] Refusal),
    #[error("contract: script `{0}` is not a file of the component's folder")]
    Script(String),
    #[error("contract: `{0}` is not a regular expression")]
    Regex(String),
    #[error("contract: `{0}` is not a glob")]
    Glob(String),
    #[error("contract: a timeout of 0 s lets nothing run")]
    Timeout,
}

/// The contract in `value`, whose scripts lie in `folder`.
pub(super) fn read(value: &Value, looks: &Looks, folder: &Path) -> Result<Contract, ContractError> {
    let contract: Contract = serde_json::from_value(value.clone())?;
    script(&contract.script, looks, folder)?;
    contract.inputs.iter().chain(&contract.outputs).try_for_each(|text| glob(text))?;
    for gate in &contract.gates {
        match &gate.test {
            GateTest::File { path } => drop(plain(path)?),
            GateTest::Matches { path, regex } => {
                plain(path)?;
                regex::Regex::new(regex).map_err(|_| ContractError::Regex(regex.clone()))?;
            }
            GateTest::Script { path } => script(path, looks, folder)?,
            GateTest::Command { .. } => {}
        }
    }
    if contract.timeout == Some(0) { Err(ContractError::Timeout) } else { Ok(contract) }
}

/// Accepts a script that is a file below `folder`, symbolic links resolved.
fn script(path: &Path, looks: &Looks, folder: &Path) -> Result<(), ContractError> {
    let text = path.to_string_lossy().into_owned();
    plain(&text)?;
    let inside = |folder: std::path::PathBuf| {
        looks.real(&folder.join(path)).is_ok_and(|real| real.starts_with(&folder) && looks.is_file(&real))
    };
    if looks.real(folder).is_ok_and(inside) { Ok(()) } else { Err(ContractError::Script(text)) }
}

fn glob(text: &str) -> Result<(), ContractError> {
    plain(text)?;
    globset::Glob::new(text).map(drop).map_err(|_| ContractError::Glob(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_contract_is_accepted_whole_or_refused_with_its_reason() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("run.sh"), "exit 0").expect("writable");
        let run = |change: Value| {
            let mut contract = json!({"runner": "shell", "script": "run.sh"});
            let fields = contract.as_object_mut().expect("an object");
            fields.extend(change.as_object().expect("an object").clone());
            match read(&contract, &Looks::new(Vec::new(), None), folder.path()) {
                Ok(_) => "accepted".to_owned(),
                Err(error) => error.to_string(),
            }
        };
        let seen = [
            json!({"inputs": ["**/*.rs"], "outputs": ["LICENSE"], "timeout": 5, "fallback": "x"}),
            json!({"gates": [{"name": "g", "file": "a", "matches": "^x"}, {"name": "h", "script": "run.sh"}]}),
            json!({"script": "/bin/sh"}),
            json!({"script": "../run.sh"}),
            json!({"script": "missing.sh"}),
            json!({"gates": [{"name": "g", "script": "missing.sh"}]}),
            json!({"gates": [{"name": "g", "file": "../a"}]}),
            json!({"gates": [{"name": "g", "file": "a", "matches": "("}]}),
            json!({"gates": [{"name": "g"}]}),
            json!({"outputs": ["/etc/*"]}),
            json!({"outputs": ["a{"]}),
            json!({"timeout": 0}),
            json!({"runner": "python"}),
            json!({"shell": true}),
        ]
        .map(run);
        insta::assert_snapshot!(seen.join("\n"), @"
        accepted
        accepted
        contract: path `/bin/sh` is absolute
        contract: path `../run.sh` leaves its folder through `..`
        contract: script `missing.sh` is not a file of the component's folder
        contract: script `missing.sh` is not a file of the component's folder
        contract: path `../a` leaves its folder through `..`
        contract: `(` is not a regular expression
        contract is not understood: gate `g` needs exactly one of `file` (with or without `matches`), `script`, `command`
        contract: path `/etc/*` is absolute
        contract: `a{` is not a glob
        contract: a timeout of 0 s lets nothing run
        contract is not understood: unknown variant `python`, expected `shell`
        contract is not understood: unknown field `shell`, expected one of `runner`, `script`, `inputs`, `outputs`, `gates`, `fallback`, `timeout`
        ");
    }
}
