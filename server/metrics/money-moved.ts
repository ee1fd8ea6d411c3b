import { channel } from 'node:diagnostics_channel';

/** An entry of a balance that stands. Micro-dollars, as they change the account: a charge is negative. */
export interface MoneyMoved {
  readonly kind: 'charged' | 'taken back' | 'credited';
  readonly balance: number;
  readonly credits: number;
}

/**
 * Where entries of balances are told. It is a channel of the process, since whoever moves money has a transaction and nothing else; nobody
 * listens where metrics are off, and then nothing is told.
 */
export const moneyMoved = channel('raffia.money-moved');
