import { randomUUID } from 'node:crypto';
import type { TestServer } from './test-server.ts';

/** Puts a machine on the simulated host that no row knows, and on the operator's list, as a comparison would. */
export async function plantFoundMachine({ server }: TestServer, name = 'found'): Promise<string> {
  const { pool } = server.services;
  const id = randomUUID();
  const known = { name, cpu: 1, ram: 1, disk: 25, image: null, nics: [] };
  await pool.query(
    `insert into simulated_machines (id, generation, power, ready_at, cpu, ram, disk, image, hostname, addresses, ssh_keys)
     values ($1, 1, 'on', now(), 1, 1, 25, 'none', $2, '{}', '{}')`,
    [id, name],
  );
  await pool.query(
    `insert into found_machines (id, generation, power, known) values ($1, 1, 'on', $2) on conflict (id) do nothing`,
    [id, JSON.stringify(known)],
  );
  return id;
}
