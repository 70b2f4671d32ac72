// SPDX-License-Identifier: MIT
// How the dashboard is bundled: hashed files below /assets, nothing inlined (the server's
// content security policy allows neither inline scripts nor inline styles).
import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [tailwindcss()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      '/api': process.env['SENTORA_URL'] ?? 'http://127.0.0.1:8000',
      '/prometheus': process.env['SENTORA_URL'] ?? 'http://127.0.0.1:8000',
    },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
