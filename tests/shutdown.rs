//! The end of a server: requests in flight are answered, and jobs stay.

use std::time::Duration;

use dailies_definitions::access::Role;
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use harness::{Listener, On, PostOffice, Studio, TemporaryRedis, TestServer, wait_until};

use super::several_servers::joined;

/// A request whose body comes slowly: the line to the server, and what is still to be sent.
async fn slow_request(studio: &Studio) -> (TcpStream, Vec<u8>) {
    let body = json!({"name": "Late", "color": "#FFFFFF"}).to_string();
    let address = studio.server.url.trim_start_matches("http://");
    let token = studio.admin.token.clone().expect("a token");
    let mut line = TcpStream::connect(address).await.expect("a connection");
    let head = format!(
        "{} /data/departments HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        Method::POST,
        body.len()
    );
    line.write_all(head.as_bytes()).await.expect("the head is sent");
    line.write_all(&body.as_bytes()[..5]).await.expect("a part is sent");
    tokio::time::sleep(Duration::from_millis(300)).await;
    (line, body.as_bytes()[5..].to_vec())
}

/// Waits until a server lets nobody new in.
async fn closed(address: &str) {
    let is_closed = async || TcpStream::connect(address).await.is_err();
    wait_until(Duration::from_secs(5), "nobody new is let in", is_closed).await;
}

/// Sends the rest of a request, and reads the answer.
async fn finish((mut line, rest): (TcpStream, Vec<u8>)) {
    line.write_all(&rest).await.expect("the rest is sent");
    let mut answer = String::new();
    line.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn requests_in_flight_end_and_jobs_are_kept(#[values(On::Sqlite, On::Postgres)] on: On) {
    let mut office = PostOffice::open().await;
    office.fall_silent().await;
    let flags = office.flags();
    let studio = Studio::open_using(on, &flags, &[]).await;
    // A job whose mail server never answers, and a request whose body comes slowly.
    studio
        .admin
        .get(&format!("/actions/persons/{}/invite", studio.member_id(Role::Artist)))
        .await
        .expect(200);
    let address = studio.server.url.trim_start_matches("http://").to_owned();
    let request = slow_request(&studio).await;
    let ending = tokio::spawn(studio.server.stop());
    closed(&address).await;
    finish(request).await;
    let place = ending.await.expect("an end");
    office.reopen().await;
    let server = TestServer::start_at(place).await;
    office.letter_to("tim.team.user@example.com").await;
    let departments = server
        .as_person(studio.admin_id)
        .get("/data/departments?name=Late")
        .await
        .expect(200);
    assert_eq!(departments.as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_does_last_is_heard_at_the_others() {
    let redis = TemporaryRedis::start().await;
    let studio = Studio::open_using(On::Postgres, &redis.flags(), &[]).await;
    let other = studio.server.beside().await;
    joined([&studio.server, &other]).await;
    let listener = Listener::open(&studio.admin.at(&other)).await;
    let address = studio.server.url.trim_start_matches("http://").to_owned();
    let request = slow_request(&studio).await;
    let ending = tokio::spawn(studio.server.stop());
    closed(&address).await;
    finish(request).await;
    listener.until("department:new").await;
    ending.await.expect("an end");
}
