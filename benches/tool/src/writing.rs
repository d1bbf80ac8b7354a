//! Calls that change single records, by one client and by several at once, each with records of its own.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use image::{ImageFormat, Rgb, RgbImage};

use super::client::{Client, Problem};
use super::figures::Figures;
use super::loads::{self, Picture, Worker};
use super::routes::Writing;
use super::stage::Stage;

/// Size in pixels of the picture that is uploaded.
const SIZE: (u32, u32) = (1920, 1080);

/// Lets so many clients make a call for that time.
///
/// # Errors
/// An answer is no success.
pub async fn measure(
    client: &Client,
    stage: &Stage,
    writing: &Writing,
    clients: u16,
    time: Duration,
) -> Result<Figures, Problem> {
    let picture = if writing.picture { Some(draw()?) } else { None };
    let mut workers = Vec::new();
    for number in 0..usize::from(clients) {
        let mut client = stage.with_own_records(client, number)?;
        let mut calls = Vec::new();
        for body in writing.bodies {
            calls.push(client.call(writing.method, writing.path, body).await?);
        }
        let task = stage.own_task(number)?;
        let picture = picture.clone().map(|content| Picture {
            task: task.to_owned(),
            content,
        });
        workers.push(Worker { client, calls, picture });
    }
    Ok(loads::run(workers, time).await?.by_call())
}

/// A picture in PNG that does not compress to nothing.
fn draw() -> Result<Arc<[u8]>, Problem> {
    let (width, height) = SIZE;
    let shade = |number: u32| u8::try_from(number % 256).unwrap_or_default();
    let picture = RgbImage::from_fn(width, height, |x, y| {
        Rgb([shade(x), shade(y), shade(x.wrapping_mul(y) / 7)])
    });
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Png)?;
    Ok(file.into_inner().into())
}
