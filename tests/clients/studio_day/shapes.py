"""The keys that rows have on the wire, as far as clients rely on all of them."""

PERSON = set(
    """first_name last_name email phone country contract_type active archived last_presence
    desktop_login totp_enabled email_otp_enabled fido_enabled preferred_two_factor_authentication
    shotgun_id timezone locale use_12_hour_clock display_date_format data role position seniority
    daily_salary has_avatar notifications_enabled notifications_slack_enabled
    notifications_slack_userid notifications_mattermost_enabled notifications_mattermost_userid
    notifications_discord_enabled notifications_discord_userid is_bot is_guest expiration_date
    is_generated_from_ldap ldap_uid preview_project_id preview_opened_at preview_open_until studio_id full_name id created_at updated_at type""".split()
)
MINIMAL_PERSON = set(
    """id type first_name last_name full_name has_avatar active departments studio_id role
    desktop_login is_bot""".split()
)
SHORT_PERSON = set("id first_name last_name full_name has_avatar role".split())
SECRETS = set(
    """password totp_secret email_otp_secret otp_recovery_codes fido_credentials jti
    login_failed_attemps last_login_failed oidc_issuer oidc_subject saml_issuer saml_subject""".split()
)
ORGANISATION = set(
    """name hours_by_day has_avatar use_original_file_name timesheets_locked
    format_duration_in_hours hd_by_default dark_theme_by_default id created_at updated_at type""".split()
)
ORGANISATION_OF_ADMIN = ORGANISATION | {"chat_token_slack", "chat_webhook_mattermost", "chat_token_discord"}

PROJECT = set(
    """name code description shotgun_id file_tree data has_avatar fps ratio resolution
    production_type production_style start_date end_date man_days nb_episodes episode_span
    max_retakes is_clients_isolated is_client_stats_visible is_client_task_list_visible
    is_client_task_panel_visible is_preview_download_allowed is_set_preview_automated homepage
    is_publish_default_for_artists is_bot_collaboration_enabled is_single_preview_per_revision
    is_frame_in_numbering revision_padding hd_bitrate_compression ld_bitrate_compression
    project_status_id default_preview_background_file_id from_schedule_version_id id created_at
    updated_at type""".split()
)
PROJECT_RELATIONS = set(
    "team asset_types task_statuses task_types status_automations preview_background_files".split()
)
OPEN_PROJECT = PROJECT | PROJECT_RELATIONS | {"descriptors", "task_type_links", "task_types_priority", "task_statuses_link"}
DESCRIPTOR_OF_OPEN_PROJECT = set(
    "id name field_name data_type choices for_client entity_type task_type_id position departments".split()
)

ENTITY = set(
    """id name code description shotgun_id canceled nb_frames nb_entities_out is_casting_standby
    is_shared status project_id entity_type_id parent_id source_id preview_file_id data ready_for
    created_by created_at updated_at type""".split()
)
ENTITY_RELATIONS = set("entities_out entities_in entity_concept_links instance_casting".split())
ASSET_WITH_TASKS = set(
    """id name preview_file_id description asset_type_name asset_type_id canceled ready_for
    episode_id casting_episode_ids is_casting_standby is_shared data tasks""".split()
)
SHOT_WITH_TASKS = set(
    """canceled data description entity_type_id episode_id episode_name fps frame_in frame_out id
    name nb_frames parent_id preview_file_id project_id project_name sequence_id sequence_name
    source_id nb_entities_out is_casting_standby type tasks""".split()
)
SEQUENCE_WITH_TASKS = set(
    "id name status episode_id description frame_in frame_out fps preview_file_id canceled data tasks".split()
)
TASK_OF_ASSET = set(
    """id due_date done_date duration entity_id estimation end_date is_subscribed last_comment_date
    last_preview_file_id priority real_start_date retake_count start_date difficulty
    task_status_id task_type_id assignees data""".split()
)
TASK_OF_SHOT = TASK_OF_ASSET | {"nb_assets_ready", "nb_drawings"}
ONE_ASSET = (ENTITY - {"nb_frames", "source_id"}) | ENTITY_RELATIONS | ASSET_WITH_TASKS | {"project_name"}
ONE_SHOT = ENTITY | ENTITY_RELATIONS | SHOT_WITH_TASKS

TASK = set(
    """name description priority difficulty duration estimation completion_rate retake_count
    sort_order start_date due_date real_start_date end_date done_date last_comment_date
    nb_assets_ready data nb_drawings shotgun_id last_preview_file_id project_id task_type_id
    task_status_id entity_id assigner_id id created_at updated_at type""".split()
)
CREATED_TASK = TASK | set(
    """assignees task_status_name task_status_short_name task_status_color task_type_name
    task_type_color task_type_priority""".split()
)
TODO = TASK | set(
    """project_name project_has_avatar entity_name entity_description entity_data
    entity_preview_file_id entity_source_id entity_type_name entity_canceled sequence_name
    episode_id episode_name task_type_for_entity task_estimation task_duration task_start_date
    task_due_date task_type_name task_status_name task_type_color task_status_color
    task_status_short_name assignees last_comment""".split()
)
FULL_TASK = TASK | set(
    """assignees entity entity_type is_subscribed persons project task_status task_type assigner
    sequence episode""".split()
)
TASK_TO_REVIEW = TASK | {"project", "entity", "entity_type", "person", "comment", "preview_path"}

COMMENT = set(
    """shotgun_id object_id object_type text data replies checklist pinned for_client links
    task_status_id person_id editor_id preview_file_id id created_at updated_at type""".split()
)
COMMENT_RELATIONS = set("previews mentions department_mentions acknowledgements attachment_files".split())
LISTED_COMMENT = COMMENT | COMMENT_RELATIONS | {"person", "task_status"}
REPLY = set("id date created_at person_id text mentions department_mentions person".split())

PREVIEW = set(
    """name original_name revision position extension description path source file_size status
    validation_status annotations width height duration data token_in token_out task_id person_id
    source_file_id shotgun_id is_movie url uploaded_movie_url uploaded_movie_name id created_at
    updated_at type""".split()
)
TIME_SPENT = set("duration date task_id person_id id created_at updated_at type".split())

CASTING = set(
    """asset_id asset_name asset_type_name ready_for episode_id preview_file_id nb_occurences label
    is_shared project_id""".split()
)
SEQUENCE_CASTING = set(
    """asset_id name asset_name asset_type_name sequence_name preview_file_id nb_occurences label
    is_shared project_id""".split()
)
CAST_IN_SHOT = set(
    "shot_id shot_name sequence_name episode_id episode_name preview_file_id nb_occurences".split()
)

ASSET_INSTANCE = set(
    """asset_id name number description active data scene_id target_asset_id entity_id
    entity_type_id id created_at updated_at type""".split()
)
WORKING_FILE = set(
    """shotgun_id name description comment revision size checksum path data validation_status
    task_id entity_id person_id software_id id created_at updated_at type""".split()
)
OUTPUT_FILE = set(
    """shotgun_id name extension revision representation nb_elements source path description
    comment size checksum canceled quality data file_status_id entity_id asset_instance_id output_type_id
    task_type_id person_id source_file_id source_file temporal_entity_id id created_at updated_at
    type""".split()
)

CONTEXT = set(
    """asset_types custom_actions status_automations departments studios notification_count persons
    project_status project_roles projects task_types task_status search_filters
    search_filter_groups preview_background_files plugins""".split()
)


def has_keys(row, expected, what, optional=frozenset()):
    """Asserts that a row has exactly these keys, up to optional ones."""
    missing = expected - set(row)
    surplus = set(row) - expected - set(optional)
    assert not missing and not surplus, (
        f"{what}: missing keys {sorted(missing)}, surplus keys {sorted(surplus)}"
    )


def has_no_secrets(value, what):
    """Asserts that no secret of a person is anywhere in a value."""
    if isinstance(value, dict):
        leaked = SECRETS & set(value)
        assert not leaked, f"{what}: shows {sorted(leaked)}"
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            has_no_secrets(item, what)
