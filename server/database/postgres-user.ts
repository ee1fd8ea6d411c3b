import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** The unprivileged user that PostgreSQL runs as when the server runs as root. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Where that user can always get to. */
export const sharedFolder = '/var/lib/raffia';

/** Null where the server is not root: PostgreSQL then runs as the same user. */
export function postgresUser(env: NodeJS.ProcessEnv): SystemUser | null {
  if (process.getuid?.() !== 0) return null;
  const name = env.RAFFIA_POSTGRES_USER ?? 'raffia';
  return find(name) ?? createUser(name);
}

function find(name: string): SystemUser | undefined {
  const { status, stdout } = spawnSync('id', [name], { encoding: 'utf8' });
  const [, uid, gid] = /^uid=(\d+)\S* gid=(\d+)/.exec(stdout) ?? [];
  return status === 0 ? { name, uid: Number(uid), gid: Number(gid) } : undefined;
}

function createUser(name: string): SystemUser {
  const made = spawnSync(
    'useradd',
    ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name],
    {
      encoding: 'utf8',
    },
  );
  // Another start may have made it in the same moment.
  const user = find(name);
  if (user !== undefined) return user;
  throw new Error(
    `PostgreSQL does not run as root and the user ${name} could not be created (${made.stderr?.trim() || made.error?.message}). ` +
      'Run Raffia as an ordinary user, name an existing one in RAFFIA_POSTGRES_USER, or set DATABASE_URL.',
  );
}

/** Whether the user can enter a folder, with all that lies above it. */
export function canEnter(folder: string, user: SystemUser): boolean {
  if (!existsSync(folder)) return false;
  return spawnSync('test', ['-x', folder], { uid: user.uid, gid: user.gid, cwd: '/' }).status === 0;
}
