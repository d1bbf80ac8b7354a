//! The operations of the tag *Authentication*.

use std::time::Duration;

use async_trait::async_trait;
use dailies_definitions::access::{Caller, Human, Identity, Refresher, SessionHolder};
use dailies_definitions::authentication::{Authentication, FinishOidcQuery, GetFidoChallengeQuery, SendEmailOtpQuery};
use dailies_definitions::call::{Visitor, request_headers};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media};
use dailies_definitions::schemas::{
    AppLoginChallenge, AppLoginCode, AppLoginRedemption, Authenticated, Credentials, EmailOtpCode, FidoCreationOptions,
    FidoRegistrationAnswer, FidoRemoval, FidoRequestOptions, PasswordChange, PasswordReset, PasswordResetAnswer,
    PasswordResetRequest, RecoveryCodes, RenewedToken, SamlAnswer, SecondFactorEnabled, SecondFactorProof, SignedIn,
    SignedOut, Success, TotpCode, TotpSetup,
};
use entity::person;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::accounts::{check_new_password, set_password};
use super::browser::{address, caller_address, follows_foreign_link, is_browser};
use super::cookies::Cookies;
use super::lockout::Gate;
use super::password_check::{Checked, Strategy, check_password};
use super::second_factor::{self, Proof, SecondFactor};
use super::setup::{self, Changes, too_many_failures};
use super::sign_in::{self, Applicant, account, find_account};
use super::sign_on::{OpenId, Saml};
use super::{AccountEmail, AccountLetter, answers, app_login, asked_emails, email_code, fido, refusals, reset, totp};
use crate::app::SharedApp;
use crate::credentials::tokens::Duty;
use crate::sessions;
use crate::studio::organisation;

/// Handles the operations of the tag *Authentication*.
pub struct AuthenticationHandlers {
    app: SharedApp,
    open_id: OnceCell<OpenId>,
    saml: OnceCell<Saml>,
}

/// A refusal to sign in leaves no earlier than this, so that its time does not tell what kind of hash was compared, or
/// whether one was.
const LEAST_TIME: Duration = Duration::from_millis(400);

impl AuthenticationHandlers {
    /// Handlers of this server.
    #[must_use]
    pub fn new(app: SharedApp) -> Self {
        Self {
            app,
            open_id: OnceCell::new(),
            saml: OnceCell::new(),
        }
    }

    async fn saml(&self) -> Result<&Saml, Failure> {
        Ok(self.saml.get_or_try_init(async || Saml::new()).await?)
    }

    async fn open_id(&self) -> Result<&OpenId, Failure> {
        Ok(self.open_id.get_or_try_init(async || OpenId::new()).await?)
    }

    fn admit(&self, visitor: &Visitor) -> Result<(), Failure> {
        self.app.attempts.admit(address(
            &visitor.headers,
            visitor.address,
            &self.app.settings.trusted_proxies,
        ))
    }
}

#[async_trait]
impl Authentication for AuthenticationHandlers {
    async fn sign_in(&self, visitor: Visitor, body: Credentials) -> Result<Json<SignedIn>, Failure> {
        self.admit(&visitor)?;
        let started = Instant::now();
        let applicant = Applicant {
            identifier: body.email,
            password: body.password.unwrap_or_default(),
            proof: Proof {
                totp: body.totp,
                email_otp: body.email_otp,
                fido: body.fido_authentication_response,
                recovery_code: body.recovery_code,
            },
            address: address(&visitor.headers, visitor.address, &self.app.settings.trusted_proxies),
            from_browser: is_browser(&visitor.headers),
        };
        let answer = match sign_in::sign_in(&self.app, &applicant).await {
            Ok(session) => {
                let answer = answers::signed_in(&self.app, &session).await;
                let cookies = Cookies::new(&visitor.headers, &self.app.settings).session(&session.tokens);
                answer.map(|answer| cookies.on(answer))
            }
            Err(refusal) => {
                tokio::time::sleep_until(started + LEAST_TIME).await;
                Err(refusal)
            }
        };
        answer.map_err(|failure| match failure {
            Failure::Fault(error) => refusals::explain(&*error),
            answer @ Failure::Answer { .. } => answer,
        })
    }

    async fn sign_out(&self, access: Human) -> Result<Json<SignedOut>, Failure> {
        let headers = request_headers().unwrap_or_default();
        if follows_foreign_link(&headers) {
            return Err(Failure::forbidden());
        }
        let token = &access.token;
        // Personal tokens end when their owner replaces them, not when a script is done.
        if token.identity == Identity::Person {
            sessions::sign_out(&self.app, &token.id, token.refresh_id.as_deref()).await?;
        }
        let answer = Json::of(&SignedOut { logout: true })?;
        Ok(Cookies::new(&headers, &self.app.settings).without_session().on(answer))
    }

    async fn get_authenticated(&self, access: Caller) -> Result<Json<Authenticated>, Failure> {
        answers::authenticated(&self.app, &access).await
    }

    async fn refresh_token(&self, access: Refresher) -> Result<Json<RenewedToken>, Failure> {
        let account = account(&self.app, access.person.id).await?;
        let missing = || Duty::from(second_factor::is_missing(&account, &self.app.settings.sign_in));
        let duty = if access.skips_second_factor {
            Duty::Excused
        } else {
            missing()
        };
        let token = self.app.tokens.access(account.id, &access.refresh_id, duty)?;
        let headers = request_headers().unwrap_or_default();
        let cookies = Cookies::new(&headers, &self.app.settings)
            .access(&token)
            .without_refresh();
        let renewed = if cookies.to_browser() {
            RenewedToken {
                access_token: None,
                refresh: Some(true),
            }
        } else {
            RenewedToken {
                access_token: Some(token),
                refresh: None,
            }
        };
        Ok(cookies.on(Json::of(&renewed)?))
    }

    async fn change_password(&self, access: Human, body: PasswordChange) -> Result<Json<Success>, Failure> {
        let app = &self.app;
        let strategy = Strategy::from_setting(&app.settings.sign_in.auth_strategy)
            .ok_or_else(|| Failure::refused("Passwords are not kept on this server."))?;
        let _turn = self.app.attempts.turn(access.person.id).await;
        let account = account(app, access.person.id).await?;
        if strategy == Strategy::Directory && !strategy.is_kept(&account) {
            return Err(Failure::refused(
                "Your password is kept in the directory of the studio.",
            ));
        }
        let gate = Gate::of_session(&account);
        match check_password(app, strategy, &account, &gate, &body.old_password).await? {
            Checked::Right => {}
            Checked::Wrong => return Err(Failure::refused("Old password is wrong.").naming("old_password")),
            Checked::Inactive => return Err(Failure::refused("User is unactive.")),
            Checked::Locked => return Err(too_many_failures()),
        }
        check_new_password(&app.settings.sign_in, &body.password, &body.password_2, "password_2")?;
        let email = AccountEmail::new(app, AccountLetter::PasswordChanged, &account, caller_address(app));
        set_password(app, account.id, &body.password, Some(&access.token), email).await?;
        Ok(Json::of(&Success { success: true })?)
    }

    async fn request_password_reset(
        &self,
        visitor: Visitor,
        body: PasswordResetRequest,
    ) -> Result<Json<PasswordResetAnswer>, Failure> {
        self.admit(&visitor)?;
        asked_emails::after_answer(
            &self.app,
            &visitor,
            "a link to choose a new password was not sent",
            move |app, from| async move { asked_emails::send_reset_link(&app, &body.email, from).await },
        );
        Ok(Json::of(&PasswordResetAnswer {
            success: "Reset token sent".into(),
        })?)
    }

    async fn reset_password(&self, visitor: Visitor, body: PasswordReset) -> Result<Json<Success>, Failure> {
        self.admit(&visitor)?;
        let app = &self.app;
        let no_token = || Failure::refused("Wrong or expired token.");
        let account = find_account(app, &body.email).await?.ok_or_else(no_token)?;
        let _turn = self.app.attempts.turn(account.id).await;
        if !reset::is_good(app, account.id, &body.token).await? {
            return Err(no_token());
        }
        // A password that is no good does not use the token up.
        check_new_password(&app.settings.sign_in, &body.password, &body.password2, "password2")?;
        if !reset::take(app, account.id, &body.token).await? {
            return Err(no_token());
        }
        set_password(app, account.id, &body.password, None, None).await?;
        Ok(Json::of(&Success { success: true })?)
    }

    async fn prepare_totp(&self, access: SessionHolder) -> Result<Json<TotpSetup>, Failure> {
        let account = account(&self.app, access.person.id).await?;
        refuse_enabled(&account, SecondFactor::Totp, "TOTP already enabled.")?;
        let secret = totp::new_secret();
        setup::store(&self.app, &access, vec![("totp_secret", secret.clone().into())]).await?;
        totp::forget(&self.app, account.id).await?;
        let organisation = organisation(&self.app).await?;
        let label = account.email.unwrap_or_else(|| access.person.full_name());
        let totp_provisionning_uri = totp::address(&secret, &organisation.name, &label);
        Ok(Json::of(&TotpSetup {
            totp_provisionning_uri,
            otp_secret: secret,
        })?)
    }

    async fn enable_totp(&self, access: SessionHolder, body: TotpCode) -> Result<Json<SecondFactorEnabled>, Failure> {
        let app = &self.app;
        let _turn = app.attempts.turn(access.person.id).await;
        let account = account(app, access.person.id).await?;
        refuse_enabled(&account, SecondFactor::Totp, "TOTP already enabled.")?;
        setup::confirm(
            app,
            &account,
            "TOTP verification failed.",
            totp::use_code(app, &account, &body.totp),
        )
        .await?;
        setup::enable(app, &access, &account, SecondFactor::Totp, Changes::default()).await
    }

    async fn disable_totp(&self, access: SessionHolder, body: SecondFactorProof) -> Result<Json<Success>, Failure> {
        let app = &self.app;
        let _turn = app.attempts.turn(access.person.id).await;
        let account = account(app, access.person.id).await?;
        setup::disable(
            app,
            &access,
            &account,
            SecondFactor::Totp,
            &proof(body),
            "TOTP not enabled.",
        )
        .await
    }

    async fn send_email_otp(&self, visitor: Visitor, query: SendEmailOtpQuery) -> Result<Json<Success>, Failure> {
        self.admit(&visitor)?;
        asked_emails::after_answer(
            &self.app,
            &visitor,
            "a code to sign in with was not sent",
            move |app, from| async move { asked_emails::send_code(&app, &query.email, from).await },
        );
        Ok(Json::of(&Success { success: true })?)
    }

    async fn prepare_email_otp(&self, access: SessionHolder) -> Result<Json<Success>, Failure> {
        let account = account(&self.app, access.person.id).await?;
        refuse_enabled(&account, SecondFactor::EmailOtp, "OTP by email already enabled.")?;
        email_code::prepare(&self.app, &access, &account).await?;
        Ok(Json::of(&Success { success: true })?)
    }

    async fn enable_email_otp(
        &self,
        access: SessionHolder,
        body: EmailOtpCode,
    ) -> Result<Json<SecondFactorEnabled>, Failure> {
        let app = &self.app;
        let _turn = app.attempts.turn(access.person.id).await;
        let account = account(app, access.person.id).await?;
        refuse_enabled(&account, SecondFactor::EmailOtp, "OTP by email already enabled.")?;
        let shows = email_code::use_code(app, &account, &body.email_otp);
        setup::confirm(app, &account, "OTP by email verification failed.", shows).await?;
        setup::enable(app, &access, &account, SecondFactor::EmailOtp, Changes::default()).await
    }

    async fn disable_email_otp(
        &self,
        access: SessionHolder,
        body: SecondFactorProof,
    ) -> Result<Json<Success>, Failure> {
        let app = &self.app;
        let _turn = app.attempts.turn(access.person.id).await;
        let account = account(app, access.person.id).await?;
        setup::disable(
            app,
            &access,
            &account,
            SecondFactor::EmailOtp,
            &proof(body),
            "OTP by email not enabled.",
        )
        .await
    }

    async fn get_fido_challenge(
        &self,
        visitor: Visitor,
        query: GetFidoChallengeQuery,
    ) -> Result<Json<FidoRequestOptions>, Failure> {
        self.admit(&visitor)?;
        let account = find_account(&self.app, &query.email).await?;
        let account = account.filter(|account| account.active == Some(true) && SecondFactor::Fido.is_enabled(account));
        fido::request_options(
            &self.app,
            &account.ok_or_else(|| Failure::refused("FIDO not enabled."))?,
        )
        .await
    }

    async fn prepare_fido(&self, access: SessionHolder) -> Result<Json<FidoCreationOptions>, Failure> {
        fido::creation_options(&self.app, &account(&self.app, access.person.id).await?).await
    }

    async fn enable_fido(
        &self,
        access: SessionHolder,
        body: FidoRegistrationAnswer,
    ) -> Result<Json<SecondFactorEnabled>, Failure> {
        let app = &self.app;
        let _turn = app.attempts.turn(access.person.id).await;
        let account = account(app, access.person.id).await?;
        let keys = fido::with_new_key(app, account.id, &body.device_name, &body.registration_response).await?;
        let changes = Changes {
            columns: Vec::new(),
            security_keys: Some(keys),
        };
        setup::enable(app, &access, &account, SecondFactor::Fido, changes).await
    }

    async fn disable_fido(&self, access: SessionHolder, body: FidoRemoval) -> Result<Json<Success>, Failure> {
        let app = &self.app;
        let _turn = app.attempts.turn(access.person.id).await;
        let account = account(app, access.person.id).await?;
        let proof = Proof {
            totp: body.totp,
            email_otp: body.email_otp,
            fido: body.fido_authentication_response,
            recovery_code: body.recovery_code,
        };
        setup::remove_key(app, &access, &account, &body.device_name, &proof).await
    }

    async fn hand_session_out(
        &self,
        access: SessionHolder,
        body: AppLoginChallenge,
    ) -> Result<Json<AppLoginCode>, Failure> {
        Ok(Json::of(&AppLoginCode {
            code: app_login::hand_out(&self.app, &access, body.code_challenge).await?,
        })?)
    }

    async fn redeem_session(&self, visitor: Visitor, body: AppLoginRedemption) -> Result<Json<SignedIn>, Failure> {
        self.admit(&visitor)?;
        let address = address(&visitor.headers, visitor.address, &self.app.settings.trusted_proxies);
        let session = app_login::redeem(&self.app, &body.code, &body.code_verifier, address).await?;
        answers::signed_in(&self.app, &session).await
    }

    async fn begin_oidc(&self, visitor: Visitor) -> Result<Media, Failure> {
        self.admit(&visitor)?;
        self.open_id().await?.begin(&self.app).await
    }

    async fn finish_oidc(&self, visitor: Visitor, query: FinishOidcQuery) -> Result<Media, Failure> {
        self.admit(&visitor)?;
        let from = address(&visitor.headers, visitor.address, &self.app.settings.trusted_proxies);
        self.open_id().await?.finish(&self.app, &query, from).await
    }

    async fn begin_saml(&self, visitor: Visitor) -> Result<Media, Failure> {
        self.admit(&visitor)?;
        self.saml().await?.begin(&self.app).await
    }

    async fn finish_saml(&self, visitor: Visitor, body: SamlAnswer) -> Result<Media, Failure> {
        self.admit(&visitor)?;
        let from = address(&visitor.headers, visitor.address, &self.app.settings.trusted_proxies);
        self.saml()
            .await?
            .finish(&self.app, body.s_a_m_l_response.as_deref(), from)
            .await
    }

    async fn renew_recovery_codes(
        &self,
        access: SessionHolder,
        body: SecondFactorProof,
    ) -> Result<Json<RecoveryCodes>, Failure> {
        let _turn = self.app.attempts.turn(access.person.id).await;
        let account = account(&self.app, access.person.id).await?;
        if !second_factor::is_protected(&account) {
            return Err(Failure::refused("No two factor authentication enabled."));
        }
        setup::prove(&self.app, &account, &proof(body)).await?;
        let (otp_recovery_codes, hashes) = second_factor::new_recovery_codes(&self.app).await?;
        setup::store(&self.app, &access, vec![("otp_recovery_codes", hashes)]).await?;
        Ok(Json::of(&RecoveryCodes { otp_recovery_codes })?)
    }
}

fn refuse_enabled(account: &person::Model, factor: SecondFactor, refusal: &str) -> Result<(), Failure> {
    if factor.is_enabled(account) {
        Err(Failure::refused(refusal))
    } else {
        Ok(())
    }
}

fn proof(body: SecondFactorProof) -> Proof {
    Proof {
        totp: body.totp,
        email_otp: body.email_otp,
        fido: body.fido_authentication_response,
        recovery_code: body.recovery_code,
    }
}
