// Limits requests to one at a time and at most one more afterwards: the answer to that one includes
// all that was requested in the meantime. Pure.

export class SingleRequest {
  #send;
  #isPending = false;
  #isWantedAgain = false;

  // `send` returns false if there is no connection.
  constructor(send) {
    this.#send = send;
  }

  ask() {
    if (this.#isPending) this.#isWantedAgain = true;
    else this.#isPending = this.#send();
  }

  answered() {
    const isWantedAgain = this.#isWantedAgain;
    this.forget();
    if (isWantedAgain) this.ask();
  }

  // Forgets the pending request, which will not be answered any more.
  forget() {
    this.#isPending = false;
    this.#isWantedAgain = false;
  }
}
