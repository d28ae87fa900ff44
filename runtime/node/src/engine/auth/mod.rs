//! Who may use the Engine API: those who hold the secret.
//!
//! Specification: <https://github.com/ethereum/execution-apis/blob/main/src/engine/authentication.md>.

mod layer;
mod secret;
mod token;

pub(super) use layer::AuthLayer;
pub use secret::{JwtSecret, SecretError};
pub use token::AuthError;
