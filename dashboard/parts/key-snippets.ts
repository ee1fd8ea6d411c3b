/**
 * Code that one pastes and runs, by the name of its language. checks/snippets.test.ts runs each against a server; of Terraform, whose
 * provider is in no registry of ours, it reads what the language makes of it.
 */
type Snippets = Record<string, string>;

/** How one uses a key that was just made: shell, curl, Terraform, Python, and the client. */
export function keySnippets(secret: string, projectId: string | undefined, url = location.origin): Snippets {
  const project = projectId ?? '<project-uuid>';
  return {
    Shell: `export RAFF_API_URL=${url}\nexport RAFF_API_KEY=${secret}\nexport RAFF_PROJECT_ID=${project}`,
    curl: `curl -sS --fail-with-body ${url}/api/v1/vms \\\n  -H "X-API-Key: ${secret}" \\\n  -H "X-Project-ID: ${project}"`,
    Terraform: provider({ api_url: url, api_key: secret, project_id: project }),
    Python: `${requests()}

api = requests.Session()
api.headers.update({"X-API-Key": "${secret}", "X-Project-ID": "${project}"})

offset = 0
while True:
    resp = api.get("${url}/api/v1/vms", params={"limit": 100, "offset": offset}, timeout=30)
    resp.raise_for_status()
    page = resp.json()["data"]
    for vm in page:
        print(vm["id"], vm["name"], vm["status"])
    offset += len(page)
    if len(page) < 100:
        break`,
    TypeScript: `${client}

const raff = createClient({ baseUrl: '${url}', apiKey: '${secret}', projectId: '${project}' });
for await (const vm of raff.each('listVMs')) console.log(vm.id, vm.name, vm.status);`,
  };
}

/**
 * The request that makes a VM, as one would write it elsewhere. The key comes from the environment, and so does a password: neither
 * belongs into a file.
 */
export function vmSnippets(
  body: Readonly<Record<string, unknown>>,
  projectId: string | undefined,
  url = location.origin,
): Snippets {
  const project = projectId ?? '<project-uuid>';
  const fields = (print: (value: unknown) => string, password: string) =>
    Object.entries(body).map(([field, value]) => [field, field === 'password' ? password : print(value)] as const);
  const listed = (print: (value: unknown) => string, password: string, margin: string, quote = '') =>
    fields(print, password)
      .map(([field, value]) => `${margin}${quote}${field}${quote}: ${value}`)
      .join(',\n');
  const json = (value: unknown) => JSON.stringify(value);
  const inShell = (value: unknown) => json(value).replaceAll("'", "'\\''");
  return {
    curl: `curl -sS --fail-with-body ${url}/api/v1/vms \\
  -H "X-API-Key: \${RAFF_API_KEY:?has to be an API key}" \\
  -H "X-Project-ID: ${project}" \\
  -H "Content-Type: application/json" \\
  -d '{
${listed(inShell, `"'"\${VM_PASSWORD:?has to be the password of the VM}"'"`, '  ', '"')}
}'`,
    Terraform: [
      provider({ api_url: url, project_id: project }, 'RAFF_API_KEY in the environment has the key'),
      ...('password' in body ? [passwordVariable] : []),
      `resource "raff_vm" "${terraformName(body.name)}" {\n${aligned(fields(hcl, 'var.vm_password'), '  ')}\n}`,
    ].join('\n\n'),
    TypeScript: `${client}

const raff = createClient({ baseUrl: '${url}', apiKey: process.env.RAFF_API_KEY, projectId: '${project}' });
const { data: vm } = await raff.createVM({
  body: {
${listed(json, 'process.env.VM_PASSWORD', '    ')},
  },
});
await raff.waitFor(vm, 'active');
console.log(vm.id, 'is active');`,
    Python: `${requests('os')}

resp = requests.post(
    "${url}/api/v1/vms",
    headers={"X-API-Key": os.environ["RAFF_API_KEY"], "X-Project-ID": "${project}"},
    json={
${listed(python, 'os.environ["VM_PASSWORD"]', '        ', '"')},
    },
    timeout=30,
)
if not resp.ok:
    raise SystemExit(resp.json()["message"])
print(resp.json()["data"]["id"])`,
  };
}

/** The client is not in a registry: it is made where the server's sources are. */
const client = `// With Raffia's sources in a folder raffia:
//   npm install "$(npm --prefix raffia run --silent package)"
import { createClient } from '@raffia/client';`;

const requests = (...others: string[]) =>
  `# pip install requests\n${[...others, 'requests'].map((name) => `import ${name}`).join('\n')}`;

function provider(settings: Readonly<Record<string, string>>, note?: string): string {
  const quoted = Object.entries(settings).map(([name, value]) => [name, hcl(value)] as const);
  return `terraform {
  required_providers {
    raff = {
      source  = "RaffTechnologies/raff"
      version = "~> 0.1"
    }
  }
}

${note === undefined ? '' : `# ${note}\n`}provider "raff" {\n${aligned(quoted, '  ')}\n}`;
}

const passwordVariable = `# TF_VAR_vm_password in the environment
variable "vm_password" {
  type      = string
  sensitive = true
}`;

/** As `terraform fmt` writes them. */
function aligned(fields: readonly (readonly [string, string])[], margin: string): string {
  const longest = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${margin}${name.padEnd(longest)} = ${value}`).join('\n');
}

/** A value of JSON as Terraform has it: a string is a template there. */
function hcl(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(hcl).join(', ')}]`;
  return JSON.stringify(value).replaceAll(/[$%](?=\{)/g, '$&$&');
}

/** A value of JSON as Python has it. */
function python(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : JSON.stringify(value);
}

/** What a resource may be called: no digit first. */
const terraformName = (name: unknown) =>
  String(name || 'web')
    .replaceAll(/[^A-Za-z0-9_-]/g, '_')
    .replace(/^(?![A-Za-z_])/, '_');
