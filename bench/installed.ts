import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalogue } from '@raffia/server/catalogue/catalogue.ts';
import { catalogueFile } from '@raffia/server/catalogue/catalogue-file.ts';
import { loadConfiguration } from '@raffia/server/configuration/configuration.ts';
import { type Database, openDatabase } from '@raffia/server/database/database.ts';
import { transact } from '@raffia/server/database/transaction.ts';
import { createAccount, type NewAccount } from '@raffia/server/resources/account/bootstrap-account.ts';
import { ServerProcess } from '@raffia/server/testing/server-process.ts';

/** A server as it is installed, with the database it brings, in a process of its own; and a way to its database beside it. */
export class Installed {
  readonly server: ServerProcess;
  database: Database;

  private constructor(server: ServerProcess, database: Database) {
    this.server = server;
    this.database = database;
  }

  static async start(env: Record<string, string> = {}): Promise<Installed> {
    const server = await ServerProcess.create({
      RAFFIA_SIMULATED_DELAY: '0',
      RAFFIA_QUOTA_VMS: 'none',
      RAFFIA_QUOTA_VPCS: 'none',
      ...env,
    });
    await server.start();
    return new Installed(server, databaseOf(server));
  }

  /** Opens the database again, whose address a start of the server has changed. */
  async reconnect(start: () => Promise<unknown>): Promise<void> {
    await this.database.close();
    await start();
    this.database = databaseOf(this.server);
  }

  get url(): string {
    return this.server.url;
  }

  /** Accounts with an Owner's key of the high tier each. */
  async accounts(count: number, name: string): Promise<NewAccount[]> {
    const configuration = loadConfiguration({});
    const catalogue = loadCatalogue(catalogueFile);
    const made: NewAccount[] = [];
    for (let n = 0; n < count; n++) {
      made.push(
        await transact(this.database.db, (tx) =>
          createAccount(tx, configuration, catalogue, { name: `${name} ${n}`, email: `${name}-${n}@example.com` }),
        ),
      );
    }
    await this.tier(made, 'high');
    return made;
  }

  /** Gives the keys of accounts a tier, before the server has met them. */
  async tier(accounts: readonly NewAccount[], tier: 'standard' | 'high'): Promise<void> {
    await this.database.pool.query('update api_keys set rate_limit_tier = $1 where account_id = any ($2)', [
      tier,
      accounts.map(({ account_id }) => account_id),
    ]);
  }

  async stop(): Promise<void> {
    await this.database.close();
    await this.server.end('SIGTERM');
    this.server.remove();
  }
}

function databaseOf(server: ServerProcess): Database {
  const [, , , port] = readFileSync(join(server.folder, 'data/postgres/postmaster.pid'), 'utf8').split('\n');
  const password = readFileSync(join(server.folder, 'data/postgres.password'), 'utf8').trim();
  return openDatabase(`postgres://raffia:${password}@127.0.0.1:${port}/raffia`, 2, () => {});
}
