// One request at a time, and at most one more afterwards: however often it is asked for
// meanwhile, the answer to the next says all. Pure.

export class SingleRequest {
  #send;
  #isUnderWay = false;
  #isWantedAgain = false;

  // `send` returns false if there is nothing to send it on.
  constructor(send) {
    this.#send = send;
  }

  ask() {
    if (this.#isUnderWay) this.#isWantedAgain = true;
    else this.#isUnderWay = this.#send();
  }

  answered() {
    const isWantedAgain = this.#isWantedAgain;
    this.forget();
    if (isWantedAgain) this.ask();
  }

  // What was under way will not be answered any more.
  forget() {
    this.#isUnderWay = false;
    this.#isWantedAgain = false;
  }
}
