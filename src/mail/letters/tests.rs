//! Wording of the letters.

use super::*;

fn recipient() -> Recipient {
    Recipient {
        address: "ada@example.com".into(),
        first_name: "Ada <b>".into(),
        full_name: "Ada Lovelace".into(),
        timezone: Some("Europe/Paris".into()),
    }
}

#[test]
fn times_are_told_where_the_reader_is() {
    let moment = chrono::DateTime::from_timestamp(1_795_217_647, 0)
        .expect("a moment")
        .naive_utc();
    assert_eq!(local_time(moment, Some("Europe/Paris")), "Nov 21, 2026, 12:34:07 AM");
    assert_eq!(local_time(moment, Some("nowhere")), "Nov 20, 2026, 11:34:07 PM");
}

#[test]
fn every_letter_can_be_written() -> Result<(), minijinja::Error> {
    let origin = LetterOrigin {
        moment: NaiveDateTime::default(),
        address: "10.0.0.1".parse().ok(),
    };
    let link = "https://studio.example/reset-change-password?email=ada%40example.com&token=T".to_owned();
    for letter in [
        Letter::PasswordChanged,
        Letter::PasswordRecovery { link: link.clone() },
        Letter::Invitation { link: link.clone() },
        Letter::PasswordChangedByAdmin,
        Letter::SecondFactorsRemovedByAdmin,
        Letter::AddressChanged,
        Letter::VerificationCode { code: "492039".into() },
        Letter::MovieBuilt {
            playlist: "Dailies".into(),
            link: link.clone(),
        },
    ] {
        let written = letter.write(&recipient(), "Blue & Sheep", origin)?;
        assert!(written.subject.contains("Blue & Sheep"), "{}", written.subject);
        assert!(
            written.html.contains("Blue &amp; Sheep") && !written.html.contains("Ada <b>"),
            "{}",
            written.html
        );
        assert!(
            written.text.contains("Blue & Sheep") && !written.text.contains("&amp;"),
            "{}",
            written.text
        );
        assert_eq!(
            written.text.contains(&link),
            !letter.link().is_empty(),
            "{}",
            written.text
        );
    }
    Ok(())
}

#[test]
fn what_was_written_is_quoted_line_by_line() -> Result<(), minijinja::Error> {
    let news = TaskNews {
        news: News::Comment,
        author_first_name: "Bob".into(),
        author: "Bob Builder".into(),
        task: "Wool / Props / Tree / Modeling".into(),
        link: "https://studio.example/productions/1/assets/tasks/2".into(),
        status: "WFA".into(),
        text: "1 < 2\nnext".into(),
    };
    let origin = LetterOrigin {
        moment: NaiveDateTime::default(),
        address: None,
    };
    let written = Letter::Task(news.clone()).write(&recipient(), "Kitsu", origin)?;
    assert_eq!(
        written.subject,
        "[Kitsu] WFA - Bob commented on Wool / Props / Tree / Modeling"
    );
    assert!(written.html.contains("1 &lt; 2<br>next"), "{}", written.html);
    assert!(
        written.text.contains("1 < 2\nnext") && written.text.contains(&news.link),
        "{}",
        written.text
    );
    let written = Letter::Task(TaskNews {
        text: String::new(),
        ..news
    })
    .write(&recipient(), "Kitsu", origin)?;
    assert!(written.text.contains("Bob Builder set Wool"), "{}", written.text);
    Ok(())
}

#[test]
fn whoever_gets_a_playlist_is_told_by_whom() -> Result<(), minijinja::Error> {
    let shared = PlaylistShared {
        author: "Bob Builder".into(),
        playlist: "Dailies <1>".into(),
        production: "Wool".into(),
        link: "https://studio.example/playlists/shared/1".into(),
        text: "By Friday,\nplease".into(),
    };
    let stranger = Recipient {
        first_name: String::new(),
        full_name: String::new(),
        ..recipient()
    };
    let origin = LetterOrigin {
        moment: NaiveDateTime::default(),
        address: None,
    };
    let written = Letter::PlaylistShared(shared.clone()).write(&stranger, "Kitsu", origin)?;
    assert_eq!(
        written.subject,
        "[Kitsu] Bob Builder shared the playlist Dailies <1> with you"
    );
    assert!(
        written.html.contains("Dailies &lt;1&gt;") && written.html.contains("By Friday,<br>please"),
        "{}",
        written.html
    );
    assert!(
        written.text.contains("Bob Builder") && written.text.contains(&shared.link),
        "{}",
        written.text
    );
    Ok(())
}

#[test]
fn subjects_are_those_that_filters_look_for() {
    let subject = |letter: Letter| letter.subject("Kitsu");
    assert_eq!(subject(Letter::PasswordChanged), "Kitsu - Kitsu: password changed");
    assert_eq!(
        subject(Letter::PasswordRecovery { link: String::new() }),
        "Kitsu - Kitsu: password recovery"
    );
    assert_eq!(
        subject(Letter::Invitation { link: String::new() }),
        "You are invited by Kitsu to join their Kitsu platform"
    );
    assert_eq!(
        subject(Letter::SecondFactorsRemovedByAdmin),
        "Kitsu - Kitsu: two factor authentication disabled"
    );
}
