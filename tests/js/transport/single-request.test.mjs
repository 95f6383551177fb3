// Tests that there is one request at a time, and at most one more afterwards.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  SingleRequest,
} from "../../../reference_app/web/static/web/js/transport/single-request.js";

const recorded = (isSent = () => true) => {
  const sent = [];
  const request = new SingleRequest(() => {
    if (!isSent()) return false;
    sent.push("request");
    return true;
  });
  return { request, sent };
};

test("many calls during a request cause one more request", () => {
  const { request, sent } = recorded();
  for (let n = 0; n < 25; n += 1) request.ask();
  assert.equal(sent.length, 1);
  request.answered();
  assert.equal(sent.length, 2);
  request.answered();
  assert.equal(sent.length, 2);
});

test("a request that could not be sent is not pending", () => {
  let isOpen = false;
  const { request, sent } = recorded(() => isOpen);
  request.ask();
  isOpen = true;
  request.ask();
  assert.equal(sent.length, 1);
});

test("a new connection forgets the unanswered request of the old one", () => {
  const { request, sent } = recorded();
  request.ask();
  request.ask();
  request.forget();
  request.ask();
  assert.equal(sent.length, 2);
  request.answered();
  assert.equal(sent.length, 2);
});
