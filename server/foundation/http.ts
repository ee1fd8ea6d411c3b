/**
 * What Node has for HTTP. To import it by name reads every export that it has, WebSocket among them, and so loads all of `fetch`:
 * 15 MB for as long as the server runs, which never uses it.
 */
export const http = process.getBuiltinModule('node:http');
