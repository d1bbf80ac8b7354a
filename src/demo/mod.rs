//! `dailies demo`: productions that look real, for a look around and for measuring. Their plans come from the crate of that
//! name; here they are stored.

mod activity;
mod breakdown;
mod frames;
mod production;
mod studio;
mod talk;
mod writer;

use std::time::Instant;

use clap::Args;
use dailies_demo::people::{PASSWORD, PEOPLE, WITH_PASSWORD};
use dailies_demo::plan::Plan;
use dailies_demo::scale::Scale;
pub use dailies_demo::scale::Size;
use uuid::Uuid;

use self::activity::Activity;
use self::frames::Frame;
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

/// Makes what the size says, and tells how to look at it. What the studio lacks is made, too.
///
/// # Errors
/// The database or the file storage refuses something. What was stored before stays.
pub async fn run(app: &SharedApp, args: &DemoArgs) -> Result<(), Box<dyn std::error::Error>> {
    seed(app, Domain::default()).await?;
    let scale = args.size.scale();
    let progress = Progress::start(scale.pictures);
    progress.part("Pictures", scale.pictures);
    let frames = frames::draw(scale.pictures, args.seed, &progress).await?;
    progress.finish();
    let mut projects = Vec::new();
    for number in 0..scale.productions {
        // One plan at a time is in memory.
        projects.push(make(app, &scale, number, args.seed.wrapping_add(number as u64), &frames).await?);
    }
    app.database.analyze().await?;
    tell(app, &projects).await?;
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

/// Makes the production of that number, and says what is in it.
async fn make(
    app: &SharedApp,
    scale: &Scale,
    number: usize,
    seed: u64,
    frames: &[Frame],
) -> Result<Uuid, Box<dyn std::error::Error>> {
    let started = Instant::now();
    let crew = scale.crew(number);
    let plan = Plan::new(scale, crew, seed, database::now());
    let studio = Studio::find(app, crew).await?;
    let name = production::free_name(&app.database).await?;
    let progress = Progress::start(total(&plan));
    let production = Production {
        scale,
        plan: &plan,
        studio: &studio,
        seed,
        frames,
    };
    let project = production.store(app, &name, &progress).await?;
    progress.finish();
    let comments: usize = plan.tasks.iter().map(|task| task.comments.len()).sum();
    println!(
        "{name}: {} shots, {} assets, {} tasks, {comments} comments, made in {:.1} s.",
        plan.shots.len(),
        plan.assets.len(),
        plan.tasks.len(),
        started.elapsed().as_secs_f64()
    );
    Ok(project)
}

/// A production that is made.
struct Production<'a> {
    scale: &'a Scale,
    plan: &'a Plan,
    studio: &'a Studio,
    seed: u64,
    frames: &'a [Frame],
}

impl Production<'_> {
    async fn store(
        &self,
        app: &SharedApp,
        name: &str,
        progress: &Progress,
    ) -> Result<Uuid, Box<dyn std::error::Error>> {
        let Self {
            scale,
            plan,
            studio,
            seed,
            frames,
        } = *self;
        let create = || async {
            let work = Work::begin_as(app, None).await?;
            let project = production::store(&*work, name, scale, plan, studio).await?;
            work.finish().await?;
            Ok::<_, sea_orm::DbErr>(project)
        };
        let project = transact(app, create).await?;
        frames::cover(&app.storage, project, seed).await?;
        let writer = Writer {
            database: &app.database,
            progress,
        };
        let breakdown = breakdown::store(&writer, project, plan, studio).await?;
        let activity = Activity::new(project, plan, studio, &breakdown);
        progress.part("Files", plan.previews.len());
        let pictures = activity
            .pictures()
            .filter_map(|(id, picture)| Some((id, frames.get(picture)?)));
        frames::store(&app.storage, pictures, progress).await?;
        activity.store(&writer, frames).await?;
        Ok(project)
    }
}

/// Tells of the productions; last, so that whoever listens finds everything.
async fn tell(app: &SharedApp, projects: &[Uuid]) -> Result<(), Box<dyn std::error::Error>> {
    let tell = || async {
        let mut work = Work::begin_as(app, None).await?;
        for project in projects {
            work.emit_of_production(*project, "project:new");
        }
        Ok(work.finish().await?)
    };
    transact(app, tell).await
}

/// Rows and files that will be stored, apart from a few.
fn total(plan: &Plan) -> usize {
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
    entities + casting.chain(of_tasks).sum::<usize>() + 3 * plan.previews.len() + followed + plan.playlists.len()
}
