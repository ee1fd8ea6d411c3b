// timeout: 40m
import { onNodes } from '@raffia/server/testing/on-nodes.ts';

await onNodes(() => import('../revocation.test.ts'));
