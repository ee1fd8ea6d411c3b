import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Client as AcmeClient, axios, crypto } from 'acme-client';
import { type Asked, NotIssued, type Told } from './issue-certificate.ts';

/** What the authority answered last. */
let status = 0;
/** Whether there is an order, of which it counts how many there are. */
let isOrdered = false;
/** What it said of when to come again, in milliseconds from then. */
let afterMs = 0;

// The thread of `issueCertificate`: the library is loaded here, and goes with it. What only reads all sources starts nothing.
if (parentPort !== null) void issue(workerData as Asked, parentPort);

async function issue(asked: Asked, port: MessagePort): Promise<void> {
  const tell = (told: Told) => port.postMessage(told);
  try {
    tell({ certificate: await order(asked, port, tell) });
  } catch (error) {
    const { reason, isCheap, afterMs } = error instanceof NotIssued ? error : notIssued(error as Error);
    tell({ reason, isCheap, afterMs });
  }
  port.close();
}

/** The key and the chain, in PEM. */
async function order(
  { directory, rootFile, email, name, accountKey, now }: Asked,
  port: MessagePort,
  tell: (told: Told) => void,
): Promise<string> {
  // For this thread alone.
  if (rootFile !== null) setDefaultCACertificates([...getCACertificates(), readFileSync(rootFile, 'utf8')]);
  await reach(directory, now);
  // When to ask again is for who started this.
  Object.assign(axios.defaults, { acmeSettings: { retryMaxAttempts: 0 }, timeout: 30_000 });
  axios.interceptors.response.use((response) => {
    status = response.status;
    isOrdered ||= response.data?.finalize !== undefined;
    afterMs = status === 429 || status === 503 ? retryAfter(response.headers['retry-after'], now) : 0;
    return response;
  });
  const [key, csr] = await crypto.createCsr({ altNames: [name] }, await crypto.createPrivateEcdsaKey());
  const client = new AcmeClient({
    directoryUrl: directory,
    accountKey,
    backoffMin: 1000,
    backoffMax: 15_000,
    backoffAttempts: 15,
  });
  await openAccount(client, email === null ? {} : { contact: [`mailto:${email}`] });
  const chain = await client.auto({
    csr,
    challengePriority: ['http-01'],
    // Whether the name leads here from where the authority is cannot be seen from here.
    skipChallengeVerification: true,
    challengeCreateFn: async (_authorization, { type, token }, answer) => {
      if (type !== 'http-01') throw new Error(`it offers no http-01, only ${type}`);
      tell({ token, answer });
      await once(port, 'message');
    },
    challengeRemoveFn: async (_authorization, { token }) => tell({ token, answer: undefined }),
  });
  return `${key}${chain}`;
}

/** The account of the key, made where there is none. The library alone would ask for a change of nothing, which is refused. */
async function openAccount(client: AcmeClient, contact: { contact?: string[] }): Promise<void> {
  try {
    await client.createAccount({ onlyReturnExisting: true });
  } catch {
    await client.createAccount({ termsOfServiceAgreed: true, ...contact });
    return;
  }
  if (contact.contact !== undefined) await client.updateAccount(contact);
}

/**
 * Whether the authority is there, and this host's clock right: with a wrong one nothing that it gives could be used.
 *
 * @throws NotIssued
 */
async function reach(url: string, now: number): Promise<void> {
  const { status, headers } = await fetch(url, { signal: AbortSignal.timeout(30_000) }).catch(({ cause, message }) => {
    throw away(cause?.message || cause?.code || message);
  });
  if (status >= 500 || status === 429) throw away(`HTTP ${status}`, retryAfter(headers.get('retry-after'), now));
  const theirs = Date.parse(headers.get('date') ?? '');
  if (Math.abs(theirs - now) > 3_600_000) {
    const [here, there] = [now, theirs].map((ms) => new Date(ms).toISOString());
    throw new NotIssued({
      reason: `The clock of this host says ${here}, the authority's ${there}`,
      isCheap: true,
      afterMs: 0,
    });
  }
}

const away = (why: string, afterMs = 0) =>
  new NotIssued({ reason: `The authority does not answer (${why})`, isCheap: !isOrdered, afterMs });

function notIssued(error: Error): NotIssued {
  // Where no answer comes, the library fails at what it would have looked at in it.
  if (error instanceof TypeError) return away('the connection broke');
  if (status >= 500) return away(`HTTP ${status}: ${error.message}`, afterMs);
  return new NotIssued({ reason: `The authority refuses: ${error.message}`, isCheap: false, afterMs });
}

/** What `Retry-After` says (RFC 9110, 10.2.3), in milliseconds from now; 0 where it says nothing. */
function retryAfter(value: string | null | undefined, now: number): number {
  const ms = /^\d+$/.test(value ?? '') ? Number(value) * 1000 : Date.parse(value ?? '') - now;
  return ms > 0 ? ms : 0;
}
