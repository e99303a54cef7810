// The module behind `quanji flow edit`, in one file for Node.
import { defineConfig } from 'vite';

export default defineConfig({
  publicDir: false,
  build: { ssr: 'src/flow-edit/cli.ts', outDir: 'dist-flow-edit', rollupOptions: { output: { entryFileNames: 'quanji-flow-edit.mjs' } } },
  ssr: { noExternal: true },
});
