//! The operations of the tag *Authentication*.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, Human, Refresher, SessionHolder};
use dailies_definitions::authentication::{Authentication, FinishOidcQuery, GetFidoChallengeQuery, SendEmailOtpQuery};
use dailies_definitions::call::Visitor;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media};
use dailies_definitions::schemas::{
    AppLoginChallenge, AppLoginCode, AppLoginRedemption, Authenticated, Credentials, EmailOtpCode, FidoCreationOptions,
    FidoRegistrationAnswer, FidoRemoval, FidoRequestOptions, PasswordChange, PasswordReset, PasswordResetAnswer,
    PasswordResetRequest, RecoveryCodes, RenewedToken, SamlAnswer, SecondFactorEnabled, SecondFactorProof, SignedIn,
    SignedOut, Success, TotpCode, TotpSetup,
};
use tokio::sync::OnceCell;

use super::browser::visitor_address;
use super::second_factor::{Proof, SecondFactor};
use super::sign_in::{self, account};
use super::sign_on::{OpenId, Saml};
use super::{answers, app_login, asked_emails, fido, own_factors, own_password, own_session};
use crate::app::SharedApp;

/// Handles the operations of the tag *Authentication*.
pub struct AuthenticationHandlers {
    app: SharedApp,
    open_id: OnceCell<OpenId>,
    saml: OnceCell<Saml>,
}

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

    /// Counts a try of somebody who is not signed in yet.
    ///
    /// # Errors
    /// 429 after too many.
    fn admit(&self, visitor: &Visitor) -> Result<(), Failure> {
        self.app.attempts.admit(visitor_address(&self.app, visitor))
    }
}

#[async_trait]
impl Authentication for AuthenticationHandlers {
    async fn sign_in(&self, visitor: Visitor, body: Credentials) -> Result<Json<SignedIn>, Failure> {
        self.admit(&visitor)?;
        sign_in::answer(&self.app, &visitor, body).await
    }

    async fn sign_out(&self, access: Human) -> Result<Json<SignedOut>, Failure> {
        own_session::sign_out(&self.app, &access).await
    }

    async fn get_authenticated(&self, access: Caller) -> Result<Json<Authenticated>, Failure> {
        answers::authenticated(&self.app, &access).await
    }

    async fn refresh_token(&self, access: Refresher) -> Result<Json<RenewedToken>, Failure> {
        own_session::refresh(&self.app, &access).await
    }

    async fn change_password(&self, access: Human, body: PasswordChange) -> Result<Json<Success>, Failure> {
        own_password::change(&self.app, &access, &body).await
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
        own_password::reset(&self.app, &body).await
    }

    async fn prepare_totp(&self, access: SessionHolder) -> Result<Json<TotpSetup>, Failure> {
        own_factors::prepare_totp(&self.app, &access).await
    }

    async fn enable_totp(&self, access: SessionHolder, body: TotpCode) -> Result<Json<SecondFactorEnabled>, Failure> {
        own_factors::enable_totp(&self.app, &access, &body.totp).await
    }

    async fn disable_totp(&self, access: SessionHolder, body: SecondFactorProof) -> Result<Json<Success>, Failure> {
        let refusal = "TOTP not enabled.";
        own_factors::disable(&self.app, &access, SecondFactor::Totp, &Proof::from(body), refusal).await
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
        own_factors::prepare_email_otp(&self.app, &access).await
    }

    async fn enable_email_otp(
        &self,
        access: SessionHolder,
        body: EmailOtpCode,
    ) -> Result<Json<SecondFactorEnabled>, Failure> {
        own_factors::enable_email_otp(&self.app, &access, &body.email_otp).await
    }

    async fn disable_email_otp(
        &self,
        access: SessionHolder,
        body: SecondFactorProof,
    ) -> Result<Json<Success>, Failure> {
        let refusal = "OTP by email not enabled.";
        own_factors::disable(&self.app, &access, SecondFactor::EmailOtp, &Proof::from(body), refusal).await
    }

    async fn get_fido_challenge(
        &self,
        visitor: Visitor,
        query: GetFidoChallengeQuery,
    ) -> Result<Json<FidoRequestOptions>, Failure> {
        self.admit(&visitor)?;
        fido::request_options(&self.app, &query.email).await
    }

    async fn prepare_fido(&self, access: SessionHolder) -> Result<Json<FidoCreationOptions>, Failure> {
        fido::creation_options(&self.app, &account(&self.app, access.person.id).await?).await
    }

    async fn enable_fido(
        &self,
        access: SessionHolder,
        body: FidoRegistrationAnswer,
    ) -> Result<Json<SecondFactorEnabled>, Failure> {
        own_factors::enable_fido(&self.app, &access, &body).await
    }

    async fn disable_fido(&self, access: SessionHolder, body: FidoRemoval) -> Result<Json<Success>, Failure> {
        own_factors::remove_key(&self.app, &access, body).await
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
        let from = visitor_address(&self.app, &visitor);
        let session = app_login::redeem(&self.app, &body.code, &body.code_verifier, from).await?;
        answers::signed_in(&self.app, &session).await
    }

    async fn begin_oidc(&self, visitor: Visitor) -> Result<Media, Failure> {
        self.admit(&visitor)?;
        self.open_id().await?.begin(&self.app).await
    }

    async fn finish_oidc(&self, visitor: Visitor, query: FinishOidcQuery) -> Result<Media, Failure> {
        self.admit(&visitor)?;
        let from = visitor_address(&self.app, &visitor);
        self.open_id().await?.finish(&self.app, &query, from).await
    }

    async fn begin_saml(&self, visitor: Visitor) -> Result<Media, Failure> {
        self.admit(&visitor)?;
        self.saml().await?.begin(&self.app).await
    }

    async fn finish_saml(&self, visitor: Visitor, body: SamlAnswer) -> Result<Media, Failure> {
        self.admit(&visitor)?;
        let from = visitor_address(&self.app, &visitor);
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
        own_factors::renew_recovery_codes(&self.app, &access, &Proof::from(body)).await
    }
}
