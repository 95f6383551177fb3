// A long list of which only what is near the viewport is in the document. Rows are measured
// once they are there; what the reader looks at stays where it is, whatever happens around it.

import { anchorsAt, lengthOf, offsetsOf, topFor, windowOf, within } from "../window.js";

const NEAR_END = 48;
const MARGIN = 800;
const IDLE = 150;
const PASSES = 4;

export class Scroller {
  #rows = [];
  #offsets = new Float64Array(1);
  #heights = new Map();
  #shown = new Map();
  #keys = new WeakMap();
  #size = { width: 0, height: 0 };
  #isAtEnd = true;
  // By how much what is shown lies lower than geometry says: see #place.
  #drift = 0;
  #scrolling = 0;
  #asked = false;

  // `room` are the elements above and below the list. `build` makes of a row a view with an
  // `element` and `show(row)`; `guess` says how high a row may be that was never shown;
  // `onMoved` is told when other rows may be seen.
  constructor({ pane, list, room, build, guess, onMoved }) {
    Object.assign(this, { pane, list, room, build, guess, onMoved });
    pane.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.resizes = new ResizeObserver((entries) => this.#resized(entries));
    this.resizes.observe(pane);
  }

  get isAtEnd() {
    return this.#isAtEnd;
  }

  // Shows another list, from its end or with a row of it in view.
  open(rows, { at = null } = {}) {
    for (const [key, { view }] of this.#shown) this.#remove(key, view.element);
    this.#heights.clear();
    this.#drift = 0;
    this.#rows = rows;
    this.#estimate();
    if (at === null || !this.reveal(at)) this.toEnd();
  }

  // Shows what has become of the list.
  show(rows) {
    const anchors = this.#anchors();
    this.#rows = rows;
    this.#estimate();
    this.#keep(anchors);
  }

  toEnd() {
    this.#isAtEnd = true;
    this.#place(() => this.#end);
  }

  // Brings a row into view; returns whether there is one with this key.
  reveal(key) {
    const index = this.#rows.findIndex((row) => row.key === key);
    if (index < 0) return false;
    this.#isAtEnd = false;
    this.#place(() => this.#offsets[index] - this.pane.clientHeight / 4);
    this.#isAtEnd = this.#isNearEnd;
    return true;
  }

  // The rows that are seen now.
  get seen() {
    const { from, to } = windowOf(this.#offsets, { ...this.#viewport, margin: 0 });
    return this.#rows.slice(from, to);
  }

  // How many pixels of the list lie above what is seen.
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
    return Math.max(0, lengthOf(this.#offsets) - this.pane.clientHeight);
  }

  get #isNearEnd() {
    return this.#end - this.#viewport.top < NEAR_END;
  }

  #anchors() {
    return anchorsAt(this.#rows, this.#offsets, this.#viewport);
  }

  // Keeps the end in view where it was, and otherwise the rows that the anchors name.
  #keep(anchors) {
    if (this.#isAtEnd) {
      this.#place(() => this.#end);
      return;
    }
    const { top } = this.#viewport;
    const goal = () => topFor(this.#rows, this.#offsets, anchors) ?? top;
    this.#place(goal, { gently: Boolean(this.#scrolling) });
  }

  // Puts the viewport's top to a place, given by a function because measuring may move it.
  //
  // Setting `scrollTop` ends the browser's own smooth scrolling. So while somebody scrolls,
  // what turns out higher or lower than supposed is made good by the room above, and the
  // drift that this leaves is made up for once the scrolling has stopped or has no room.
  #place(goal, { gently = false } = {}) {
    const height = this.pane.clientHeight;
    const margin = Math.max(MARGIN, height);
    let shown;
    for (let pass = 0; pass < PASSES; pass += 1) {
      const top = within(goal(), this.#offsets, height);
      shown = windowOf(this.#offsets, { top, height, margin });
      this.#fill(shown);
      if (!this.#measure()) break;
    }
    const top = within(goal(), this.#offsets, height);
    const above = this.#offsets[shown.from];
    const drift = gently ? this.pane.scrollTop - top : 0;
    this.#drift = shown.from > 0 && above + drift > 0 ? drift : 0;
    this.room.above.style.blockSize = `${above + this.#drift}px`;
    this.room.below.style.blockSize = `${lengthOf(this.#offsets) - this.#offsets[shown.to]}px`;
    const wanted = top + this.#drift;
    if (Math.abs(this.pane.scrollTop - wanted) >= 0.5) this.pane.scrollTop = wanted;
    this.onMoved();
  }

  // Elements stay the same and in their place while their rows do: focus and hover stay too.
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
    // The keyboard must not fall back to the top of the page.
    if (element.contains(document.activeElement)) this.pane.focus({ preventScroll: true });
    this.resizes.unobserve(element);
    element.remove();
    this.#shown.delete(key);
  }

  // Measures what is new in the document; returns whether any of it is not as supposed.
  #measure() {
    let isOther = false;
    for (const shown of this.#shown.values()) {
      if (shown.isMeasured) continue;
      shown.isMeasured = true;
      const { height } = shown.view.element.getBoundingClientRect();
      isOther ||= this.#heightOf(shown.row) !== height;
      this.#heights.set(shown.row.key, height);
    }
    if (isOther) this.#estimate();
    return isOther;
  }

  #heightOf(row) {
    return this.#heights.get(row.key) ?? this.guess(row);
  }

  #estimate() {
    this.#offsets = offsetsOf(this.#rows, (row) => this.#heightOf(row));
  }

  #scrolled() {
    clearTimeout(this.#scrolling);
    this.#scrolling = setTimeout(() => this.#settle(), IDLE);
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      // Of a pane that has just become lower #resized is about to be told.
      if (this.pane.clientHeight === this.#size.height) this.#isAtEnd = this.#isNearEnd;
      const anchors = this.#anchors();
      const { top } = this.#viewport;
      const goal = () => topFor(this.#rows, this.#offsets, anchors) ?? top;
      this.#place(goal, { gently: true });
    });
  }

  #settle() {
    this.#scrolling = 0;
    if (this.#drift) this.#keep(this.#anchors());
  }

  // The pane has become another: all may be of other heights now. Or a row has changed by
  // itself, say because an image has come.
  #resized(entries) {
    const isOther = ({ target, borderBoxSize: [size] }) => {
      if (target === this.pane) return true;
      return Math.abs(this.#heights.get(this.#keys.get(target)) - size.blockSize) >= 0.5;
    };
    if (!entries.some(isOther)) return;
    const anchors = this.#anchors();
    const { clientWidth: width, clientHeight: height } = this.pane;
    if (this.#size.width !== width) this.#heights.clear();
    this.#size = { width, height };
    for (const shown of this.#shown.values()) shown.isMeasured = false;
    this.#measure();
    this.#keep(anchors);
  }
}
