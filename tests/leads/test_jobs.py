"""Jobs: each lead once, whoever dies; as whoever asked; stopped, canceled, run again, undone."""

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError, connections
from django.utils import timezone

from accounts.ids import first_id_at
from accounts.models import Membership
from accounts.permissions import PermissionRefused
from integrations import outbox
from leads import background_runs, editing
from leads.assigning import assignment
from leads.bulk import job_runs, jobs
from leads.bulk.bulk_actions import _actions, action_named
from leads.bulk.selection import filtered, named
from leads.errors import LeadError
from leads.intake import LeadInput, receive
from leads.messaging.notifications import AMONG_OTHERS
from leads.models import ContactTag, Interaction, Job, Lead, Notification


@pytest.fixture
def actor(world):
    return world.actor("manager")


def add(world, *names, **facts):
    with world.scope():
        return [
            receive(
                LeadInput(first_name=name, email=f"{name}@example.com", **facts),
                actor=world.actor(),
            ).lead
            for name in names
        ]


def ask(actor, action="tag", *, ids=None, filter=None, everything=False, **given):
    given = given or {"tags": ["hot"]}
    if ids is not None:
        selection = named(ids, actor=actor)
    else:
        selection = filtered(filter or {}, actor=actor, everything=everything)
    return jobs.request(action, actor=actor, selection=selection, given=given)


def state(world, job):
    with world.scope():
        job = Job.objects.get(pk=job.pk)
    return job.status, job.changed, job.unchanged, job.failed


def tagged(world, tag="hot"):
    with world.scope():
        rows = ContactTag.objects.filter(name=tag)
        return sorted(rows.values_list("contact__first_name", flat=True))


@contextmanager
def performing(monkeypatch, perform, action="tag"):
    """The action does this instead."""
    with monkeypatch.context() as patched:
        patched.setitem(_actions, action, replace(action_named(action), perform=perform))
        yield


def test_a_filter_is_worked_off_in_batches_and_later_leads_are_left_out(world, actor):
    add(world, "a", "b", "c", "d", "e", source="phone")
    add(world, "other")
    with world.scope():
        job = ask(actor, filter={"source": "phone"})
        assert (job.total, job.total_is_estimate, job.status) == (5, False, "queued")
    add(world, "late", source="phone")
    assert job_runs.work_off(batch=2) == 5
    assert state(world, job) == ("completed", 5, 0, 0)
    assert tagged(world) == ["a", "b", "c", "d", "e"]
    with world.scope():
        entry = Interaction.objects.filter(lead__contact__first_name="a").latest("id")
        assert (entry.actor_user, entry.via) == (world.manager, "page")
    assert job_runs.work_off() == 0


def test_named_leads_and_those_that_are_not_there(world, actor):
    ann, bob = add(world, "ann", "bob")
    with world.scope():
        numbers = [str(ann.number), str(bob.pk), "999999", str(world.home.pk)]
        job = ask(actor, ids=[*numbers, numbers[0]])
        assert job.total == 4
    job_runs.work_off()
    assert state(world, job) == ("completed", 2, 0, 2)
    with world.scope():
        errors = Job.objects.get().errors
    assert [error["code"] for error in errors] == ["not_found", "not_found"]
    assert {error["lead_id"] for error in errors} == {"999999", str(world.home.pk)}


def test_a_filter_that_could_hit_everything_by_mistake_is_refused(world, actor):
    add(world, "ann")

    def refusal(filter, everything=False):
        with pytest.raises(LeadError) as caught:
            filtered(filter, actor=actor, everything=everything)
        (field, code, _message) = caught.value.errors[0]
        return field, code

    with world.scope():
        assert refusal({}) == ("filter", "required")
        assert refusal({"sorce": "phone"}) == ("filter.sorce", "unknown_parameter")
        assert refusal({"attr.\x00": "x"}, True)[1] == "unknown_parameter"
        assert refusal({"attr.none": "x"}, True) == ("filter.attr.none", "unknown_parameter")
        for empty in ("", [], [""], ",", " "):
            assert refusal({"tag": empty}, True) == ("filter.tag", "required")
        assert refusal({"status": "new,odd"}) == ("filter.status", "invalid_choice")
        assert refusal({"status": {"in": []}}) == ("filter.status", "invalid")
        assert refusal({"cursor": "x"}) == ("filter.cursor", "unknown_parameter")
        assert filtered({}, actor=actor, everything=True).count(actor) == (1, False)
        assert filtered({"open": True, "min_score": 0}, actor=actor).count(actor) == (1, False)
        with pytest.raises(LeadError):
            named([], actor=actor)


def test_a_killed_worker_loses_nothing_and_repeats_nothing(world, actor, monkeypatch):
    add(world, "a", "b", "c", "d")
    with world.scope():
        job = ask(actor, everything=True)

    class Killed(BaseException):
        pass

    tag = action_named("tag").perform
    seen = []

    def dies_over_the_third(lead_ids, who, row):
        done = tag(lead_ids, who, row)
        seen.extend(lead_ids)
        if len(seen) == 3:
            raise Killed
        return done

    with performing(monkeypatch, dies_over_the_third):
        with pytest.raises(Killed):
            job_runs.work_off(batch=1)
        assert tagged(world) == ["a", "b"]
        # Whoever looks now finds it leased; when the lease is over it is taken up where it was.
        assert job_runs.work_off() == 0
        with world.scope():
            Job.objects.update(due_at=timezone.now())
        assert job_runs.work_off(batch=1) == 2
    assert state(world, job) == ("completed", 4, 0, 0)
    assert seen[2] == seen[3]
    assert len(seen) == 5


def test_a_worker_that_comes_back_late_writes_nothing(world, actor, monkeypatch):
    add(world, "a", "b")
    with world.scope():
        job = ask(actor, everything=True)
    tag = action_named("tag").perform

    def is_overtaken(lead_ids, who, row):
        done = tag(lead_ids, who, row)
        Job.objects.filter(pk=row.pk).update(lease_token=world.home.pk)
        return done

    with performing(monkeypatch, is_overtaken):
        assert job_runs.work_off() == 0
    assert tagged(world) == []
    assert state(world, job)[1] == 0


@pytest.mark.slow
def test_two_workers_share_the_jobs_and_do_each_lead_once(committed_world):
    world = committed_world
    actor = world.actor("manager")
    add(world, *"abcdef")
    with world.scope():
        made = [ask(actor, everything=True, tags=[tag]) for tag in ("x", "y", "z")]

    def work():
        job_runs.work_off(batch=2, slice_seconds=0.0)
        connections.close_all()

    workers = [threading.Thread(target=work) for _number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    job_runs.work_off()
    assert {state(world, job) for job in made} == {("completed", 6, 0, 0)}
    with world.scope():
        assert Interaction.objects.filter(payload__step="updated").count() == 18


def test_a_database_that_is_away_is_waited_for(world, actor, monkeypatch):
    add(world, "ann")
    with world.scope():
        job = ask(actor, everything=True)

    def is_away(*_arguments):
        raise OperationalError

    with performing(monkeypatch, is_away):
        assert job_runs.work_off() == 0
    assert state(world, job) == ("running", 0, 0, 0)
    assert job_runs.work_off() == 0
    with world.scope():
        Job.objects.update(due_at=timezone.now())
    assert job_runs.work_off() == 1


def test_one_bad_lead_is_passed_over_with_its_error(world, actor, monkeypatch):
    rows = add(world, *"abcdefghij")
    bad = rows[6].pk
    tag = action_named("tag").perform

    def chokes(lead_ids, who, row):
        if bad in lead_ids:
            raise RuntimeError("odd")
        return tag(lead_ids, who, row)

    with world.scope():
        job = ask(actor, everything=True)
    with performing(monkeypatch, chokes):
        assert job_runs.work_off(batch=8) == 10
    assert state(world, job) == ("completed", 9, 0, 1)
    assert "g" not in tagged(world)
    with world.scope():
        (error,) = Job.objects.get().errors
    assert (error["lead_id"], error["code"]) == (str(bad), "unexpected")


def test_a_job_that_cannot_go_on_says_why_and_is_run_again(world, actor):
    (ann,) = add(world, "ann")
    with world.scope():
        job = ask(actor, "assign", everything=True, user_id=str(world.rep.pk))
    Membership.objects.filter(user=world.rep).update(is_active=False)
    job_runs.work_off()
    with world.scope():
        job = Job.objects.get()
        assert (job.status, job.may_go_on) == ("failed", True)
        assert "Nobody in this workspace" in job.error
        Membership.objects.filter(user=world.rep).update(is_active=True)
        assert jobs.run_again(job.pk, actor=actor).status == "queued"
        assert jobs.run_again(job.pk, actor=actor).status == "queued"
    job_runs.work_off()
    assert state(world, job) == ("completed", 1, 0, 0)
    with world.scope():
        ann.refresh_from_db()
        assert ann.assigned_to == world.rep
        with pytest.raises(LeadError):
            jobs.run_again(job.pk, actor=actor)


def test_a_poison_job_does_not_run_for_ever(world, actor):
    add(world, "ann")
    with world.scope():
        job = ask(actor, everything=True)
        Job.objects.update(attempts=background_runs.MOST_ATTEMPTS)
    assert job_runs.work_off() == 0
    assert state(world, job)[0] == "failed"
    with world.scope():
        again = {"status": "queued", "attempts": 0, "due_at": timezone.now()}
        Job.objects.update(action="no_such_action", **again)
    job_runs.work_off()
    with world.scope():
        assert "Unknown action" in Job.objects.get().error


def test_it_is_done_as_whoever_asked_with_what_they_may_by_then(world, actor):
    add(world, "ann")
    (bob,) = add(world, "bob")
    world.home.rep_lead_access = "own"
    world.home.save()
    rep = world.actor("rep")
    with world.scope():
        job = ask(rep, everything=True)
        named_job = ask(rep, ids=[bob.pk], tags=["named"])
        assignment.assign(bob, actor=actor, user_id=world.manager.pk)
    job_runs.work_off()
    assert state(world, job) == ("completed", 1, 0, 0)
    assert state(world, named_job) == ("completed", 0, 0, 1)
    assert tagged(world) == ["ann"]
    with world.scope():
        job = ask(actor, everything=True, tags=["late"])
    Membership.objects.filter(user=world.manager).update(role="viewer")
    job_runs.work_off()
    assert state(world, job)[0] == "failed"
    Membership.objects.filter(user=world.manager).update(is_active=False)
    with world.scope():
        jobs.run_again(job.pk, actor=world.actor())
    job_runs.work_off()
    with world.scope():
        assert "no access" in Job.objects.get(pk=job.pk).error
    assert tagged(world, "late") == []


def test_a_key_that_was_revoked_does_nothing_more(world):
    add(world, "ann")
    key = world.key_actor()
    with world.scope():
        job = ask(key, everything=True)
    key.api_key.revoked_at = timezone.now()
    key.api_key.save()
    job_runs.work_off()
    assert state(world, job)[0] == "failed"


def test_it_is_canceled_and_taken_up_again(world, actor):
    add(world, "a", "b")
    with world.scope():
        job = ask(actor, everything=True)
        assert jobs.cancel(job.pk, actor=actor).status == "canceled"
        assert jobs.cancel(job.pk, actor=actor).status == "canceled"
    assert job_runs.work_off() == 0
    with world.scope():
        jobs.run_again(job.pk, actor=actor)
    assert job_runs.work_off() == 2
    with world.scope(), pytest.raises(LeadError):
        jobs.cancel(job.pk, actor=actor)


def test_a_deletion_is_taken_back_and_only_that(world, actor):
    rows = add(world, "a", "b", "c", "before")
    with world.scope():
        editing.delete(rows[3], actor=actor)
        job = ask(actor, "delete", everything=True)
        with pytest.raises(LeadError):
            jobs.undo(job.pk, actor=actor)
    assert job_runs.work_off(batch=2) == 3
    with world.scope():
        assert not Lead.objects.alive().exists()
        back = jobs.undo(job.pk, actor=actor)
        assert jobs.undo(job.pk, actor=actor) == back
    assert job_runs.work_off(batch=2) == 3
    assert state(world, back) == ("completed", 3, 0, 0)
    with world.scope():
        names = Lead.objects.alive().values_list("contact__first_name", flat=True)
        assert sorted(names) == ["a", "b", "c"]


def test_jobs_are_seen_and_steered_by_whoever_may(world, actor):
    add(world, "ann")
    rep = world.actor("rep")
    with world.scope():
        job = ask(rep, everything=True)
        assert Job.objects.visible_to(actor).get() == job
        assert not Job.objects.visible_to(world.actor("other_rep")).exists()
        for stranger in (world.actor("other_rep"), world.stranger_actor()):
            with pytest.raises(jobs.JobNotFound):
                jobs.cancel(job.pk, actor=stranger)
        with pytest.raises(PermissionRefused):
            ask(rep, "delete", everything=True)
        with pytest.raises(PermissionRefused):
            ask(world.actor("viewer"), everything=True)


def test_a_new_owner_is_told_once_of_all_that_a_job_gives_them(world, actor):
    add(world, "a", "b", "c")
    outbox.drain()
    with world.scope():
        ask(actor, "assign", everything=True, user_id=str(world.rep.pk))
    job_runs.work_off(batch=2)
    outbox.drain()
    with world.scope():
        told = Notification.objects.annotate(among_others=AMONG_OTHERS).get()
        assert (told.user, told.by, told.among_others) == (world.rep, "Manager", True)


def test_too_many_at_once_are_refused_and_old_ones_forgotten(world, actor, monkeypatch):
    add(world, "ann")
    monkeypatch.setattr(jobs, "MOST_UNFINISHED", 1)
    with world.scope():
        job = ask(actor, everything=True)
        with pytest.raises(LeadError) as caught:
            ask(actor, everything=True)
        assert caught.value.code == "too_many_jobs"
    job_runs.work_off()
    assert job_runs.forget_finished() == 0
    long_ago = timezone.now() - timedelta(days=91)
    with world.scope():
        Job.objects.create(
            id=first_id_at(long_ago), workspace=world.home, action="tag", finished_at=long_ago
        )
    assert job_runs.forget_finished() == 1
    with world.scope():
        assert Job.objects.get() == job
