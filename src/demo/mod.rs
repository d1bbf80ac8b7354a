//! `dailies demo`: a production that looks real, for a look around and for measuring.

mod activity;
mod breakdown;
mod calendar;
mod discussion;
mod following;
mod frames;
mod people;
mod pipeline;
mod plan;
mod production;
mod remarks;
mod review;
mod scale;
mod story;
mod studio;
mod talk;
mod work;
mod writer;

#[cfg(test)]
mod tests;

use std::time::Instant;

use clap::Args;

use self::activity::Activity;
use self::people::{PASSWORD, PEOPLE, WITH_PASSWORD};
use self::plan::Plan;
use self::scale::Scale;
pub use self::scale::Size;
use self::studio::Studio;
use self::writer::Writer;
use crate::app::SharedApp;
use crate::database;
use crate::events::{Work, transact};
use crate::progress::Progress;
use crate::studio::seed::{Domain, seed};

/// Choices about a demo production.
#[derive(Args, Clone, Debug)]
pub struct DemoArgs {
    /// Size of everything in it.
    #[arg(long, value_enum, default_value_t)]
    pub size: Size,
    /// Seed of chance: the same number makes the same production.
    #[arg(long, default_value_t = 2026, hide = true)]
    pub seed: u64,
}

/// Makes a production, and tells how to look at it. What the studio lacks is made, too.
///
/// # Errors
/// The database or the file storage refuses something. What was stored before stays.
pub async fn run(app: &SharedApp, args: &DemoArgs) -> Result<(), Box<dyn std::error::Error>> {
    let started = Instant::now();
    seed(app, Domain::default()).await?;
    let scale = args.size.scale();
    let plan = Plan::new(&scale, args.seed, database::now());
    let progress = Progress::start(total(&plan, &scale));
    let name = production::free_name(&app.database).await?;
    store(app, &name, &plan, &scale, args.seed, &progress).await?;
    progress.finish();
    let comments: usize = plan.tasks.iter().map(|task| task.comments.len()).sum();
    println!(
        "{name}: {} shots, {} assets, {} tasks, {comments} comments, made in {:.1} s.",
        plan.shots.len(),
        plan.assets.len(),
        plan.tasks.len(),
        started.elapsed().as_secs_f64()
    );
    println!("Sign in with the password {PASSWORD} as:");
    for member in WITH_PASSWORD.map(|place| &PEOPLE[place]) {
        println!(
            "  {} ({}, {})",
            member.email(),
            member.full_name(),
            member.department.unwrap_or("production manager")
        );
    }
    println!("Everybody knows this password: change it where strangers can reach the server.");
    Ok(())
}

async fn store(
    app: &SharedApp,
    name: &str,
    plan: &Plan,
    scale: &Scale,
    seed: u64,
    progress: &Progress,
) -> Result<(), Box<dyn std::error::Error>> {
    progress.part("Pictures", scale.pictures);
    let frames = frames::draw(scale.pictures, seed, progress).await?;
    let studio = Studio::find(app, scale.people).await?;
    let create = || async {
        let work = Work::begin_as(app, None).await?;
        let project = production::store(&*work, name, scale, plan, &studio).await?;
        work.commit().await?;
        Ok::<_, sea_orm::DbErr>(project)
    };
    let project = transact(app, create).await?;
    frames::cover(&app.storage, project, seed).await?;
    let writer = Writer {
        database: &app.database,
        progress,
    };
    let breakdown = breakdown::store(&writer, project, plan, &studio).await?;
    let activity = Activity::new(project, plan, &studio, &breakdown);
    progress.part("Files", plan.previews.len());
    let pictures = activity
        .pictures()
        .filter_map(|(id, picture)| Some((id, frames.get(picture)?)));
    frames::store(&app.storage, pictures, progress).await?;
    activity.store(&writer, &frames).await?;
    app.database.analyze().await?;
    // Told last, so that whoever listens finds everything.
    let tell = || async {
        let mut work = Work::begin_as(app, None).await?;
        work.emit_of_production(project, "project:new");
        Ok(work.commit().await?)
    };
    transact(app, tell).await
}

/// Rows and files that will be stored, apart from a few.
fn total(plan: &Plan, scale: &Scale) -> usize {
    let casting = plan
        .assets
        .iter()
        .map(|asset| asset.casting.len())
        .chain(plan.shots.iter().map(|shot| shot.casting.len()));
    let of_tasks = plan.tasks.iter().map(|task| {
        let links = task
            .comments
            .iter()
            .map(|comment| usize::from(comment.mention.is_some()) + usize::from(comment.acknowledged_by.is_some()));
        1 + task.assignees.len() + task.hours.len() + 2 * task.comments.len() + links.sum::<usize>()
    });
    let entities = plan.sequences.len() + plan.assets.len() + plan.shots.len();
    let followed = plan.subscriptions.len() + plan.notices.len();
    scale.pictures
        + entities
        + casting.chain(of_tasks).sum::<usize>()
        + 3 * plan.previews.len()
        + followed
        + plan.playlists.len()
}
