//! Pages of documents, which the program of Poppler draws.

use std::path::{Path, absolute};

use super::{Allowance, Program, ProgramError, Programs};
use crate::pictures::PictureBudget;

/// Pixels of the longer side of a page.
const LONGER_SIDE: &str = "2400";

impl Programs {
    /// Writes the first page of a PDF file as PNG, by a path that ends in `.png`.
    ///
    /// # Errors
    /// The file is no such document, or there is no program to read it with.
    pub async fn draw_page(&self, budget: &PictureBudget, document: &Path, picture: &Path) -> Result<(), ProgramError> {
        // A path that begins with a slash is no option.
        let (document, root) = (absolute(document)?, absolute(picture.with_extension(""))?);
        let mut command = self.command(Program::Pdftoppm);
        command
            .args([
                "-q",
                "-png",
                "-f",
                "1",
                "-l",
                "1",
                "-singlefile",
                "-cropbox",
                "-scale-to",
                LONGER_SIDE,
            ])
            .args([document, root]);
        self.run(Allowance::Page(budget), Program::Pdftoppm, command).await?;
        match tokio::fs::metadata(picture).await {
            Ok(written) if written.len() > 0 => Ok(()),
            _ => Err(ProgramError::Unreadable("it has no page".into())),
        }
    }
}
