"""Locust users for a deployment, who sign in, chat in pairs, and use a socket or polling.

They are for Locust's own web page, and for a load from several machines (deploy/compose.yaml,
profile `bench`). Their times only give an impression, because Locust rounds percentiles to two
digits, and the clocks of two machines differ. Figures for a report come from
`make bench TARGET=...`.

    FAWRAN_BENCH_CREDENTIALS    a file of lines 'username password'

    locust -f benchmarks/locust/visitors.py --host https://chat.example
"""

from __future__ import annotations

import json
import os
import re
import ssl
import time
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import gevent
import websocket
from locust import FastHttpUser, between, events, task
from locust.exception import StopUser

CREDENTIALS = [
    line.split(maxsplit=1)
    for line in Path(os.environ["FAWRAN_BENCH_CREDENTIALS"]).read_text("utf-8").splitlines()
    if line.strip()
]
_user_numbers = count()
_SENT = re.compile(r"^visit (\d+) ")


def _report(**request: Any) -> None:
    events.request.fire(response_length=0, exception=None, context={}, **request)  # type: ignore[no-untyped-call]


def text_of_now() -> str:
    """Return the text of a message that contains the current time."""
    return f"visit {time.time_ns()} see you at the usual place"


def note_delivery(user: Visitor, event: dict[str, Any]) -> None:
    """Report to Locust the delivery time of a message from another user."""
    sent = _SENT.match(event.get("text", ""))
    if sent and event["actor"]["id"] != user.me:
        took_ms = (time.time_ns() - int(sent[1])) / 1e6
        _report(
            request_type=user.transport,
            name="delivery",
            response_time=took_ms,
        )


class Visitor(FastHttpUser):
    """A signed-in user who chats with the other user of a pair in the credentials file."""

    abstract = True
    transport = ""
    wait_time = between(2, 5)

    def on_start(self) -> None:
        """Sign in, and open the conversation."""
        number = next(_user_numbers) % len(CREDENTIALS)
        username, password = CREDENTIALS[number]
        page = self.client.get("/accounts/login/", name="login page")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text or "")
        if token is None:
            raise StopUser
        self.client.post(
            "/accounts/login/",
            name="sign in",
            data={
                "csrfmiddlewaretoken": token[1],
                "username": username,
                "password": password.strip(),
                "next": "/healthz",
            },
            headers={"Referer": f"{self.host}/accounts/login/"},
        )
        self.me = self._get("/api/me")["id"]
        other = CREDENTIALS[number ^ 1 if number ^ 1 < len(CREDENTIALS) else 0][0]
        people = self._get(f"/api/people?q={other}", "/api/people")
        person_id = next(person["id"] for person in people if person["username"] == other)
        body = {"kind": "direct", "person": person_id}
        self.conversation = self._post("/api/conversations", body)["id"]

    def _get(self, path: str, name: str | None = None) -> Any:
        return json.loads(self.client.get(path, name=name or path).text or "null")

    def _post(self, path: str, body: dict[str, Any], name: str | None = None) -> Any:
        answer = self.client.post(
            path,
            name=name or path,
            json=body,
            headers={"X-CSRFToken": self._read_cookie("csrftoken"), "Referer": f"{self.host}/"},
        )
        return json.loads(answer.text or "null")

    def _read_cookie(self, name: str) -> str:
        cookies = self.client.cookiejar
        return next((cookie.value or "" for cookie in cookies if cookie.name == name), "")


class PollingVisitor(Visitor):
    """A user who polls for changes every few seconds, and sometimes sends a message."""

    transport = "poll"

    def on_start(self) -> None:
        """Sign in, and get the first cursor."""
        super().on_start()
        self.cursor = self._get("/api/sync?cursor=", "/api/sync")["cursor"]

    @task(5)
    def poll(self) -> None:
        """Get the changes since the last cursor."""
        changes = self._get(f"/api/sync?cursor={self.cursor}", "/api/sync")
        if changes:
            self.cursor = changes["cursor"]
            for event in changes["events"]:
                note_delivery(self, event)

    @task
    def say(self) -> None:
        """Send a message by a POST request."""
        path = f"/api/conversations/{self.conversation}/messages"
        body = {"client_id": str(uuid4()), "text": text_of_now()}
        self._post(path, body, "/api/conversations/…/messages")


class SocketVisitor(Visitor):
    """A user with a socket, over which every event is pushed."""

    transport = "socket"

    def on_start(self) -> None:
        """Sign in, and open the socket."""
        super().on_start()
        start = time.perf_counter()
        self.socket = websocket.create_connection(
            (self.host or "").replace("http", "ws", 1) + "/ws/chat/",
            cookie=f"sessionid={self._read_cookie('sessionid')}",
            origin=self.host,
            sslopt={"cert_reqs": ssl.CERT_NONE, "check_hostname": False},
        )
        _report(
            request_type=self.transport,
            name="connect",
            response_time=(time.perf_counter() - start) * 1000,
        )
        self.reader = gevent.spawn(self._read)

    def on_stop(self) -> None:
        """Close the socket."""
        self.reader.kill()
        self.socket.close()

    @task
    def say(self) -> None:
        """Send a message over the socket."""
        frame = {
            "type": "send",
            "conversation": self.conversation,
            "client_id": str(uuid4()),
            "text": text_of_now(),
        }
        self.socket.send(json.dumps(frame))

    def _read(self) -> None:
        while True:
            frame = json.loads(self.socket.recv() or "{}")
            if frame.get("type") == "message":
                note_delivery(self, frame)
