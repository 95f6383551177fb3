// A localStorage for tests, without a browser.

export class MemoryStorage {
  setItem(key, value) {
    this[key] = String(value);
  }

  getItem(key) {
    return Object.hasOwn(this, key) ? this[key] : null;
  }

  removeItem(key) {
    delete this[key];
  }

  get length() {
    return Object.keys(this).length;
  }
}
