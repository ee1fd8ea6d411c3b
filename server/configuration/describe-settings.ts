import { settings } from './settings.ts';

function shown(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text === '' ? '' : `\`${text}\``;
}

/** All settings as a page of Markdown. */
export function describeSettings(): string {
  const rows = settings.map(
    ({ path, env, fallback, about, isSecret }) =>
      `| \`${path}\` | \`${env}\` | ${shown(fallback)} | ${about.replaceAll('|', '\\|')}${isSecret ? ' (secret)' : ''} |`,
  );
  return `# Configuration

Written by \`npm run derive\` from \`server/configuration/settings.ts\`.

Each setting is an environment variable, or a line of the YAML file that \`RAFFIA_CONFIG\` names, where the dots of the path are
levels of the file. The environment comes before the file, the file before the default. The server checks everything at its start
and tells each mistake in a sentence; \`./raffia.mjs config\` prints what is in force and where it comes from, secrets masked.

| in the file | in the environment | default | what it does |
|---|---|---|---|
${rows.join('\n')}
`;
}
