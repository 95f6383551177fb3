// Shows a long list, with only the rows near the viewport in the document. Rows are measured once
// they are in the document. The rows that the user sees keep their place when others change.

import {
  anchorsAt,
  clampScrollTop,
  offsetsOf,
  scrollTopFor,
  totalHeight,
  visibleRange,
} from "../../state/visible-range.js";

const NEAR_END_PX = 48;
// The rows in this margin above and below the viewport are in the document too.
const MARGIN_PX = 800;
// Scrolling has ended when there was no scroll event for this time.
const IDLE_MS = 150;
// How often rows are measured until their heights are as expected.
const MAX_PASSES = 4;

export class Scroller {
  #rows = [];
  #offsets = new Float64Array(1);
  #heights = new Map();
  #shown = new Map();
  #keys = new WeakMap();
  #size = { width: 0, height: 0 };
  #isAtEnd = true;
  // How far the rows are below their computed position; see #place.
  #drift = 0;
  #scrolling = 0;
  #isFramePending = false;

  // `spacers` are the elements above and below the list. `build` makes a view with an `element` and
  // `show(row)`. `guess` estimates the height of a row that was never shown. `onMoved` is called
  // when other rows may be visible.
  constructor({ pane, list, spacers, build, guess, onMoved }) {
    Object.assign(this, { pane, list, spacers, build, guess, onMoved });
    pane.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.resizes = new ResizeObserver((entries) => this.#resized(entries));
    this.resizes.observe(pane);
  }

  get isAtEnd() {
    return this.#isAtEnd;
  }

  // Shows another list, from its end or from a row.
  open(rows, { at = null } = {}) {
    for (const [key, { view }] of this.#shown) this.#remove(key, view.element);
    this.#heights.clear();
    this.#drift = 0;
    this.#rows = rows;
    this.#estimate();
    if (at === null || !this.reveal(at)) this.scrollToEnd();
  }

  // Shows the changed list.
  show(rows) {
    const anchors = this.#anchors();
    this.#rows = rows;
    this.#estimate();
    this.#keep(anchors);
  }

  scrollToEnd() {
    this.#isAtEnd = true;
    this.#place(() => this.#end);
  }

  // Scrolls to the row with a key; returns whether there is one.
  reveal(key) {
    const index = this.#rows.findIndex((row) => row.key === key);
    if (index < 0) return false;
    this.#isAtEnd = false;
    this.#place(() => this.#offsets[index] - this.pane.clientHeight / 4);
    this.#isAtEnd = this.#isNearEnd;
    return true;
  }

  // The rows in the viewport.
  get visibleRows() {
    const { from, to } = visibleRange(this.#offsets, { ...this.#viewport, margin: 0 });
    return this.#rows.slice(from, to);
  }

  // The height of the list above the viewport, in pixels.
  get above() {
    return this.#viewport.top;
  }

  // The views of all rows that are in the document.
  get views() {
    return [...this.#shown.values()].map(({ view }) => view);
  }

  get #viewport() {
    return { top: this.pane.scrollTop - this.#drift, height: this.pane.clientHeight };
  }

  get #end() {
    return Math.max(0, totalHeight(this.#offsets) - this.pane.clientHeight);
  }

  get #isNearEnd() {
    return this.#end - this.#viewport.top < NEAR_END_PX;
  }

  #anchors() {
    return anchorsAt(this.#rows, this.#offsets, this.#viewport);
  }

  // Keeps the end visible if it was, and otherwise keeps the anchors in their place.
  #keep(anchors) {
    if (this.#isAtEnd) {
      this.#place(() => this.#end);
      return;
    }
    const { top } = this.#viewport;
    const goal = () => scrollTopFor(this.#rows, this.#offsets, anchors) ?? top;
    this.#place(goal, { isScrolling: Boolean(this.#scrolling) });
  }

  // Moves the top of the viewport to a goal, a function because measuring may change its result.
  //
  // Setting `scrollTop` ends the browser's smooth scrolling. So while the user scrolls, the spacer
  // above compensates for rows that are higher or lower than estimated. The remaining drift is
  // corrected when the scrolling has ended, or when the spacer has no height left.
  #place(goal, { isScrolling = false } = {}) {
    const height = this.pane.clientHeight;
    const margin = Math.max(MARGIN_PX, height);
    let shown;
    for (let pass = 0; pass < MAX_PASSES; pass += 1) {
      const top = clampScrollTop(goal(), this.#offsets, height);
      shown = visibleRange(this.#offsets, { top, height, margin });
      this.#fill(shown);
      if (!this.#measure()) break;
    }
    const top = clampScrollTop(goal(), this.#offsets, height);
    const above = this.#offsets[shown.from];
    const drift = isScrolling ? this.pane.scrollTop - top : 0;
    this.#drift = shown.from > 0 && above + drift > 0 ? drift : 0;
    this.spacers.above.style.blockSize = `${above + this.#drift}px`;
    const below = totalHeight(this.#offsets) - this.#offsets[shown.to];
    this.spacers.below.style.blockSize = `${below}px`;
    const wanted = top + this.#drift;
    if (Math.abs(this.pane.scrollTop - wanted) >= 0.5) this.pane.scrollTop = wanted;
    this.onMoved();
  }

  // Puts the rows of a range into the document. The element of an unchanged row stays, and keeps
  // focus and hover.
  #fill({ from, to }) {
    const rows = this.#rows.slice(from, to);
    const wanted = new Set(rows.map((row) => row.key));
    for (const [key, { view }] of this.#shown) {
      if (!wanted.has(key)) this.#remove(key, view.element);
    }
    let next = this.list.firstElementChild;
    for (const row of rows) {
      const { element } = this.#viewOf(row);
      if (element === next) next = next.nextElementSibling;
      else this.list.insertBefore(element, next);
    }
  }

  #viewOf(row) {
    const shown = this.#shown.get(row.key);
    if (!shown) {
      const view = this.build(row);
      this.#shown.set(row.key, { row, view, isMeasured: false });
      this.#keys.set(view.element, row.key);
      this.resizes.observe(view.element);
      return view;
    }
    if (shown.row !== row) {
      shown.view.show(row);
      Object.assign(shown, { row, isMeasured: false });
    }
    return shown.view;
  }

  #remove(key, element) {
    // Without this the focus would move to the top of the page.
    if (element.contains(document.activeElement)) this.pane.focus({ preventScroll: true });
    this.resizes.unobserve(element);
    element.remove();
    this.#shown.delete(key);
  }

  // Measures the new rows in the document; returns whether the height of one differs from the
  // expected height.
  #measure() {
    let hasChanged = false;
    for (const shown of this.#shown.values()) {
      if (shown.isMeasured) continue;
      shown.isMeasured = true;
      const { height } = shown.view.element.getBoundingClientRect();
      hasChanged ||= this.#heightOf(shown.row) !== height;
      this.#heights.set(shown.row.key, height);
    }
    if (hasChanged) this.#estimate();
    return hasChanged;
  }

  #heightOf(row) {
    return this.#heights.get(row.key) ?? this.guess(row);
  }

  #estimate() {
    this.#offsets = offsetsOf(this.#rows, (row) => this.#heightOf(row));
  }

  #scrolled() {
    clearTimeout(this.#scrolling);
    this.#scrolling = setTimeout(() => this.#settle(), IDLE_MS);
    if (this.#isFramePending) return;
    this.#isFramePending = true;
    requestAnimationFrame(() => {
      this.#isFramePending = false;
      // If the pane has just become lower, #resized follows and handles that.
      if (this.pane.clientHeight === this.#size.height) this.#isAtEnd = this.#isNearEnd;
      const anchors = this.#anchors();
      const { top } = this.#viewport;
      const goal = () => scrollTopFor(this.#rows, this.#offsets, anchors) ?? top;
      this.#place(goal, { isScrolling: true });
    });
  }

  #settle() {
    this.#scrolling = 0;
    if (this.#drift) this.#keep(this.#anchors());
  }

  // Handles a new size of the pane, after which all heights may differ, or of a row, for example
  // because an image was loaded.
  #resized(entries) {
    const hasNewSize = ({ target, borderBoxSize: [size] }) => {
      if (target === this.pane) return true;
      return Math.abs(this.#heights.get(this.#keys.get(target)) - size.blockSize) >= 0.5;
    };
    if (!entries.some(hasNewSize)) return;
    const anchors = this.#anchors();
    const { clientWidth: width, clientHeight: height } = this.pane;
    if (this.#size.width !== width) this.#heights.clear();
    this.#size = { width, height };
    for (const shown of this.#shown.values()) shown.isMeasured = false;
    this.#measure();
    this.#keep(anchors);
  }
}
