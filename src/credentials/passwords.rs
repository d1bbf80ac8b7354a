//! Passwords and recovery codes: only their hashes are kept, and checking one takes the same time whether or not there is
//! a hash to compare with.

use std::sync::Arc;
use std::thread::available_parallelism;

use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Argon2, Params};
use tokio::sync::{AcquireError, Semaphore};
use tokio::task::JoinError;

/// Hashes and checks, away from the threads that serve requests, and no more at a time than there are processors: each one
/// takes megabytes of memory.
pub struct Passwords {
    permits: Arc<Semaphore>,
}

/// Reason why a password could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("hashing failed: {0}")]
    Hash(#[from] password_hash::Error),
    #[error("hashing failed: {0}")]
    Parameters(#[from] argon2::Error),
    #[error("hashing broke off: {0}")]
    Broken(#[from] JoinError),
    #[error("no more hashing: {0}")]
    Closed(#[from] AcquireError),
}

/// Beginning of hashes of today's strength.
const TODAY: &[u8] = b"$argon2id$v=19$m=19456,t=2,p=1$";

/// A hash that nothing matches, for accounts that have none.
const DECOY: &[u8] =
    b"$argon2id$v=19$m=19456,t=2,p=1$ZGFpbGllcy1kZWNveS0xNg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl Passwords {
    /// Uses every processor.
    #[must_use]
    pub fn new() -> Self {
        let permits = available_parallelism().map_or(1, usize::from);
        Self {
            permits: Arc::new(Semaphore::new(permits)),
        }
    }

    async fn run<T, W>(&self, work: W) -> Result<T, PasswordError>
    where
        T: Send + 'static,
        W: FnOnce() -> Result<T, PasswordError> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        done.await?
    }

    /// The hash of a password.
    ///
    /// # Errors
    /// The system gives no randomness or no thread.
    pub async fn hash(&self, password: &str) -> Result<Vec<u8>, PasswordError> {
        let password = password.to_owned();
        self.run(move || hash_with(&Argon2::default(), &password)).await
    }

    /// The hashes of recovery codes. A code is random, so it needs less than a password does to be out of reach.
    ///
    /// # Errors
    /// The system gives no randomness or no thread.
    pub async fn hash_codes(&self, codes: &[String]) -> Result<Vec<Vec<u8>>, PasswordError> {
        let codes = codes.to_vec();
        self.run(move || {
            let quick = Argon2::from(Params::new(4096, 1, 1, None)?);
            codes.iter().map(|code| hash_with(&quick, code)).collect()
        })
        .await
    }

    /// True if a password belongs to a hash, of argon2 or of bcrypt. Without a hash, or with one that is of neither kind,
    /// the answer is no, as late as if there were one.
    ///
    /// # Errors
    /// The system gives no thread.
    pub async fn verify(&self, password: &str, hash: Option<&[u8]>) -> Result<bool, PasswordError> {
        let password = password.to_owned();
        let hash = hash.map(<[u8]>::to_vec);
        self.run(move || Ok(matches(&password, hash.as_deref().unwrap_or_default())))
            .await
    }

    /// The place of the hash that a recovery code belongs to. All of them are looked at, so the time tells nothing.
    ///
    /// # Errors
    /// The system gives no thread.
    pub async fn find_code(&self, code: &str, hashes: &[Vec<u8>]) -> Result<Option<usize>, PasswordError> {
        let code = code.to_owned();
        let hashes = hashes.to_vec();
        self.run(move || {
            let places = hashes.iter().enumerate();
            Ok(places.fold(
                None,
                |found, (at, hash)| if matches(&code, hash) { Some(at) } else { found },
            ))
        })
        .await
    }

    /// True if a hash should be replaced by one of today's strength.
    #[must_use]
    pub fn needs_rehash(hash: &[u8]) -> bool {
        !hash.starts_with(TODAY)
    }
}

fn hash_with(argon: &Argon2<'_>, password: &str) -> Result<Vec<u8>, PasswordError> {
    Ok(argon.hash_password(password.as_bytes())?.to_string().into_bytes())
}

/// Both libraries compare in constant time. Of bcrypt, only the first 72 bytes of the password count, as they did when the
/// hash was made.
fn matches(password: &str, hash: &[u8]) -> bool {
    let text = str::from_utf8(hash).unwrap_or_default();
    if ["$2a$", "$2b$", "$2y$"].iter().any(|kind| text.starts_with(kind))
        && let Ok(right) = bcrypt::verify(password, text)
    {
        return right;
    }
    if let Ok(hash) = password_hash::phc::PasswordHash::new(text) {
        return Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
    }
    let decoy = str::from_utf8(DECOY).unwrap_or_default();
    let _never = Argon2::default().verify_password(password.as_bytes(), decoy);
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_hash_alone() -> Result<(), PasswordError> {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse").await?;
        assert!(hash.starts_with(TODAY), "{}", String::from_utf8_lossy(&hash));
        assert!(passwords.verify("correct horse", Some(&hash)).await?);
        assert!(!passwords.verify("correct horsf", Some(&hash)).await?);
        assert!(!Passwords::needs_rehash(&hash));
        assert_ne!(hash, passwords.hash("correct horse").await?);
        Ok(())
    }

    #[tokio::test]
    async fn hashes_of_bcrypt_are_good_and_due_for_replacement() -> Result<(), PasswordError> {
        let passwords = Passwords::new();
        let long = "é".repeat(40);
        for (password, same) in [("secret", "secret"), (long.as_str(), &long[..72])] {
            let hash = bcrypt::hash(password, 4).expect("a hash");
            for kind in ["$2a$", "$2b$", "$2y$"] {
                let hash = hash.replacen("$2b$", kind, 1);
                assert!(passwords.verify(same, Some(hash.as_bytes())).await?);
                assert!(!passwords.verify("other", Some(hash.as_bytes())).await?);
                assert!(Passwords::needs_rehash(hash.as_bytes()));
            }
        }
        Ok(())
    }

    #[tokio::test]
    async fn nothing_matches_what_is_no_hash() -> Result<(), PasswordError> {
        let passwords = Passwords::new();
        for hash in [
            None,
            Some(&b""[..]),
            Some(b"secret"),
            Some(b"$2b$nonsense"),
            Some(b"\xff\xfe"),
            Some(DECOY),
        ] {
            assert!(!passwords.verify("secret", hash).await?);
            assert!(!passwords.verify("", hash).await?);
        }
        Ok(())
    }

    #[test]
    fn the_decoy_is_as_slow_as_a_hash() {
        assert!(DECOY.starts_with(TODAY));
        let decoy = password_hash::phc::PasswordHash::new(str::from_utf8(DECOY).expect("text")).expect("a hash");
        assert_eq!(decoy.hash.expect("an output").as_bytes().len(), 32);
        assert_eq!(decoy.salt.expect("a salt").as_ref().len(), 16);
    }

    #[tokio::test]
    async fn a_recovery_code_finds_its_place() -> Result<(), PasswordError> {
        let passwords = Passwords::new();
        let codes = ["AAAAAAAAA1".to_owned(), "AAAAAAAAA2".to_owned()];
        let mut hashes = passwords.hash_codes(&codes).await?;
        hashes.push(bcrypt::hash("AAAAAAAAA3", 4).expect("a hash").into_bytes());
        assert_eq!(passwords.find_code("AAAAAAAAA2", &hashes).await?, Some(1));
        assert_eq!(passwords.find_code("AAAAAAAAA3", &hashes).await?, Some(2));
        assert_eq!(passwords.find_code("AAAAAAAAA4", &hashes).await?, None);
        Ok(())
    }
}
