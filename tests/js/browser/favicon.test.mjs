// Tests the count on the tab's icon.

import assert from "node:assert/strict";
import { test } from "node:test";

import { badgeText } from "../../../reference_app/web/static/web/js/browser/favicon.js";

test("the count has two digits at most", () => {
  assert.equal(badgeText(7, String), "7");
  assert.equal(badgeText(99, String), "99");
  assert.equal(badgeText(100, String), "99+");
});
