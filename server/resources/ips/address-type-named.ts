import { type AddressType, addressTypes } from '@raffia/contract/enums.ts';

/** The type that a word means: clients write it in lower case as well, and without one it is IPv4. */
export function addressTypeNamed(word: string = 'IPv4'): AddressType {
  return addressTypes.find((type) => type.toLowerCase() === word.toLowerCase()) ?? 'IPv4';
}
