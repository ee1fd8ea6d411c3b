import { createTransport, type Transporter } from 'nodemailer';
import type { Logger } from 'pino';
import type { Configuration } from './configuration/configuration.ts';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Sends mail through the operator's SMTP server, where one is configured. */
export class Mailer {
  readonly #transport: Transporter | null;
  readonly #from: string;
  readonly #log: Logger;

  constructor({ mail }: Configuration, log: Logger) {
    this.#transport = mail.url === null ? null : createTransport(mail.url);
    this.#from = mail.from;
    this.#log = log;
  }

  /** Whether mail can be sent; where not, links are shown to who asked for them. */
  get isConfigured(): boolean {
    return this.#transport !== null;
  }

  /** @throws Error where the SMTP server does not take it */
  async send(mail: Mail): Promise<void> {
    if (this.#transport === null) throw new Error('no mail is configured');
    await this.#transport.sendMail({ from: this.#from, ...mail });
  }

  /** Sends in the background: a slow mail server holds nobody up. What could not be sent is in the log, without its text. */
  post(mail: Mail): void {
    this.send(mail).catch((error) =>
      this.#log.error({ err: error, to: mail.to, subject: mail.subject }, 'mail was not sent'),
    );
  }

  close(): void {
    this.#transport?.close();
  }
}
