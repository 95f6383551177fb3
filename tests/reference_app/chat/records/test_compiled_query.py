"""Queries that are compiled once: they return the rows of their QuerySets, or are refused."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections
from django.db.models import Q, QuerySet
from django.utils import timezone

from reference_app.accounts.models import User
from reference_app.chat.models import Conversation, Membership
from reference_app.chat.queries import conversations, heads
from reference_app.chat.records import attachment_lookup, message_details
from reference_app.chat.records.compiled_query import MAX_LISTED, CompiledQuery, UnusableQueryError
from reference_app.chat.store import blocks
from tests.builders import person, room
from tests.reference_app.chat.queries.varied_site import Site, varied_site


@pytest.fixture
def site() -> Site:
    return varied_site()


Values = Callable[[Site, User], tuple[int | Collection[int], ...]]

QUERIES: dict[str, tuple[CompiledQuery, Values]] = {
    "positions": (heads.POSITIONS, lambda site, _user: (site.person_ids,)),
    "positions of one": (heads.POSITIONS, lambda _site, user: ([user.pk],)),
    "memberships": (conversations.ALL_MEMBERSHIPS, lambda _site, user: (user.pk,)),
    "memberships of some": (
        conversations.SOME_MEMBERSHIPS,
        lambda site, user: (user.pk, site.conversations[1:6]),
    ),
    "people": (conversations.PEOPLE, lambda site, _user: (site.conversations,)),
    "messages": (message_details.MESSAGES, lambda site, _user: (site.messages,)),
    "unread mentions": (message_details.UNREAD_MENTIONS, lambda _site, user: (user.pk,)),
    "mentions": (message_details.MENTIONS, lambda site, _user: (site.messages,)),
    "reactions": (message_details.REACTIONS, lambda site, user: (site.messages, user.pk)),
    "files": (attachment_lookup.FILES, lambda site, _user: (site.messages,)),
    "blocks": (blocks.BLOCKS, lambda site, _user: (site.person_ids[:3],)),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", QUERIES)
def test_a_compiled_query_finds_what_its_queryset_finds(name: str, site: Site) -> None:
    query, values = QUERIES[name]
    found = [(query.rows(*args), args) for args in (values(site, one) for one in site.people)]
    for rows, args in found:
        queryset = query.build(*args)
        expected = list(queryset)
        if not queryset.ordered:  # the database may return the rows in any order
            rows.sort(key=repr)
            expected.sort(key=repr)
        assert rows == expected
        assert [list(map(type, row)) for row in rows] == [list(map(type, row)) for row in expected]
    assert any(rows for rows, _args in found)


def test_all_compiled_queries_of_the_chat_are_compared() -> None:
    modules = [module for name, module in sys.modules.items() if name.startswith("reference_app.")]
    used = {
        id(one) for module in modules for one in vars(module).values() if type(one) is CompiledQuery
    }
    assert used == {id(query) for query, _values in QUERIES.values()}


def memberships_of(build: Callable[..., QuerySet[Any, Any]]) -> CompiledQuery:
    return CompiledQuery(Membership, build)


def of_user(user: int) -> QuerySet[Membership, Any]:
    return Membership.objects.filter(user=user).order_by("pk")


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (
            lambda user: of_user(user + 1).values_list("pk"),
            "is changed in parameter",
        ),
        (
            lambda user: of_user(1).exclude(pk=-user).values_list("pk"),
            "is changed in parameter",
        ),
        (
            lambda user: Membership.objects.filter(conversation__title=user).values_list("pk"),
            "is changed in parameter",
        ),
        (
            lambda user: of_user(user).filter(joined_at__lt=timezone.now()).values_list("pk"),
            "is changed in parameter",
        ),
        (lambda _user: of_user(1).values_list("pk"), "is not among the parameters"),
        (lambda user: of_user(user).values_list("pk")[:user], "the SQL depends on the values"),
        (lambda user: of_user(user).none().values_list("pk"), "has no SQL"),
        (lambda user: of_user(user).values_list("pk", flat=True), "needs values_list"),
        (lambda user: of_user(user).values("pk"), "needs values_list"),
        (of_user, "needs values_list"),
        (lambda user: of_user(user).using("elsewhere").values_list("pk"), "is one of elsewhere"),
        (
            lambda user: of_user(user).order_by("read_seq").distinct().values_list("pk"),
            "orders by what it does not return",
        ),
    ],
)
def test_a_query_that_depends_on_its_values_in_another_way_is_refused_before_it_runs(
    build: Callable[..., QuerySet[Any, Any]], reason: str
) -> None:
    # Without a database: this test has no access to one.
    with pytest.raises(UnusableQueryError, match=reason):
        memberships_of(build).rows(1)


@pytest.mark.django_db
def test_each_value_goes_to_its_own_places_however_often_it_is_used() -> None:
    ann, bob = person(), person()
    conversation = room(ann, bob)
    query = memberships_of(
        lambda one, ids, other: (
            Membership.objects.filter(Q(user=other) | Q(user=one, conversation__in=ids))
            .filter(Q(user=one) | Q(user=other))
            .values_list("user", "conversation")
            .order_by("user")
        )
    )
    assert query.rows(ann.pk, [conversation], bob.pk) == [
        (ann.pk, conversation),
        (bob.pk, conversation),
    ]
    assert query.rows(ann.pk, [conversation + 1], bob.pk) == [(bob.pk, conversation)]
    assert query.rows(ann.pk, [conversation], bob.pk + 1) == [(ann.pk, conversation)]


@pytest.mark.django_db
def test_a_query_is_compiled_for_powers_of_two_and_lists_are_bounded() -> None:
    ids = [person().pk for _ in range(9)]
    compiled: list[int] = []

    def build(users: Collection[int]) -> QuerySet[User, Any]:
        compiled.append(len(users))
        return User.objects.filter(pk__in=users).order_by("pk").values_list("pk")

    query = CompiledQuery(User, build)
    for _ in range(2):
        for size in range(1, 10):
            assert query.rows(ids[:size]) == [(id_,) for id_ in ids[:size]]
    assert sorted(set(compiled)) == [1, 2, 4, 8, 16]
    assert len(compiled) == 2 * len(set(compiled))  # with two sets of markers each
    for refused in ([], range(1, MAX_LISTED + 2)):
        with pytest.raises(ValueError, match=f"1 to {MAX_LISTED} ids"):
            query.rows(refused)
    many = [*range(-2 * MAX_LISTED, 0), *ids]
    assert query.rows_in_batches(many) == [(id_,) for id_ in ids]
    assert query.rows_in_batches([]) == []


@pytest.mark.django_db(transaction=True)
def test_threads_share_a_query_and_each_gets_its_own_rows() -> None:
    groups = {(user := person()).pk: {room(user) for _ in range(3)} for _ in range(8)}
    query = memberships_of(lambda user: of_user(user).values_list("conversation"))
    ready = Barrier(len(groups))

    def work(user: int) -> bool:
        ready.wait(30)
        try:
            return all({id_ for (id_,) in query.rows(user)} == groups[user] for _ in range(50))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=len(groups)) as threads:
        assert all(threads.map(work, groups))


@pytest.mark.django_db(transaction=True)
def test_a_query_does_not_keep_the_connection_of_the_thread_that_compiled_it() -> None:
    query = CompiledQuery(
        Conversation, lambda id_: Conversation.objects.filter(pk=id_).values_list("created_at")
    )
    used: list[weakref.ref[Any]] = []

    def work() -> None:
        query.rows(1)
        used.append(weakref.ref(connections["default"]))
        connections.close_all()

    thread = Thread(target=work)
    thread.start()
    thread.join()
    gc.collect()
    assert used[0]() is None
    assert query.rows(1) == []
