/**
 * Why passkeys can't be used where the browser is, and what to do; undefined where they can.
 *
 * @param domain the name that the server makes them for, if any
 * @param place where the browser is, and whether it knows passkeys at all
 */
export function passkeyObstacle(
  domain: string | undefined,
  { protocol, hostname, isSupported }: { protocol: string; hostname: string; isSupported: boolean },
): string | undefined {
  if (/^[\d.]+$|^\[/.test(hostname)) {
    return `Passkeys need an address with a name, and ${hostname} is a number. Ask the operator of this cloud for an https address with a name.`;
  }
  if (protocol !== 'https:' && !/(^|\.)localhost$/.test(hostname)) {
    return 'Passkeys need https, and this address has only http. Ask the operator of this cloud for an https address.';
  }
  if (domain !== hostname) {
    return 'Passkeys work at the public address of this cloud, and it has not been told that. Ask its operator to set publicUrl to this address.';
  }
  return isSupported ? undefined : 'This browser has no passkeys. Use a newer one.';
}

/** The same for this browser, at this address. */
export const passkeyObstacleHere = (domain: string | undefined) =>
  passkeyObstacle(domain, {
    protocol: location.protocol,
    hostname: location.hostname,
    isSupported: 'PublicKeyCredential' in window,
  });
