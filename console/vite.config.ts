import react from '@vitejs/plugin-react';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { defineConfig, type Plugin } from 'vite';

// The API's pages come from the same program, without any other host: Swagger UI's own files beside the console.
function docs(): Plugin {
  return {
    name: 'docs',
    closeBundle() {
      const from = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
      for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js']) cpSync(join(from, file), join('dist/docs', file));
    },
  };
}

export default defineConfig({
  plugins: [react(), docs()],
  build: { target: 'es2022', chunkSizeWarningLimit: 1600, sourcemap: false },
  server: { proxy: { '/api': { target: process.env.QUANJI_URL ?? 'https://127.0.0.1:7443', secure: false } } },
});
