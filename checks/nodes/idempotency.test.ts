// timeout: 10m
import { onNodes } from '@raffia/server/testing/on-nodes.ts';

await onNodes(() => import('../idempotency.test.ts'));
