import { parseArgs } from 'node:util';
import { breakOff } from '@raffia/server/testing/guard.ts';
import { type ProxyKind, proxyKinds, whyNoProxy } from '@raffia/server/testing/reverse-proxy.ts';
import { ServerCluster } from '@raffia/server/testing/server-cluster.ts';
import { type RedisKind, redisKinds, whyNoRedis } from '@raffia/server/testing/test-redis.ts';

/** Three nodes behind a proxy, to try them by hand: what the suites of `checks/nodes` run against. Ctrl-C ends all of it. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { proxy: { type: 'string', default: 'nginx' }, redis: { type: 'string', default: 'redis' } },
  });
  const proxy = oneOf('--proxy', values.proxy, proxyKinds);
  const redis = oneOf('--redis', values.redis, redisKinds);
  const missing = whyNoProxy(proxy) ?? whyNoRedis(redis);
  if (missing !== undefined)
    throw new Error(`This ${missing}: apt-get install nginx-light haproxy redis-server has them.`);
  const cluster = await ServerCluster.start({}, { proxy, redis });
  process.stdout.write(`
Three nodes behind ${proxy}, with PostgreSQL and ${redis}; all of it goes when this ends (Ctrl-C).

  ${cluster.url}   through the proxy
${cluster.nodes.map(({ process: node }, at) => `  ${node.url}   node-${at}, process ${node.pid}`).join('\n')}
  ${cluster.databaseUrl}
  ${cluster.redis.url}

  curl -H 'X-API-Key: ${cluster.first.api_key}' ${cluster.url}/api/v1/vms
`);
  await new Promise<void>((end) => {
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
  });
  process.stdout.write('Ending …\n');
  await cluster.stop();
}

function oneOf<T extends RedisKind | ProxyKind>(option: string, value: string, kinds: readonly T[]): T {
  const found = kinds.find((kind) => kind === value);
  if (found === undefined) throw new Error(`${option} is one of ${kinds.join(', ')}, and not ${value}.`);
  return found;
}

await main().then(
  () => breakOff(0),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    return breakOff(1);
  },
);
