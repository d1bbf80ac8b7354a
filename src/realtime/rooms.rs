//! Review rooms: their persons, and what each looks at. Pure state, the same on every server.
//!
//! The rooms of socketioxide were compared: they send to the sockets that joined, and have no state, no order among the
//! persons, and no word of who is in on other servers.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use socketioxide::socket::Sid;
use uuid::Uuid;

use super::room_state::{RoomState, blank_state, updated_state};

/// Something that happens in a room.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Act {
    /// A socket starts to follow the room.
    Open { room: Uuid },
    /// A person comes in, with the state to begin with if the room is empty.
    Join {
        room: Uuid,
        sid: Sid,
        person: Uuid,
        state: RoomState,
    },
    /// The person of this socket goes out.
    Leave { room: Uuid, sid: Sid },
    /// The room looks at something else.
    Update {
        room: Uuid,
        state: RoomState,
        only_newcomer: bool,
    },
    /// A message for everybody in the room, which changes nothing.
    Say {
        room: Uuid,
        name: String,
        payload: Box<RawValue>,
    },
}

/// Persons of a server in a room.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Attendance {
    room: Uuid,
    state: RoomState,
    seats: Vec<(Sid, Uuid)>,
}

/// A message to send to every local socket that follows the room.
#[derive(Debug)]
pub(super) struct RoomNotice {
    pub(super) room: Uuid,
    pub(super) name: String,
    pub(super) payload: NoticePayload,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum NoticePayload {
    Built(Value),
    Verbatim(Box<RawValue>),
}

/// A socket that a person is in the room with.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seat {
    server: Uuid,
    sid: Sid,
    person: Uuid,
}

#[derive(Debug, Default)]
struct Room {
    /// The local sockets that follow the room.
    followers: HashSet<Sid>,
    /// By order of arrival. A person may have several, one a tab.
    seats: Vec<Seat>,
    state: Option<RoomState>,
}

impl Room {
    fn people(&self) -> Value {
        let mut people: Vec<Uuid> = Vec::new();
        for seat in &self.seats {
            if !people.contains(&seat.person) {
                people.push(seat.person);
            }
        }
        json!(people)
    }

    fn people_updated(&self, room: Uuid) -> RoomNotice {
        RoomNotice {
            room,
            name: "preview-room:room-people-updated".into(),
            payload: NoticePayload::Built(json!({"people": self.people(), "playlist_id": room, "id": room})),
        }
    }

    fn room_updated(&self, room: Uuid, only_newcomer: Option<bool>) -> RoomNotice {
        let mut state = RoomState::new();
        state.insert("playlist_id".into(), json!(room));
        state.extend(self.state.clone().unwrap_or_else(blank_state));
        state.insert("people".into(), self.people());
        if let Some(only_newcomer) = only_newcomer {
            state.insert("only_newcomer".into(), only_newcomer.into());
        }
        RoomNotice {
            room,
            name: "preview-room:room-updated".into(),
            payload: NoticePayload::Built(state.into()),
        }
    }

    fn sit(&mut self, seat: Seat) {
        if !self.seats.contains(&seat) {
            self.seats.push(seat);
        }
    }
}

/// Every room that somebody is in or follows.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    rooms: HashMap<Uuid, Room>,
}

impl Rooms {
    pub(super) fn follow(&mut self, room: Uuid, sid: Sid) {
        self.rooms.entry(room).or_default().followers.insert(sid);
    }

    pub(super) fn unfollow(&mut self, room: Uuid, sid: Sid) {
        if let Some(found) = self.rooms.get_mut(&room) {
            found.followers.remove(&sid);
        }
        self.tidy(room);
    }

    pub(super) fn follows(&self, room: Uuid, sid: Sid) -> bool {
        self.followers(room).any(|follower| *follower == sid)
    }

    /// The local sockets that follow a room.
    pub(super) fn followers(&self, room: Uuid) -> impl Iterator<Item = &Sid> {
        self.rooms.get(&room).into_iter().flat_map(|room| &room.followers)
    }

    /// The rooms that a local socket follows or is in.
    pub(super) fn concerning(&self, server: Uuid, sid: Sid) -> Vec<Uuid> {
        self.rooms
            .iter()
            .filter(|(_, room)| room.followers.contains(&sid) || room.seated(server, sid))
            .map(|(id, _)| *id)
            .collect()
    }

    pub(super) fn seated(&self, room: Uuid, server: Uuid, sid: Sid) -> bool {
        self.rooms.get(&room).is_some_and(|room| room.seated(server, sid))
    }

    /// Takes in what happened on a server, and answers what to send.
    pub(super) fn apply(&mut self, server: Uuid, act: Act) -> Vec<RoomNotice> {
        let (id, notices) = match act {
            Act::Open { room: id } => {
                let room = self.rooms.entry(id).or_default();
                (id, vec![room.people_updated(id)])
            }
            Act::Join {
                room: id,
                sid,
                person,
                state,
            } => {
                let room = self.rooms.entry(id).or_default();
                if room.seats.is_empty() {
                    room.state = Some(updated_state(blank_state(), state));
                }
                room.sit(Seat { server, sid, person });
                (id, vec![room.people_updated(id), room.room_updated(id, None)])
            }
            Act::Leave { room: id, sid } => {
                let room = self.rooms.entry(id).or_default();
                room.seats.retain(|seat| seat.server != server || seat.sid != sid);
                if room.seats.is_empty() {
                    room.state = None;
                }
                (id, vec![room.people_updated(id)])
            }
            Act::Update {
                room: id,
                state,
                only_newcomer,
            } => {
                let room = self.rooms.entry(id).or_default();
                let former = room.state.take().unwrap_or_else(blank_state);
                room.state = Some(updated_state(former, state));
                (id, vec![room.room_updated(id, Some(only_newcomer))])
            }
            Act::Say {
                room: id,
                name,
                payload,
            } => {
                let payload = NoticePayload::Verbatim(payload);
                let room = id;
                (id, vec![RoomNotice { room, name, payload }])
            }
        };
        self.tidy(id);
        notices
    }

    /// Persons of each server, by room.
    pub(super) fn attendance(&self, server: Uuid) -> Vec<Attendance> {
        let of_server = |room: &Room| -> Vec<_> {
            room.seats
                .iter()
                .filter(|seat| seat.server == server)
                .map(|seat| (seat.sid, seat.person))
                .collect()
        };
        self.rooms
            .iter()
            .map(|(id, room)| Attendance {
                room: *id,
                state: room.state.clone().unwrap_or_default(),
                seats: of_server(room),
            })
            .filter(|attendance| !attendance.seats.is_empty())
            .collect()
    }

    /// Replaces what is known of who of a server is where, which makes up for what was missed.
    pub(super) fn reconcile(&mut self, server: Uuid, now: Vec<Attendance>) -> Vec<RoomNotice> {
        let mut before: HashMap<Uuid, Value> = HashMap::new();
        for (id, room) in &mut self.rooms {
            before.insert(*id, room.people());
            let seats = now.iter().find(|attendance| attendance.room == *id);
            let still = |sid| seats.is_some_and(|attendance| attendance.seats.iter().any(|(other, _)| *other == sid));
            room.seats.retain(|seat| seat.server != server || still(seat.sid));
        }
        for Attendance { room, state, seats } in now {
            let room = self.rooms.entry(room).or_default();
            if room.seats.is_empty() || room.state.is_none() {
                room.state = Some(state);
            }
            for (sid, person) in seats {
                room.sit(Seat { server, sid, person });
            }
        }
        let ids: Vec<_> = self.rooms.keys().copied().collect();
        let mut notices = Vec::new();
        for id in ids {
            if let Some(room) = self.rooms.get_mut(&id) {
                if room.seats.is_empty() && before.get(&id).is_some_and(|one| *one != json!([])) {
                    room.state = None;
                }
                if before.get(&id) != Some(&room.people()) {
                    notices.push(room.people_updated(id));
                }
            }
            self.tidy(id);
        }
        notices
    }

    /// Forgets a room that nobody is in and nobody follows here.
    fn tidy(&mut self, room: Uuid) {
        let idle = |room: &Room| room.seats.is_empty() && room.followers.is_empty();
        if self.rooms.get(&room).is_some_and(idle) {
            self.rooms.remove(&room);
        }
    }
}

impl Room {
    fn seated(&self, server: Uuid, sid: Sid) -> bool {
        self.seats.iter().any(|seat| seat.server == server && seat.sid == sid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Uuid = Uuid::from_u128(1);
    const THERE: Uuid = Uuid::from_u128(2);
    const ROOM: Uuid = Uuid::from_u128(3);
    const ANNA: Uuid = Uuid::from_u128(4);
    const BORIS: Uuid = Uuid::from_u128(5);

    fn state(value: Value) -> RoomState {
        serde_json::from_value(value).unwrap()
    }

    fn join(sid: Sid, person: Uuid, value: Value) -> Act {
        Act::Join {
            room: ROOM,
            sid,
            person,
            state: state(value),
        }
    }

    fn update(value: Value) -> Act {
        Act::Update {
            room: ROOM,
            state: state(value),
            only_newcomer: false,
        }
    }

    fn built(notice: &RoomNotice) -> &Value {
        match &notice.payload {
            NoticePayload::Built(value) => value,
            NoticePayload::Verbatim(_) => panic!("built"),
        }
    }

    #[test]
    fn the_first_to_join_sets_the_state() {
        let mut rooms = Rooms::default();
        let sent = rooms.apply(
            HERE,
            join(
                Sid::new(),
                ANNA,
                json!({"current_frame": 12, "unknown": 1, "people": ["x"]}),
            ),
        );
        assert_eq!(sent[0].name, "preview-room:room-people-updated");
        assert_eq!(
            *built(&sent[0]),
            json!({"people": [ANNA], "playlist_id": ROOM, "id": ROOM})
        );
        assert_eq!(sent[1].name, "preview-room:room-updated");
        assert_eq!(
            *built(&sent[1]),
            json!({
                "playlist_id": ROOM, "user_id": null, "local_id": null, "people": [ANNA],
                "is_playing": false, "current_entity_id": null, "current_entity_index": null,
                "current_preview_file_id": null, "current_preview_file_index": null,
                "current_frame": 12, "is_repeating": null, "is_annotations_displayed": false,
                "is_zoom_enabled": false, "is_waveform_displayed": false, "is_laser_mode": null,
                "handle_in": null, "handle_out": null, "speed": null,
                "comparing": {"enable": false, "task_type": null, "revision": null,
                    "mode": "sidebyside", "comparison_preview_index": 0},
            })
        );

        let sent = rooms.apply(HERE, join(Sid::new(), BORIS, json!({"current_frame": 99})));
        assert_eq!(built(&sent[1])["current_frame"], 12);
        assert_eq!(built(&sent[1])["people"], json!([ANNA, BORIS]));
    }

    #[test]
    fn joining_twice_counts_once_and_the_last_to_leave_resets() {
        let mut rooms = Rooms::default();
        let sid = Sid::new();
        rooms.apply(HERE, join(sid, ANNA, json!({"speed": 2})));
        let sent = rooms.apply(HERE, join(sid, ANNA, json!({})));
        assert_eq!(built(&sent[0])["people"], json!([ANNA]));
        assert_eq!(built(&sent[1])["speed"], 2);

        let sent = rooms.apply(HERE, Act::Leave { room: ROOM, sid });
        assert_eq!(built(&sent[0])["people"], json!([]));
        assert!(rooms.rooms.is_empty());
        let sent = rooms.apply(HERE, join(sid, ANNA, json!({})));
        assert_eq!(built(&sent[1])["speed"], Value::Null);
    }

    #[test]
    fn a_person_with_two_tabs_leaves_with_the_second() {
        let mut rooms = Rooms::default();
        let (one, two) = (Sid::new(), Sid::new());
        rooms.apply(HERE, join(one, ANNA, json!({})));
        rooms.apply(THERE, join(two, ANNA, json!({})));
        let sent = rooms.apply(HERE, Act::Leave { room: ROOM, sid: one });
        assert_eq!(built(&sent[0])["people"], json!([ANNA]));
        let sent = rooms.apply(THERE, Act::Leave { room: ROOM, sid: two });
        assert_eq!(built(&sent[0])["people"], json!([]));
    }

    #[test]
    fn an_update_keeps_three_keys_and_resets_the_others() {
        let mut rooms = Rooms::default();
        let before = json!({
            "current_frame": 7, "speed": 0.5, "is_playing": true, "handle_in": 3, "user_id": "u",
            "comparing": {"enable": true, "mode": "overlay", "other": 1},
        });
        rooms.apply(HERE, join(Sid::new(), ANNA, before));
        let sent = rooms.apply(HERE, update(json!({"speed": "fast", "local_id": "l"})));
        let now = built(&sent[0]);
        assert_eq!(now["current_frame"], 7);
        assert_eq!(now["speed"], 0.5);
        assert_eq!(
            now["comparing"],
            json!({"enable": true, "task_type": null, "revision": null, "mode": "overlay",
                "comparison_preview_index": 0})
        );
        assert_eq!(now["is_playing"], false);
        assert_eq!(now["handle_in"], Value::Null);
        assert_eq!(now["local_id"], "l");
        assert_eq!(now["people"], json!([ANNA]));
        assert_eq!(now["only_newcomer"], false);
    }

    #[test]
    fn servers_tell_each_other_who_is_in() {
        let mut here = Rooms::default();
        let mut there = Rooms::default();
        let follower = Sid::new();
        there.follow(ROOM, follower);
        here.apply(HERE, join(Sid::new(), ANNA, json!({"current_frame": 5})));

        let sent = there.reconcile(HERE, here.attendance(HERE));
        assert_eq!(built(&sent[0])["people"], json!([ANNA]));
        assert!(there.reconcile(HERE, here.attendance(HERE)).is_empty());
        let sent = there.apply(THERE, join(follower, BORIS, json!({"current_frame": 9})));
        assert_eq!(built(&sent[1])["current_frame"], 5);
        assert_eq!(built(&sent[1])["people"], json!([ANNA, BORIS]));

        let sent = there.reconcile(HERE, Vec::new());
        assert_eq!(built(&sent[0])["people"], json!([BORIS]));
        let sent = there.reconcile(THERE, Vec::new());
        assert_eq!(built(&sent[0])["people"], json!([]));
        there.unfollow(ROOM, follower);
        assert!(there.rooms.is_empty());
    }
}
