import { longestWaitMs } from '@raffia/contract/account.ts';
import { type RateLimitTier, rateLimitTiers } from '@raffia/contract/enums.ts';
import { transact } from '../database/transaction.ts';
import { isUuid } from '../foundation/canonical-form.ts';
import { createOwnerKey } from '../resources/account/bootstrap-account.ts';
import {
  audit,
  type Command,
  changeAccount,
  choice,
  count,
  type OperatorContext,
  onAccount,
} from './operator-command.ts';

/** Changes a key, by its id. */
async function changeKey(
  { services }: OperatorContext,
  keyId: string | undefined,
  changes: { rate_limit_tier: RateLimitTier } | { wait_ms: number },
): Promise<string> {
  return transact(services.db, async (tx) => {
    const key = isUuid(keyId ?? '')
      ? await tx.db
          .updateTable('api_keys')
          .set(changes)
          .where('id', '=', keyId as string)
          .returning('account_id')
          .executeTakeFirst()
      : undefined;
    if (key === undefined) throw new Error(`There is no API key ${keyId ?? ''}; use the key's id, not its secret`);
    await audit(services, tx, key.account_id, 'apikey.update', { keyId, ...changes }, keyId);
    return 'done\n';
  });
}

export const keyCommands: Record<string, Command> = {
  'tier allow': {
    usage: 'tier allow ACCOUNT --keys N',
    about: 'Allows an account N keys of the tier high',
    run: async (context, [account], { keys }) =>
      changeAccount({ high_tier_allowance: count(keys, '--keys') })(context, [account ?? ''], {}),
  },
  'tier set': {
    usage: 'tier set KEY-ID standard|high',
    about: 'Moves a key to a tier',
    run: async (context, [key, tier]) =>
      changeKey(context, key, { rate_limit_tier: choice(tier ?? '', ...rateLimitTiers) }),
  },
  'key wait': {
    usage: 'key wait KEY-ID MS',
    about: `Tells a key to wait for room, up to ${longestWaitMs} ms, where a request over its limit would be refused; 0: no more`,
    run: async (context, [key, ms]) => {
      const wait_ms = count(ms, 'MS');
      if (wait_ms > longestWaitMs) throw new Error(`A key waits at most ${longestWaitMs} ms`);
      return changeKey(context, key, { wait_ms });
    },
  },
  'key create': {
    usage: 'key create ACCOUNT [--name NAME]',
    about: 'Makes another Owner key and prints it',
    run: async (context, [account], { name }) =>
      onAccount(context, account, async (tx, row) => {
        const secret = await createOwnerKey(tx, row.id, row.owner_id, name ?? 'Made by the operator');
        return `key ${secret}   (shown once)\n`;
      }),
  },
};
