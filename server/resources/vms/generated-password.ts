import { randomInt } from 'node:crypto';
import { provenAddressOf } from '../../access/proven-address.ts';
import type { Change } from '../../calls/route.ts';
import type { Transaction } from '../../database/transaction.ts';
import { passwordMail } from '../../mail/mails.ts';
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

/**
 * Brings a generated password to who asked for it: by mail, to the person, or to the account's owner where a key asked; where no mail is
 * configured, or nobody has proven the address, it is kept, encrypted, until somebody has looked at it once.
 *
 * @returns where it is, as a part of a sentence
 */
export async function deliverPassword(
  { services, tx, principal }: Change,
  vm: { readonly id: string; readonly name: string },
  password: string,
): Promise<string> {
  const to = services.outbox.isConfigured ? await provenAddressOf(tx, principal) : undefined;
  if (to !== undefined) {
    await services.outbox.post(tx, passwordMail({ vm, to, password }));
    // One from before mail was configured would be an old one.
    await tx.db.deleteFrom('sealed_passwords').where('vm_id', '=', vm.id).execute();
    return `the new password goes to ${to}`;
  }
  const row = {
    vm_id: vm.id,
    sealed: services.secrets.seal(`password ${vm.id}`, password),
    created_at: new Date(services.clock.now()),
  };
  await tx.db
    .insertInto('sealed_passwords')
    .values(row)
    .onConflict((conflict) => conflict.column('vm_id').doUpdateSet(row))
    .execute();
  return 'the new password can be shown once, in the dashboard or with raffia operator password';
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
