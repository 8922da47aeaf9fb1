/** Owns resources: closes what was opened, in reverse, once, whatever happened. */

type Closer = () => PromiseLike<void> | void;

export class Scope implements AsyncDisposable {
  readonly #closers: Closer[] = [];
  #closing: Promise<void> | undefined;

  /** Takes ownership of a resource and gives it back. */
  own<T extends AsyncDisposable>(resource: T): T {
    this.defer(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  defer(closer: Closer): void {
    this.#closers.push(closer);
  }

  /** Runs `body` and closes the scope; the first error is the one that is thrown. */
  static async run<T>(body: (scope: Scope) => Promise<T>): Promise<T> {
    const scope = new Scope();
    let result: T;
    try {
      result = await body(scope);
    } catch (error) {
      await scope.close().catch(() => undefined); // the first error must not be hidden by a later one
      throw error;
    }
    await scope.close();
    return result;
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #closeAll(): Promise<void> {
    const errors: unknown[] = [];
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) {
      try {
        await closer();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
