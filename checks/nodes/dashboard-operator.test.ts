// timeout: 15m
import { onNodes } from '@raffia/server/testing/on-nodes.ts';

await onNodes(() => import('../dashboard-operator.test.ts'));
