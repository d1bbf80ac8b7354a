//! Settings of signing in with what others vouch for: an identity provider, or the directory of the studio.

use clap::{ArgAction, Args};

use super::switch;

/// Settings of signing in at a provider of OpenID Connect.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "OIDC")]
pub struct OidcSettings {
    /// True if people can sign in at a provider of OpenID Connect.
    #[arg(long, env = "OIDC_ENABLED", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub oidc_enabled: bool,
    /// Name of the provider on the page to sign in on.
    #[arg(long, env = "OIDC_IDP_NAME", default_value = "")]
    pub oidc_idp_name: String,
    /// Address of what the provider says of itself, which ends in `/.well-known/openid-configuration`.
    #[arg(long, env = "OIDC_DISCOVERY_URL", default_value = "")]
    pub oidc_discovery_url: String,
    /// Name of this server at the provider.
    #[arg(long, env = "OIDC_CLIENT_ID", default_value = "")]
    pub oidc_client_id: String,
    /// Secret of this server at the provider.
    #[arg(long, env = "OIDC_CLIENT_SECRET", default_value = "", hide_env_values = true)]
    pub oidc_client_secret: String,
    /// Scopes that the provider is asked for, separated by blanks.
    #[arg(long, env = "OIDC_SCOPES", default_value = "openid email profile")]
    pub oidc_scopes: String,
    /// Claim with the e-mail address.
    #[arg(long, env = "OIDC_EMAIL_CLAIM", default_value = "email")]
    pub oidc_email_claim: String,
    /// Claim with the first name.
    #[arg(long, env = "OIDC_GIVEN_NAME_CLAIM", default_value = "given_name")]
    pub oidc_given_name_claim: String,
    /// Claim with the last name.
    #[arg(long, env = "OIDC_FAMILY_NAME_CLAIM", default_value = "family_name")]
    pub oidc_family_name_claim: String,
    /// True if the provider has to say that it verified an address before the address counts.
    #[arg(long, env = "OIDC_REQUIRE_EMAIL_VERIFIED", default_value = "true", value_parser = switch, action = ArgAction::Set)]
    pub oidc_require_email_verified: bool,
    /// True if those who sign in there need no second factor here.
    #[arg(long, env = "OIDC_SKIP_2FA", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub oidc_skip_2fa: bool,
}

/// Settings of signing in at a provider of SAML.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "SAML")]
pub struct SamlSettings {
    /// True if people can sign in at a provider of SAML.
    #[arg(long, env = "SAML_ENABLED", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub saml_enabled: bool,
    /// Name of the provider on the page to sign in on.
    #[arg(long, env = "SAML_IDP_NAME", default_value = "")]
    pub saml_idp_name: String,
    /// Address of what the provider says of itself.
    #[arg(long, env = "SAML_METADATA_URL", default_value = "")]
    pub saml_metadata_url: String,
    /// True if those who sign in there need no second factor here.
    #[arg(long, env = "SAML_SKIP_2FA", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub saml_skip_2fa: bool,
    /// Attribute that names a person for good; without it, the e-mail address does.
    #[arg(long, env = "SAML_SUBJECT_ATTRIBUTE", default_value = "")]
    pub saml_subject_attribute: String,
}

/// Settings of the directory that passwords are checked in when `AUTH_STRATEGY` is `auth_remote_ldap`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "LDAP")]
pub struct LdapSettings {
    /// Host of the directory.
    #[arg(long, env = "LDAP_HOST", default_value = "127.0.0.1")]
    pub ldap_host: String,
    /// Port of the directory.
    #[arg(long, env = "LDAP_PORT", default_value_t = 389)]
    pub ldap_port: u16,
    /// Entry of the directory below which the persons are.
    #[arg(long, env = "LDAP_BASE_DN", default_value = "cn=Users,dc=zou,dc=local")]
    pub ldap_base_dn: String,
    /// Group whose members alone are taken over: its name, or in Active Directory where it is.
    #[arg(long, env = "LDAP_GROUP", default_value = "")]
    pub ldap_group: String,
    /// Domain of Active Directory.
    #[arg(long, env = "LDAP_DOMAIN", default_value = "zou.local")]
    pub ldap_domain: String,
    /// True if persons that are not of the directory sign in with the password that is kept here.
    #[arg(long, env = "LDAP_FALLBACK", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub ldap_fallback: bool,
    /// True if it is Active Directory.
    #[arg(long, env = "LDAP_IS_AD", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub ldap_is_ad: bool,
    /// True if it is Active Directory where names of persons are those of their entries.
    #[arg(long, env = "LDAP_IS_AD_SIMPLE", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub ldap_is_ad_simple: bool,
    /// True if the connection is encrypted from the start.
    #[arg(long, env = "LDAP_SSL", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub ldap_ssl: bool,
    /// True if the connection turns to TLS after it is made.
    #[arg(long, env = "DAILIES_LDAP_START_TLS", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub ldap_start_tls: bool,
    /// User who reads the directory to take persons over.
    #[arg(long, env = "LDAP_USER", default_value = "")]
    pub ldap_user: String,
    /// Password of whoever reads it.
    #[arg(long, env = "LDAP_PASSWORD", default_value = "password", hide_env_values = true)]
    pub ldap_password: String,
    /// Domain of the e-mail addresses of the studio.
    #[arg(long, env = "EMAIL_DOMAIN", default_value = "studio.local")]
    pub email_domain: String,
    /// Names, separated by commas, of accounts that are not taken over.
    #[arg(long, env = "LDAP_EXCLUDED_ACCOUNTS", value_delimiter = ',')]
    pub ldap_excluded_accounts: Vec<String>,
    /// Roles of the members of groups, separated by semicolons, such as `leads=supervisor;producers=manager`; the mightiest counts.
    #[arg(long, env = "DAILIES_LDAP_ROLES", value_delimiter = ';')]
    pub ldap_roles: Vec<String>,
}
