//! Work of a production with something in every collection that a copy brings along.

use dailies_definitions::access::Role;
use harness::{Studio, picture};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{made, post};

/// The work of the production, which the rest is about.
pub(super) struct Work {
    pub asset_type: Uuid,
    pub modeling: Uuid,
    animation: Uuid,
    pub status: Uuid,
    asset: Uuid,
    shot: Uuid,
    modelled: Uuid,
    animated: Uuid,
}

impl Work {
    /// Assets, a shot with its casting, a scene, a concept, and tasks of an artist.
    pub async fn of(studio: &Studio) -> Self {
        let (admin, project) = (&studio.admin, studio.project_id);
        let of_project = |path: &str| format!("/data/projects/{project}/{path}");
        let asset_type = studio.named("entity-types", "Prop").await;
        let assets = of_project(&format!("asset-types/{asset_type}/assets/new"));
        let asset = made(admin, &assets, json!({"name": "Sheep"})).await;
        let field = made(admin, &assets, json!({"name": "Field"})).await;
        let sequence = made(admin, &of_project("sequences"), json!({"name": "SQ01"})).await;
        let shot = made(
            admin,
            &of_project("shots"),
            json!({"name": "SH010", "sequence_id": sequence}),
        )
        .await;
        let scene = made(
            admin,
            &of_project("scenes"),
            json!({"name": "SC01", "sequence_id": sequence}),
        )
        .await;
        let concept = json!({"name": "Night", "data": {"mood": "dark"}, "entity_concept_links": [asset]});
        post(admin, &of_project("concepts"), concept).await;
        let casting = json!([{"asset_id": asset, "nb_occurences": 3, "label": "animate"}, {"asset_id": field, "nb_occurences": 1}]);
        admin
            .put(&of_project(&format!("entities/{shot}/casting")), casting)
            .await
            .expect(200);
        let instance = made(
            admin,
            &format!("/data/scenes/{scene}/asset-instances"),
            json!({"asset_id": asset}),
        )
        .await;
        post(
            admin,
            &format!("/data/shots/{shot}/asset-instances"),
            json!({"asset_instance_id": instance}),
        )
        .await;
        let (modeling, animation) = (
            studio.named("task-types", "Modeling").await,
            studio.named("task-types", "Animation").await,
        );
        let status = studio.named("task-status", "Todo").await;
        let mut work = Self {
            asset_type,
            modeling,
            animation,
            status,
            asset,
            shot,
            modelled: Uuid::nil(),
            animated: Uuid::nil(),
        };
        work.modelled = work.task(studio, project, asset, modeling).await;
        work.animated = work.task(studio, project, shot, animation).await;
        for task in [work.modelled, work.animated] {
            let body = json!({"person_id": studio.member_id(Role::Artist)});
            admin
                .put(&format!("/actions/tasks/{task}/assign"), body)
                .await
                .expect(200);
        }
        work
    }

    /// Makes a task of an entity.
    pub async fn task(&self, studio: &Studio, project: Uuid, entity: Uuid, task_type: Uuid) -> Uuid {
        let task = json!({"name": "main", "task_type_id": task_type, "entity_id": entity, "project_id": project, "task_status_id": self.status});
        made(&studio.admin, "/data/tasks", task).await
    }

    /// Settings of the studio and of the production, and plans.
    pub async fn plan(&self, studio: &Studio) {
        let (admin, project, artist) = (&studio.admin, studio.project_id, studio.member_id(Role::Artist));
        let of_project = |path: &str| format!("/data/projects/{project}/{path}");
        let department = made(
            admin,
            "/data/departments",
            json!({"name": "Weaving", "color": "#aabbcc"}),
        )
        .await;
        let person = format!("/data/persons/{}", studio.stranger_id(Role::Artist));
        admin
            .put(&person, json!({"departments": [department]}))
            .await
            .expect(200);
        let automation = json!({
            "entity_type": "asset",
            "in_task_type_id": self.modeling,
            "in_task_status_id": studio.named("task-status", "Done").await,
            "out_field_type": "status",
            "out_task_type_id": self.animation,
            "out_task_status_id": self.status,
        });
        let automation = made(admin, "/data/status-automations", automation).await;
        let version = made(
            admin,
            "/data/production-schedule-versions",
            json!({"name": "Plan B", "project_id": project}),
        )
        .await;
        let budget = made(admin, &of_project("budgets"), json!({"name": "First bid"})).await;
        let group = json!({"list_type": "asset", "name": "Props", "project_id": project, "person_id": artist});
        let group = made(admin, "/data/search-filter-groups", group).await;
        let column = json!({"name": "Size", "entity_type": "Asset", "data_type": "number", "for_client": false, "departments": [department]});
        let bar = json!({"start_date": "2026-03-02", "end_date": "2026-03-20", "man_days": 10, "project_id": project, "task_type_id": self.modeling});
        let planned = json!({
            "production_schedule_version_id": version,
            "task_id": self.modelled,
            "start_date": "2026-03-02",
            "assignees": [artist],
        });
        let search = json!({"list_type": "asset", "search_query": "props", "project_id": project, "person_id": artist, "search_filter_group_id": group});
        let entry =
            json!({"department_id": department, "start_date": "2026-01-01", "months_duration": 6, "daily_salary": 500});
        let all = [
            (
                "/data/organisations".to_owned(),
                json!({"name": "Branch", "hours_by_day": 7.5}),
            ),
            (
                "/data/custom-actions".to_owned(),
                json!({"name": "Render", "url": "https://farm.example.com"}),
            ),
            (
                "/data/preview-background-files".to_owned(),
                json!({"name": "Studio light"}),
            ),
            (
                "/data/project-templates".to_owned(),
                json!({"name": "Series", "fps": "24", "production_type": "tvshow"}),
            ),
            (
                "/data/day-offs".to_owned(),
                json!({"date": "2026-08-03", "end_date": "2026-08-14", "person_id": artist}),
            ),
            (
                "/data/milestones".to_owned(),
                json!({"name": "Alpha", "date": "2026-03-02", "project_id": project}),
            ),
            ("/data/schedule-items".to_owned(), bar),
            ("/data/production-schedule-version-task-links".to_owned(), planned),
            ("/data/search-filters".to_owned(), search),
            (of_project("metadata-descriptors"), column),
            (
                of_project("settings/task-types"),
                json!({"task_type_id": self.modeling, "priority": 5}),
            ),
            (
                of_project("settings/task-types"),
                json!({"task_type_id": self.animation, "priority": 2}),
            ),
            (
                of_project("settings/status-automations"),
                json!({"status_automation_id": automation}),
            ),
            (of_project(&format!("budgets/{budget}/entries")), entry),
        ];
        for (path, body) in all {
            post(admin, &path, body).await;
        }
    }

    /// A working file, and what came of it.
    pub async fn file(&self, studio: &Studio) {
        let admin = &studio.admin;
        post(
            admin,
            &format!("/actions/projects/{}/set-file-tree", studio.project_id),
            json!({"tree_name": "simple"}),
        )
        .await;
        let output_type = made(
            admin,
            "/data/output-types",
            json!({"name": "Cache", "short_name": "cch"}),
        )
        .await;
        let working = made(
            admin,
            &format!("/data/tasks/{}/working-files/new", self.modelled),
            json!({"name": "main"}),
        )
        .await;
        let output = json!({"output_type_id": output_type, "task_type_id": self.modeling, "working_file_id": working});
        post(
            admin,
            &format!("/data/entities/{}/output-files/new", self.asset),
            output,
        )
        .await;
    }

    /// Comments, previews and notes. Gives a preview with a picture.
    pub async fn discuss(&self, studio: &Studio) -> Uuid {
        let (admin, artist, manager) = (&studio.admin, studio.member(Role::Artist), studio.member(Role::Manager));
        let task = self.animated;
        post(&manager, &format!("/actions/user/tasks/{task}/subscribe"), Value::Null).await;
        let comment = json!({"task_status_id": self.status, "comment": "Look, @Tim Team supervisor"});
        let comment = made(admin, &format!("/actions/tasks/{task}/comment"), comment).await;
        let said = format!("/data/tasks/{task}/comments/{comment}");
        post(&manager, &format!("{said}/ack"), Value::Null).await;
        post(
            &artist,
            &format!("{said}/reply"),
            json!({"text": "Yes, @Tim Team manager"}),
        )
        .await;
        let shown = format!("/actions/tasks/{task}/comments/{comment}");
        admin
            .send_file(&format!("{shown}/add-attachment"), "notes.txt", b"About sheep.")
            .await
            .expect(201);
        let preview = made(admin, &format!("{shown}/add-preview"), json!({})).await;
        admin
            .send_file(&format!("/pictures/preview-files/{preview}"), "shot.png", &picture())
            .await
            .expect(201);
        admin
            .put(&format!("/actions/preview-files/{preview}/set-main-preview"), json!({}))
            .await
            .expect(200);
        let shots = json!([{"entity_id": self.shot, "preview_file_id": preview}]);
        let playlist = json!({"name": "Monday", "project_id": studio.project_id, "shots": shots, "for_client": true});
        post(admin, "/data/playlists", playlist).await;
        let time = format!(
            "/actions/tasks/{task}/time-spents/2026-03-02/persons/{}",
            studio.member_id(Role::Artist)
        );
        post(&artist, &time, json!({"duration": 60})).await;
        post(
            &artist,
            &format!("/actions/user/chats/{}/join", self.asset),
            Value::Null,
        )
        .await;
        post(
            &artist,
            &format!("/data/entities/{}/chat/messages", self.asset),
            json!({"message": "Hello"}),
        )
        .await;
        preview
    }
}
