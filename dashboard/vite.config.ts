import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import tokens from './tokens.json' with { type: 'json' };

/** The letters of most pages are asked for with the page, and not when its styles have come. */
const preloadFont: Plugin = {
  name: 'preload-font',
  transformIndexHtml: {
    order: 'post',
    handler: (_html, { bundle }) =>
      Object.keys(bundle ?? {})
        .filter((file) => /hanken-grotesk-latin-wght-normal-[^/]*\.woff2$/.test(file))
        .map((file) => ({
          tag: 'link',
          attrs: { rel: 'preload', as: 'font', type: 'font/woff2', crossorigin: '', href: `/${file}` },
          injectTo: 'head' as const,
        })),
  },
};

/** The reference is no page of ours: it has the tokens from the build, where pages have them from the theme. */
const tokensOfReference: Plugin = {
  name: 'tokens-of-reference',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/reference.css')) return null;
    const values = (scheme: Readonly<Record<string, string>>) =>
      Object.entries(scheme)
        .map(([name, value]) => `--raffia-${name}:${value};`)
        .join('');
    const rules = `:root{${values(tokens.light)}}@media (prefers-color-scheme:dark){:root{${values(tokens.dark)}}}`;
    // An import comes before all else.
    return code.replace(/(@import [^;]*;)/, `$1\n${rules}`);
  },
};

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), preloadFont, tokensOfReference],
  logLevel: 'warn',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // What loads what, for the check of sizes.
    manifest: 'manifest.json',
    // Nothing is put into the page itself: the content policy allows no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      input: [join(import.meta.dirname, 'index.html'), join(import.meta.dirname, 'reference.css')],
      output: {
        // The reference names its styles, and is not built.
        assetFileNames: ({ names }) =>
          names.includes('reference.css') ? '[name][extname]' : 'assets/[name]-[hash][extname]',
      },
    },
  },
});
