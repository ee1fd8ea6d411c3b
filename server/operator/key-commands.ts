import { rateLimitTiers } from '@raffia/contract/enums.ts';
import { transact } from '../database/transaction.ts';
import { isUuid } from '../foundation/canonical-form.ts';
import { createOwnerKey } from '../resources/account/bootstrap-account.ts';
import { audit, type Command, changeAccount, choice, count, onAccount } from './operator-command.ts';

const setTier: Command['run'] = async ({ services }, [keyId, tier]) => {
  const rate_limit_tier = choice(tier ?? '', ...rateLimitTiers);
  return transact(services.db, async (tx) => {
    const key = isUuid(keyId ?? '')
      ? await tx.db
          .updateTable('api_keys')
          .set({ rate_limit_tier })
          .where('id', '=', keyId as string)
          .returning('account_id')
          .executeTakeFirst()
      : undefined;
    if (key === undefined) throw new Error(`There is no API key ${keyId ?? ''}; use the key's id, not its secret`);
    await audit(services, tx, key.account_id, 'apikey.update', { keyId, rate_limit_tier }, keyId);
    return 'done\n';
  });
};

export const keyCommands: Record<string, Command> = {
  'tier allow': {
    usage: 'tier allow ACCOUNT --keys N',
    about: 'Allows an account N keys of the tier high',
    run: async (context, [account], { keys }) =>
      changeAccount({ high_tier_allowance: count(keys, '--keys') })(context, [account ?? ''], {}),
  },
  'tier set': { usage: 'tier set KEY-ID standard|high', about: 'Moves a key to a tier', run: setTier },
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
