//! Calls of the programs of ffmpeg.

use tokio::process::Command;

use super::{Program, Programs, Room};

/// Containers of movies that are read. Others, such as playlists, could make a program open other files or addresses.
const CONTAINERS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,mpegts,mpeg,mpegvideo,flv,ogg";

impl Programs {
    /// A call that opens nothing but the file that is named next, if it is a movie or of one more kind.
    #[must_use]
    pub fn reading(&self, room: Room<'_>, program: Program, more: Option<&str>) -> Command {
        let containers: Vec<&str> = [CONTAINERS].into_iter().chain(more).collect();
        let mut command = self.command(program);
        command.args(["-v", "error"]);
        if program == Program::Ffmpeg {
            command.arg("-nostdin");
        }
        if matches!(room, Room::Encoder { .. }) {
            command.args(["-progress", "pipe:1"]);
        }
        command.args([
            "-protocol_whitelist",
            "file",
            "-format_whitelist",
            &containers.join(","),
        ]);
        command.args(["-max_pixels", &room.frame_pixels().to_string()]);
        command
    }
}
