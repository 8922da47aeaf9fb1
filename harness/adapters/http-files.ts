/** A small HTTP/1.1 server for a closed set of files and directories: what is not in the set does not exist. */
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FailingLine, HttpService } from '../ports/shell.ts';
import { failingWire, soundWire, type Wire } from './wire.ts';

/** Large reads: each one is a trip through the event loop. */
const READ_BYTES = 512 * 1024;

/**
 * A server that listens nowhere: give it connections with `server.emit('connection', duplex)`.
 * It answers GET and HEAD, whole or one range (RFC 9110, section 14.2).
 */
export function fileServer(service: HttpService, line?: FailingLine): Server {
  const server = createServer((request, response) => {
    answer(service, wire, request, response).catch((error: unknown) => {
      // The reader hung up, or the file could not be read: end the connection, so that no one takes a part for the whole.
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  const wire = line === undefined ? soundWire : failingWire(server, line);
  server.on('clientError', (_error, socket) => socket.destroy());
  return server;
}

async function answer(
  service: HttpService,
  wire: Wire,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD', 'Content-Length': 0 }).end();
    return;
  }
  const file = await find(service, pathOf(request.url ?? ''));
  if (file === undefined || wire.isEmpty()) {
    response.writeHead(404, { 'Content-Length': 0 }).end();
    return;
  }
  const sizeBytes = 'text' in file ? Buffer.byteLength(file.text) : file.sizeBytes;
  const range = parseRange(request.headers.range, sizeBytes);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${sizeBytes}`, 'Content-Length': 0 }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: sizeBytes - 1 };
  response.writeHead(range === undefined ? 200 : 206, {
    'Content-Type': 'text' in file ? 'text/plain; charset=utf-8' : 'application/octet-stream',
    'Content-Length': end - start + 1,
    'Accept-Ranges': 'bytes',
    ...(range === undefined ? {} : { 'Content-Range': `bytes ${start}-${end}/${sizeBytes}` }),
  });
  if (request.method === 'HEAD' || sizeBytes === 0) {
    response.end();
    return;
  }
  const body =
    'text' in file
      ? Readable.from([Buffer.from(file.text).subarray(start, end + 1)])
      : createReadStream(file.path, { start, end, highWaterMark: READ_BYTES });
  await pipeline(body, wire.pass, response);
}

type Served = ReturnType<HttpService['files']['get']>;

async function find({ files, directories }: HttpService, path: string): Promise<Served> {
  const file = files.get(path);
  if (file !== undefined) return file;
  for (const [top, directory] of directories) {
    if (!path.startsWith(`${top}/`)) continue;
    const parts = path.slice(top.length + 1).split('/');
    if (parts.some((part) => ['', '.', '..'].includes(part) || part.includes('\0'))) continue;
    const found = join(directory, ...parts);
    const stats = await lstat(found).catch(() => undefined); // absent, or below something that is no directory
    if (stats?.isFile() === true) return { path: found, sizeBytes: stats.size };
  }
  return undefined;
}

/** The path as it was asked for: no `..` is resolved, because only whole known paths are found. */
function pathOf(url: string): string {
  const path = url.split('?', 1)[0] ?? '';
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

interface Range {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/** One range of `Range: bytes=…`; undefined (the whole file) for none, for several and for what is malformed. */
export function parseRange(
  header: string | undefined,
  sizeBytes: number,
): Range | undefined | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  const [first, last] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? 'unsatisfiable' : { start: sizeBytes - length, end: sizeBytes - 1 };
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= sizeBytes ? 'unsatisfiable' : { start, end };
}
