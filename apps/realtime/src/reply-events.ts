/** Client events that are answered by an event of the server's, whether or not the client asked for an answer. */
export const answerEvents: ReadonlyMap<string, string> = new Map([
  ['message.send', 'message.sent'],
  ['ping', 'pong'],
]);
