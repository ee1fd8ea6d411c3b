import { type Kysely, sql } from 'kysely';

/**
 * What is billed for how long at which price is a row: each machine and volume has one that is open, and one behind it for each price
 * that it had before. A change of a machine's size that is under way knows its row.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statements).execute(db);
}

// Until now the deletion of a machine left what a smaller plan still owed to the end of its operation.
const statements = `
create table terms (
  id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  subscription_id uuid,
  item text not null,
  resource_kind text not null,
  resource_id text not null,
  name text not null,
  unit_price_micros bigint not null check (unit_price_micros >= 0),
  quantity bigint not null check (quantity >= 0),
  months integer not null,
  months_paid integer not null,
  started_at timestamptz not null,
  paid_until timestamptz,
  "from" timestamptz not null,
  until timestamptz,
  replaces uuid,
  is_pending boolean not null default false,
  credit_due_micros bigint not null default 0,
  balance_micros bigint not null default 0,
  credits_micros bigint not null default 0,
  check ((subscription_id is null) = (paid_until is null)),
  check (is_pending or credit_due_micros = 0)
);
create unique index terms_open on terms (resource_kind, resource_id, item) where until is null;
create index terms_pending on terms (resource_kind, resource_id) where is_pending;
create index terms_account on terms (account_id, "from");
alter table balance_entries add column term_id uuid;

insert into terms (id, account_id, subscription_id, item, resource_kind, resource_id, name, unit_price_micros, quantity, months, months_paid,
                   started_at, paid_until, "from")
  select gen_random_uuid(), account_id, subscription_id, kind, kind, id, name, price / quantity, quantity, 1, 1, start,
         case when subscription_id is not null then start + interval '720 hours' end, start
    from (select account_id, case when term_started_at is not null then subscription_id end as subscription_id, 'vm' as kind,
                 id::text as id, name, price_month_micros as price, 1 as quantity, coalesce(term_started_at, created_at) as start
            from vms where deleted_at is null and status <> 'failure'
           union all
          select account_id, case when term_started_at is not null then subscription_id end, 'volume',
                 id::text, name, price_month_micros, size, coalesce(term_started_at, created_at)
            from volumes) billed;

create temporary table changing on commit drop as
  select o.id as operation, gen_random_uuid() as change, t.id as term, row_number() over queue as number, o.created_at as "from",
         lead(o.created_at) over queue as until, p.old_price, coalesce(lead(p.old_price) over queue, t.unit_price_micros) as new_price,
         coalesce((o.input ->> 'creditWhenDone')::bigint, 0) as credit_due,
         case jsonb_typeof(o.input -> 'charged') when 'number' then (o.input ->> 'charged')::bigint
                                                 else coalesce((o.input #>> '{charged,balance}')::bigint, 0) end as balance,
         coalesce((o.input #>> '{charged,credits}')::bigint, 0) as credits
    from operations o
    join terms t on t.resource_kind = 'vm' and t.resource_id = o.resource_id::text,
         lateral (select (o.input #>> '{from,priceMonthMicros}')::bigint as old_price) p
   where o.finished_at is null and o.kind in ('vm.resize', 'vm.disk-resize')
  window queue as (partition by t.id order by o.sequence);
update terms t set unit_price_micros = c.old_price, until = c."from" from changing c where c.term = t.id and c.number = 1;
insert into terms (id, account_id, subscription_id, item, resource_kind, resource_id, name, unit_price_micros, quantity, months, months_paid,
                   started_at, paid_until, "from", until, replaces, is_pending, credit_due_micros, balance_micros, credits_micros)
  select c.change, t.account_id, t.subscription_id, t.item, t.resource_kind, t.resource_id, t.name, c.new_price, 1, 1, 1,
         t.started_at, t.paid_until, c."from", c.until, coalesce(b.change, t.id), true, c.credit_due, -c.balance, -c.credits
    from changing c join terms t on t.id = c.term
    left join changing b on b.term = c.term and b.number = c.number - 1;
update operations o set input = o.input || jsonb_build_object('change', c.change) from changing c where c.operation = o.id;

with owed as (
  select o.account_id, o.resource_id, (o.input ->> 'creditWhenDone')::bigint as micros
    from operations o join vms v on v.id = o.resource_id
   where o.finished_at is null and o.kind = 'vm.resize' and v.deleted_at is not null and (o.input ->> 'creditWhenDone')::bigint > 0
), entries as (
  insert into balance_entries (account_id, balance_micros, credits_micros, reason, resource_id)
  select account_id, micros, 0, 'VM resized', resource_id from owed
)
update accounts a set balance_micros = a.balance_micros + o.micros
  from (select account_id, sum(micros)::bigint as micros from owed group by 1) o where o.account_id = a.id;

alter table vms drop column term_started_at;
alter table volumes drop column term_started_at;
`;
