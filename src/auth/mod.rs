//! Signing in: tokens and the sessions that they stand for, passwords, second factors, and everything that keeps
//! strangers out.

pub mod accounts;
mod answers;
mod app_login;
mod asked_emails;
mod browser;
mod browser_session;
mod cookies;
pub mod directory;
mod email_code;
mod emails;
mod fido;
mod handlers;
mod lockout;
mod own_factors;
mod own_password;
mod own_session;
mod password_check;
mod refusals;
pub mod reset;
mod second_factor;
mod secrets;
mod setup;
mod sign_in;
mod sign_on;
#[cfg(test)]
mod test_account;
mod totp;

pub use browser::{caller_address, is_encrypted};
pub use emails::{AccountEmail, AccountLetter};
pub use handlers::AuthenticationHandlers;
pub use secrets::{handed_out_password, made_up_password};
pub use sign_on::{OF_PROVIDERS, Provider, bind, is_bound};
