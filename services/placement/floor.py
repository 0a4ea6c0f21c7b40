"""The shop floor: which stations are open in a week, for how many, and who guides there."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf
from uuid import UUID

from services.placement.mentoring import WEEKDAYS, Room
from services.placement.model import Mentor, Offer, Shutdown
from services.placement.papers import Duty
from services.placement.rota import GUIDING
from services.placement.staff import Crew, Staff
from shared.events.base import Text
from shared.events.enterprise import Station

FRIDAY = timedelta(days=4)


@dataclass(frozen=True)
class OpenStation:
    """A station as offered on a day."""

    station: Station
    workshop_id: UUID
    workshop: Text
    enterprise_id: UUID


class Floor:
    """Copies of what enterprises said, asked by station and Monday. A week counts only if all its working days do."""

    def __init__(
        self,
        offers: Iterable[Offer],
        mentors: Iterable[Mentor],
        shutdowns: Iterable[Shutdown],
        duties: Iterable[Duty] = (),
        crews: Iterable[Crew] = (),
        staff: Iterable[Staff] = (),
    ) -> None:
        self.crews = {crew.crew_id: crew for crew in sorted(crews, key=lambda one: one.crew_id)}
        self._staff = list(staff)
        self._offers: dict[UUID, list[Offer]] = defaultdict(list)
        self._workshops: dict[UUID, set[UUID]] = defaultdict(set)
        for offer in sorted(offers, key=lambda one: one.effective_from):
            self._offers[offer.workshop_id].append(offer)
            for station in offer.stations:
                self._workshops[UUID(station["station_id"])].add(offer.workshop_id)
        self._mentors: dict[UUID, list[Mentor]] = defaultdict(list)
        for mentor in sorted(mentors, key=lambda one: one.mentor_id):
            self._mentors[mentor.station_id].append(mentor)
        self._shutdowns: dict[UUID, list[Shutdown]] = defaultdict(list)
        for shutdown in shutdowns:
            self._shutdowns[shutdown.workshop_id].append(shutdown)
        self.most_hours = inf
        """Longer shifts than this guide nobody: a rule pack may say so."""
        self._duties: dict[tuple[UUID, date], dict[int, Duty]] = defaultdict(dict)
        for duty in duties:
            monday = duty.day - timedelta(days=duty.day.weekday())
            self._duties[duty.mentor_id, monday][duty.day.weekday()] = duty

    def stations(self) -> list[UUID]:
        """Every station that was ever offered."""
        return sorted(self._workshops)

    def offered(self, station_id: UUID, day: date) -> OpenStation | None:
        """The station as offered on that day."""
        for workshop_id in sorted(self._workshops.get(station_id, ())):
            current = [one for one in self._offers[workshop_id] if one.effective_from <= day]
            if not current or (current[-1].effective_until and current[-1].effective_until < day):
                continue
            for raw in current[-1].stations:
                if UUID(raw["station_id"]) == station_id:
                    offer = current[-1]
                    title = Text.model_validate(offer.title)
                    return OpenStation(Station.model_validate(raw), workshop_id, title, offer.enterprise_id)
        return None

    def known(self, station_id: UUID) -> OpenStation | None:
        """The station as last offered, whenever that is."""
        offers = [one for workshop in self._workshops.get(station_id, ()) for one in self._offers[workshop]]
        for offer in sorted(offers, key=lambda one: one.effective_from, reverse=True):
            for raw in offer.stations:
                if UUID(raw["station_id"]) == station_id:
                    title = Text.model_validate(offer.title)
                    return OpenStation(
                        Station.model_validate(raw), offer.workshop_id, title, offer.enterprise_id
                    )
        return None

    def mentors(self, station_id: UUID, monday: date) -> list[Mentor]:
        """Who guides there on any day of that week."""
        return [mentor for mentor in self._named(station_id, monday) if any(self._guides(mentor, monday))]

    def _named(self, station_id: UUID, monday: date) -> list[Mentor]:
        return [
            mentor
            for mentor in self._mentors[station_id]
            if mentor.effective_from <= monday
            and (mentor.left_from is None or mentor.left_from > monday + FRIDAY)
        ]

    def _guides(self, mentor: Mentor, monday: date) -> list[bool]:
        """Monday to Friday: by the rota of the week, if there is one."""
        rota = self._rota(mentor, monday)
        return [rota is None or self._may(rota.get(day)) for day in WEEKDAYS]

    def _may(self, duty: Duty | None) -> bool:
        return duty is not None and duty.shift in GUIDING and (duty.hours or 0) <= self.most_hours

    def _rota(self, mentor: Mentor, monday: date) -> dict[int, Duty] | None:
        return self._duties.get((mentor.mentor_id, monday - timedelta(days=monday.weekday())))

    def too_long(self, station_id: UUID, monday: date) -> bool:
        """Whether somebody named there is on a guiding shift that is too long for these learners."""
        duties = [self._rota(mentor, monday) or {} for mentor in self._named(station_id, monday)]
        return any(
            duty.shift in GUIDING and (duty.hours or 0) > self.most_hours
            for rota in duties
            for duty in rota.values()
        )

    def hours_unsaid(self, station_id: UUID, monday: date) -> bool:
        """Whether somebody guides there in a week without a rota, or on a shift whose length was not said."""
        rotas = [self._rota(mentor, monday) for mentor in self.mentors(station_id, monday)]
        return any(
            rota is None or any(duty.hours is None for duty in rota.values() if duty.shift in GUIDING)
            for rota in rotas
        )

    def staff_of(self, enterprise_id: UUID) -> int | None:
        """How many people work in the workshops that an enterprise has counted; none where it has counted none."""
        counted = [one.staff for one in self._staff if one.enterprise_id == enterprise_id]
        return sum(counted) if counted else None

    def staff_at(self, station_id: UUID) -> int | None:
        """How many people work at the post of a station, if that was said."""
        said = (one.posts.get(str(station_id)) for one in self._staff)
        return next((number for number in said if number is not None), None)

    def room(self, station_id: UUID, monday: date) -> Room:
        """How many trainees each mentor there may guide, day by day."""
        return {
            mentor.mentor_id: [mentor.ratio * here for here in self._guides(mentor, monday)]
            for mentor in self.mentors(station_id, monday)
        }

    def needed(self, station_id: UUID, monday: date, more: int) -> tuple[int, int]:
        """How many mentors and places at the bench more seats of a week take, each new mentor guiding as many as the others there."""
        offered, named = self.offered(station_id, monday), self._mentors[station_id]
        ratio = min((mentor.ratio for mentor in named), default=1)
        guided = min(sum(days[day] for days in self.room(station_id, monday).values()) for day in WEEKDAYS)
        wanted = self.seats(station_id, monday) + more
        places = wanted - (offered.station.seats if offered else 0)
        return max(0, -(-(wanted - guided) // ratio)), max(0, places)

    def has_mentor(self, station_id: UUID) -> bool:
        """Whether anybody was ever named there who has not left."""
        return any(mentor.left_from is None for mentor in self._mentors[station_id])

    def closed(self, station_id: UUID, monday: date) -> bool:
        """Whether a shutdown touches a working day of that week."""
        return any(
            shutdown.station_id in {None, station_id}
            and shutdown.first_day <= monday + FRIDAY
            and shutdown.last_day >= monday
            for workshop in self._workshops.get(station_id, ())
            for shutdown in self._shutdowns[workshop]
        )

    def seats(self, station_id: UUID, monday: date) -> int:
        """Mentors present times their ratio on the day with the fewest, never more than the bench, none in a shutdown."""
        start, end = self.offered(station_id, monday), self.offered(station_id, monday + FRIDAY)
        if start is None or end is None or self.closed(station_id, monday):
            return 0
        room = self.room(station_id, monday).values()
        guided = min(sum(days[day] for days in room) for day in WEEKDAYS)
        return min(start.station.seats, end.station.seats, guided)
