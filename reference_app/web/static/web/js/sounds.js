// Short sounds, made here: no file is loaded. Browsers allow them after the first gesture only.

const EVERY = 1000;
const LOUDEST = 0.25;

// Notes of a sound: frequency in Hz, when it begins and how long it lasts, in seconds.
const SOUNDS = {
  message: [
    [660, 0, 0.12],
    [880, 0.09, 0.2],
  ],
  mention: [
    [660, 0, 0.1],
    [880, 0.08, 0.1],
    [1175, 0.16, 0.26],
  ],
  sent: [[520, 0, 0.08]],
  error: [
    [220, 0, 0.16],
    [165, 0.14, 0.24],
  ],
};

// A touch counts as a gesture when the finger leaves, a mouse when it is pressed.
const GESTURES = ["pointerdown", "pointerup", "keydown"];

export class Sounds {
  #context = null;
  #last = new Map();

  constructor({ settings, now = () => performance.now() }) {
    Object.assign(this, { settings, now });
    for (const gesture of GESTURES) document.addEventListener(gesture, this.#unlock, true);
  }

  // Returns whether it is heard: not while quiet is wanted, nor twice in the same second.
  play(kind) {
    const { quiet, sounds, volumes } = this.settings.values;
    if (quiet || !sounds[kind] || !volumes[kind] || this.#context?.state !== "running") return false;
    if (this.now() - (this.#last.get(kind) ?? -EVERY) < EVERY) return false;
    this.#last.set(kind, this.now());
    for (const note of SOUNDS[kind]) this.#note(note, volumes[kind] * LOUDEST);
    return true;
  }

  #unlock = async () => {
    this.#context ??= new AudioContext();
    await this.#context.resume();
    if (this.#context.state !== "running") return;
    for (const gesture of GESTURES) document.removeEventListener(gesture, this.#unlock, true);
  };

  #note([frequency, after, lasts], loudness) {
    const context = this.#context;
    const start = context.currentTime + after;
    const gain = context.createGain();
    // A soft beginning and end: a tone that is cut off clicks.
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(loudness, start + 0.015);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + lasts);
    const tone = new OscillatorNode(context, { type: "sine", frequency });
    tone.connect(gain).connect(context.destination);
    tone.start(start);
    tone.stop(start + lasts);
  }
}
