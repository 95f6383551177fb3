// Tests the queue of uploads.

import assert from "node:assert/strict";
import test from "node:test";

import { MAX_FILES } from "../../../reference_app/web/static/web/js/protocol.js";
import {
  DONE,
  FAILED,
  Uploads,
} from "../../../reference_app/web/static/web/js/transport/uploads.js";

const file = (name, size = 10) => ({ name, size });

// Returns uploads that a test completes; `sent` has the files that were sent, in order.
const rig = () => {
  const sent = [];
  const withdrawn = [];
  const uploads = new Uploads({
    limit: 100,
    send: (conversation, one, how) =>
      new Promise((resolve, reject) => sent.push({ conversation, one, how, resolve, reject })),
    withdraw: (stored) => withdrawn.push(stored),
  });
  return { uploads, sent, withdrawn };
};

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("files are sent one after the other, in order", async () => {
  const { uploads, sent } = rig();
  uploads.add(1, [file("a"), file("b")]);
  assert.deepEqual(sent.map(({ one }) => one.name), ["a"]);
  assert.equal(uploads.isReady(1), false);
  sent[0].resolve({ id: 5 });
  await settled();
  assert.deepEqual(sent.map(({ one }) => one.name), ["a", "b"]);
  sent[1].resolve({ id: 6 });
  await settled();
  assert.equal(uploads.isReady(1), true);
  assert.deepEqual(uploads.take(1), [{ id: 5 }, { id: 6 }]);
  assert.deepEqual(uploads.of(1), []);
});

test("a file that is empty, too large or one too many is refused before it is sent", () => {
  const { uploads, sent } = rig();
  const many = Array.from({ length: MAX_FILES }, (_, index) => file(`f${index}`));
  const refused = uploads.add(1, [file("empty", 0), file("large", 101), ...many, file("last")]);
  assert.deepEqual(
    refused.map(({ file: { name }, problem }) => [name, problem]),
    [
      ["empty", "empty"],
      ["large", "too-large"],
      ["last", "too-many"],
    ],
  );
  assert.equal(sent.length, 1);
  assert.equal(uploads.of(1).length, MAX_FILES);
});

test("a failed upload does not delay the next, and can be retried", async () => {
  const { uploads, sent } = rig();
  uploads.add(1, [file("a"), file("b")]);
  sent[0].reject({ status: 507 });
  await settled();
  const [first, second] = uploads.of(1);
  assert.equal(first.state, FAILED);
  assert.equal(uploads.hasFailed(1), true);
  sent[1].resolve({ id: 6 });
  await settled();
  assert.equal(second.state, DONE);
  uploads.retry(first);
  sent[2].resolve({ id: 7 });
  await settled();
  assert.deepEqual(uploads.take(1), [{ id: 7 }, { id: 6 }]);
});

test("a cancelled upload is aborted, or withdrawn if it was stored", async () => {
  const { uploads, sent, withdrawn } = rig();
  uploads.add(1, [file("a"), file("b")]);
  const [first, second] = uploads.of(1);
  uploads.cancel(first);
  assert.equal(sent[0].how.signal.aborted, true);
  sent[0].reject({});
  await settled();
  sent[1].resolve({ id: 6 });
  await settled();
  uploads.cancel(second);
  assert.deepEqual(withdrawn, [{ id: 6 }]);
  assert.deepEqual(uploads.of(1), []);
});

test("each conversation has its own queue, which can be discarded", async () => {
  const { uploads, sent } = rig();
  uploads.add(1, [file("a")]);
  uploads.add(2, [file("b")]);
  assert.equal(uploads.of(2).length, 1);
  uploads.discard(1);
  assert.deepEqual(uploads.of(1), []);
  sent[0].reject({});
  await settled();
  assert.equal(sent[1].conversation, 2);
});

test("watchers are called with the progress", () => {
  const { uploads, sent } = rig();
  const reported = [];
  uploads.watch((conversation, item) => reported.push([conversation, item?.progress ?? null]));
  uploads.add(1, [file("a")]);
  sent[0].how.onProgress(0.5);
  assert.deepEqual(reported, [
    [1, null],
    [1, 0],
    [1, 0.5],
  ]);
});
