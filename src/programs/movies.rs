//! Calls of the programs of ffmpeg.

use tokio::process::Command;

use super::{Allowance, Program, Programs};

/// Containers of movies that are read. Others, such as playlists, could make a program open other files or addresses.
const CONTAINERS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,mpegts,mpeg,mpegvideo,flv,ogg";

impl Programs {
    /// A call that opens nothing but the file that is named next, if it is a movie, or of the format of a file that the server has
    /// made itself.
    #[must_use]
    pub fn reading(&self, allowance: Allowance<'_>, program: Program, own: Option<&str>) -> Command {
        let mut command = self.command(program);
        command.args(["-v", "error"]);
        if program == Program::Ffmpeg {
            command.arg("-nostdin");
        }
        if matches!(allowance, Allowance::Encoder { .. }) {
            command.args(["-progress", "pipe:1"]);
        }
        command.args([
            "-protocol_whitelist",
            "file",
            "-format_whitelist",
            own.unwrap_or(CONTAINERS),
        ]);
        // The size of what the server has made was within its limits, which are wider for pictures than for frames.
        if own.is_none() {
            command.args(["-max_pixels", &allowance.frame_pixels().to_string()]);
        }
        command
    }
}
