import {
  deleteImage,
  getAccount,
  getApiKeyHours,
  getApiKeyUsage,
  listApiKeyDays,
  listAuditEntries,
  listImages,
  listOperations,
  listTierRequests,
  requestHighTier,
  revealVMPassword,
  setApiKeyPatience,
  streamEvents,
  updateAccount,
} from '@raffia/contract/account.ts';
import { list, type Route, read, stream, write } from '../../calls/route.ts';
import { invalid } from '../../foundation/api-error.ts';
import { setPatience } from '../api-keys/change-api-keys.ts';
import { deleteSavedImage } from '../images/delete-image.ts';
import { openPassword } from '../vms/generated-password.ts';
import { renameAccount, showAccount } from './account.ts';
import { savedImages } from './images.ts';
import { askForHighTier, lastDay, tierRequests, usage, usageByHour } from './key-usage.ts';
import { listAudit } from './list-audit.ts';
import { listWork } from './list-work.ts';
import { openStream } from './open-stream.ts';

export const accountRoutes: readonly Route[] = [
  read(getAccount, showAccount),
  write(updateAccount, renameAccount),
  read(listAuditEntries, listAudit),
  list(listOperations, listWork),
  list(listImages, savedImages),
  write(deleteImage, deleteSavedImage),
  stream(streamEvents, openStream),
  read(getApiKeyUsage, usage),
  read(getApiKeyHours, usageByHour),
  read(listApiKeyDays, lastDay),
  write(setApiKeyPatience, setPatience),
  write(requestHighTier, askForHighTier),
  read(listTierRequests, tierRequests),
  write(revealVMPassword, async ({ services, tx, params }) => {
    const password = await openPassword(services, tx, params.id);
    if (password === undefined)
      throw invalid('There is no password to show: it was shown already, or none was generated');
    return { success: true, data: { password } };
  }),
];
