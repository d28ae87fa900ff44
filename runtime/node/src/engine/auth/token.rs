//! JSON Web Tokens, as far as the Engine API uses them: HS256 and the claim `iat`.
//!
//! Specification: <https://www.rfc-editor.org/rfc/rfc7519> and
//! <https://www.rfc-editor.org/rfc/rfc7515>.

use super::JwtSecret;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use serde::Deserialize;
use sha2::Sha256;

/// How far `iat` may be from the present, in seconds.
const WINDOW: f64 = 60.0;

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// There is no `Authorization: Bearer …` header.
    #[error("missing token")]
    Missing,
    /// The token is not three parts of base64 with JSON in them.
    #[error("malformed token")]
    Malformed,
    /// The token is signed in another way than HS256.
    #[error("signing method is invalid: only HS256 is allowed")]
    Algorithm,
    /// The signature was made with another secret.
    #[error("signature is invalid")]
    Signature,
    /// The token does not say when it was issued.
    #[error("missing issued-at")]
    NoIssuedAt,
    /// The token was issued more than a minute ago.
    #[error("stale token")]
    Stale,
    /// The token was issued more than a minute from now.
    #[error("future token")]
    Future,
    /// The token names a time until which it is valid, and that is over.
    #[error("token is expired")]
    Expired,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    iat: Option<f64>,
    exp: Option<f64>,
}

impl JwtSecret {
    /// Checks a token. `now` is the Unix time in seconds.
    pub fn check(&self, token: &str, now: u64) -> Result<(), AuthError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(AuthError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(AuthError::Malformed)?;
        let header: Header = part(header)?;
        if header.alg != "HS256" {
            return Err(AuthError::Algorithm);
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| AuthError::Malformed)?;
        // Takes the same time wherever the signatures differ.
        self.mac(signed).verify_slice(&signature).map_err(|_| AuthError::Signature)?;
        let claims: Claims = part(claims)?;
        let now = now as f64;
        match claims.iat {
            None => Err(AuthError::NoIssuedAt),
            Some(iat) if now - iat > WINDOW => Err(AuthError::Stale),
            Some(iat) if iat - now > WINDOW => Err(AuthError::Future),
            Some(_) if claims.exp.is_some_and(|exp| exp <= now) => Err(AuthError::Expired),
            Some(_) => Ok(()),
        }
    }

    /// Makes a token issued at `now`, the Unix time in seconds.
    pub fn token(&self, now: u64) -> String {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{"iat":{now}}}"#));
        let signed = format!("{header}.{claims}");
        let signature = URL_SAFE_NO_PAD.encode(self.mac(&signed).finalize().into_bytes());
        format!("{signed}.{signature}")
    }

    fn mac(&self, signed: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any size");
        mac.update(signed.as_bytes());
        mac
    }
}

fn part<T: for<'de> Deserialize<'de>>(base64: &str) -> Result<T, AuthError> {
    let json = URL_SAFE_NO_PAD.decode(base64).map_err(|_| AuthError::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| AuthError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000;

    fn secret() -> JwtSecret {
        JwtSecret::new([7; 32])
    }

    /// A token with this header and these claims, rightly signed.
    fn signed(header: &str, claims: &str) -> String {
        let signed =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let mac = secret().mac(&signed).finalize().into_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    fn claims(claims: &str) -> Result<(), AuthError> {
        secret().check(&signed(r#"{"alg":"HS256"}"#, claims), NOW)
    }

    #[test]
    fn a_known_token_is_taken() {
        // Made with Python's hmac and base64.
        let token = concat!(
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.",
            "eyJpYXQiOjE3MDAwMDAwMDB9.",
            "q7vdxvYJozZ6UoScEnMgFSivYb-nzMGBXN-k-GD5t_8",
        );
        assert_eq!(secret().token(NOW), token);
        for now in [NOW - 60, NOW, NOW + 60] {
            assert_eq!(secret().check(&secret().token(NOW), now), Ok(()));
        }
        assert_eq!(claims(r#"{"iat":1700000000.5,"exp":1700000001,"id":"x"}"#), Ok(()));
    }

    #[test]
    fn the_time_counts() {
        let token = secret().token(NOW);
        assert_eq!(secret().check(&token, NOW + 61), Err(AuthError::Stale));
        assert_eq!(secret().check(&token, NOW - 61), Err(AuthError::Future));
        assert_eq!(claims(r#"{"iat":1700000000,"exp":1699999999}"#), Err(AuthError::Expired));
        assert_eq!(claims("{}"), Err(AuthError::NoIssuedAt));
    }

    #[test]
    fn the_secret_and_the_algorithm_count() {
        let other = JwtSecret::new([8; 32]).token(NOW);
        assert_eq!(secret().check(&other, NOW), Err(AuthError::Signature));
        for header in [r#"{"alg":"none"}"#, r#"{"alg":"HS512"}"#] {
            let token = signed(header, r#"{"iat":1700000000}"#);
            assert_eq!(secret().check(&token, NOW), Err(AuthError::Algorithm));
        }
        let token = secret().token(NOW);
        let (unsigned, _) = token.rsplit_once('.').unwrap();
        assert_eq!(secret().check(&format!("{unsigned}."), NOW), Err(AuthError::Signature));
    }

    #[test]
    fn rubbish_is_refused() {
        for token in ["", ".", "..", "a.b.c", "é.é.é", "e30.e30.e30.e30"] {
            assert!(secret().check(token, NOW).is_err(), "{token}");
        }
        assert_eq!(claims("[]"), Err(AuthError::Malformed));
        assert_eq!(claims(r#"{"iat":"1700000000"}"#), Err(AuthError::Malformed));
    }
}
