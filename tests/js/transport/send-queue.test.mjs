// Tests the order in which messages are sent, and when they are sent again.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ErrorCode } from "../../../reference_app/web/static/web/js/protocol.js";
import {
  isTemporary,
  SendQueue,
} from "../../../reference_app/web/static/web/js/transport/send-queue.js";
import { ManualClock } from "../manual-clock.mjs";

const LONGEST_WAIT_MS = 20_100;

let clock, outbox, sent, isConnected, queue;

beforeEach(() => {
  clock = new ManualClock();
  outbox = [];
  sent = [];
  isConnected = true;
  queue = new SendQueue({
    waiting: () => outbox,
    transmit: ({ client_id: id }) => {
      if (isConnected) sent.push(id);
      return isConnected;
    },
    clock,
    random: () => 1,
  });
});

const write = (id, conversation = 7) => {
  outbox.push({ client_id: id, conversation });
  queue.run();
};

const settle = (id) => {
  outbox = outbox.filter((message) => message.client_id !== id);
  queue.settle(id);
};

test("a message waits until the one before it in its conversation is answered", () => {
  for (const id of ["a", "b", "c"]) write(id);
  assert.deepEqual(sent, ["a"]);
  settle("a");
  assert.deepEqual(sent, ["a", "b"]);
  settle("b");
  settle("c");
  assert.deepEqual(sent, ["a", "b", "c"]);
});

test("a conversation does not wait for another one", () => {
  write("a", 7);
  write("b", 8);
  assert.deepEqual(sent, ["a", "b"]);
});

test("a message that is refused for a while is sent again, before newer ones", () => {
  for (const id of ["a", "b"]) write(id);
  for (let refusal = 0; refusal < 3; refusal += 1) {
    queue.postpone("a");
    write(`newer ${refusal}`);
    clock.advance(LONGEST_WAIT_MS);
  }
  assert.deepEqual(sent, ["a", "a", "a", "a"]);
  settle("a");
  assert.equal(sent.at(-1), "b");
});

test("each refusal in a row waits longer", () => {
  write("a");
  const waits = [];
  for (let refusal = 0; refusal < 8; refusal += 1) {
    const [before, start] = [sent.length, clock.now()];
    queue.postpone("a");
    while (sent.length === before) clock.advance(50);
    waits.push(clock.now() - start);
  }
  assert.deepEqual(waits, [600, 1100, 2100, 4100, 8100, 16_100, 20_100, 20_100]);
});

test("a new connection gets what was not answered at once, and only once", () => {
  for (const id of ["a", "b"]) write(id);
  queue.postpone("a");
  queue.restart();
  assert.deepEqual(sent, ["a", "a"]);
  clock.advance(LONGEST_WAIT_MS);
  assert.deepEqual(sent, ["a", "a"]);
});

test("without a connection nothing is sent, and the next one gets all in order", () => {
  write("a");
  isConnected = false;
  queue.postpone("a");
  clock.advance(LONGEST_WAIT_MS);
  write("b");
  write("other", 8);
  isConnected = true;
  queue.restart();
  assert.deepEqual(sent, ["a", "a", "other"]);
  settle("a");
  assert.deepEqual(sent, ["a", "a", "other", "b"]);
});

test("an answer that comes twice or too late changes nothing", () => {
  for (const id of ["a", "b", "c"]) write(id);
  settle("a");
  queue.postpone("a");
  queue.settle("a");
  clock.advance(LONGEST_WAIT_MS);
  assert.deepEqual(sent, ["a", "b"]);
});

test("an answer during the back-off ends it", () => {
  for (const id of ["a", "b"]) write(id);
  queue.postpone("a");
  settle("a");
  clock.advance(LONGEST_WAIT_MS);
  assert.deepEqual(sent, ["a", "b"]);
});

test("a message that was taken back during the back-off is not sent again", () => {
  for (const id of ["a", "b"]) write(id);
  queue.postpone("a");
  outbox.shift();
  clock.advance(LONGEST_WAIT_MS);
  assert.deepEqual(sent, ["a", "b"]);
});

test("only refusals that do not depend on the message are temporary", () => {
  const temporary = Object.values(ErrorCode).filter(isTemporary);
  assert.deepEqual(temporary, [ErrorCode.NO_ROOM, ErrorCode.UNAVAILABLE]);
});
