import { passwordRules } from '@raffia/contract/vm-rules.ts';

type RuleId = (typeof passwordRules)[number]['id'];

const words: Readonly<Record<RuleId, string>> = {
  length: 'At least 12 characters',
  bound: 'At most 128 characters',
  capitals: '2 upper-case letters',
  digits: '2 digits',
  marks: '1 of @ + - _ . , !',
  others: 'Only letters, digits and those marks',
};

/** What a password must have, and whether it has it; what hardly anybody misses is told only where it is missed. */
export function ticksOf(password: string): readonly { readonly text: string; readonly isMet: boolean }[] {
  return passwordRules
    .map(({ id, holds }) => ({ id, text: words[id], isMet: password !== '' && holds(password) }))
    .filter(({ id, isMet }) => id !== 'bound' || (password !== '' && !isMet));
}

// Without what is taken for something else when it is read aloud or from a screen.
const alphabets = ['abcdefghijkmnpqrstuvwxyz', 'ABCDEFGHJKLMNPQRSTUVWXYZ', '23456789', '@+-_.,!'] as const;
const all = alphabets.join('');

/**
 * A password of 20 characters that all rules are met by.
 *
 * @param below a number from 0 to below that, each as likely
 */
export function generatedPassword(below: (bound: number) => number = randomBelow): string {
  const from = (letters: string) => letters[below(letters.length)] as string;
  const [, capitals, digits, marks] = alphabets;
  const characters = [capitals, capitals, digits, digits, marks].map(from);
  while (characters.length < 20) characters.push(from(all));
  for (let at = characters.length - 1; at > 0; at--) {
    const other = below(at + 1);
    [characters[at], characters[other]] = [characters[other] as string, characters[at] as string];
  }
  return characters.join('');
}

function randomBelow(bound: number): number {
  const values = new Uint32Array(1);
  const limit = Math.floor(2 ** 32 / bound) * bound;
  do crypto.getRandomValues(values);
  while ((values[0] as number) >= limit);
  return (values[0] as number) % bound;
}
