import {
  createApiKey,
  getApiKey,
  listApiKeys,
  regenerateApiKey,
  revokeApiKey,
  updateApiKey,
} from '@raffia/contract/api-keys.ts';
import { type Route, read, write } from '../../calls/route.ts';
import { createKey, regenerateKey, revokeKey, updateKey } from './change-api-keys.ts';
import { getKey, listKeys } from './read-api-keys.ts';

export const apiKeyRoutes: readonly Route[] = [
  read(listApiKeys, listKeys),
  write(createApiKey, createKey),
  read(getApiKey, getKey),
  write(updateApiKey, updateKey),
  write(revokeApiKey, revokeKey),
  write(regenerateApiKey, regenerateKey),
];
