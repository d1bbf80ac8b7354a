//! Place where events, rooms, listeners and the other servers meet.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use poem::http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use serde_json::value::RawValue;
use socketioxide::{extract::SocketRef, socket::Sid};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use uuid::Uuid;

use crate::{origins::Origins, peers};

use super::{
    Admitted, Audience, Gatekeeper, ListenerRefusal, Options, Team,
    admission::{Strangers, credible},
    listeners::{EventReceivers, Listener, Listeners},
    relay::{Ended, Envelope, Event, HEARTBEAT_PERIOD, News, Post, SILENCE},
    rooms::{Act, Attendance, RoomNotice, Rooms},
    socket_endpoint::Lines,
};

/// Number of events that may be on their way before announcing one more waits.
const QUEUE: usize = 8192;

/// Time that the audience of an event may be looked up.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

/// Number of events that are taken at a time: they share what is looked up.
const BATCH: usize = 256;

/// Work for the task that delivers events.
pub(super) enum Job {
    Announce(Event),
    Received(Envelope),
    /// The channel of the other servers is heard from now on.
    Joined,
    /// Answered once all that came before is delivered.
    Flush(oneshot::Sender<()>),
    Stop(oneshot::Sender<()>),
}

/// The teams looked up for a batch of events.
type Teams = HashMap<Uuid, Arc<Team>>;

/// The access token that a client gives when it enters a namespace, as programs do that set neither cookies nor headers.
#[derive(Clone)]
pub(super) struct Given(pub(super) String);

/// All that the stream knows.
pub(super) struct Hub {
    pub(super) gatekeeper: Arc<dyn Gatekeeper>,
    pub(super) lines: Arc<Lines>,
    pub(super) listeners: Listeners,
    pub(super) recheck: Duration,
    /// This server, among the others.
    node: Uuid,
    origins: Origins,
    strangers: Strangers,
    /// Proxies whose word on where a request comes from is believed.
    proxies: Vec<IpAddr>,
    rooms: Mutex<Rooms>,
    post: Post,
    jobs: mpsc::Sender<Job>,
}

impl Hub {
    pub(super) fn start(gatekeeper: Arc<dyn Gatekeeper>, lines: Arc<Lines>, options: Options) -> Arc<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let node = Uuid::new_v4();
        let hub = Arc::new(Self {
            gatekeeper,
            lines,
            listeners: Listeners::default(),
            recheck: options.recheck,
            node,
            origins: Origins::new(options.origins),
            strangers: Strangers::new(options.introduction),
            proxies: options.proxies,
            rooms: Mutex::default(),
            post: Post::start(node, options.relay, jobs.clone()),
            jobs,
        });
        tokio::spawn(hub.clone().deliver(queue));
        hub
    }

    /// Person whose token the handshake of a socket carries, or else its client gave when it entered the namespace.
    pub(super) async fn admit(&self, socket: &SocketRef) -> Result<Admitted, ListenerRefusal> {
        let refusal = match self.admit_sender(&socket.req_parts().headers).await {
            Ok(admitted) => return Ok(admitted),
            Err(refusal) => refusal,
        };
        let Some(Given(token)) = socket.extensions.get::<Given>() else {
            return Err(refusal);
        };
        let bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| ListenerRefusal::Invalid)?;
        self.gatekeeper
            .admit(&HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
            .await
    }

    async fn admit_sender(&self, headers: &HeaderMap) -> Result<Admitted, ListenerRefusal> {
        self.gatekeeper.admit(&credible(headers, &self.origins)).await
    }

    /// True when a handshake may open a connection. Strangers may, so that they can be told that they are, but not many.
    pub(super) async fn may_connect(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> bool {
        if self.admit_sender(headers).await.is_ok() {
            return true;
        }
        peers::address(headers, peer, &self.proxies).is_none_or(|address| self.strangers.admit(address))
    }

    pub(super) async fn announce(
        &self,
        audience: Audience,
        name: &str,
        payload: &RawValue,
        for_clients: Option<&RawValue>,
    ) {
        let for_clients = for_clients.map(ToOwned::to_owned);
        let event = Event {
            audience,
            name: name.to_owned(),
            payload: payload.to_owned(),
            for_clients,
        };
        if self.jobs.send(Job::Announce(event)).await.is_err() {
            tracing::warn!(name, "not announced, as the stream is closed");
        }
    }

    /// Closes the sockets concerned, here and elsewhere.
    pub(super) fn end(&self, ended: Ended) {
        self.end_here(&ended);
        self.post.send(News::Ended(ended));
    }

    /// Checks the sockets of a person again, here and elsewhere.
    pub(super) fn person_changed(&self, person: Uuid) {
        self.doubt(person);
        self.post.send(News::Changed(person));
    }

    pub(super) fn is_joined(&self) -> bool {
        self.post.is_joined()
    }

    /// Waits until what is queued is delivered.
    pub(super) async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.jobs.send(Job::Flush(done)).await.is_ok() {
            flushed.await.ok();
        }
    }

    /// Delivers what is queued, and says goodbye to the other servers.
    pub(super) async fn stop(&self) {
        let (done, stopped) = oneshot::channel();
        if self.jobs.send(Job::Stop(done)).await.is_ok() {
            stopped.await.ok();
        }
        self.post.finish().await;
    }

    /// Closes a socket that may not listen any more.
    pub(super) fn dismiss(&self, listener: &Listener) {
        self.listeners.remove(listener.socket.id);
        if listener.leave().is_err() {
            self.cut(vec![listener.socket.clone()]);
        }
    }

    /// Does something in a review room, here and on the other servers.
    pub(super) fn act(&self, act: Act) {
        let mut rooms = self.rooms();
        let notices = rooms.apply(self.node, act.clone());
        self.send_notices(&rooms, notices);
        // Under the same lock, so that the other servers see acts in the same order.
        self.post.send(News::Review(act));
    }

    pub(super) fn follow(&self, room: Uuid, sid: Sid) {
        self.rooms().follow(room, sid);
    }

    pub(super) fn unfollow(&self, room: Uuid, sid: Sid) {
        self.rooms().unfollow(room, sid);
    }

    pub(super) fn follows(&self, room: Uuid, sid: Sid) -> bool {
        self.rooms().follows(room, sid)
    }

    pub(super) fn seated(&self, room: Uuid, sid: Sid) -> bool {
        self.rooms().seated(room, self.node, sid)
    }

    /// The rooms that a socket follows or is in.
    pub(super) fn rooms_of(&self, sid: Sid) -> Vec<Uuid> {
        self.rooms().concerning(self.node, sid)
    }

    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send_notices(&self, rooms: &Rooms, notices: Vec<RoomNotice>) {
        for RoomNotice { room, name, payload } in notices {
            self.cut(self.listeners.send_to(rooms.followers(room), &name, &payload));
        }
    }

    fn cut(&self, late: Vec<SocketRef>) {
        for socket in late {
            let lines = self.lines.clone();
            tokio::spawn(async move { lines.cut(&socket).await });
        }
    }

    fn doubt(&self, person: Uuid) {
        for listener in self.listeners.matching(|who| who.person == person) {
            listener.doubted.notify_one();
        }
    }

    fn end_here(&self, ended: &Ended) {
        let concerned = self.listeners.matching(|who| match ended {
            Ended::Session(session) => who.session == *session,
            Ended::Person(person) => who.person == *person,
        });
        for listener in concerned {
            self.dismiss(&listener);
        }
    }

    /// Delivers events one after the other, until stopped. This is the only place where an
    /// event may wait, for its audience to be looked up.
    async fn deliver(self: Arc<Self>, mut queue: mpsc::Receiver<Job>) {
        let mut beat = interval(HEARTBEAT_PERIOD);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard: HashMap<Uuid, Instant> = HashMap::new();
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                _ = beat.tick(), if self.post.is_open() => {
                    self.send_attendance();
                    for (node, _) in heard.extract_if(|_, last| last.elapsed() > SILENCE) {
                        tracing::warn!(%node, "another server fell silent");
                        self.reconcile(node, Vec::new());
                    }
                }
                taken = queue.recv_many(&mut batch, BATCH) => {
                    if taken == 0 {
                        return;
                    }
                    // Every event of the batch is older than the lookups made for it.
                    let mut teams = Teams::new();
                    for job in batch.drain(..) {
                        match job {
                            Job::Announce(event) => {
                                self.hand_out(&event, &mut teams).await;
                                self.post.send(News::Event(event));
                            }
                            Job::Received(Envelope { from, news }) => {
                                heard.insert(from, Instant::now());
                                self.receive(from, news, &mut teams).await;
                            }
                            Job::Joined => {
                                self.gatekeeper.news_missed().await;
                                self.post.send(News::Hello);
                                self.send_attendance();
                            }
                            Job::Flush(done) => {
                                done.send(()).ok();
                            }
                            Job::Stop(done) => {
                                self.post.send(News::Attendance(Vec::new()));
                                done.send(()).ok();
                                return;
                            }
                        }
                    }
                }
            }
        }
    }

    async fn receive(&self, from: Uuid, news: News, teams: &mut Teams) {
        match news {
            News::Event(event) => self.hand_out(&event, teams).await,
            News::Review(act) => {
                let mut rooms = self.rooms();
                let notices = rooms.apply(from, act);
                self.send_notices(&rooms, notices);
            }
            News::Ended(ended) => {
                match &ended {
                    Ended::Session(session) => self.gatekeeper.session_ended(session).await,
                    Ended::Person(person) => self.gatekeeper.person_changed(*person).await,
                }
                self.end_here(&ended);
            }
            News::Changed(person) => {
                self.gatekeeper.person_changed(person).await;
                self.doubt(person);
            }
            News::Attendance(attendance) => self.reconcile(from, attendance),
            News::Hello => self.send_attendance(),
        }
    }

    fn reconcile(&self, node: Uuid, attendance: Vec<Attendance>) {
        let mut rooms = self.rooms();
        let notices = rooms.reconcile(node, attendance);
        self.send_notices(&rooms, notices);
    }

    fn send_attendance(&self) {
        let rooms = self.rooms();
        self.post.send(News::Attendance(rooms.attendance(self.node)));
    }

    /// The team of a production; a lookup that hangs must not hold up every event after it.
    async fn team(&self, project: Uuid) -> Arc<Team> {
        let team = timeout(LOOKUP_TIMEOUT, self.gatekeeper.team(project)).await;
        team.unwrap_or_else(|_| {
            tracing::error!(%project, "the team of a production misses events");
            Arc::default()
        })
    }

    /// Sends an event to those here who may hear it.
    async fn hand_out(&self, event: &Event, teams: &mut Teams) {
        let nobody = Team::default();
        let former: Team;
        let receivers = match &event.audience {
            Audience::Everyone => EventReceivers::Everyone,
            Audience::Persons(persons) => EventReceivers::Persons(persons),
            Audience::Team(persons) => {
                let members: HashSet<Uuid> = persons.iter().copied().collect();
                former = Team {
                    clients: members.clone(),
                    members,
                };
                EventReceivers::Team(&former)
            }
            Audience::Project(project) => match teams.entry(*project) {
                Entry::Occupied(team) => EventReceivers::Team(team.into_mut()),
                Entry::Vacant(team) if self.listeners.need_team(&event.audience) => {
                    EventReceivers::Team(team.insert(self.team(*project).await))
                }
                Entry::Vacant(_) => EventReceivers::Team(&nobody),
            },
        };
        let late = match &event.for_clients {
            None => self
                .listeners
                .announce(|who| receivers.include(who), &event.name, &event.payload),
            Some(less) => {
                let mut late = self.listeners.announce(
                    |who| receivers.include(who) && !receivers.are_clients(who),
                    &event.name,
                    &event.payload,
                );
                late.extend(
                    self.listeners
                        .announce(|who| receivers.are_clients(who), &event.name, less),
                );
                late
            }
        };
        self.cut(late);
    }
}
