import { isWrite, type Operation } from '@raffia/contract/operation.ts';

/** Which methods a path has, for the answer to a method that it hasn't. */
export class PathMethods {
  readonly #patterns: { pattern: RegExp; methods: Set<string> }[] = [];
  /** Paths without parameters: such a path is nothing else beside. */
  readonly #fixed = new Map<string, Set<string>>();

  constructor(operations: readonly Operation[]) {
    const byPath = new Map<string, Set<string>>();
    for (const operation of operations) {
      const { method, path } = operation;
      const methods = byPath.get(path) ?? new Set();
      methods.add(method);
      // Whatever can be read can be asked for its head.
      if (!isWrite(operation)) methods.add('HEAD');
      byPath.set(path, methods);
    }
    for (const [path, methods] of byPath) {
      if (!path.includes('{')) this.#fixed.set(path, methods);
      else this.#patterns.push({ pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`), methods });
    }
  }

  /** The methods of a concrete path, sorted; empty where there is no such path. */
  of(path: string): string[] {
    const methods = this.#fixed.get(path) ?? this.#byPattern(path);
    return [...methods].sort();
  }

  /**
   * The paths without parameters that a path with some would match too, with the methods that only the latter has: the router would
   * take `GET /vms/bulk` for the machine named bulk.
   */
  mistakable(): { path: string; methods: string[] }[] {
    return [...this.#fixed].flatMap(([path, own]) => {
      const methods = [...this.#byPattern(path)].filter((method) => !own.has(method) && method !== 'HEAD');
      return methods.length === 0 ? [] : [{ path, methods }];
    });
  }

  #byPattern(path: string): Set<string> {
    const methods = new Set<string>();
    for (const entry of this.#patterns) {
      if (entry.pattern.test(path)) for (const method of entry.methods) methods.add(method);
    }
    return methods;
  }
}
