//! A repository whose hooks are tried: a program on the PATH that tells how it was called.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::{Ran, TestRepo};

/// What a file of a git folder is, as far as a person could tell: mode and content.
pub(crate) type Listing = BTreeMap<PathBuf, (u32, Vec<u8>)>;

/// A repository with a remote, and a `git-orchestrate` on the PATH that writes down each call.
pub(crate) struct Scene {
    pub(crate) repo: TestRepo,
    bin: PathBuf,
    calls: PathBuf,
}

/// Gits that this machine may have, besides that of the PATH.
pub(crate) const GITS: [&str; 2] = ["/usr/bin/git", "/usr/local/bin/git"];

impl Scene {
    /// With the git of the machine's PATH, which says that it knows no hooks from configuration.
    pub(crate) fn new() -> Self {
        let scene = Self::on_path();
        if scene.is_newer_git() {
            scene.git_that_says("2.53.0");
        }
        scene
    }

    /// With the git of the machine's PATH, whatever it knows.
    pub(crate) fn on_path() -> Self {
        Self::with_path(&std::env::var("PATH").expect("a PATH"))
    }

    /// The machine's git says that it is this version.
    pub(crate) fn git_that_says(&self, version: &str) {
        let real = self.git(&["--exec-path"]).stdout;
        let said = format!("[ \"$1\" = version ] && {{ echo git version {version}; exit; }}");
        self.tool("git", &format!("#!/bin/sh\n{said}\nexec '{}/git' \"$@\"\n", real.trim()));
    }

    /// With this git; `None` where the machine has none there.
    pub(crate) fn with_git(git: &str) -> Option<Self> {
        Path::new(git).is_file().then(|| {
            let scene = Self::on_path();
            std::os::unix::fs::symlink(git, scene.bin.join("git")).expect("linked");
            scene
        })
    }

    fn with_path(path: &str) -> Self {
        let repo = TestRepo::new();
        let (bin, calls) = (repo.root().join("bin"), repo.root().join("calls"));
        std::fs::create_dir(&bin).expect("a fresh folder");
        let path = format!("{}:{path}", bin.display());
        let repo = repo.with_variable("PATH", &path).file("a.txt", "one\n").commit("start");
        let scene = Self { repo, bin, calls };
        scene.program("exit 0");
        let remote = scene.repo.root().join("remote.git");
        let remote = remote.to_str().expect("UTF-8").to_owned();
        scene.repo.git(["init", "-q", "--bare", &remote]);
        scene.repo.git(["remote", "add", "origin", &remote]);
        scene
    }

    /// Whether this git knows hooks from configuration.
    pub(crate) fn is_newer_git(&self) -> bool {
        let version = self.repo.git(["version"]);
        let numbers = version.trim_start_matches("git version ").split('.').map_while(|it| it.parse().ok());
        numbers.take(2).collect::<Vec<u32>>() >= vec![2, 54]
    }

    /// The program ends so, after it has written down its call and read its standard input.
    pub(crate) fn program(&self, ending: &str) {
        let calls = self.calls.display();
        let script = format!(
            "#!/bin/sh\n{{ echo \"> $*\"; while read -r line; do echo \"$line\"; done; }} >>'{calls}'\n{ending}\n"
        );
        write_program(&self.bin.join("git-orchestrate"), &script);
    }

    /// There is no such program.
    pub(crate) fn no_program(&self) {
        std::fs::remove_file(self.bin.join("git-orchestrate")).expect("it was there");
    }

    /// Another program, found before the machine's.
    pub(crate) fn tool(&self, name: &str, script: &str) {
        write_program(&self.bin.join(name), script);
    }

    /// The calls since the last time, a line each, oids named.
    pub(crate) fn calls(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.calls).unwrap_or_default();
        drop(std::fs::remove_file(&self.calls));
        let oid = regex::Regex::new(r"\b[0-9a-f]{40}\b").expect("a regular expression");
        let remote = self.repo.root().join("remote.git").display().to_string();
        let lines = text.lines().filter(|line| !line.is_empty());
        lines
            .map(|line| oid.replace_all(line, "OID").replace(&remote, "REMOTE").trim_end().to_owned())
            .collect()
    }

    /// The verb and its arguments.
    pub(crate) fn hooks(&self, verb: &str) -> Ran {
        self.repo.orchestrate(["hooks", verb])
    }

    /// Writes an executable hook into the hooks folder.
    pub(crate) fn hook(&self, event: &str, content: &str) -> PathBuf {
        let path = self.repo.path().join(".git/hooks").join(event);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        write_program(&path, content);
        path
    }

    /// What a hook says.
    pub(crate) fn read_hook(&self, event: &str) -> String {
        self.repo.read(&format!(".git/hooks/{event}"))
    }

    /// A commit that changes nothing.
    pub(crate) fn commit(&self) -> Ran {
        self.git(&["commit", "-q", "--allow-empty", "-m", "more"])
    }

    /// A push of the branch to a new name, so that there is always something to push.
    pub(crate) fn push(&self, name: &str) -> Ran {
        self.git(&["push", "-q", "origin", &format!("main:refs/heads/{name}")])
    }

    /// Runs git, whatever comes of it.
    pub(crate) fn git(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.repo.command("git").args(arguments).output().expect("git starts"))
    }

    /// Everything in the git folder.
    pub(crate) fn listing(&self) -> Listing {
        listing(&self.repo.path().join(".git"))
    }
}

/// Everything below a folder: modes, contents, where links lead.
pub(crate) fn listing(dir: &Path) -> Listing {
    let mut found = Listing::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).expect("a folder") {
            let path = entry.expect("an entry").path();
            let metadata = path.symlink_metadata().expect("it is there");
            let content = if metadata.is_symlink() {
                std::fs::read_link(&path).expect("a link").into_os_string().into_encoded_bytes()
            } else if metadata.is_dir() {
                open.push(path.clone());
                Vec::new()
            } else {
                std::fs::read(&path).expect("readable")
            };
            found.insert(path, (metadata.permissions().mode(), content));
        }
    }
    found
}

/// Writes an executable file.
pub(crate) fn write_program(path: &Path, content: &str) {
    // A new file: one that a process has just run may not be written to.
    drop(std::fs::remove_file(path));
    std::fs::write(path, content).expect("written");
    set_mode(path, 0o755);
}

/// Sets a mode.
pub(crate) fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
}

/// Says that something could not be tried here. Where `GIT_ORCHESTRATE_EXPECTED_SKIPS` (names with
/// commas between) is set, as in CI, it has to name it.
pub(crate) fn skip(name: &str) {
    use std::io::Write;
    // Past the test harness, which keeps what a test prints that passes.
    drop(writeln!(std::io::stderr(), "skipped: {name} is not on this machine"));
    if let Ok(expected) = std::env::var("GIT_ORCHESTRATE_EXPECTED_SKIPS") {
        assert!(expected.split(',').any(|it| it.trim() == name), "{name} was not expected to be skipped");
    }
}

#[test]
#[ignore = "what it needs is on no machine: the test below starts it"]
fn needs_a_unicorn() {
    skip("a unicorn");
}

#[test]
fn a_skip_that_nobody_expected_fails_where_skips_are_counted() {
    let ends_well = |expected: Option<&str>| {
        let mut test = std::process::Command::new(std::env::current_exe().expect("this program"));
        test.args(["--ignored", "--exact", "hooks_scene::needs_a_unicorn"]);
        test.env_remove("GIT_ORCHESTRATE_EXPECTED_SKIPS");
        if let Some(expected) = expected {
            test.env("GIT_ORCHESTRATE_EXPECTED_SKIPS", expected);
        }
        let ended = test.output().expect("it starts");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(said.contains("skipped: a unicorn is not on this machine"), "{said}");
        ended.status.success()
    };
    assert!(ends_well(None), "on a machine of one's own");
    assert!(ends_well(Some("git 2.54, a unicorn")));
    assert!(!ends_well(Some("git 2.54")) && !ends_well(Some("")));
}
