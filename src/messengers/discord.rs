//! Direct messages on Discord: the person is looked for among the members of the servers that the bot is on.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Message, MessengerError, Messengers};

impl Messengers {
    pub(super) async fn discord(&self, token: &str, message: Message<'_>, text: &str) -> Result<(), MessengerError> {
        let person = self.member(token, message.to).await?;
        let channel = self
            .call(
                token,
                Method::POST,
                "/users/@me/channels",
                Some(json!({"recipient_id": person})),
            )
            .await?;
        let channel = channel["id"].as_str().unwrap_or_default();
        // Discord forgets a message that comes again with the same mark within minutes.
        let mark: String = message.id.simple().to_string().chars().take(25).collect();
        let body = json!({"embeds": [{"description": text}], "allowed_mentions": {"parse": []}, "nonce": mark, "enforce_nonce": true});
        self.call(
            token,
            Method::POST,
            &format!("/channels/{channel}/messages"),
            Some(body),
        )
        .await?;
        Ok(())
    }

    /// The id of the person of that name.
    async fn member(&self, token: &str, name: &str) -> Result<String, MessengerError> {
        let servers = self.call(token, Method::GET, "/users/@me/guilds", None).await?;
        let bare = name.split('#').next().unwrap_or(name);
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("query", bare)
            .append_pair("limit", "100")
            .finish();
        for server in servers.as_array().into_iter().flatten() {
            let path = format!(
                "/guilds/{}/members/search?{query}",
                server["id"].as_str().unwrap_or_default()
            );
            let members = self.call(token, Method::GET, &path, None).await?;
            let mut users = members.as_array().into_iter().flatten().map(|member| &member["user"]);
            if let Some(id) = users
                .find(|user| is_called(user, name))
                .and_then(|user| user["id"].as_str())
            {
                return Ok(id.to_owned());
            }
        }
        Err(MessengerError::Unknown(name.to_owned()))
    }

    async fn call(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, MessengerError> {
        let request = self
            .http
            .request(method, format!("{}{path}", self.discord))
            .header("authorization", format!("Bot {token}"));
        self.ask(match &body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }
}

/// True if a user, who is no bot, has that name, alone or with the number behind it.
fn is_called(user: &Value, name: &str) -> bool {
    let username = user["username"].as_str().unwrap_or_default();
    let numbered = || format!("{username}#{}", user["discriminator"].as_str().unwrap_or_default());
    user["bot"] != json!(true) && !username.is_empty() && (username == name || numbered() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_known_by_name_with_or_without_the_number() {
        let user = json!({"id": "1", "username": "ada", "discriminator": "0042"});
        assert!(is_called(&user, "ada") && is_called(&user, "ada#0042"));
        assert!(!is_called(&user, "ada#0043") && !is_called(&user, "Ada"));
        assert!(!is_called(&json!({"id": "1", "username": "ada", "bot": true}), "ada"));
    }
}
