// Draws once a frame, however much happens in between.

const UNSEEN = 250;

export class Frame {
  #asked = false;

  constructor(draw) {
    this.draw = draw;
    // Nobody sees a hidden tab, and browsers give it no frames; its title still has to tell.
    document.addEventListener("visibilitychange", () => this.#asked && this.#ask());
  }

  soon() {
    if (this.#asked) return;
    this.#asked = true;
    this.#ask();
  }

  // At once, for who needs what is drawn in the next line.
  now() {
    this.#asked = false;
    this.draw();
  }

  #ask() {
    const drawn = () => this.#asked && this.now();
    if (document.hidden) setTimeout(drawn, UNSEEN);
    else requestAnimationFrame(drawn);
  }
}
