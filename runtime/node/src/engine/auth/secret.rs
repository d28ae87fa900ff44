//! The secret that both sides of the Engine API hold.

use alloy_primitives::{B256, hex};
use std::{
    fmt,
    fs::OpenOptions,
    io::{self, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// A key of 256 bits. It is never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct JwtSecret(pub(super) [u8; 32]);

impl fmt::Debug for JwtSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JwtSecret(…)")
    }
}

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read or written.
    #[error("cannot open the JWT secret {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("the JWT secret {} must be 64 hexadecimal digits", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
}

impl JwtSecret {
    /// A secret from its bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A new secret.
    pub fn random() -> Self {
        Self(B256::random().0)
    }

    /// Reads a secret from its 64 hexadecimal digits, with or without `0x`.
    pub fn from_hex(text: &str) -> Option<Self> {
        hex::decode_to_array(text.trim()).ok().map(Self)
    }

    /// Reads the secret from a file. If there is no such file, makes one that only its owner can
    /// read.
    pub fn load_or_create(path: &Path) -> Result<Self, SecretError> {
        let failed = |source| SecretError::Io { path: path.to_owned(), source };
        match std::fs::read_to_string(path) {
            Ok(text) => {
                Self::from_hex(&text).ok_or_else(|| SecretError::Format { path: path.to_owned() })
            }
            Err(err) if err.kind() == ErrorKind::NotFound => {
                let secret = Self::random();
                let mut options = OpenOptions::new();
                let mut file =
                    options.write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
                file.write_all(hex::encode(secret.0).as_bytes()).map_err(failed)?;
                Ok(secret)
            }
            Err(err) => Err(failed(err)),
        }
    }
}
