"""Search people, the user's groups by title, and the messages of the user's conversations."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.models import Conversation, Membership, Message
from reference_app.chat.queries.people import find_people
from reference_app.chat.records.text_folding import excerpt, fold
from reference_app.chat.records.visibility import (
    SHOWN,
    as_seen_by,
    contains,
    meant_for,
    within_message,
)
from reference_app.protocol.times import millis

MIN_QUERY_LENGTH = 2
"""Minimum length of a query for messages, in characters: nearly all would match a shorter one."""

MAX_SEARCHED_EVENTS = 20_000
"""Newest events of each conversation in which messages are searched: it bounds the cost."""

MAX_PEOPLE = 5
MAX_CONVERSATIONS = 5
MAX_MESSAGES = 30


def find_matches(user: User, query: str) -> protocol.SearchResults:
    """Return the people, groups and messages that contain a text, after folding (text_folding)."""
    folded_query = fold(query).strip()
    if not folded_query:
        return protocol.SearchResults(people=[], conversations=[], messages=[], more=False)
    messages = _find_messages(user, folded_query)
    return protocol.SearchResults(
        people=find_people(user, query.strip())[:MAX_PEOPLE],
        conversations=_find_conversations(user, folded_query),
        messages=[
            _build_found_message(as_seen_by(message, user.pk), folded_query)
            for message in messages[:MAX_MESSAGES]
        ],
        more=len(messages) > MAX_MESSAGES,
    )


def _find_conversations(user: User, folded_query: str) -> list[int]:
    titles = (
        Conversation.objects.filter(
            Exists(Membership.objects.filter(SHOWN, user=user, conversation=OuterRef("pk")))
        )
        .exclude(title="")
        .order_by("-pk")
        .values_list("pk", "title")
    )
    return [pk for pk, title in titles if folded_query in fold(title)][:MAX_CONVERSATIONS]


def _find_messages(user: User, folded_query: str) -> list[Message]:
    """Return the newest messages that match: one more than are shown, if there are more."""
    if len(folded_query) < MIN_QUERY_LENGTH:
        return []
    member = Membership.objects.filter(user=user, conversation=OuterRef("conversation"))
    return list(
        Message.objects.filter(
            meant_for(user.pk),
            contains(folded_query, user.pk),
            Exists(member.filter(within_message())),
            seq__gt=F("conversation__last_seq") - MAX_SEARCHED_EVENTS,
        )
        .select_related("sender")
        .order_by("-pk")[: MAX_MESSAGES + 1]
    )


def _build_found_message(message: Message, folded_query: str) -> protocol.FoundMessage:
    return protocol.FoundMessage(
        conversation=message.conversation_id,
        seq=message.seq,
        at=millis(message.created_at),
        person=message.sender.as_person(),
        excerpt=excerpt(message.text, folded_query),
    )
