// Tests how a page that polls sends messages, against a real HTTP server.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { afterEach, beforeEach, test } from "node:test";

import { PollingTransport } from "../../../reference_app/web/static/web/js/transport/polling.js";
import { ManualClock } from "../manual-clock.mjs";

const WRITE_TIMEOUT_MS = 10_000;
const SEND = { type: "send", conversation: 7, client_id: "c1", text: "hello" };

const realFetch = globalThis.fetch;

let server, clock, polling, frames, posts, answer, changed;

const json = (response, status, body) => {
  response.writeHead(status, { "Content-Type": "application/json", Connection: "close" });
  response.end(JSON.stringify(body));
};

// Waits until a condition holds after a frame or a request.
const until = async (condition) => {
  while (!condition()) await new Promise((resolve) => (changed = resolve));
};

beforeEach(async () => {
  [frames, posts, changed] = [[], [], () => {}];
  answer = (response) => json(response, 200, { type: "ack", client_id: "c1" });
  server = createServer((request, response) => {
    if (request.method === "GET") {
      json(response, 200, { type: "changes", typing: [], events: [], reset: [], gone: [] });
      return;
    }
    posts.push(request.url);
    answer(response);
    changed();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  globalThis.fetch = (path, options) => realFetch(`http://127.0.0.1:${port}${path}`, options);
  globalThis.document = { cookie: "" };
  clock = new ManualClock();
  polling = new PollingTransport({
    isLong: false,
    cursor: () => "",
    watching: () => null,
    clock,
    on: {
      frame: (frame) => {
        frames.push(frame);
        changed();
      },
      succeeded: () => {},
      failed: () => {},
      signedOut: () => {},
      written: () => {},
    },
  });
  await until(() => frames.some(({ type }) => type === "welcome"));
  frames.length = 0;
});

afterEach(() => {
  polling.stop();
  globalThis.fetch = realFetch;
  delete globalThis.document;
  server.closeAllConnections();
  server.close();
});

const answers = () => frames.filter(({ type }) => type === "ack" || type === "error");

test("a message without an answer in time is reported, so that it is sent again", async () => {
  answer = () => {};
  polling.send(SEND);
  await until(() => posts.length);
  clock.advance(WRITE_TIMEOUT_MS - 1);
  assert.deepEqual(answers(), []);
  clock.advance(1);
  await until(() => answers().length);
  assert.deepEqual(answers(), [{ type: "error", code: "unavailable", client_id: "c1" }]);
});

test("a frame without an answer does not hold up the ones after it", async () => {
  answer = () => {};
  polling.send({ type: "read", conversation: 7, upto: 1 });
  await until(() => posts.length);
  answer = (response) => json(response, 200, { type: "ack", client_id: "c1" });
  polling.send(SEND);
  clock.advance(WRITE_TIMEOUT_MS);
  await until(() => answers().length);
  assert.deepEqual(posts, ["/api/conversations/7/read", "/api/conversations/7/messages"]);
});

for (const status of [408, 429, 500, 502, 503, 504, 507]) {
  test(`a message that is answered ${status} is refused only for a while`, async () => {
    answer = (response) => json(response, status, {});
    polling.send(SEND);
    await until(() => answers().length);
    assert.equal(answers()[0].code, "unavailable");
  });
}

test("a message that is refused for good has the server's reason", async () => {
  answer = (response) => json(response, 403, { type: "error", code: "blocked" });
  polling.send(SEND);
  await until(() => answers().length);
  assert.equal(answers()[0].code, "blocked");
});
