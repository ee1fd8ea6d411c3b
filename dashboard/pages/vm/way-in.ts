import type { VM } from '@raffia/client/client.ts';

/**
 * The line that signs one in, from outside where there is a way, else from within the network; undefined where there is none, or where the
 * system has no SSH.
 */
export function wayIn({
  template_name,
  public_ipv4_address,
  private_ipv4_address,
}: Pick<VM, 'template_name' | 'public_ipv4_address' | 'private_ipv4_address'>): string | undefined {
  const address = public_ipv4_address || private_ipv4_address;
  return address === undefined || address === '' || /windows/i.test(template_name) ? undefined : `ssh root@${address}`;
}
