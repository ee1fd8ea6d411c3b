import { type TSchema, Type } from 'typebox';

/** Gives a schema the name under which it stands among the components of `/openapi.json`. */
export function named<S extends TSchema>(name: string, schema: S): S {
  return Object.assign(schema, { 'x-name': name });
}

export const ErrorBody = named(
  'Error',
  Type.Object({
    error: Type.Optional(Type.String()),
    message: Type.Optional(Type.String()),
  }),
);

export const BillingError = named(
  'BillingError',
  Type.Object({
    error: Type.String(),
    message: Type.Optional(Type.String()),
    reason: Type.Enum(['banned', 'failed', 'no_billing_customer'], { type: 'string' }),
  }),
);

export const SuccessResponse = named(
  'SuccessResponse',
  Type.Object({
    success: Type.Optional(Type.Boolean()),
    message: Type.Optional(Type.String()),
  }),
);
