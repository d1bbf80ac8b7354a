//! The operations of the tag *Status*.

use std::num::NonZeroU32;

use async_trait::async_trait;
use chrono::Utc;
use dailies_definitions::access::Admin;
use dailies_definitions::call::Visitor;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media};
use dailies_definitions::schemas::{
    ClientConfiguration, ConfigurationCheck, ErrorReports, MachineResources, ServerStatus, ServerVersion, StatusSeries,
    StudioStatistics, Success,
};
use dailies_definitions::status::Status;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota};
use poem::http::{HeaderValue, StatusCode, header};
use sea_orm::FromQueryResult;
use serde_json::value::RawValue;

use super::configuration;
use super::machine::Machine;
use super::parts::Parts;
use super::probes::Prober;
use crate::app::SharedApp;
use crate::database::{self, Sql};
use crate::peers::may_monitor;
use crate::realtime::Audience;
use crate::studio::organisation;

/// The program whose API this server speaks, and the version of it. Clients look at both.
const API: &str = "Zou";
const VERSION: &str = "1.0.97";

/// Test events that strangers may have sent to everybody in a row; one more is allowed every second.
const TEST_EVENTS: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);

/// Handles the operations of the tag *Status*.
pub struct StatusHandlers {
    app: SharedApp,
    prober: Prober,
    parts: Parts,
    machine: Machine,
    test_events: DefaultDirectRateLimiter,
}

impl StatusHandlers {
    /// Handlers of a server that nobody has looked at yet.
    #[must_use]
    pub fn new(app: SharedApp) -> Self {
        let test_events = DefaultDirectRateLimiter::direct(Quota::per_second(NonZeroU32::MIN).allow_burst(TEST_EVENTS));
        Self {
            app,
            prober: Prober::default(),
            parts: Parts::default(),
            machine: Machine::default(),
            test_events,
        }
    }

    /// True if a visitor may see how the machine does.
    fn may_monitor(&self, visitor: &Visitor) -> bool {
        let settings = &self.app.settings;
        may_monitor(
            &visitor.headers,
            visitor.address,
            &settings.trusted_proxies,
            &settings.monitors,
        )
    }
}

/// Numbers of previews by kind and of comments in the studio.
#[derive(Default, FromQueryResult)]
struct StudioCounts {
    videos: i64,
    pictures: i64,
    models: i64,
    comments: i64,
}

#[async_trait]
impl Status for StatusHandlers {
    async fn get_version(&self, _visitor: Visitor) -> Result<Json<ServerVersion>, Failure> {
        Ok(Json::of(&ServerVersion {
            api: API.into(),
            version: VERSION.into(),
        })?)
    }

    async fn get_status(&self, visitor: Visitor) -> Result<Json<ServerStatus>, Failure> {
        let probes = self.prober.probe(&self.app).await;
        let parts = if self.may_monitor(&visitor) {
            Some(self.parts.look(&self.app, probes).await)
        } else {
            None
        };
        Ok(Json::of(&ServerStatus {
            name: API.into(),
            version: VERSION.into(),
            database_up: probes.database,
            key_value_store_up: probes.key_value_store,
            event_stream_up: probes.event_stream,
            job_queue_up: probes.job_queue,
            indexer_up: probes.indexer,
            movie_tools_up: probes.movie_tools,
            document_tools_up: probes.document_tools,
            parts,
        })?)
    }

    async fn get_status_text(&self, _visitor: Visitor) -> Result<Media, Failure> {
        let probes = self.prober.probe(&self.app).await;
        let mut text = format!("name: {API}\nversion: {VERSION}\n");
        for (name, up) in [
            ("database-up", probes.database),
            ("event-stream-up", probes.event_stream),
            ("key-value-store-up", probes.key_value_store),
            ("job-queue-up", probes.job_queue),
            ("indexer-up", probes.indexer),
            ("movie-tools-up", probes.movie_tools),
            ("document-tools-up", probes.document_tools),
        ] {
            text.push_str(&format!("{name}: {}\n", if up { "up" } else { "down" }));
        }
        Ok(Media::content("text/plain; charset=utf-8", text))
    }

    async fn get_status_series(&self, _visitor: Visitor) -> Result<Json<StatusSeries>, Failure> {
        let probes = self.prober.probe(&self.app).await;
        let now = Utc::now();
        Ok(Json::of(&StatusSeries {
            database_up: probes.database.into(),
            key_value_store_up: probes.key_value_store.into(),
            event_stream_up: probes.event_stream.into(),
            job_queue_up: probes.job_queue.into(),
            indexer_up: probes.indexer.into(),
            #[expect(
                clippy::cast_precision_loss,
                reason = "microseconds since 1970 fit for two centuries more"
            )]
            time: now.timestamp_micros() as f64 / 1e6,
        })?)
    }

    async fn get_machine_resources(&self, visitor: Visitor) -> Result<Json<MachineResources>, Failure> {
        if !self.may_monitor(&visitor) {
            return Err(Failure::forbidden());
        }
        Ok(Json::of(
            &self
                .machine
                .look(i64::try_from(self.app.jobs.running()).unwrap_or(i64::MAX))
                .await?,
        )?)
    }

    async fn send_test_event(&self, _visitor: Visitor) -> Result<Json<Success>, Failure> {
        if let Err(refused) = self.test_events.check() {
            let seconds = refused.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
            let failure = Failure::plain(
                StatusCode::TOO_MANY_REQUESTS,
                "Too many test events. Try again in a moment.",
            );
            return Err(failure.with_header(header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        self.app
            .bus
            .publish(
                Audience::Everyone,
                "main:test",
                &RawValue::from_string("{}".into())?,
                None,
            )
            .await;
        Ok(Json::of(&Success { success: true })?)
    }

    async fn get_studio_statistics(&self, _access: Admin) -> Result<Json<StudioStatistics>, Failure> {
        let sql = Sql::new(
            "SELECT COUNT(CASE WHEN extension = 'mp4' THEN 1 END) AS videos, COUNT(CASE WHEN extension = 'png' THEN 1 END) AS pictures, \
             COUNT(CASE WHEN extension = 'obj' THEN 1 END) AS models, (SELECT COUNT(*) FROM comment) AS comments FROM preview_file",
        );
        let counts = database::read_one::<StudioCounts>(&self.app.database, &sql)
            .await?
            .unwrap_or_default();
        Ok(Json::of(&StudioStatistics {
            number_of_video_previews: counts.videos,
            number_of_picture_previews: counts.pictures,
            number_of_model_previews: counts.models,
            number_of_comments: counts.comments,
        })?)
    }

    async fn get_client_configuration(&self, _visitor: Visitor) -> Result<Json<ClientConfiguration>, Failure> {
        let organisation = organisation(&self.app).await?;
        let settings = &self.app.settings;
        let reports = &settings.ui_reports;
        Ok(Json::of(&ClientConfiguration {
            is_self_hosted: settings.is_self_hosted,
            crisp_token: settings.crisp_token.clone(),
            dark_theme_by_default: organisation.dark_theme_by_default.unwrap_or_default(),
            indexer_configured: true,
            saml_enabled: settings.saml.saml_enabled,
            saml_idp_name: settings.saml.saml_idp_name.clone(),
            oidc_enabled: settings.oidc.oidc_enabled,
            oidc_idp_name: settings.oidc.oidc_idp_name.clone(),
            default_locale: settings.default_locale.clone(),
            default_timezone: settings.default_timezone.clone(),
            enforce_2fa: settings.sign_in.enforce_2fa,
            movie_highdef_bitrate: settings.movie_highdef_bitrate,
            movie_lowdef_bitrate: settings.movie_lowdef_bitrate,
            preview_accounts_enabled: settings.sign_in.keeps_passwords(),
            sentry: reports.sentry_kitsu_enabled.then(|| ErrorReports {
                dsn: reports.sentry_kitsu_dsn.clone(),
                sample_rate: reports.sentry_kitsu_sr,
            }),
        })?)
    }

    async fn check_configuration(&self, visitor: Visitor) -> Result<Json<ConfigurationCheck>, Failure> {
        configuration::check(&self.app, &visitor).await
    }
}
