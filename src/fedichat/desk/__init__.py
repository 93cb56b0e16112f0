"""The desk: everything that people and servers can have fedichat do. One method, one transaction."""

from collections.abc import Callable, Mapping
from datetime import datetime

from fedichat.desk.clock.clean_up import CleanUp
from fedichat.desk.clock.missing_cards import MissingCards
from fedichat.desk.clock.reminders import Reminders
from fedichat.desk.clock.timers import Timers
from fedichat.desk.departments.escalations import Escalations
from fedichat.desk.departments.proposals import Proposals
from fedichat.desk.departments.remarks import Remarks
from fedichat.desk.duty.handovers import Handovers
from fedichat.desk.duty.roster import DutyRoster
from fedichat.desk.office import Office as Office
from fedichat.desk.plan.crisis import Crisis
from fedichat.desk.plan.due import DuePosts
from fedichat.desk.plan.lists import PlanLists
from fedichat.desk.plan.scheduling import Scheduling
from fedichat.desk.posts.attachments import Attachments
from fedichat.desk.posts.changing import Changing
from fedichat.desk.posts.confirming import Confirming
from fedichat.desk.posts.drafting import Drafting
from fedichat.desk.posts.failing import Failing
from fedichat.desk.posts.finding import Finding
from fedichat.desk.posts.lengths import Lengths
from fedichat.desk.posts.publishing import Publishing
from fedichat.desk.reports import Reports
from fedichat.desk.room.book import Book
from fedichat.desk.room.heard import Heard
from fedichat.desk.room.outbox import Outbox
from fedichat.desk.room.questions import Questions
from fedichat.desk.room.replies import Replies
from fedichat.desk.room.second_thoughts import SecondThoughts
from fedichat.desk.room.troubles import Troubles
from fedichat.desk.room.unheard import Unheard
from fedichat.desk.room.views import Views
from fedichat.desk.settings import Settings as Settings
from fedichat.desk.tickets.follow_ups import FollowUps
from fedichat.desk.tickets.intake import Intake
from fedichat.desk.tickets.lists import Lists
from fedichat.desk.tickets.media import HiddenMedia
from fedichat.desk.tickets.sorting import Sorting
from fedichat.desk.tickets.triage import Triage
from fedichat.ports import Clock, Fediverse
from fedichat.store.database import Database
from fedichat.store.news import News


class Desk:
    """The application service, room by room. It decides and records; `workers` carry out."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: Settings,
        fediverses: Mapping[str, Fediverse],
        nudge: Callable[[News], None],
    ) -> None:
        """`fediverses` by account name; `nudge` is called after every commit with what it leaves to do."""
        self.office = Office(database, clock, settings, fediverses, nudge)
        self.settings = settings
        self.tickets = Tickets(self.office)
        self.departments = Departments(self.office)
        self.posts = Posts(self.office)
        self.plan = Plan(self.office, self.posts)
        self.duty = Duty(self.office)
        self.reports = Reports(self.office)
        self.room = Room(self.office)
        self.clock = Moments(self)

    def now(self) -> datetime:
        """The present moment, by the office's clock, with its zone."""
        return self.office.clock.now()


class Tickets:
    """Tickets: how they begin, what is done with them, and how they are listed."""

    def __init__(self, office: Office) -> None:
        self.intake = Intake(office)
        self.follow_ups = FollowUps(office)
        self.triage = Triage(office)
        self.sorting = Sorting(office)
        self.media = HiddenMedia(office)
        self.lists = Lists(office)


class Departments:
    """Departments: they are asked, they talk, they propose."""

    def __init__(self, office: Office) -> None:
        self.escalations = Escalations(office)
        self.proposals = Proposals(office, self.escalations)
        self.remarks = Remarks(office, self.escalations, self.proposals)


class Posts:
    """Posts: drafted, shown, confirmed, published, changed."""

    def __init__(self, office: Office) -> None:
        self.finding = Finding(office)
        self.attachments = Attachments(office)
        self.drafting = Drafting(office, self.attachments, self.finding)
        self.confirming = Confirming(office)
        self.publishing = Publishing(office)
        self.changing = Changing(office)
        self.failing = Failing(office)
        self.lengths = Lengths(office)


class Plan:
    """The editorial plan: posts with a time, and what a crisis does to them."""

    def __init__(self, office: Office, posts: Posts) -> None:
        self.scheduling = Scheduling(office, posts.drafting, posts.confirming, posts.attachments, posts.finding)
        self.crisis = Crisis(office, self.scheduling)
        self.due = DuePosts(office)
        self.lists = PlanLists(office)


class Duty:
    """Who is on duty, and how the duty is handed over."""

    def __init__(self, office: Office) -> None:
        self.roster = DutyRoster(office)
        self.handovers = Handovers(office)


class Room:
    """What concerns rooms themselves: what is shown and said there, and what was heard."""

    def __init__(self, office: Office) -> None:
        self.views = Views(office)
        self.replies = Replies(office)
        self.heard = Heard(office)
        self.questions = Questions(office)
        self.second_thoughts = SecondThoughts(office)
        self.outbox = Outbox(office)
        self.troubles = Troubles(office)
        self.unheard = Unheard(office)
        self.book = Book(office)


class Moments:
    """Moments that come: reminders, timers, and what is forgotten in time."""

    def __init__(self, desk: Desk) -> None:
        self.reminders = Reminders(desk.office, desk.duty.roster)
        self.clean_up = CleanUp(desk.office)
        self.missing_cards = MissingCards(desk.office)
        self.timers = Timers(
            desk.office,
            reminders=self.reminders,
            clean_up=self.clean_up,
            sorting=desk.tickets.sorting,
            due=desk.plan.due,
            crisis=desk.plan.crisis,
            roster=desk.duty.roster,
            reports=desk.reports,
            troubles=desk.room.troubles,
        )
