/** One question to a server, to see whether it answers. */
import { connect } from 'node:net';

const answerMs = 1000;

/**
 * Connects to 127.0.0.1, sends `question` and reads until the answer matches.
 *
 * @returns the match
 * @throws {Error} when nothing listens there, or no such answer comes within a second
 */
export function ask(port: number, question: string | Uint8Array, answer: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let text = '';
    let match: RegExpExecArray | null = null;
    const timer = setTimeout(() => socket.destroy(new Error('no answer within a second')), answerMs);
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(question));
    socket.on('data', (chunk) => {
      text += chunk;
      match = answer.exec(text);
      if (match) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      if (match) resolve(match);
      else reject(new Error('the connection was closed without an answer'));
    });
  });
}
