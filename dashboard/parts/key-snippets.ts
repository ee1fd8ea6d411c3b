/** How one uses a key that was just made: shell, curl, Terraform, Python, and the client. */
export function keySnippets(secret: string, projectId: string | undefined): Record<string, string> {
  const url = location.origin;
  const project = projectId ?? '<project-uuid>';
  return {
    Shell: `export RAFF_API_URL=${url}\nexport RAFF_API_KEY=${secret}\nexport RAFF_PROJECT_ID=${project}`,
    curl: `curl -H "X-API-Key: ${secret}" \\\n  ${url}/api/v1/vms`,
    Terraform: `provider "raff" {\n  base_url   = "${url}"\n  api_key    = "${secret}"\n  project_id = "${project}"\n}`,
    Python: `import requests\n\nresp = requests.get(\n    "${url}/api/v1/vms",\n    headers={"X-API-Key": "${secret}", "X-Project-ID": "${project}"},\n    timeout=30,\n)\nresp.raise_for_status()\nfor vm in resp.json()["data"]:\n    print(vm["id"], vm["name"], vm["status"])`,
    TypeScript: `import { createClient } from '@raffia/client';\n\nconst raff = createClient({ baseUrl: '${url}', apiKey: '${secret}', projectId: '${project}' });\nfor await (const vm of raff.each('listVMs')) console.log(vm.name, vm.status);`,
  };
}

/** The request that makes a VM, as one would write it elsewhere. */
export function vmSnippets(body: Record<string, unknown>, projectId: string | undefined): Record<string, string> {
  const url = location.origin;
  const project = projectId ?? '<project-uuid>';
  const json = JSON.stringify(body, null, 2);
  const hcl = Object.entries(body)
    .map(([name, value]) => `  ${name.padEnd(12)} = ${JSON.stringify(value)}`)
    .join('\n');
  const name = String(body.name || 'web').replace(/[^A-Za-z0-9_]/g, '_');
  return {
    curl: `curl -X POST ${url}/api/v1/vms \\\n  -H "X-API-Key: $RAFF_API_KEY" \\\n  -H "X-Project-ID: ${project}" \\\n  -H "Content-Type: application/json" \\\n  -d '${json.replaceAll("'", "'\\''")}'`,
    Terraform: `resource "raff_vm" "${name}" {\n${hcl}\n}`,
    TypeScript: `const { data: vm } = await raff.createVM({\n  body: ${json.replaceAll('\n', '\n  ')},\n});\nawait raff.waitFor(vm, 'active');`,
    Python: `requests.post(\n    "${url}/api/v1/vms",\n    headers={"X-API-Key": key, "X-Project-ID": "${project}"},\n    json=${json.replaceAll('\n', '\n    ').replaceAll(': true', ': True').replaceAll(': false', ': False')},\n    timeout=30,\n)`,
  };
}
