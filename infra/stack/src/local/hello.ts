/** The first command of MongoDB's protocol, written by hand: enough to see whether a server answers. */
import { ask } from './tcp.ts';

const opMessage = 2013;

/** Rejects while no MongoDB answers `isMaster` (which the stand-in knows, unlike `hello`) on this port of 127.0.0.1. */
export async function mongoAnswers(port: number): Promise<void> {
  await ask(port, isMaster(), /maxWireVersion/);
}

/** `{ isMaster: 1, $db: 'admin' }` as OP_MSG. */
function isMaster(): Buffer {
  const elements = Buffer.concat([
    Buffer.from('\x10isMaster\0'),
    int32(1),
    Buffer.from('\x02$db\0'),
    int32(6),
    Buffer.from('admin\0\0'),
  ]);
  const document = Buffer.concat([int32(elements.length + 4), elements]);
  const body = Buffer.concat([int32(0), Buffer.from([0]), document]);
  const [request, answerTo] = [int32(1), int32(0)];
  return Buffer.concat([int32(body.length + 16), request, answerTo, int32(opMessage), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
