//! Signing in: tokens and the sessions that they stand for, passwords, second factors, and everything that keeps
//! strangers out.

pub mod accounts;
mod browser;
mod cookies;
mod emails;
mod handlers;
mod lockout;
pub mod reset;
mod second_factor;
mod secrets;
mod sign_in;

pub use browser::{caller_address, is_encrypted};
pub use emails::{AccountEmail, AccountLetter};
pub use handlers::AuthenticationHandlers;
pub use secrets::{handed_out_password, made_up_password};
