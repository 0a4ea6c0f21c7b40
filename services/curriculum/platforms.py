"""Joint research platforms over HTTP: a list of problems, a team for one of them, what its learners are credited with."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlmodel import col, select

from services.curriculum import parties, queries
from services.curriculum.people import Problem, Project
from services.curriculum.refusals import NotOfThisProgramme
from services.curriculum.refusals_people import ProjectRefused, ProjectUnknown
from services.curriculum.voting import Asked, Coordinator
from shared.events.base import Code, Text
from shared.events.curriculum import ProjectFinished, ProjectOpened
from shared.ids import uuid7
from shared.messaging import emit
from shared.programmes.grammar import Template
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn, require

router = APIRouter(prefix="/curriculum/v1", tags=["platforms"])
Proposer = Annotated[Person, require(Role.COORDINATOR, Role.PANEL_ENTERPRISE)]


class NewProblem(Asked):
    """Something that the enterprise wants solved."""

    problem_id: UUID = Field(default_factory=uuid7)
    programme_id: UUID
    enterprise_id: UUID
    problem: Text


class NewProject(Asked):
    """A team for a problem."""

    project_id: UUID = Field(default_factory=uuid7)
    problem_id: UUID
    learner_ids: list[UUID] = Field(max_length=50)
    teacher_id: UUID
    mentor_id: UUID
    competencies: list[Code] = Field(max_length=30)


class Credits(Asked):
    """Who is credited with what."""

    credited: dict[UUID, list[Code]]


@router.post("/problems", status_code=201)
async def add_problem(new: NewProblem, person: Proposer, transaction: Transaction) -> Problem:
    programme = await queries.programme_of(transaction, new.programme_id)
    named = str(new.enterprise_id) in programme.enterprise_ids
    if (
        not named
        or not parties.sees(programme, person)
        or person.enterprise_id not in (None, new.enterprise_id)
    ):
        raise NotOfThisProgramme(field="enterprise_id")
    problem = Problem(**new.model_dump(exclude={"problem"}), problem=new.problem.model_dump())
    transaction.add(problem)
    return problem


@router.get("/problems")
async def list_problems(
    person: SignedIn, transaction: Transaction, programme_id: UUID | None = None
) -> list[Problem]:
    wanted = select(Problem).order_by(col(Problem.problem_id))
    wanted = wanted.where(Problem.programme_id == programme_id) if programme_id else wanted
    return [
        row for row in await transaction.scalars(wanted) if person.enterprise_id in (None, row.enterprise_id)
    ]


@router.post("/projects", status_code=201)
async def open_project(new: NewProject, _person: Coordinator, transaction: Transaction) -> Project:
    problem = await transaction.get(Problem, new.problem_id)
    if problem is None:
        raise ProjectUnknown(str(new.problem_id), field="problem_id")
    programme = await queries.programme_of(transaction, problem.programme_id)
    rule = Template.model_validate(programme.template).project
    learners, codes = sorted(set(new.learner_ids)), sorted(set(new.competencies))
    if len(learners) < (rule.least_learners if rule else 1):
        raise ProjectRefused(f"at least {rule.least_learners if rule else 1} learners", field="learner_ids")
    if len(codes) < (rule.least_competencies if rule else 1):
        raise ProjectRefused("name the competencies that it builds", field="competencies")
    project = Project(
        **new.model_dump(exclude={"learner_ids", "competencies"}),
        programme_id=problem.programme_id,
        learner_ids=[str(one) for one in learners],
        competencies=codes,
    )
    transaction.add(project)
    opened = new.model_dump(exclude={"problem_id"}) | {"learner_ids": learners, "competencies": codes}
    where = problem.model_dump(include={"programme_id", "enterprise_id", "problem"})
    emit(transaction, ProjectOpened.model_validate(opened | where))
    return project


@router.post("/projects/{project_id}/finish")
async def finish_project(
    project_id: UUID, given: Credits, _person: Coordinator, transaction: Transaction
) -> Project:
    wanted = select(Project).where(Project.project_id == project_id).with_for_update()
    project = await transaction.scalar(wanted)
    if project is None:
        raise ProjectUnknown(str(project_id))
    if project.credited is not None:
        raise ProjectRefused("it has ended already")
    strangers = [str(one) for one in given.credited if str(one) not in project.learner_ids]
    others = sorted({code for codes in given.credited.values() for code in codes} - set(project.competencies))
    if strangers or others:
        raise ProjectRefused(f"not in the project: {', '.join(strangers + others)}", field="credited")
    project.credited = {str(one): codes for one, codes in given.credited.items()}
    emit(transaction, ProjectFinished(project_id=project_id, credited=given.credited))
    return project


@router.get("/projects")
async def list_projects(person: SignedIn, transaction: Transaction) -> list[Project]:
    rows = await transaction.execute(
        select(Project, Problem.enterprise_id)
        .join(Problem, col(Problem.problem_id) == Project.problem_id)
        .order_by(col(Project.project_id))
    )
    return [project for project, enterprise_id in rows if person.enterprise_id in (None, enterprise_id)]
