//! What a command can fail with. Every code is here once, with its meaning and its exit code.

use gm_chain::config::ConfigError;
use gm_orchestrator::{launch::LaunchError, plan::PlanError, state_dir::StateError};
use std::fmt;

macro_rules! codes {
    ($($(#[$cfg:meta])* $name:ident $code:literal $meaning:literal;)*) => {
        /// A stable error code: `error.code` of the JSON output.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Code {
            $($(#[$cfg])* #[doc = $meaning] $name,)*
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as it is printed.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What it means, in one sentence.
            #[cfg_attr(not(test), expect(dead_code, reason = "for the generated reference"))]
            pub(crate) const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }
        }
    };
}

codes! {
    Usage "USAGE" "The command line is not understood.";
    PromptRequired "PROMPT_REQUIRED" "A question had to be asked and there is no terminal; the error names the flag that answers it.";
    ConfigNotFound "CONFIG_NOT_FOUND" "There is no project file in the folder.";
    ConfigUnreadable "CONFIG_UNREADABLE" "A configuration file cannot be read.";
    ConfigSyntax "CONFIG_SYNTAX" "A configuration file is not YAML, or not of the right shape.";
    ConfigUnknownKey "CONFIG_UNKNOWN_KEY" "A configuration file has a key that is not known.";
    ConfigMissingKey "CONFIG_MISSING_KEY" "A configuration file lacks a key that has no default.";
    ConfigDuplicateKey "CONFIG_DUPLICATE_KEY" "A key stands twice in one mapping.";
    ConfigInvalidValue "CONFIG_INVALID_VALUE" "A value is not of the form its key needs.";
    ConfigWrongUnit "CONFIG_WRONG_UNIT" "A quantity lacks its unit, or has one of another dimension.";
    ConfigOutOfBounds "CONFIG_OUT_OF_BOUNDS" "A value is outside the bounds of its key.";
    ConfigDuplicateChainId "CONFIG_DUPLICATE_CHAIN_ID" "Two tiers have one chain id.";
    ConfigUnknownModule "CONFIG_UNKNOWN_MODULE" "A module is named that this build does not have.";
    ConfigUnsupportedVersion "CONFIG_UNSUPPORTED_VERSION" "The file has a version that this build does not read.";
    DevKeysRefused "DEV_KEYS_REFUSED" "The well-known development keys would be used off loopback.";
    TemplateUnknown "TEMPLATE_UNKNOWN" "There is no template of this name.";
    TemplateValue "TEMPLATE_VALUE" "A value given to a template is unknown or not valid.";
    TargetNotEmpty "TARGET_NOT_EMPTY" "The folder of a new project is there already and not empty.";
    NotWritable "NOT_WRITABLE" "A file or folder cannot be written.";
    StateNotWritable "STATE_NOT_WRITABLE" "The state folder or a file in it cannot be written.";
    StateNotReadable "STATE_NOT_READABLE" "A file of the state folder cannot be read.";
    AlreadyRunning "ALREADY_RUNNING" "The project is already running; the error names its process.";
    StateIncomplete "STATE_INCOMPLETE" "The state folder is half-written or part of it is gone.";
    StateVersion "STATE_VERSION" "The state folder was written by another version of gm.";
    StateMismatch "STATE_MISMATCH" "The state is of another chain than gm.yaml describes.";
    PortInUse "PORT_IN_USE" "A port is taken; the error names the process that holds it.";
    ParentUnreachable "PARENT_UNREACHABLE" "The parent chain does not answer.";
    ParentWrongChain "PARENT_WRONG_CHAIN" "The parent has another chain id than gm.yaml says.";
    Interrupted "INTERRUPTED" "Stopped by a signal before it was done.";
    ServiceFailed "SERVICE_FAILED" "A service of the network failed; the message names it.";
    StartFailed "START_FAILED" "The detached network ended before it was ready.";
    NotRunning "NOT_RUNNING" "The project is not running.";
    NotReachable "NOT_REACHABLE" "An endpoint does not answer.";
    VerifyFiles "VERIFY_FILES" "genesis.json or rollup.json is not usable, or they are of different chains.";
    VerifyDerivation "VERIFY_DERIVATION" "The chain cannot be derived from its parent.";
    VerifySafeHead "VERIFY_SAFE_HEAD" "The node calls a block safe that the parent's data does not hold.";
    VerifyBlock "VERIFY_BLOCK" "A block differs from the derived one; the error names the first.";
    VerifyOutput "VERIFY_OUTPUT" "The output root differs from that of the derived block.";
    VerifyProof "VERIFY_PROOF" "A proof of the node does not hold.";
    VerifyPredeploy "VERIFY_CODE" "A predeploy's code is not that of the genesis.";
    AnvilNotFound "ANVIL_NOT_FOUND" "There is no anvil to measure beside ours.";
    BenchFailed "BENCH_FAILED" "A measurement could not be made.";
    BridgeFailed "BRIDGE_FAILED" "A transfer over the bridge does not go on; the message says why.";
    NoLog "NO_LOG" "The project has no log file.";
    Internal "INTERNAL" "Something that should not happen; please report it.";
}

impl Code {
    /// The exit code: 1 failed, 2 usage, 3 a prompt was needed.
    pub(crate) const fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::PromptRequired => 3,
            _ => 1,
        }
    }

    /// The code that a library's error names.
    fn named(code: &str) -> Self {
        Self::ALL.iter().copied().find(|known| known.as_str() == code).unwrap_or(Self::Internal)
    }
}

/// A failed command: what is wrong and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CliError {
    /// The stable code.
    pub(crate) code: Code,
    /// What is wrong, naming the value at fault.
    pub(crate) message: String,
    /// The next step.
    pub(crate) hint: String,
}

impl CliError {
    /// An error of the kind `code`.
    pub(crate) fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: hint.into() }
    }

    /// Something that should not happen.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message, "please report this with the command that led to it")
    }

    /// An error that another `gm` printed as JSON.
    pub(crate) fn relayed(code: &str, message: &str, hint: &str) -> Self {
        Self::new(Code::named(code), message, hint)
    }

    /// A file or folder that cannot be written.
    pub(crate) fn not_writable(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(
            Code::NotWritable,
            format!("{}: cannot be written: {error}", path.display()),
            "check that the folder is there and that you may write to it",
        )
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CliError {}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::new(Code::named(error.kind.code()), error.to_string(), error.hint)
    }
}

impl From<PlanError> for CliError {
    fn from(error: PlanError) -> Self {
        Self::new(Code::named(error.code()), error.to_string(), error.hint())
    }
}

impl From<StateError> for CliError {
    fn from(error: StateError) -> Self {
        Self::new(Code::named(error.code()), error.to_string(), error.hint())
    }
}

impl From<LaunchError> for CliError {
    fn from(error: LaunchError) -> Self {
        Self::new(Code::named(error.code()), error.to_string(), error.hint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gm_chain::config::ConfigErrorKind;
    use gm_settlement::verify::VerifyError;

    #[test]
    fn every_code_of_a_library_is_here_with_its_meaning() {
        for kind in ConfigErrorKind::ALL {
            assert_ne!(Code::named(kind.code()), Code::Internal, "{}", kind.code());
        }
        for (code, meaning) in
            StateError::CODES.into_iter().chain(LaunchError::CODES).chain(VerifyError::CODES)
        {
            assert_eq!(Code::named(code).meaning(), meaning, "{code}");
        }
    }

    #[test]
    fn codes_are_unique() {
        let mut codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Code::ALL.len());
    }
}
