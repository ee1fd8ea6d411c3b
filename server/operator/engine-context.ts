import { type Catalogue, loadCatalogue } from '../catalogue/catalogue.ts';
import { catalogueFile } from '../catalogue/catalogue-file.ts';
import { type Configuration, loadConfiguration } from '../configuration/configuration.ts';
import { IncusApi, type IncusServer, type MachineType, machineType } from '../engines/incus/incus-api.ts';
import { sentenceFor } from '../engines/incus/incus-host.ts';

/** What commands work with that speak to the engine without a server. */
export interface EngineContext {
  readonly configuration: Configuration;
  readonly catalogue: Catalogue;
  readonly api: IncusApi;
  readonly server: IncusServer;
  readonly type: MachineType;
}

/** @throws Error with a sentence where the configuration names no such engine, or it does not answer */
export async function engineContext(): Promise<EngineContext> {
  const configuration = loadConfiguration(process.env);
  if (configuration.engine !== 'incus') {
    throw new Error('The engine is simulated: set RAFFIA_ENGINE=incus (docs/operating.md)');
  }
  const api = new IncusApi(configuration.incus, 'default');
  const server = await api.server().catch((error) => {
    throw sentenceFor(error);
  });
  return {
    configuration,
    catalogue: loadCatalogue(configuration.catalogueFile ?? catalogueFile),
    api,
    server,
    type: machineType(server, configuration.incus.instanceType),
  };
}
