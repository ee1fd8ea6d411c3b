import type { Transporter } from 'nodemailer';

export interface Letter {
  /** The same at each attempt: a mail that was sent twice can be known by it. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** How long the mail server may be silent, in milliseconds. */
const patienceMs = 10_000;

/** The operator's SMTP server. What speaks to it is read from the disk with the first mail: many servers never send one. */
export class Smtp {
  readonly #options: object;
  #transport: Transporter | undefined;
  readonly #from: string;
  readonly #domain: string;

  constructor(url: string, from: string) {
    this.#options = {
      url,
      connectionTimeout: patienceMs,
      greetingTimeout: patienceMs,
      socketTimeout: patienceMs,
      dnsTimeout: patienceMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    };
    this.#from = from;
    this.#domain = /@([^\s>]+)/.exec(from)?.[1] ?? 'localhost';
  }

  /** @throws Error where the server does not take it */
  async send({ id, to, subject, text }: Letter): Promise<void> {
    const address = { name: '', address: to };
    this.#transport ??= (await import('nodemailer')).createTransport(this.#options);
    await this.#transport.sendMail({
      from: this.#from,
      to: address,
      subject,
      text,
      messageId: `<${id}@${this.#domain}>`,
    });
  }
}

/** Whether a mail was refused for what it is, its recipient above all; any other failure is the mail server's, and meets every mail. */
export function isRefusal(error: unknown): boolean {
  const { code, command, responseCode } = error as { code?: string; command?: string; responseCode?: number };
  if (responseCode === 421) return false;
  return code === 'EMESSAGE' || (code === 'EENVELOPE' && command !== 'MAIL FROM');
}
