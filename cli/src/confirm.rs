//! Questions. Each has a flag that answers it; without a terminal none is asked.

use crate::{
    error::{CliError, Code},
    output::Output,
};
use std::io::{self, Write};

/// Asks for a line of text; `flag` is what answers it on the command line.
///
/// # Errors
/// `PROMPT_REQUIRED` naming the flag if there is no terminal.
pub(crate) fn ask(output: &Output, question: &str, flag: &str) -> Result<String, CliError> {
    let needed = || {
        CliError::new(
            Code::PromptRequired,
            format!("{question}: there is no terminal to ask on"),
            format!("answer it on the command line: {flag}"),
        )
    };
    if !output.is_interactive() {
        return Err(needed());
    }
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{question}: ").and_then(|()| stderr.flush());
    let mut line = String::new();
    match io::stdin().read_line(&mut line) {
        Ok(1..) => Ok(line.trim().to_owned()),
        _ => Err(needed()),
    }
}

/// Asks whether to go on; `yes` is the flag `--yes`.
///
/// # Errors
/// `PROMPT_REQUIRED` if there is no terminal, `INTERRUPTED` if the answer is no.
pub(crate) fn confirm(output: &Output, question: &str, yes: bool) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    let answer = ask(output, &format!("{question} [y/N]"), "--yes")?;
    if matches!(answer.to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(CliError::new(Code::Interrupted, "not confirmed", "nothing was changed"))
}
