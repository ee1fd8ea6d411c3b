import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** What a package brings for browsers alone: what of it our pages use is built into them. */
const forBrowsers = new Set(['@simplewebauthn/browser']);

/**
 * The folders of all installed packages that a workspace needs to run, as paths in the checkout, sorted. Other workspaces among them
 * are left out, what they need is not.
 *
 * @throws Error where one that is not optional is not installed
 */
export function installedPackages(root: string, workspace: string): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, Locked>>;
  };
  const found = new Set<string>();
  const look = (path: string) => {
    if (found.has(path)) return;
    found.add(path);
    const { link, resolved = '', dependencies, optionalDependencies, ...peers } = packages[path] as Locked;
    if (link === true) return look(resolved);
    const neededPeers = Object.keys(peers.peerDependencies ?? {}).filter(
      (name) => peers.peerDependenciesMeta?.[name]?.optional !== true,
    );
    for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...neededPeers]) {
      if (forBrowsers.has(name)) continue;
      const place = placesOf(path, name).find((one) => packages[one] !== undefined && existsSync(join(root, one)));
      if (place !== undefined) look(place);
      else if (optionalDependencies?.[name] === undefined) throw new Error(`${path} needs ${name}: run npm ci`);
    }
  };
  look(workspace);
  return [...found].filter((path) => /(^|\/)node_modules\//.test(path) && packages[path]?.link !== true).sort();
}

/** Where Node looks for a package that one at the given path names, the nearest first. */
function placesOf(path: string, name: string): string[] {
  const parts = path.split('/');
  return parts
    .map((_, i) => parts.slice(0, parts.length - i))
    .filter((folder) => folder.at(-1) !== 'node_modules')
    .map((folder) => [...folder, 'node_modules', name].join('/'))
    .concat(`node_modules/${name}`);
}
