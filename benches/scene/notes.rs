//! Many commits, each with a note of ordinary size.

use std::io::{Result, Write};
use std::path::Path;
use std::process::Stdio;

use crate::scene::command;

/// Gives a repository this many commits and notes.
pub(crate) fn fill(repo: &Path, notes: usize) -> Result<()> {
    let mut import = command("git", repo).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn()?;
    let mut stream = std::io::BufWriter::new(import.stdin.take().expect("piped"));
    for n in 1..=notes {
        let time = 1_700_000_000 + n;
        write!(stream, "commit refs/heads/main\nmark :{n}\ncommitter A <a@b> {time} +0000\ndata 2\nc\n")?;
    }
    write!(stream, "commit refs/notes/orchestrate\ncommitter A <a@b> 1800000000 +0000\ndata 0\n")?;
    for n in 1..=notes {
        let line = format!(
            r#"{{"id":"01KAG4E10000000000{n:08}","v":1,"kind":"execution","at":"2026-11-20T08:00:00.000Z","request":"add a licence and a changelog {n}","words":["add","changelog","licens"],"source":"record","replica":"k3v9xq2m","pattern":null,"steps":[{{"component":"starter/licence/skill/licence","outcome":"passed","duration_ms":12}}],"outcome":"passed"}}"#
        );
        write!(stream, "N inline :{n}\ndata {}\n{line}\n", line.len() + 1)?;
    }
    stream.flush()?;
    drop(stream);
    assert!(import.wait()?.success(), "git fast-import failed");
    Ok(())
}
