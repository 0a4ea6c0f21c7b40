"""What curriculum says."""

from shared.events.curriculum.graduates import CredentialAwarded, ProjectFinished, ProjectOpened
from shared.events.curriculum.plans import FrameworkPublished, PlanInForce, PlanPublished
from shared.events.curriculum.revisions import (
    GapAnswered,
    RevisionApproved,
    RevisionDrafted,
    RevisionEscalated,
    RevisionExtended,
    RevisionOpened,
    RevisionRejected,
    RevisionReminded,
    RevisionReturned,
    RevisionSeated,
    RevisionUndrafted,
    RevisionUnseated,
    RevisionWithdrawn,
    VoteCast,
)
from shared.events.curriculum.teachers import (
    QualificationEnding,
    QualificationRenewed,
    SecondmentPlanned,
    SecondmentReported,
    TeacherAssigned,
    TeacherQualified,
)

__all__ = [
    "CredentialAwarded",
    "FrameworkPublished",
    "GapAnswered",
    "PlanInForce",
    "PlanPublished",
    "ProjectFinished",
    "ProjectOpened",
    "QualificationEnding",
    "QualificationRenewed",
    "RevisionApproved",
    "RevisionDrafted",
    "RevisionEscalated",
    "RevisionExtended",
    "RevisionOpened",
    "RevisionRejected",
    "RevisionReminded",
    "RevisionReturned",
    "RevisionSeated",
    "RevisionUndrafted",
    "RevisionUnseated",
    "RevisionWithdrawn",
    "SecondmentPlanned",
    "SecondmentReported",
    "TeacherAssigned",
    "TeacherQualified",
    "VoteCast",
]
