import { randomInt } from 'node:crypto';
import type { Transaction } from '../../database/transaction.ts';
import type { Services } from '../../services.ts';

const upper = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
const lower = 'abcdefghijkmnopqrstuvwxyz';
const digits = '23456789';
const special = '@+-_.,!';

/**
 * A password of 20 characters that meets the rule of compute.md §2, without letters and digits that look alike: some 110 bits.
 *
 * @param random gives an integer from 0 up to, not including, its argument
 */
export function generatePassword(random: (below: number) => number = randomInt): string {
  const pick = (alphabet: string) => alphabet[random(alphabet.length)] as string;
  const chars = [pick(upper), pick(upper), pick(digits), pick(digits), pick(special)];
  while (chars.length < 20) chars.push(pick(upper + lower + digits));
  for (let i = chars.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [chars[i], chars[j]] = [chars[j] as string, chars[i] as string];
  }
  return chars.join('');
}

/** Keeps a generated password, encrypted, until somebody has looked at it once. */
export async function sealPassword(services: Services, tx: Transaction, vmId: string, password: string): Promise<void> {
  const row = {
    vm_id: vmId,
    sealed: services.secrets.seal(`password ${vmId}`, password),
    created_at: new Date(services.clock.now()),
  };
  await tx.db
    .insertInto('sealed_passwords')
    .values(row)
    .onConflict((conflict) => conflict.column('vm_id').doUpdateSet(row))
    .execute();
}

/** Shows a sealed password and forgets it; undefined where there is none. */
export async function openPassword(services: Services, tx: Transaction, vmId: string): Promise<string | undefined> {
  const row = await tx.db
    .deleteFrom('sealed_passwords')
    .where('vm_id', '=', vmId)
    .returning('sealed')
    .executeTakeFirst();
  return row === undefined ? undefined : services.secrets.open(`password ${vmId}`, row.sealed);
}
