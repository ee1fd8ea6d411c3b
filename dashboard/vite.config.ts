import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

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

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), preloadFont],
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
  },
});
