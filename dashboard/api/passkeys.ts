import { auth } from './auth.ts';

/** What speaks to the browser's passkeys: loaded when one is used. */
const webauthn = () => import('@simplewebauthn/browser');

type CreationOptions = Parameters<Awaited<ReturnType<typeof webauthn>>['startRegistration']>[0]['optionsJSON'];
type RequestOptions = Parameters<Awaited<ReturnType<typeof webauthn>>['startAuthentication']>[0]['optionsJSON'];

/** Why the browser gave no passkey, by the name of its error; browsers say it in words of their own. */
const refusals: Readonly<Record<string, string>> = {
  NotAllowedError: 'Your browser gave no passkey: it was cancelled, or took too long. Try again.',
  AbortError: 'Your browser gave no passkey: it was cancelled, or took too long. Try again.',
  InvalidStateError: 'This device has a passkey for this cloud already. Use that one, or add one on another device.',
  SecurityError: "Your browser takes no passkeys at this address. Use this cloud's public address.",
  NotSupportedError: "This device can't make a passkey that this cloud takes. Use another one.",
};

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const said = refusals[(error as Error).name];
    throw said === undefined ? error : new Error(said, { cause: error });
  }
}

/** Signs in with a passkey that the person chooses. */
export async function signInWithPasskey(): Promise<void> {
  const [{ startAuthentication }, optionsJSON] = await Promise.all([
    webauthn(),
    auth<RequestOptions>('passkey/generate-authenticate-options', {}),
  ]);
  const response = await asked(() => startAuthentication({ optionsJSON }));
  await auth('passkey/verify-authentication', { response });
}

/** Makes a passkey on this device, or on one that the browser reaches, and adds it. */
export async function addPasskey({ name, password }: { name: string; password: string }): Promise<void> {
  const [{ startRegistration }, optionsJSON] = await Promise.all([
    webauthn(),
    auth<CreationOptions>('passkey/generate-register-options', { password }),
  ]);
  const response = await asked(() => startRegistration({ optionsJSON }));
  await auth('passkey/verify-registration', { name, response });
}
