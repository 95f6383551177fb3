// Plays short synthesized sounds; no file is loaded. Browsers allow sound only after a user
// gesture.

// The least time between two sounds of one kind.
const INTERVAL_MS = 1000;
const MAX_GAIN = 0.25;

// The tones of each sound: frequency in Hz, then start and duration in seconds.
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

// A touch counts as a gesture when the finger is lifted, a mouse when its button is pressed.
const GESTURES = ["pointerdown", "pointerup", "keydown"];

export class Sounds {
  #context = null;
  #last = new Map();

  constructor({ settings, now = () => performance.now() }) {
    Object.assign(this, { settings, now });
    for (const gesture of GESTURES) document.addEventListener(gesture, this.#unlock, true);
  }

  // Plays a kind of sound; returns whether it did. It is silent while "do not disturb" or the kind
  // is off, before the first gesture, and within a second of the same sound.
  play(kind) {
    const { quiet, sounds, volumes } = this.settings.values;
    if (quiet || !sounds[kind] || !volumes[kind]) return false;
    if (this.#context?.state !== "running") return false;
    if (this.now() - (this.#last.get(kind) ?? -INTERVAL_MS) < INTERVAL_MS) return false;
    this.#last.set(kind, this.now());
    for (const tone of SOUNDS[kind]) this.#play(tone, volumes[kind] * MAX_GAIN);
    return true;
  }

  #unlock = async () => {
    this.#context ??= new AudioContext();
    await this.#context.resume();
    if (this.#context.state !== "running") return;
    for (const gesture of GESTURES) document.removeEventListener(gesture, this.#unlock, true);
  };

  #play([frequency, after, duration], loudness) {
    const context = this.#context;
    const start = context.currentTime + after;
    const gain = context.createGain();
    // The volume rises and falls gradually: a tone that is cut off clicks.
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(loudness, start + 0.015);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + duration);
    const tone = new OscillatorNode(context, { type: "sine", frequency });
    tone.connect(gain).connect(context.destination);
    tone.start(start);
    tone.stop(start + duration);
  }
}
