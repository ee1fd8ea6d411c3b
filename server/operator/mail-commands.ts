import { transact } from '../database/transaction.ts';
import { waitingMails } from '../mail/outbox.ts';
import type { Command } from './operator-command.ts';

const listMails: Command['run'] = async ({ services }) => {
  const rows = await waitingMails(services.db);
  if (rows.length === 0) return 'No mail waits.\n';
  const lines = rows.map(({ id, recipient, subject, attempts, not_before, last_error, given_up_at, created_at }) => {
    const state =
      given_up_at === null
        ? `waits, next attempt ${not_before.toISOString()}`
        : `GIVEN UP ${given_up_at.toISOString()}`;
    const why = last_error === null ? '' : `: ${last_error}`;
    return `${id}  ${created_at.toISOString()}  to ${recipient}  ${JSON.stringify(subject)}  ${state}, ${attempts} attempts${why}\n`;
  });
  return lines.join('');
};

const retryMails: Command['run'] = async ({ services }) => {
  const count = await transact(services.db, (tx) => services.outbox.retry(tx));
  return `${count} given up before ${count === 1 ? 'is' : 'are'} tried for another day\n`;
};

export const mailCommands: Record<string, Command> = {
  mail: { usage: 'mail', about: 'Lists mails that wait and that were given up, without their texts', run: listMails },
  'mail retry': { usage: 'mail retry', about: 'Tries again for a day what was given up', run: retryMails },
};
