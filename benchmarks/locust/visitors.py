"""Locust users of a deployment: people who sign in, chat in twos, and hold a socket or poll.

For Locust's own web page, and for more machines than one (deploy/compose.yaml, profile
`bench`). What they time is for looking at: Locust rounds percentiles to two digits, and the
clocks of two machines differ. Figures for a report come from `make bench TARGET=...`.

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
_numbers = count()
_SENT = re.compile(r"^visit (\d+) ")


def _note(**what: Any) -> None:
    events.request.fire(response_length=0, exception=None, context={}, **what)  # type: ignore[no-untyped-call]


def text_of_now() -> str:
    """Return a message that tells when it was sent."""
    return f"visit {time.time_ns()} see you at the usual place"


def note_delivery(user: Visitor, event: dict[str, Any]) -> None:
    """Note how long a message of another took."""
    sent = _SENT.match(event.get("text", ""))
    if sent and event["actor"]["id"] != user.me:
        took = (time.time_ns() - int(sent[1])) / 1e6
        _note(
            request_type=user.transport,
            name="delivery",
            response_time=took,
        )


class Visitor(FastHttpUser):
    """Somebody who is signed in and talks to whoever comes next in the file."""

    abstract = True
    transport = ""
    wait_time = between(2, 5)

    def on_start(self) -> None:
        """Sign in, and open the conversation."""
        number = next(_numbers) % len(CREDENTIALS)
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
        found = self._get(f"/api/people?q={other}", "/api/people")
        person = next(one["id"] for one in found if one["username"] == other)
        wanted = {"kind": "direct", "person": person}
        self.conversation = self._post("/api/conversations", wanted)["id"]

    def _get(self, path: str, name: str | None = None) -> Any:
        return json.loads(self.client.get(path, name=name or path).text or "null")

    def _post(self, path: str, body: dict[str, Any], name: str | None = None) -> Any:
        answer = self.client.post(
            path,
            name=name or path,
            json=body,
            headers={"X-CSRFToken": self._cookie("csrftoken"), "Referer": f"{self.host}/"},
        )
        return json.loads(answer.text or "null")

    def _cookie(self, name: str) -> str:
        return next((one.value or "" for one in self.client.cookiejar if one.name == name), "")


class PollingVisitor(Visitor):
    """Asks every few seconds what is new, and writes now and then."""

    transport = "poll"

    def on_start(self) -> None:
        """Sign in, and see what there is."""
        super().on_start()
        self.cursor = self._get("/api/sync?cursor=", "/api/sync")["cursor"]

    @task(5)
    def poll(self) -> None:
        """Ask what is new."""
        changes = self._get(f"/api/sync?cursor={self.cursor}", "/api/sync")
        if changes:
            self.cursor = changes["cursor"]
            for event in changes["events"]:
                note_delivery(self, event)

    @task
    def say(self) -> None:
        """Write a message."""
        path = f"/api/conversations/{self.conversation}/messages"
        body = {"client_id": str(uuid4()), "text": text_of_now()}
        self._post(path, body, "/api/conversations/…/messages")


class SocketVisitor(Visitor):
    """Holds a socket on which everything comes as it happens."""

    transport = "socket"

    def on_start(self) -> None:
        """Sign in, and open the socket."""
        super().on_start()
        start = time.perf_counter()
        self.socket = websocket.create_connection(
            (self.host or "").replace("http", "ws", 1) + "/ws/chat/",
            cookie=f"sessionid={self._cookie('sessionid')}",
            origin=self.host,
            sslopt={"cert_reqs": ssl.CERT_NONE, "check_hostname": False},
        )
        _note(
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
        """Write a message."""
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
