//! Texts of messages, in the markup of each service.

use super::Service;
use crate::mail::{News, TaskNews};

/// Characters of a text that are quoted; services take little more.
const QUOTE: usize = 2000;
/// Character that nobody sees: a name behind it is not called, and an address with it is no link.
const BREAK: char = '\u{200B}';

/// True if a text ends in what addresses without a scheme begin with.
fn ends_www(text: &str) -> bool {
    text.len() >= 3 && text.as_bytes()[text.len() - 3..].eq_ignore_ascii_case(b"www")
}

impl Service {
    /// The words of a message.
    pub(super) fn words(self, news: &TaskNews) -> String {
        let (author, task) = (self.bold(&news.author), self.link(&news.task, &news.link));
        let status = self.bold(&news.status);
        let text = news.text.trim();
        let sentence = match news.news {
            News::Comment if text.is_empty() => format!("{author} set {task} to {status}."),
            News::Comment => format!("{author} commented on {task}, which is {status}."),
            News::Mention => format!("{author} mentioned you on {task}."),
            News::Reply => format!("{author} replied on {task}."),
            News::Assignation => format!("{author} assigned you to {task}."),
            News::PlaylistReady => format!("{author} has {task} ready for your review."),
        };
        if text.is_empty() {
            return sentence;
        }
        let shortened: String = text.chars().take(QUOTE).collect();
        let lines: Vec<String> = shortened.lines().map(|line| self.italic(line.trim())).collect();
        format!("{sentence}\n\n{}", lines.join("\n"))
    }

    /// Text that stands for itself: it neither changes how the message looks, nor calls anybody, nor leads anywhere.
    fn plain(self, text: &str) -> String {
        let mut plain = String::with_capacity(text.len());
        for (at, char) in text.char_indices() {
            match char {
                '&' if self != Self::Discord => plain.push_str("&amp;"),
                '<' if self != Self::Discord => plain.push_str("&lt;"),
                '>' if self != Self::Discord => plain.push_str("&gt;"),
                char if char.is_control() => plain.push(' '),
                char => {
                    if self.escapes(char) {
                        plain.push('\\');
                    }
                    plain.push(char);
                }
            }
            if char == '@'
                || (char == ':' && text[at..].starts_with("://"))
                || (char.eq_ignore_ascii_case(&'w') && ends_www(&text[..=at]))
            {
                plain.push(BREAK);
            }
        }
        plain
    }

    /// True if a backslash takes the meaning of a character away. Slack has no such thing.
    fn escapes(self, char: char) -> bool {
        match self {
            Self::Slack => false,
            Self::Mattermost => "\\`*{}[]()#+-.!_~|".contains(char),
            Self::Discord => char.is_ascii_punctuation(),
        }
    }

    fn bold(self, text: &str) -> String {
        let text = self.plain(text);
        if self == Self::Slack {
            format!("*{text}*")
        } else {
            format!("**{text}**")
        }
    }

    fn italic(self, line: &str) -> String {
        let line = self.plain(line);
        if line.is_empty() { line } else { format!("_{line}_") }
    }

    fn link(self, text: &str, address: &str) -> String {
        let text = self.plain(text);
        if self == Self::Discord {
            format!("[{text}]({address})")
        } else {
            format!("<{address}|{text}>")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_its_markup_and_texts_have_none() {
        let news = TaskNews {
            news: News::Comment,
            author_first_name: "Bob".into(),
            author: "Bob".into(),
            task: "Wool / Prop / <Tree> / Rig".into(),
            link: "https://studio.example/t".into(),
            status: "WFA".into(),
            text: "See <!channel>\n\n*so*".into(),
        };
        assert_eq!(
            Service::Slack.words(&news),
            "*Bob* commented on <https://studio.example/t|Wool / Prop / &lt;Tree&gt; / Rig>, which is *WFA*.\n\n_See &lt;!channel&gt;_\n\n_*so*_"
        );
        assert!(
            Service::Mattermost
                .words(&news)
                .starts_with("**Bob** commented on <https://studio.example/t|")
        );
        let discord = Service::Discord.words(&news);
        assert!(
            discord.contains("[Wool \\/ Prop \\/ \\<Tree\\> \\/ Rig](https://studio.example/t)")
                && discord.contains("_\\*so\\*_"),
            "{discord}"
        );
        let bait = "@channel @here @all #town [free](http://evil.example) <http://evil.example|x> www.evil.example tim@evil.example \n# big";
        for service in Service::ALL {
            let said = service.words(&TaskNews {
                author: bait.into(),
                task: bait.into(),
                status: bait.into(),
                text: bait.into(),
                ..news.clone()
            });
            let said = said.replace("https://studio.example/t", "");
            for trap in ["@channel", "@here", "@all", "@evil", "://evil", "www.", "\n#"] {
                assert!(!said.contains(trap), "{service:?} {trap}: {said}");
            }
            assert!(
                service == Service::Slack || (!said.contains("[free]") && !said.contains("](http")),
                "{service:?}: {said}"
            );
        }
        let assigned = TaskNews {
            news: News::Assignation,
            text: String::new(),
            ..news
        };
        assert_eq!(
            Service::Slack.words(&assigned),
            "*Bob* assigned you to <https://studio.example/t|Wool / Prop / &lt;Tree&gt; / Rig>."
        );
    }
}
