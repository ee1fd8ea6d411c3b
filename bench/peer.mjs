// What one would write instead: Fastify, @fastify/rate-limit, Kysely, a key look-up, the same rows.
import { createHash } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import Fastify from 'fastify';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 20 });
const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
const app = Fastify();

await app.register(rateLimit, {
  max: 30,
  timeWindow: 1000,
  cache: 20_000,
  keyGenerator: (request) => request.headers['x-api-key'],
});

app.addHook('preHandler', async (request, reply) => {
  const hash = createHash('sha256').update(request.headers['x-api-key']).digest('hex');
  const key = await db
    .selectFrom('api_keys')
    .leftJoin('roles', 'roles.id', 'api_keys.role_id')
    .select(['api_keys.id', 'api_keys.account_id', 'api_keys.is_active', 'api_keys.expires_at', 'roles.permissions'])
    .where('key_hash', '=', hash)
    .executeTakeFirst();
  if (key === undefined || !key.is_active)
    return reply.code(401).send({ error: 'Unauthorized', message: 'Invalid API key' });
  request.accountId = key.account_id;
});

app.get('/api/v1/vms', async (request) => {
  const of = () => db.selectFrom('vms').where('account_id', '=', request.accountId).where('deleted_at', 'is', null);
  const [rows, count] = await Promise.all([
    of()
      .selectAll()
      .select([
        sql`(select host(address) from nics where vm_id = vms.id and type = 'public' limit 1)`.as(
          'public_ipv4_address',
        ),
        sql`(select host(address) from nics where vm_id = vms.id and type = 'vpc' limit 1)`.as('private_ipv4_address'),
      ])
      .orderBy('created_at', 'desc')
      .limit(20)
      .execute(),
    of()
      .select(({ fn }) => fn.countAll().as('total'))
      .executeTakeFirstOrThrow(),
  ]);
  const data = rows.map((vm) => ({
    id: vm.id,
    name: vm.name,
    status: vm.status,
    cpu: vm.cpu,
    ram: vm.ram,
    storage: vm.storage,
    added_storage: 0,
    total_storage: vm.storage,
    template_id: vm.template_id,
    template_name: vm.template_name,
    template_version: vm.template_version,
    version: vm.template_version,
    price_per_hour: (Number(vm.price_month_micros) / 720 / 1e6).toFixed(6),
    pricing_id: vm.plan_id,
    created_by: vm.created_by,
    billing_type: vm.billing_type,
    backup_type: null,
    region: vm.region,
    project_id: vm.project_id,
    public_ipv4_address: vm.public_ipv4_address,
    public_ipv6_address: null,
    private_ipv4_address: vm.private_ipv4_address,
    private_ipv6_address: null,
    tags: [],
    active: vm.status === 'active',
    created_at: vm.created_at,
    updated_at: vm.updated_at,
  }));
  return { success: true, data, total: Number(count.total) };
});

await app.listen({ host: '127.0.0.1', port: Number(process.env.BENCH_PORT) });
