import { describeSettings } from '@raffia/server/configuration/describe-settings.ts';
import { openDatabase } from '@raffia/server/database/database.ts';
import { describeSchema } from '@raffia/server/database/describe-schema.ts';
import { createTestDatabase } from '@raffia/server/testing/test-database.ts';
import type { Pool } from 'pg';
import { clientApi } from './client-api.ts';
import { conformanceTable } from './conformance-table.ts';
import { permissionMatrix } from './permission-matrix.ts';
import { namesOfSteps } from './released-steps.ts';
import { rowTypes } from './row-types.ts';

/** Files that are committed to be read and reviewed, and are written from what they tell of. */
export const derivedFiles: Record<string, () => string | Promise<string>> = {
  'client/api.ts': clientApi,
  'contract/permission-matrix.txt': permissionMatrix,
  'docs/configuration.md': describeSettings,
  'docs/conformance.md': conformanceTable,
  'server/database/schema.sql': () => ofDatabase(describeSchema),
  'server/database/stored-tables.ts': () => ofDatabase(rowTypes),
  'server/operations/released-steps.ts': namesOfSteps,
};

/** @param describe reads it from a database after all migrations */
async function ofDatabase(describe: (pool: Pool) => Promise<string>): Promise<string> {
  const { url, drop } = await createTestDatabase();
  const { pool, close } = openDatabase(url, 2, () => {});
  try {
    return await describe(pool);
  } finally {
    await close();
    await drop();
  }
}
