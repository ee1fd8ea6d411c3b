import { largestPage, manyIdsPattern } from '@raffia/contract/schemas.ts';
import type { FastifySchemaValidationError } from 'fastify/types/schema.js';
import { type ApiError, invalid, notFound, type Part } from '../foundation/api-error.ts';

const places: Record<string, string> = { body: 'body', querystring: 'query', params: 'path', headers: 'header' };

/** What the patterns of the contract want, in words. */
const patterns: Record<string, string> = {
  '^[a-z0-9-]+$': 'only have lower-case letters, digits and hyphens, such as web-team',
  '^([0-9]{1,3}\\.){3}[0-9]{1,3}/[0-9]{1,2}$': 'be an IPv4 block such as 10.0.1.0/24',
  '^([1-9][0-9]{0,9}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$': 'be a UUID or a number',
  [manyIdsPattern]: `be up to ${largestPage} UUIDs, with commas between`,
  '^/([!-.0-\\[\\]-~][!-~]*)?$': 'be a path of this server, such as /settings',
};

const labels: Record<string, Part> = { tagId: 'tag', nic_id: 'network interface', sg_id: 'attached security group' };

/** Turns a schema's complaint into one sentence that names the field, what is wrong and what is allowed. */
export function validationError(errors: readonly FastifySchemaValidationError[], context: string): ApiError {
  const error = errors[0];
  if (error === undefined) return invalid('The request does not match the contract');
  const place = places[context] ?? context;
  const path = error.instancePath.split('/').slice(1).map(pointerPart);
  // What cannot be an id names nothing.
  if (context === 'params' && error.keyword !== 'enum') return notFound(labels[path[0] ?? ''] ?? 'resource');
  return invalid(sentence(error, path, place));
}

function sentence(error: FastifySchemaValidationError, path: string[], place: string): string {
  const params = error.params as Record<string, unknown>;
  const field = path.length > 0 ? path.join('.') : place;
  switch (error.keyword) {
    case 'required':
      return `${[...path, params.missingProperty].join('.')} is required`;
    case 'type':
      return path.length === 0
        ? `The ${place} must be a JSON ${params.type}`
        : `${field} must be ${article(params.type)}`;
    case 'enum':
      return `${field} must be one of: ${(params.allowedValues as unknown[]).filter((value) => value !== '').join(', ')}`;
    case 'minLength':
      return params.limit === 1
        ? `${field} must not be empty`
        : `${field} must have at least ${params.limit} characters`;
    case 'maxLength':
      return `${field} must have at most ${params.limit} characters`;
    case 'minimum':
      return `${field} must be at least ${params.limit}`;
    case 'maximum':
      return `${field} must be at most ${params.limit}`;
    case 'minItems':
      return `${field} must have at least ${params.limit} ${params.limit === 1 ? 'item' : 'items'}`;
    case 'maxItems':
      return `${field} must have at most ${params.limit} items`;
    case 'minProperties':
      return `At least one field is required`;
    case 'format':
      if (params.format === 'date-time') return `${field} must be a time such as 2027-01-31T12:00:00Z`;
      if (params.format === 'date') return `${field} must be a day such as 2027-01-31`;
      if (params.format === 'email') return `${field} must be an e-mail address such as ada@example.com`;
      if (params.format === 'ipv4') return `${field} must be an IPv4 address such as 8.8.8.8`;
      return `${field} must be a valid ${params.format === 'uuid' ? 'UUID' : params.format}`;
    case 'pattern':
      return `${field} must ${patterns[String(params.pattern)] ?? `match ${params.pattern}`}`;
    default:
      return `${field} ${error.message ?? 'is not valid'}`;
  }
}

function article(type: unknown): string {
  const name = Array.isArray(type) ? type.join(' or ') : String(type);
  return /^[aeio]/.test(name) ? `an ${name}` : `a ${name}`;
}

function pointerPart(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
