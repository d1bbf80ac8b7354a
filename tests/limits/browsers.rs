//! Calls of browsers, which send the cookie along from whatever page.

use harness::{On, Studio};
use reqwest::Method;
use serde_json::json;

use super::Operation;
use super::raw::{head, send_raw};

#[tokio::test(flavor = "multi_thread")]
async fn changes_with_the_cookie_need_a_page_of_this_server() {
    let studio = Studio::open_with(On::Sqlite, &["--domain-name", "kitsu.example.org"]).await;
    let cookie = format!("access_token_cookie={0}; refresh_token_cookie={0}", "wrong");
    let send = async |operation: &Operation, headers: &str| {
        let headers = format!("cookie: {cookie}\r\n{headers}");
        send_raw(&studio.server.url, head(operation, &headers).as_bytes()).await
    };
    let mut tried = 0;
    for operation in Operation::all()
        .iter()
        .filter(|operation| operation.changes() && !operation.is_open())
    {
        for foreign in [
            "",
            "origin: https://evil.example.org\r\n",
            "origin: null\r\n",
            "sec-fetch-site: same-site\r\n",
            "referer: http://here:81/\r\n",
        ] {
            let answer = send(operation, foreign).await;
            assert_eq!(answer.status, 403, "{} from {foreign}", operation.name());
            assert!(answer.message().contains("DOMAIN_NAME"), "{}", answer.message());
            answer.is_documented(operation);
        }
        // The cookie is no good; that it is looked at shows that the page was fine.
        for own in [
            "origin: http://here\r\n",
            "origin: https://kitsu.example.org\r\n",
            "sec-fetch-site: same-origin\r\n",
            "referer: http://here/people\r\n",
        ] {
            assert_eq!(
                send(operation, own).await.status,
                422,
                "{} from {own}",
                operation.name()
            );
        }
        if operation.limit().is_some() {
            for media in ["text/plain", "application/x-www-form-urlencoded"] {
                let answer = send(
                    operation,
                    &format!("origin: http://here\r\ncontent-type: {media}\r\ncontent-length: 2\r\n"),
                )
                .await;
                assert_eq!(answer.status, 415, "{} as {media}", operation.name());
                answer.is_documented(operation);
            }
        }
        tried += 1;
    }
    assert!(tried > 250, "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_is_signed_in_works_from_its_own_page() {
    let studio = Studio::open(On::Sqlite).await;
    let token = studio.admin.token.clone().expect("a token");
    let nobody = studio.server.nobody();
    let create = |name: &str| {
        let request = nobody
            .request(Method::POST, "/data/departments")
            .header("cookie", format!("access_token_cookie={token}"));
        request.json(&json!({"name": name, "color": "#000000"}))
    };
    let send =
        async |request: reqwest::RequestBuilder| nobody.finish(Method::POST, "/data/departments", request).await.status;
    assert_eq!(send(create("Wool").header("origin", nobody.url.clone())).await, 201);
    assert_eq!(send(create("Felt").header("sec-fetch-site", "same-origin")).await, 201);
    assert_eq!(send(create("Silk")).await, 403);
    assert_eq!(
        send(create("Silk").header("origin", "https://evil.example.org")).await,
        403
    );
    assert_eq!(
        send(create("Silk").bearer_auth(&token)).await,
        201,
        "who knows the token may use it from anywhere"
    );
    let list = nobody
        .request(Method::GET, "/data/departments")
        .header("cookie", format!("access_token_cookie={token}"));
    assert_eq!(
        nobody.finish(Method::GET, "/data/departments", list).await.status,
        200,
        "reading needs no page"
    );
}
