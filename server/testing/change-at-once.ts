import type { Pool } from 'pg';

/**
 * Makes changes in four connections at once, 400 transactions in each, of which one in five is rolled back.
 *
 * @param change the SQL of one
 * @returns how many were kept
 */
export async function changeAtOnce(pool: Pool, change: () => string, random: () => number): Promise<number> {
  let kept = 0;
  const changes = async () => {
    for (let n = 0; n < 400; n++) {
      const client = await pool.connect();
      try {
        await client.query('begin');
        await client.query(change());
        const isKept = random() < 0.8;
        await client.query(isKept ? 'commit' : 'rollback');
        if (isKept) kept++;
      } catch (error) {
        // Two that change the same machines the other way round.
        if ((error as { code?: string }).code !== '40P01') throw error;
        await client.query('rollback');
      } finally {
        client.release();
      }
    }
  };
  await Promise.all([changes(), changes(), changes(), changes()]);
  return kept;
}
