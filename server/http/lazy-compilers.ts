import ajvCompiler from '@fastify/ajv-compiler';
import stringifyCompiler from '@fastify/fast-json-stringify-compiler';

interface Validator {
  (data: unknown): unknown;
  errors?: unknown;
}

/**
 * Fastify's compilers, put off: sixty operations' schemas are compiled each at its first request, not all before the server
 * listens, which would be a fifth of the start. What is compiled is the same.
 */
export function lazyCompilers() {
  return {
    buildValidator: lazily(ajvCompiler(), putOffValidator),
    buildSerializer: lazily(stringifyCompiler(), putOffSerializer),
  };
}

type Build = (externalSchemas: unknown, options: unknown) => (route: unknown) => unknown;

function lazily<Compiled>(build: unknown, putOff: (compile: () => Compiled) => Compiled) {
  return (externalSchemas: unknown, options: unknown) => {
    const compile = (build as Build)(externalSchemas, options);
    return (route: unknown) => putOff(() => compile(route) as Compiled);
  };
}

/** A validator tells what is wrong in a property of itself. */
function putOffValidator(compile: () => Validator): Validator {
  let compiled: Validator | undefined;
  const validator: Validator = (data) => {
    compiled ??= compile();
    const outcome = compiled(data);
    validator.errors = compiled.errors;
    return outcome;
  };
  return validator;
}

function putOffSerializer(compile: () => (data: unknown) => string): (data: unknown) => string {
  let compiled: ((data: unknown) => string) | undefined;
  return (data) => {
    compiled ??= compile();
    return compiled(data);
  };
}
