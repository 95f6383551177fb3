// Renders the page at most once per animation frame, however many changes there are in between.

// The delay in a hidden tab.
const HIDDEN_DELAY_MS = 250;

export class RenderScheduler {
  #isScheduled = false;

  constructor(render) {
    this.render = render;
    // Browsers give a hidden tab no animation frames, but its title must show new messages.
    document.addEventListener("visibilitychange", () => this.#isScheduled && this.#request());
  }

  schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#request();
  }

  // Renders at once, for a caller that uses the rendered elements directly afterwards.
  renderNow() {
    this.#isScheduled = false;
    this.render();
  }

  #request() {
    const render = () => this.#isScheduled && this.renderNow();
    if (document.hidden) setTimeout(render, HIDDEN_DELAY_MS);
    else requestAnimationFrame(render);
  }
}
