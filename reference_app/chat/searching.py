"""Searching: people, one's own groups by their titles, and the messages of one's own."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef

from reference_app.accounts.models import User
from reference_app.chat import protocol, reading
from reference_app.chat.folding import excerpt, fold
from reference_app.chat.frames import millis
from reference_app.chat.models import Conversation, Membership, Message
from reference_app.chat.visibility import SHOWN, meant_for, within_message

SHORTEST = 2
"""Characters below which messages are not searched: nearly all of them would match."""

DEPTH = 20_000
"""How far back, in events of each conversation, messages are searched: it bounds the cost."""

MOST_PEOPLE = 5
MOST_CONVERSATIONS = 5
MOST_MESSAGES = 30


def search(user: User, query: str) -> protocol.Found:
    """Return what of the user's has a text in it, whatever its letters' forms and case."""
    sought = fold(query).strip()
    if not sought:
        return protocol.Found(people=[], conversations=[], messages=[], more=False)
    messages = _messages(user, sought)
    return protocol.Found(
        people=reading.people(user, query.strip())[:MOST_PEOPLE],
        conversations=_conversations(user, sought),
        messages=[_found(message, sought) for message in messages[:MOST_MESSAGES]],
        more=len(messages) > MOST_MESSAGES,
    )


def _conversations(user: User, sought: str) -> list[int]:
    titles = (
        Conversation.objects.filter(
            Exists(Membership.objects.filter(SHOWN, user=user, conversation=OuterRef("pk")))
        )
        .exclude(title="")
        .order_by("-pk")
        .values_list("pk", "title")
    )
    return [pk for pk, title in titles if sought in fold(title)][:MOST_CONVERSATIONS]


def _messages(user: User, sought: str) -> list[Message]:
    """Return the newest messages that match, and one more than are shown if there is one."""
    if len(sought) < SHORTEST:
        return []
    member = Membership.objects.filter(user=user, conversation=OuterRef("conversation"))
    return list(
        Message.objects.filter(
            meant_for(user.pk),
            Exists(member.filter(within_message())),
            seq__gt=F("conversation__last_seq") - DEPTH,
            folded__contains=sought,
        )
        .select_related("sender")
        .order_by("-pk")[: MOST_MESSAGES + 1]
    )


def _found(message: Message, sought: str) -> protocol.FoundMessage:
    return protocol.FoundMessage(
        conversation=message.conversation_id,
        seq=message.seq,
        at=millis(message.created_at),
        person=message.sender.as_person(),
        excerpt=excerpt(message.text, sought),
    )
