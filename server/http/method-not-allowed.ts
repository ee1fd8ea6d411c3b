import type { Operation } from '@raffia/contract/operation.ts';

/** Which methods a path has, for the answer to a method that it hasn't. */
export class PathMethods {
  readonly #patterns: { pattern: RegExp; methods: Set<string> }[] = [];

  constructor(operations: readonly Pick<Operation, 'method' | 'path'>[]) {
    const byPath = new Map<string, Set<string>>();
    for (const { method, path } of operations) {
      const methods = byPath.get(path) ?? new Set();
      methods.add(method);
      // Whatever can be read can be asked for its head.
      if (method === 'GET') methods.add('HEAD');
      byPath.set(path, methods);
    }
    for (const [path, methods] of byPath) {
      this.#patterns.push({ pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`), methods });
    }
  }

  /** The methods of a concrete path, sorted; empty where there is no such path. */
  of(path: string): string[] {
    const methods = new Set<string>();
    for (const entry of this.#patterns) {
      if (entry.pattern.test(path)) for (const method of entry.methods) methods.add(method);
    }
    return [...methods].sort();
  }
}
