import { type Kysely, sql } from 'kysely';

/**
 * Mail leaves through rows that are written in the transaction of what causes it, and go when the mail server has it. The text is sealed:
 * mails carry passwords and links. Who was invited by mail when is remembered for a day, for the limits on it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
    create table mails (
      id uuid primary key,
      about text not null,
      recipient text not null,
      subject text not null,
      sealed bytea not null,
      attempts integer not null default 0,
      not_before timestamptz not null default now(),
      lease_token uuid,
      lease_until timestamptz,
      last_error text,
      is_server_failing boolean not null default false,
      give_up_at timestamptz not null default now() + interval '1 day',
      given_up_at timestamptz,
      created_at timestamptz not null default now()
    );
    create index mails_due on mails (not_before) where given_up_at is null;
    create index mails_about on mails (about);
    create table mailed_invitations (
      id bigint generated always as identity primary key,
      account_id uuid not null references accounts (id) on delete cascade,
      recipient text not null,
      created_at timestamptz not null default now()
    );
    create index mailed_invitations_account on mailed_invitations (account_id, created_at);
    create index mailed_invitations_recipient on mailed_invitations (recipient, created_at);
    create index mailed_invitations_age on mailed_invitations (created_at);
  `)
    .execute(db);
}
