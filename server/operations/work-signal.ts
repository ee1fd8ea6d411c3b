/** Tells the worker that there may be something to do. Lost signals cost a moment only: the worker looks by itself as well. */
export class WorkSignal {
  #listener: () => void = () => {};

  listen(listener: () => void): void {
    this.#listener = listener;
  }

  wake(): void {
    this.#listener();
  }
}
