import { type QuotaName, quotaNames } from '@raffia/contract/quotas.ts';
import { openOf } from '../changes/stream-places.ts';
import { quotas } from '../quotas/quotas.ts';
import { usage } from '../quotas/usage.ts';
import { type QuotaRule, setQuotas } from '../resources/operator/accounts.ts';
import { type Command, count, enterDeed, onAccount } from './operator-command.ts';

/** Shows what an account has and may have, or changes what it may have. */
export const quotaCommand: Command = {
  usage: `quota ACCOUNT ${quotaNames.map((name) => `[--${quotas[name].option} N]`).join(' ')}`,
  about:
    'Sets how much an account may have: a number, none for no limit, default for the setting; without options shows it',
  run: (context, [account], options) =>
    onAccount(context, account, async (tx, row) => {
      const given = quotaNames.filter((name) => options[quotas[name].option] !== undefined);
      const rules = Object.fromEntries(
        given.map((name) => [name, ruleOf(name, options[quotas[name].option] as string)]),
      );
      if (given.length > 0) await enterDeed(context.services, tx, 'account.quota', await setQuotas(tx, row.id, rules));
      const use = await usage(tx.db, row.id, await openOf(context.services, row.id));
      return quotaNames
        .map((name) => `${quotas[name].option.padEnd(12)} ${use[name].used} of ${use[name].limit ?? 'any number'}\n`)
        .join('');
    }),
};

function ruleOf(name: QuotaName, text: string): QuotaRule {
  return text === 'none' || text === 'default' ? text : count(text, `--${quotas[name].option}`);
}
