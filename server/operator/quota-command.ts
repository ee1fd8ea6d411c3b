import { quotaNames } from '@raffia/contract/quotas.ts';
import { openOf } from '../changes/stream-places.ts';
import { quotas } from '../quotas/quotas.ts';
import { usage } from '../quotas/usage.ts';
import { audit, type Command, count, onAccount } from './operator-command.ts';

/** Shows what an account has and may have, or changes what it may have. */
export const quotaCommand: Command = {
  usage: `quota ACCOUNT ${quotaNames.map((name) => `[--${quotas[name].option} N]`).join(' ')}`,
  about:
    'Sets how much an account may have: a number, none for no limit, default for the setting; without options shows it',
  run: (context, [account], options) =>
    onAccount(context, account, async (tx, row) => {
      const given = quotaNames.filter((name) => options[quotas[name].option] !== undefined);
      const changes: Record<string, number | string> = {};
      for (const name of given) {
        const { option } = quotas[name];
        const text = options[option] as string;
        changes[name] = text === 'none' || text === 'default' ? text : count(text, `--${option}`);
        await tx.db.deleteFrom('quotas').where('account_id', '=', row.id).where('name', '=', name).execute();
        if (text === 'default') continue;
        const limit = text === 'none' ? null : (changes[name] as number);
        await tx.db.insertInto('quotas').values({ account_id: row.id, name, limit }).execute();
      }
      if (given.length > 0) await audit(context.services, tx, row.id, 'account.quota', changes);
      const use = await usage(tx.db, row.id, await openOf(context.services, row.id));
      return quotaNames
        .map((name) => `${quotas[name].option.padEnd(12)} ${use[name].used} of ${use[name].limit ?? 'any number'}\n`)
        .join('');
    }),
};
