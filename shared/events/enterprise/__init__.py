"""What an enterprise can say. The gateway checks each of these and says it on the enterprise's behalf.

Every one carries `enterprise_id`; ids are UUIDs that the enterprise mints for its own things, and it keeps them.
"""

from shared.events.enterprise.agreements import AgreementSigned, Promise, PromiseKept, PromiseKind
from shared.events.enterprise.employees import (
    EmployeeHired,
    EmployeeLeft,
    EmployeeNominated,
    EmployeePromoted,
    LeavingReason,
)
from shared.events.enterprise.places import (
    CrewLearner,
    MentorLeft,
    MentorNamed,
    PostStaff,
    ReleaseLimited,
    ShutdownPlanned,
    StaffCounted,
    Station,
    StationsOffered,
)
from shared.events.enterprise.positions import PositionPublished, TechnologyChanged
from shared.events.enterprise.practice import (
    AttendanceRecorded,
    Comment,
    SafetyIncidentReported,
    Severity,
    TraineeRated,
)
from shared.events.enterprise.public import PublicEvent

__all__ = [
    "AgreementSigned",
    "AttendanceRecorded",
    "Comment",
    "CrewLearner",
    "EmployeeHired",
    "EmployeeLeft",
    "EmployeeNominated",
    "EmployeePromoted",
    "LeavingReason",
    "MentorLeft",
    "MentorNamed",
    "PositionPublished",
    "PostStaff",
    "Promise",
    "PromiseKept",
    "PromiseKind",
    "PublicEvent",
    "ReleaseLimited",
    "SafetyIncidentReported",
    "Severity",
    "ShutdownPlanned",
    "StaffCounted",
    "Station",
    "StationsOffered",
    "TechnologyChanged",
    "TraineeRated",
]
