import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { operations } from '@raffia/contract/contract.ts';
import { openapi } from '@raffia/contract/openapi.ts';
import type { FastifyInstance } from 'fastify';

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API reference · Raffia</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/reference.css">
</head>
<body>
<header class="reference-head"><img src="/icon.svg" alt="" width="24" height="24">API reference<a href="/">Dashboard</a></header>
<div id="reference"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/reference.js"></script>
</body>
</html>
`;

const script = `window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#reference', deepLinking: true, docExpansion: 'none' });\n`;

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Serves `/openapi.json` and the reference at `/docs`, both made from the contract. Files are read when first asked for. */
export function registerDocuments(app: FastifyInstance, serverUrl: () => string): void {
  let document: string | undefined;
  app.get('/openapi.json', (_request, reply) => {
    document ??= JSON.stringify(openapi(operations, [serverUrl()]));
    reply.type('application/json; charset=utf-8').send(document);
  });
  const files: Record<string, [string, () => string | Buffer]> = {
    '/docs': ['text/html', () => page],
    '/docs/reference.js': ['text/javascript', () => script],
    '/docs/swagger-ui.css': ['text/css', () => asset('swagger-ui.css')],
    '/docs/swagger-ui-bundle.js': ['text/javascript', () => asset('swagger-ui-bundle.js')],
  };
  for (const [path, [type, content]] of Object.entries(files)) {
    app.get(path, (_request, reply) => {
      reply
        .headers({ 'content-security-policy': policy, 'x-frame-options': 'DENY', 'cache-control': 'no-cache' })
        .type(`${type}; charset=utf-8`)
        .send(content());
    });
  }
}

function asset(name: string): Buffer {
  const require = createRequire(import.meta.url);
  return readFileSync(join(dirname(require.resolve('swagger-ui-dist/package.json')), name));
}
